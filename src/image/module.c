/* SPDX-License-Identifier: MIT */
/* What a module says of itself, read with suspicion: whatever is in an image's memory is a number
 * until it was found to be inside of the image, and everything is copied, so that the module cannot
 * change what was checked. */
#include "../include/bpf2c.h"
#include "base/arena.h"
#include "base/str.h"
#include "image/internal.h"

#define MAX_ENTRIES 4096u      /* of a table */
#define MAX_ENTRY   4096u      /* bytes of one */
#define MAX_NAME    1023u      /* bytes */
#define MAX_HASH    128u       /* as well */
#define MAX_SECTION (1u << 20) /* of global data */
#define MAX_INSNS   1000000u
#define MIN_MINOR   21u /* of version 0: what this contract began with */
#define HEADER_SIZE sizeof(ebpf_native_module_header_t)

struct reading {
	const struct image *image;
	struct arena *arena;
	struct image_module module;
	struct error *err;
	/* For messages: of what is read now. */
	const char *what;
	size_t nth;
};

static int refuse(struct reading *r, const char *why)
{
	return error_set(r->err, ERR_NOEXEC, "native module: %s %zu: %s", r->what, r->nth, why);
}

static int no_memory(struct reading *r)
{
	return error_set(r->err, ERR_NOMEM, "no memory for a native module");
}

/* --- the image's memory --- */

static bool in_part(const struct image_part *part, u64 rva, u64 size)
{
	return rva >= part->rva && rva - part->rva <= part->size &&
	       size <= part->size - (rva - part->rva);
}

/* The part of data that holds all of it. */
static const struct image_part *find_data(const struct image *image, u64 address, u64 size)
{
	u64 rva = address - (u64)(uintptr_t)image->code.mem;

	for (u32 i = 0; i < image->part_count; i++)
		if (image->parts[i].access != OS_EXEC && in_part(&image->parts[i], rva, size))
			return &image->parts[i];
	return NULL;
}

static bool is_data(const struct image *image, const void *at, u64 size)
{
	return find_data(image, (u64)(uintptr_t)at, size) != NULL;
}

bool image_has_code(const struct image *image, u64 address)
{
	u64 rva = address - (u64)(uintptr_t)image->code.mem;

	for (u32 i = 0; i < image->part_count; i++)
		if (image->parts[i].access == OS_EXEC && in_part(&image->parts[i], rva, 1))
			return true;
	return false;
}

static int copy_string(struct reading *r, const char **text, const char *what)
{
	const struct image_part *part = find_data(r->image, (u64)(uintptr_t)*text, 1);
	u64 room, len = 0;

	if (part == NULL)
		return refuse(r, what);
	room = (u64)(uintptr_t)r->image->code.mem + part->rva + part->size - (u64)(uintptr_t)*text;
	while (len < room && len <= MAX_NAME && (*text)[len] != '\0')
		len++;
	if (len == room || len > MAX_NAME)
		return refuse(r, what);
	*text = arena_strndup(r->arena, *text, (size_t)len);
	return *text == NULL ? no_memory(r) : 0;
}

/* count elements of size bytes, copied; NULL is fine when there are none. */
static int copy_array(struct reading *r, const void *from, u64 count, u64 size, void *ret_copy,
		      const char *what)
{
	void *copy = NULL;

	if (count > 0) {
		if (!is_data(r->image, from, count * size))
			return refuse(r, what);
		copy = arena_array(r->arena, (size_t)count, (size_t)size);
		if (copy == NULL)
			return no_memory(r);
		memcpy(copy, from, (size_t)(count * size));
	}
	memcpy(ret_copy, &copy, sizeof(copy));
	return 0;
}

/* A table of structures that begin with a header, as it is known here: what its maker did not know
 * is zero, what is not known here is left out. All elements have the same stride. */
struct layout {
	u32 header;	  /* where in it */
	u32 least, known; /* bytes */
};

static int copy_entry(struct reading *r, const u8 *from, const struct layout *layout, size_t step,
		      u8 *to)
{
	ebpf_native_module_header_t header;

	if ((uintptr_t)from % 8 != 0 || !is_data(r->image, from, layout->header + HEADER_SIZE))
		return refuse(r, "it is not in the image's data");
	memcpy(&header, from + layout->header, sizeof(header));
	if (header.version < 1 || header.size < layout->least || header.total_size < header.size ||
	    header.total_size > MAX_ENTRY || header.total_size % 8 != 0 ||
	    (step != 0 && header.total_size != step))
		return refuse(r, "its header has sizes that cannot be");
	if (!is_data(r->image, from, header.total_size))
		return refuse(r, "it is not in the image's data");
	for (u32 i = 0; i < layout->header; i++)
		if (from[i] != 0)
			return refuse(r, "its zero marker is not zero");
	memcpy(to, from, MIN(header.size, (size_t)layout->known));
	header = (ebpf_native_module_header_t){ 1, layout->known, layout->known };
	memcpy(to + layout->header, &header, sizeof(header));
	return 0;
}

