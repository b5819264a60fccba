/* SPDX-License-Identifier: MIT */
/* Opening an object file: everything that all its programs share is read once, here. */
#include "object/object.h"

#include "base/format.h"
#include "base/mem.h"
#include "base/str.h"
#include "object/index.h"
#include "os/os.h"

const char *object_text(struct object *obj, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	format_v(text, sizeof(text), fmt, args);
	va_end(args);
	return arena_strndup(&obj->arena, text, strlen(text));
}

void object_warn(struct object *obj, const char *fmt, ...)
{
	char text[256];
	va_list args;
	const char *copy;

	if (obj->warning_count == OBJECT_MAX_WARNINGS) {
		obj->index->warnings_dropped++;
		return;
	}
	va_start(args, fmt);
	format_v(text, sizeof(text), fmt, args);
	va_end(args);
	copy = arena_strndup(&obj->arena, text, strlen(text));
	if (copy == NULL)
		obj->index->no_memory = true;
	else
		obj->warnings[obj->warning_count++] = copy;
}

bool elf_name_is(const char *name, const char *base)
{
	size_t len = strlen(base);

	return str_starts(name, base) && (name[len] == 0 || name[len] == '.');
}

static void warn_second(struct object *obj, const char *name, u32 first)
{
	for (u32 i = first + 1; first != 0 && i < obj->elf.section_count; i++)
		if (obj->elf.sections[i].type != ELF_SHT_NULL &&
		    str_eq(obj->elf.sections[i].name, name))
			object_warn(obj, "a second section %s is ignored", name);
}

/* BTF serves names, lines and BTF-defined maps; without it, those that need it say so. */
static int open_btf(struct object *obj, struct error *err)
{
	const struct elf *elf = &obj->elf;
	u32 btf = elf_section_by_name(elf, ".BTF");
	u32 ext = elf_section_by_name(elf, ".BTF.ext");
	struct error detail = { 0 };
	int status;

	warn_second(obj, ".BTF", btf);
	warn_second(obj, ".BTF.ext", ext);
	if (btf == 0) {
		if (ext != 0)
			object_warn(obj, "section .BTF.ext is ignored: there is no section .BTF");
		return 0;
	}
	if (elf->sections[btf].data == NULL) {
		object_warn(obj, "section .BTF: %s", elf->sections[btf].bad);
		return 0;
	}
	status = btf_open(elf->sections[btf].data, elf->sections[btf].size, &obj->arena, &obj->btf,
			  &detail);
	if (status == ERR_NOMEM)
		return error_set(err, status, "out of memory");
	if (status != 0) {
		object_warn(obj, "section .BTF is ignored: %s", detail.text);
		return 0;
	}
	if (ext == 0)
		return 0;
	if (elf->sections[ext].data == NULL) {
		object_warn(obj, "section .BTF.ext: %s", elf->sections[ext].bad);
		return 0;
	}
	status = btf_ext_open(elf->sections[ext].data, elf->sections[ext].size, &obj->btf,
			      &obj->arena, &obj->btf_ext, &detail);
	if (status == ERR_NOMEM)
		return error_set(err, status, "out of memory");
	if (status != 0)
		object_warn(obj, "section .BTF.ext is ignored: %s", detail.text);
	return 0;
}

static void read_license(struct object *obj)
{
	u32 idx = elf_section_by_name(&obj->elf, "license");
	const struct elf_section *section = &obj->elf.sections[idx];
	size_t len = 0;

	if (idx == 0 || section->data == NULL || section->size == 0)
		return;
	while (len < section->size && section->data[len] != 0)
		len++;
	obj->license = arena_strndup(&obj->arena, (const char *)section->data, len);
	if (obj->license == NULL)
		obj->index->no_memory = true;
}

static void match_sections(struct object *obj)
{
	for (u32 i = 0; i < obj->prog_count; i++)
		if (!obj->progs[i].is_subprog) {
			obj->progs[i].optional = obj->progs[i].section[0] == '?';
			obj->progs[i].match =
				spec_find_section(obj->spec, obj->dialect, obj->progs[i].section);
		}
}