static size_t stride_of(const struct reading *r, const u8 *from, const struct layout *layout)
{
	ebpf_native_module_header_t header = { 0, 0, 0 };

	if (is_data(r->image, from, layout->header + HEADER_SIZE))
		memcpy(&header, from + layout->header, sizeof(header));
	return header.total_size;
}

static int copy_table(struct reading *r, const char *what, const void *from, size_t count,
		      const struct layout *layout, void *ret_copy)
{
	size_t step = stride_of(r, from, layout);
	u8 *copy = NULL;
	int status = 0;

	r->what = what;
	r->nth = count;
	if (count > MAX_ENTRIES)
		return refuse(r, "there are too many");
	if (count > 0)
		copy = arena_array(r->arena, count, layout->known);
	if (count > 0 && copy == NULL)
		return no_memory(r);
	for (size_t i = 0; status == 0 && i < count; i++) {
		r->nth = i;
		status = copy_entry(r, (const u8 *)((uintptr_t)from + i * step), layout, step,
				    copy + i * layout->known);
	}
	memcpy(ret_copy, &copy, sizeof(copy));
	return status;
}

/* --- calls --- */

typedef MODULE_ABI void get_table_fn(void **table, size_t *count);
typedef MODULE_ABI void get_version_fn(bpf2c_version_t *version);
typedef MODULE_ABI const void *get_metadata_fn(void);

static void call_table(u64 function, void **ret_table, size_t *ret_count)
{
	get_table_fn *get = (get_table_fn *)(uintptr_t)function;

	*ret_table = NULL;
	*ret_count = 0;
	get(ret_table, ret_count);
}

/* --- programs --- */

static int copy_helpers(struct reading *r, program_entry_t *entry)
{
	static const struct layout layout = { 0, BPF2C_END_OF(helper_function_entry_t, name),
					      sizeof(helper_function_entry_t) };
	helper_function_entry_t *helpers = NULL;
	int status =
		copy_table(r, "helper", entry->helpers, entry->helper_count, &layout, &helpers);

	for (u32 i = 0; status == 0 && i < entry->helper_count; i++) {
		r->nth = i;
		status = copy_string(r, &helpers[i].name, "its name is no text of the image");
	}
	entry->helpers = helpers;
	return status;
}

static int copy_functions(struct reading *r, program_entry_t *entry)
{
	static const struct layout layout = {
		0, BPF2C_END_OF(btf_resolved_function_entry_t, module_guid),
		sizeof(btf_resolved_function_entry_t)
	};
	btf_resolved_function_entry_t *functions = NULL;
	int status = copy_table(r, "function", entry->btf_resolved_functions,
				entry->btf_resolved_function_count, &layout, &functions);

	for (u32 i = 0; status == 0 && i < entry->btf_resolved_function_count; i++) {
		r->nth = i;
		status = copy_string(r, &functions[i].name, "its name is no text of the image");
	}
	entry->btf_resolved_functions = functions;
	return status;
}

static int copy_maps_of(struct reading *r, program_entry_t *entry)
{
	int status = copy_array(r, entry->referenced_map_indices, entry->referenced_map_count,
				sizeof(uint16_t), &entry->referenced_map_indices,
				"its list of maps is not in the image's data");

	for (u32 i = 0; status == 0 && i < entry->referenced_map_count; i++)
		if (entry->referenced_map_indices[i] >= r->module.map_count)
			status = refuse(r, "it refers to a map that the module does not have");
	return status;
}

static int copy_info_hash(struct reading *r, program_entry_t *entry)
{
	if (entry->program_info_hash_length > MAX_HASH)
		return refuse(r, "its program-information hash is too long");
	if (entry->program_info_hash_type != NULL) {
		int status = copy_string(r, &entry->program_info_hash_type,
					 "its kind of hash is no text of the image");

		if (status != 0)
			return status;
	}
	return copy_array(r, entry->program_info_hash, entry->program_info_hash_length, 1,
			  &entry->program_info_hash,
			  "its program-information hash is not in the image's data");
}

static int copy_names(struct reading *r, program_entry_t *entry)
{
	int status = copy_string(r, &entry->pe_section_name,
				 "the name of its PE section is no text of the image");

	if (status == 0)
		status = copy_string(r, &entry->section_name,
				     "the name of its section is no text of the image");
	if (status == 0)
		status = copy_string(r, &entry->program_name, "its name is no text of the image");
	if (status == 0 && entry->program_name[0] == '\0')
		status = refuse(r, "it has no name");
	return status;
}

static int copy_guids(struct reading *r, program_entry_t *entry)
{
	int status = copy_array(r, entry->program_type, 1, sizeof(GUID), &entry->program_type,
				"its type is not in the image's data");

	if (status == 0)
		status = copy_array(r, entry->expected_attach_type,
				    entry->expected_attach_type != NULL, sizeof(GUID),
				    &entry->expected_attach_type,
				    "its attach type is not in the image's data");
	return status;
}

static int check_program(struct reading *r, program_entry_t *entry, size_t nth)
{
	int status;

	r->what = "program";
	r->nth = nth;
	if (!image_has_code(r->image, (u64)(uintptr_t)entry->function))
		return refuse(r, "its function is not in the image's code");
	if (entry->bpf_instruction_count > MAX_INSNS)
		return refuse(r, "it has too many instructions");
	status = copy_names(r, entry);
	if (status == 0)
		status = copy_maps_of(r, entry);
	if (status == 0)
		status = copy_guids(r, entry);
	if (status == 0)
		status = copy_info_hash(r, entry);
	if (status == 0)
		status = copy_helpers(r, entry);
	if (status == 0)
		status = copy_functions(r, entry);
	return status;
}

static int read_programs(struct reading *r, u64 function)
{
	static const struct layout layout = { offsetof(program_entry_t, header),
					      BPF2C_END_OF(program_entry_t, program_info_hash_type),
					      sizeof(program_entry_t) };
	program_entry_t *programs = NULL;
	void *table;
	size_t count;
	int status;

	call_table(function, &table, &count);
	status = copy_table(r, "program", table, count, &layout, &programs);
	if (status == 0 && count == 0)
		status = error_set(r->err, ERR_NOEXEC, "native module: there is no program in it");
	for (size_t i = 0; status == 0 && i < count; i++) {
		status = check_program(r, &programs[i], i);
		for (size_t k = 0; status == 0 && k < i; k++)
			if (str_eq(programs[i].program_name, programs[k].program_name) &&
			    str_eq(programs[i].section_name, programs[k].section_name))
				status = error_set(r->err, ERR_NOEXEC,
						   "native module: two programs are called '%.64s'",
						   programs[i].program_name);
	}
	r->module.programs = programs;
	r->module.program_count = (u32)count;
	return status;
}

/* --- maps and what is in them --- */

static int read_maps(struct reading *r, u64 function)
{
	static const struct layout layout = { offsetof(map_entry_t, header),
					      BPF2C_END_OF(map_entry_t, name),
					      sizeof(map_entry_t) };
	map_entry_t *maps = NULL;
	void *table;
	size_t count;
	int status;

	call_table(function, &table, &count);
	status = copy_table(r, "map", table, count, &layout, &maps);
	for (size_t i = 0; status == 0 && i < count; i++) {
		r->nth = i;
		status = copy_string(r, &maps[i].name, "its name is no text of the image");
		if (status == 0 && maps[i].name[0] == '\0')
			status = refuse(r, "it has no name");
	}
	r->module.maps = maps;
	r->module.map_count = (u32)count;
	return status;
}

static int copy_values(struct reading *r, map_initial_values_t *row)
{
	int status = copy_string(r, &row->name, "its map's name is no text of the image");

	if (status == 0 && row->count > MAX_ENTRIES)
		status = refuse(r, "there are too many values");
	if (status == 0)
		status = copy_array(r, row->values, row->count, sizeof(char *), &row->values,
				    "its values are not in the image's data");
	for (size_t i = 0; status == 0 && i < row->count; i++)
		if (row->values[i] != NULL)
			status = copy_string(r, &row->values[i], "a value is no text of the image");
	return status;
}

static int read_values(struct reading *r, u64 function)
{
	static const struct layout layout = { 0, BPF2C_END_OF(map_initial_values_t, values),
					      sizeof(map_initial_values_t) };
	map_initial_values_t *values = NULL;
	void *table;
	size_t count;
	int status;

	call_table(function, &table, &count);
	status = copy_table(r, "initial values", table, count, &layout, &values);
	for (size_t i = 0; status == 0 && i < count; i++) {
		r->nth = i;
		status = copy_values(r, &values[i]);
	}
	r->module.values = values;
	r->module.value_count = (u32)count;
	return status;
}