/* Sorts the symbols by section, so that what reads one section does not look at all of them. */
static int index_symbols(struct object *obj, struct error *err)
{
	struct object_index *index = obj->index;
	const struct elf *elf = &obj->elf;
	u32 next = 0;

	index->sections =
		arena_array(&obj->arena, (size_t)elf->section_count + 1, sizeof(*index->sections));
	index->by_section =
		arena_array(&obj->arena, (size_t)elf->symbol_count + 1, sizeof(*index->by_section));
	if (index->sections == NULL || index->by_section == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	for (u32 i = 1; i < elf->symbol_count; i++)
		if (elf->symbols[i].section < elf->section_count)
			index->sections[elf->symbols[i].section].symbol_count++;
	for (u32 i = 0; i < elf->section_count; i++) {
		index->sections[i].first_symbol = next;
		next += index->sections[i].symbol_count;
		index->sections[i].symbol_count = 0;
	}
	for (u32 i = 1; i < elf->symbol_count; i++) {
		struct section_info *info;

		if (elf->symbols[i].section >= elf->section_count)
			continue;
		info = &index->sections[elf->symbols[i].section];
		index->by_section[info->first_symbol + info->symbol_count++] = i;
	}
	return 0;
}

static int link_tables(struct object *obj, struct error *err)
{
	struct object_index *index = obj->index;
	size_t count = (size_t)obj->prog_count + 1;

	index->placed = arena_array(&obj->arena, count, sizeof(*index->placed));
	index->wanted = arena_alloc(&obj->arena, count);
	if (index->placed == NULL || index->wanted == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	for (u32 i = 0; i < obj->prog_count; i++)
		index->placed[i] = PROG_NO_INDEX;
	return 0;
}

static int read_all(struct object *obj, const u8 *bytes, size_t len,
		    const struct object_options *options, struct error *err)
{
	struct object_index *index = obj->index;
	int status = elf_open(bytes, len, &obj->arena, &obj->elf, err);

	if (status != 0)
		return status;
	obj->warnings = arena_array(&obj->arena, OBJECT_MAX_WARNINGS + 1, sizeof(*obj->warnings));
	if (obj->warnings == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	status = index_symbols(obj, err);
	if (status == 0)
		status = open_btf(obj, err);
	if (status == 0)
		status = object_find_funcs(obj, err);
	if (status == 0)
		status = link_tables(obj, err);
	if (status == 0)
		status = object_mark_calls(obj, err);
	if (status == 0 && object_choose_dialect(obj, options->dialect) != 0)
		status = error_set(err, ERR_NOMEM, "out of memory");
	if (status == 0)
		status = object_find_maps(obj, options->kconfig, err);
	if (status != 0)
		return status;
	match_sections(obj);
	if (object_find_ext(obj) != 0 || object_find_defects(obj) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	read_license(obj);
	if (index->warnings_dropped > 0) {
		obj->warnings[obj->warning_count] =
			object_text(obj, "%u more warnings", index->warnings_dropped);
		index->no_memory |= obj->warnings[obj->warning_count++] == NULL;
	}
	return index->no_memory ? error_set(err, ERR_NOMEM, "out of memory") : 0;
}

int object_new(const struct object_options *options, struct object **ret_obj, struct error *err)
{
	struct object *obj = mem_zalloc(sizeof(*obj));
	struct object_options given = { 0 };
	u64 seed;

	if (options != NULL)
		memcpy(&given, options, MIN(options->size, sizeof(given)));
	if (given.file == NULL)
		given.file = "object";
	if (obj == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", given.file);
	arena_init(&obj->arena, OBJECT_MEMORY_LIMIT);
	obj->file = arena_strndup(&obj->arena, given.file, strlen(given.file));
	obj->index = arena_alloc(&obj->arena, sizeof(*obj->index));
	if (obj->file == NULL || obj->index == NULL) {
		object_free(obj);
		return error_set(err, ERR_NOMEM, "%s: out of memory", given.file);
	}
	obj->index->config_map = PROG_NO_INDEX;
	obj->target_btf = given.target_btf;
	obj->spec = spec_get(given.spec);
	os_random(&seed, sizeof(seed));
	strmap_init(&obj->index->symbols, seed);
	strmap_init(&obj->index->configs, seed);
	*ret_obj = obj;
	return 0;
}

int object_open(const u8 *bytes, size_t len, const struct object_options *options,
		struct object **ret_obj, struct error *err)
{
	struct object_options given = { 0 };
	struct object *obj;
	int status = object_new(options, &obj, err);

	if (status != 0)
		return status;
	if (options != NULL)
		memcpy(&given, options, MIN(options->size, sizeof(given)));
	status = read_all(obj, bytes, len, &given, err);
	if (status != 0) {
		error_prefix(err, "%s", obj->file);
		object_free(obj);
		return status;
	}
	*ret_obj = obj;
	return 0;
}

void object_free(struct object *obj)
{
	if (obj == NULL)
		return;
	if (obj->index != NULL) {
		strmap_fini(&obj->index->symbols);
		strmap_fini(&obj->index->configs);
	}
	arena_fini(&obj->arena);
	spec_put(obj->spec);
	mem_free(obj);
}

u32 object_find_prog(const struct object *obj, const char *name)
{
	u32 found = PROG_NO_INDEX;

	for (u32 i = 0; i < obj->prog_count; i++)
		if (str_eq(obj->progs[i].name, name))
			return i;
	for (u32 i = 0; i < obj->prog_count; i++) {
		if (obj->progs[i].is_subprog || !str_eq(obj->progs[i].section, name))
			continue;
		if (found != PROG_NO_INDEX)
			return PROG_NO_INDEX;
		found = i;
	}
	return found;
}