static int read_sections(struct reading *r, u64 function)
{
	static const struct layout layout = {
		0, BPF2C_END_OF(global_variable_section_info_t, initial_data),
		sizeof(global_variable_section_info_t)
	};
	global_variable_section_info_t *sections = NULL;
	void *table;
	size_t count;
	int status;

	call_table(function, &table, &count);
	status = copy_table(r, "section of global data", table, count, &layout, &sections);
	for (size_t i = 0; status == 0 && i < count; i++) {
		r->nth = i;
		status = copy_string(r, &sections[i].name, "its name is no text of the image");
		if (status == 0 && (sections[i].size == 0 || sections[i].size > MAX_SECTION))
			status = refuse(r, "its size cannot be");
		if (status == 0)
			status = copy_array(r, sections[i].initial_data, sections[i].size, 1,
					    &sections[i].initial_data,
					    "its contents are not in the image's data");
	}
	r->module.sections = sections;
	r->module.section_count = (u32)count;
	return status;
}

/* --- the whole --- */

static int read_version(struct reading *r, u64 function)
{
	get_version_fn *get = (get_version_fn *)(uintptr_t)function;
	bpf2c_version_t version = { 0, 0, 0 };

	get(&version);
	if (version.major == 0 && version.minor < MIN_MINOR)
		return error_set(r->err, ERR_NOEXEC,
				 "native module: made by version %u.%u.%u of the contract, before "
				 "0.%u",
				 version.major, version.minor, version.revision, MIN_MINOR);
	r->module.version[0] = version.major;
	r->module.version[1] = version.minor;
	r->module.version[2] = version.revision;
	return 0;
}

static int read_hash(struct reading *r, u64 function)
{
	void *bytes;
	size_t len;

	call_table(function, &bytes, &len);
	r->what = "hash";
	r->nth = 0;
	if (len > MAX_HASH)
		return refuse(r, "it is too long");
	r->module.hash_len = (u32)len;
	return copy_array(r, bytes, len, 1, &r->module.hash, "it is not in the image's data");
}

static int read_tables(struct reading *r, u64 at)
{
	u64 functions[6];
	u64 size;
	int status;

	if (at % 8 != 0 || find_data(r->image, at, sizeof(metadata_table_t)) == NULL)
		return error_set(r->err, ERR_NOEXEC,
				 "native module: its table is not in the image's data");
	memcpy(&size, (const void *)(uintptr_t)at, 8);
	if (size < sizeof(metadata_table_t) || size > MAX_ENTRY)
		return error_set(r->err, ERR_NOEXEC, "native module: a table of %llu bytes", size);
	memcpy(functions, (const void *)(uintptr_t)(at + 8), sizeof(functions));
	for (u32 i = 0; i < ARRAY_COUNT(functions); i++)
		if (!image_has_code(r->image, functions[i]))
			return error_set(r->err, ERR_NOEXEC,
					 "native module: function %u of its table is not in the "
					 "image's code",
					 i);
	status = read_version(r, functions[3]);
	if (status == 0)
		status = read_maps(r, functions[1]);
	if (status == 0)
		status = read_programs(r, functions[0]);
	if (status == 0)
		status = read_hash(r, functions[2]);
	if (status == 0)
		status = read_values(r, functions[4]);
	if (status == 0)
		status = read_sections(r, functions[5]);
	return status;
}

static int find_table(struct image *image, u64 *ret_at, struct error *err)
{
	const u8 *at = image->code.mem + image->get_table;
	get_metadata_fn *get;

	if (image->is_driver && image->entry != 0)
		return image_start_driver(image, ret_at, err);
	if (image->get_table == 0)
		return error_set(err, ERR_NOEXEC,
				 "no native module: the image is no driver, and does not export "
				 "get_metadata_table");
	if (!image_has_code(image, (u64)(uintptr_t)at))
		return error_set(err, ERR_NOEXEC,
				 "native module: get_metadata_table is not in the image's code");
	memcpy(&get, &at, sizeof(get));
	*ret_at = (u64)(uintptr_t)get();
	return 0;
}

int image_module_read(struct image *image, struct arena *arena, struct image_module *ret_module,
		      struct error *err)
{
	struct reading r = { .image = image, .arena = arena, .err = err };
	u64 at = 0;
	int status = find_table(image, &at, err);

	if (status == 0)
		status = read_tables(&r, at);
	if (status != 0)
		return status;
	r.module.keeps_vectors = image->keeps_vectors;
	*ret_module = r.module;
	return 0;
}
