/* SPDX-License-Identifier: MIT */
/* The module around the programs: tables of what they refer to, in the layout of include/bpf2c.h,
 * and what a form of it needs to be loaded. */
#include "translate/internal.h"

#include "base/mem.h"
#include "base/str.h"
#include "prog/exec.h"
#include "spec/info_hash.h"
#include "spec/text.h"

struct module {
	const struct translate_prog *progs;
	u32 count;
	const struct translate_options *options;
	const struct prog *first; /* whose tables all share */
	struct strbuf *out;
	struct strbuf name;	    /* C name of the module */
	struct strbuf *prog_names;  /* C names, by program */
	struct strbuf *pe_sections; /* C literals, by program: where in an image its code is */
	struct references *refs;    /* by program */
	u32 *sections;		    /* by map: its place among the sections of global data */
	u32 section_count;
	struct error *err;
};

static u32 map_number(const struct module *m, const struct prog_map *map)
{
	if (map->type == NULL)
		return map->type_number;
	return m->first->dialect == DIALECT_WINDOWS ? map->type->windows : map->type->linux_;
}

static void add_bytes(struct strbuf *out, const u8 *bytes, u32 len)
{
	for (u32 i = 0; i < len; i++)
		strbuf_printf(out, "%s0x%02x,", i % 16 == 0 ? "\n\t" : " ", bytes[i]);
}

static void add_guid(struct strbuf *out, const struct guid *guid)
{
	strbuf_printf(out, "{ 0x%08x, 0x%04x, 0x%04x, { ", guid->data1, guid->data2, guid->data3);
	for (u32 i = 0; i < 8; i++)
		strbuf_printf(out, "0x%02x%s", guid->data4[i], i < 7 ? ", " : " } }");
}

/* --- maps --------------------------------------------------------------------------------------
 */

static void add_map(struct module *m, const struct prog_map *map)
{
	u32 inner_id = map->inner != PROG_NO_INDEX ? map->inner + 1 : 0;

	/* Ids say which one is whose template: places in the table, from 1. */
	strbuf_printf(
		m->out,
		"\t{ { 0, 0 }, BPF2C_HEADER(map_entry_t, name),\n\t  { %u, %u, %u, %u, %u, %u, "
		"%u, %u }, ",
		map_number(m, map), map->key_size, map->value_size, map->max_entries,
		map->inner != PROG_NO_INDEX ? map->inner : 0, map->pinning,
		(u32)(map - m->first->maps) + 1, inner_id);
	literal_add(m->out, map->name);
	strbuf_add(m->out, " },\n");
}

static void add_maps(struct module *m)
{
	const struct prog *p = m->first;

	if (p->map_count == 0) {
		strbuf_add(m->out, "BPF2C_NO_MAPS\n\n");
		return;
	}
	strbuf_add(m->out, "static BPF2C_DATA(\"maps\") map_entry_t bpf2c_maps[] = {\n");
	for (u32 i = 0; i < p->map_count; i++)
		add_map(m, &p->maps[i]);
	strbuf_printf(m->out, "};\nBPF2C_TABLE(maps, map_entry_t, bpf2c_maps, %u)\n\n",
		      p->map_count);
}

static void add_sections(struct module *m)
{
	const struct prog *p = m->first;

	if (m->section_count == 0) {
		strbuf_add(m->out, "BPF2C_NO_GLOBALS\n\n");
		return;
	}
	for (u32 i = 0; i < p->map_count; i++) {
		const struct prog_map *map = &p->maps[i];
		u32 len = map->initial_len;

		if (m->sections[i] == PROG_NO_INDEX)
			continue;
		strbuf_printf(m->out, "static const uint8_t bpf2c_initial_%u[%u] = {", i,
			      map->value_size);
		while (len > 0 && map->initial[len - 1] == 0)
			len--;
		add_bytes(m->out, map->initial, len);
		strbuf_add(m->out, len == 0 ? " 0 };\n" : "\n};\n");
	}
	strbuf_add(m->out,
		   "\nstatic BPF2C_DATA(\"global_variables\") global_variable_section_info_t "
		   "bpf2c_globals[] = {\n");
	for (u32 i = 0; i < p->map_count; i++) {
		if (m->sections[i] == PROG_NO_INDEX)
			continue;
		strbuf_add(m->out,
			   "\t{ BPF2C_HEADER(global_variable_section_info_t, initial_data), ");
		literal_add(m->out, p->maps[i].name);
		strbuf_printf(m->out, ", %u, bpf2c_initial_%u },\n", p->maps[i].value_size, i);
	}
	strbuf_printf(m->out,
		      "};\nBPF2C_TABLE(global_variable_sections, global_variable_section_info_t, "
		      "bpf2c_globals, %u)\n\n",
		      m->section_count);
}

/* Names by index, NULL between them. */
static void add_values(struct module *m, u32 index)
{
	const struct prog_map *map = &m->first->maps[index];

	strbuf_printf(m->out, "static const char *bpf2c_values_%u[] = {\n", index);
	for (u32 i = 0; i < map->value_count; i++) {
		strbuf_printf(m->out, "\t[%u] = ", map->values[i].index);
		literal_add(m->out, map->values[i].name);
		strbuf_add(m->out, ",\n");
	}
	strbuf_add(m->out, "};\n");
}

static void add_initial_values(struct module *m)
{
	const struct prog *p = m->first;
	u32 count = 0;

	for (u32 i = 0; i < p->map_count; i++) {
		if (p->maps[i].value_count == 0)
			continue;
		add_values(m, i);
		count++;
	}
	if (count == 0) {
		strbuf_add(m->out, "BPF2C_NO_INITIAL_VALUES\n\n");
		return;
	}
	strbuf_add(m->out, "static map_initial_values_t bpf2c_initial_values[] = {\n");
	for (u32 i = 0; i < p->map_count; i++) {
		const struct prog_map *map = &p->maps[i];

		if (map->value_count == 0)
			continue;
		strbuf_add(m->out, "\t{ BPF2C_HEADER(map_initial_values_t, values), ");
		literal_add(m->out, map->name);
		strbuf_printf(m->out, ", %u, bpf2c_values_%u },\n",
			      map->values[map->value_count - 1].index + 1, i);
	}
	strbuf_printf(m->out,
		      "};\nBPF2C_TABLE(map_initial_values, map_initial_values_t, "
		      "bpf2c_initial_values, %u)\n\n",
		      count);
}

/* --- programs ----------------------------------------------------------------------------------
 */

static const char *helper_name(const struct prog *prog, u32 id)
{
	const struct spec_helper *helper;

	if (id == NATIVE_LOAD_PACKET)
		return "load_packet";
	if (id == NATIVE_FIND_HELPER)
		return "find_helper";
	if (id == NATIVE_STOP)
		return "stop";
	helper = spec_find_helper(prog->spec, prog->dialect, prog->type, id);
	return helper != NULL ? helper->name : "unknown";
}

/* Zeros when the program does not say. */
static struct guid module_of(const struct prog_func *func)
{
	struct guid module = { 0 };

	if (func->module != NULL && !spec_module_read(func->module, &module))
		module = (struct guid){ 0 };
	return module;
}

/* Functions, and variables behind them: what the host has under a name. */
static u32 named_count(const struct prog *prog)
{
	return prog->func_count + prog->var_count;
}

static void add_functions(struct module *m, const struct prog *prog, const char *name)
{
	strbuf_printf(m->out, "static btf_resolved_function_entry_t %s_functions[] = {\n", name);
	for (u32 i = 0; i < prog->func_count; i++) {
		const struct guid module = module_of(&prog->funcs[i]);

		strbuf_add(m->out, "\t{ BPF2C_HEADER(btf_resolved_function_entry_t, "
				   "module_guid), ");
		literal_add(m->out, prog->funcs[i].name);
		strbuf_add(m->out, ", ");
		add_guid(m->out, &module);
		strbuf_add(m->out, " },\n");
	}
	for (u32 i = 0; i < prog->var_count; i++) {
		strbuf_add(m->out, "\t{ BPF2C_HEADER(btf_resolved_function_entry_t, "
				   "module_guid), ");
		literal_add(m->out, prog->vars[i].name);
		strbuf_printf(m->out, ", BPF2C_MODULE_%s },\n",
			      prog->vars[i].is_config ? "CONFIG" : "VARIABLE");
	}
	strbuf_add(m->out, "};\n");
}

static void add_references(struct module *m, u32 index)
{
	const struct prog *prog = m->progs[index].prog;
	const struct references *refs = &m->refs[index];
	const char *name = strbuf_str(&m->prog_names[index]);
	bool any_map = false;

	if (refs->helper_count > 0) {
		strbuf_printf(m->out, "static helper_function_entry_t %s_helpers[] = {\n", name);
		for (u32 i = 0; i < refs->helper_count; i++) {
			strbuf_printf(m->out,
				      "\t{ BPF2C_HEADER(helper_function_entry_t, name), %u, ",
				      refs->helpers[i]);
			literal_add(m->out, helper_name(prog, refs->helpers[i]));
			strbuf_add(m->out, " },\n");
		}
		strbuf_add(m->out, "};\n");
	}
	if (named_count(prog) > 0)
		add_functions(m, prog, name);
	for (u32 i = 0; i < prog->map_count; i++) {
		if (!refs->maps[i])
			continue;
		if (!any_map)
			strbuf_printf(m->out, "static uint16_t %s_maps[] = {", name);
		strbuf_printf(m->out, " %u,", i);
		any_map = true;
	}
	if (any_map)
		strbuf_add(m->out, " };\n");
}

static int add_info_hash(struct module *m, u32 index, bool *ret_any)
{
	const struct prog *prog = m->progs[index].prog;
	const struct references *refs = &m->refs[index];
	struct info_hash_input input = {
		.spec = prog->spec,
		.type = prog->type,
		.helpers = refs->helpers,
		.helper_count = refs->helper_count,
	};
	struct info_hash_func *funcs = NULL;
	u8 digest[SHA256_SIZE];
	int status = 0;

	*ret_any = false;
	/* Helpers of this system's own are no part of a dialect's contract, nor is a dialect with
	 * no contract in it. */
	while (input.helper_count > 0 &&
	       refs->helpers[input.helper_count - 1] >= NATIVE_LOAD_PACKET)
		input.helper_count--;
	if (m->options->hash_name == NULL || prog->dialect != DIALECT_WINDOWS ||
	    prog->type == NULL || prog->type->dialect != DIALECT_WINDOWS)
		return 0;
	if (prog->func_count > 0) {
		struct error unknown = { 0 };

		funcs = mem_zalloc_array(prog->func_count, sizeof(*funcs));
		if (funcs == NULL)
			return error_set(m->err, ERR_NOMEM, "no memory for a module");
		if (info_hash_funcs(prog, funcs, &unknown) != 0) {
			mem_free(funcs);
			return 0;
		}
		input.funcs = funcs;
		input.func_count = prog->func_count;
	}
	status = info_hash_sha256(&input, m->err, digest);
	mem_free(funcs);
	if (status != 0)
		return status;
	strbuf_printf(m->out, "static const uint8_t %s_program_info_hash[] = {",
		      strbuf_str(&m->prog_names[index]));
	add_bytes(m->out, digest, SHA256_SIZE);
	strbuf_add(m->out, "\n};\n");
	*ret_any = true;
	return 0;
}

static void add_type_guids(struct module *m, u32 index)
{
	static const struct guid none;
	const struct prog *prog = m->progs[index].prog;
	const char *name = strbuf_str(&m->prog_names[index]);

	strbuf_printf(m->out, "static GUID %s_program_type_guid = ", name);
	add_guid(m->out, prog->type != NULL ? &prog->type->guid : &none);
	strbuf_printf(m->out, ";\nstatic GUID %s_attach_type_guid = ", name);
	add_guid(m->out, prog->attach != NULL ? &prog->attach->guid : &none);
	strbuf_add(m->out, ";\n");
}

/* C names for the subprograms, the program's own first. */
static const char **subprog_names(struct module *m, u32 index, struct strbuf *storage)
{
	const struct prog *prog = m->progs[index].prog;
	const char **names = mem_zalloc_array(prog->subprog_count, sizeof(*names));
	size_t *offsets = mem_zalloc_array(prog->subprog_count, sizeof(*offsets));

	for (u32 i = 0; names != NULL && offsets != NULL && i < prog->subprog_count; i++) {
		offsets[i] = storage->len;
		strbuf_add(storage, strbuf_str(&m->prog_names[index]));
		if (i > 0) {
			strbuf_printf(storage, "_%u_", i);
			name_add(storage, prog->subprogs[i].name);
		}
		strbuf_add_char(storage, '\0');
	}
	for (u32 i = 0; names != NULL && offsets != NULL && i < prog->subprog_count; i++)
		names[i] = strbuf_str(storage) + offsets[i];
	if (offsets == NULL || strbuf_status(storage) != 0) {
		mem_free(names);
		names = NULL;
	}
	mem_free(offsets);
	return names;
}

/* Sections that the tables are in, and names that make Windows discard or page out a driver's code.
 */
static bool is_special_section(const char *name)
{
	static const char *const special[] = { "programs", "maps", "hash", "global_v", "INIT" };

	for (size_t i = 0; i < ARRAY_COUNT(special); i++)
		if (str_eq(name, special[i]))
			return true;
	return str_starts(name, "PAGE");
}

/* Sections of a PE file have names of eight bytes: longer ones are cut and numbered. */
static bool is_numbered(const char *section)
{
	return section[0] == '\0' || strlen(section) > 8 || is_special_section(section);
}

static void pe_section(struct strbuf *out, const struct module *m, u32 index)
{
	const char *section = m->progs[index].prog->section;
	struct strbuf name = STRBUF_INIT;
	u32 nth = 1;

	name_add(&name, section);
	if (!is_numbered(section) && name.len <= 8) {
		literal_add(out, strbuf_str(&name));
	} else {
		for (u32 i = 0; i < index; i++)
			nth += is_numbered(m->progs[i].prog->section);
		strbuf_printf(out, nth < 16 ? "\"%.6s~%x\"" : "\"%.5s~%02x\"", strbuf_str(&name),
			      nth % 256);
	}
	strbuf_fini(&name);
}

/* An image has 96 sections at most, and some are the linker's: programs beyond these share one. */
#define MAX_PE_SECTIONS 72

static int name_pe_sections(struct module *m)
{
	u32 count = 0;

	for (u32 i = 0; i < m->count; i++) {
		struct strbuf *name = &m->pe_sections[i];
		bool is_new = true;

		pe_section(name, m, i);
		for (u32 k = 0; k < i && is_new; k++)
			is_new = !str_eq(strbuf_str(&m->pe_sections[k]), strbuf_str(name));
		if (is_new && count >= MAX_PE_SECTIONS) {
			strbuf_reset(name);
			literal_add(name, "more");
		}
		count += is_new;
		if (strbuf_status(name) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

static int add_program(struct module *m, u32 index, u32 *counted, u32 *newlines)
{
	const struct translate_prog *row = &m->progs[index];
	struct strbuf storage = STRBUF_INIT;
	struct writer w = {
		.out = m->out,
		.prog = row->prog,
		.facts = row->facts,
		.options = m->options,
		.refs = &m->refs[index],
		.sections = m->sections,
		.module = strbuf_str(&m->name),
		.counted = *counted,
		.newlines = *newlines,
		.err = m->err,
	};
	int status;

	prog_text_init(&w.text, row->prog);
	w.section = strbuf_str(&m->pe_sections[index]);
	w.names = subprog_names(m, index, &storage);
	status = w.names == NULL ? error_set(m->err, ERR_NOMEM, "no memory for a program")
				 : write_functions(&w);
	if (status == 0 && prog_text_status(&w.text) != 0)
		status = error_set(m->err, ERR_NOMEM, "no memory for a program");
	*counted = w.counted;
	*newlines = w.newlines;
	mem_free(w.names);
	prog_text_fini(&w.text);
	strbuf_fini(&storage);
	return status;
}

static int add_program_entry(struct module *m, u32 index, struct strbuf *entries)
{
	const struct prog *prog = m->progs[index].prog;
	const struct references *refs = &m->refs[index];
	const char *name = strbuf_str(&m->prog_names[index]);
	u32 maps = 0;
	bool has_hash;
	int status;

	add_references(m, index);
	add_type_guids(m, index);
	status = add_info_hash(m, index, &has_hash);
	strbuf_add_char(m->out, '\n');
	for (u32 i = 0; i < prog->map_count; i++)
		maps += refs->maps[i];
	if (maps > UINT16_MAX || refs->helper_count > UINT16_MAX || named_count(prog) > UINT16_MAX)
		return error_set(m->err, ERR_TOOBIG, "program %.64s refers to too much",
				 prog->name);
	strbuf_printf(entries,
		      "\t{ 0, BPF2C_HEADER(program_entry_t, btf_resolved_function_count),\n"
		      "\t  %s, ",
		      name);
	strbuf_add(entries, strbuf_str(&m->pe_sections[index]));
	strbuf_add(entries, ", ");
	literal_add(entries, prog->section);
	strbuf_add(entries, ", ");
	literal_add(entries, prog->name);
	strbuf_printf(entries, ",\n\t  %s%s, %u, %s%s, %u, %u,\n", maps > 0 ? name : "NULL",
		      maps > 0 ? "_maps" : "", maps, refs->helper_count > 0 ? name : "NULL",
		      refs->helper_count > 0 ? "_helpers" : "", refs->helper_count,
		      prog->insn_count);
	strbuf_printf(entries, "\t  &%s_program_type_guid, &%s_attach_type_guid,\n\t  ", name,
		      name);
	if (has_hash)
		strbuf_printf(entries, "%s_program_info_hash, %u, \"%s\"", name, SHA256_SIZE,
			      m->options->hash_name);
	else
		strbuf_add(entries, "NULL, 0, \"none\"");
	strbuf_printf(entries, ", %s%s, %u },\n", named_count(prog) > 0 ? name : "NULL",
		      named_count(prog) > 0 ? "_functions" : "", named_count(prog));
	return status;
}

static int add_programs(struct module *m)
{
	struct strbuf entries = STRBUF_INIT;
	u32 counted = 0, newlines = 0;
	int status = 0;

	for (u32 i = 0; status == 0 && i < m->count; i++) {
		status = add_program_entry(m, i, &entries);
		if (status != 0)
			break;
		status = add_program(m, i, &counted, &newlines);
	}
	strbuf_printf(m->out,
		      "static BPF2C_DATA(\"programs\") program_entry_t bpf2c_programs[] = {\n%s};\n"
		      "BPF2C_TABLE(programs, program_entry_t, bpf2c_programs, %u)\n\n",
		      strbuf_str(&entries), m->count);
	if (status == 0 && strbuf_status(&entries) != 0)
		status = error_set(m->err, ERR_NOMEM, "no memory for a module");
	strbuf_fini(&entries);
	return status;
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static void add_hash(struct module *m)
{
	if (m->options->hash_name == NULL || m->options->hash_len == 0) {
		strbuf_add(m->out, "BPF2C_NO_HASH\n\n");
		return;
	}
	strbuf_add(m->out, "static BPF2C_DATA(\"hash\") const uint8_t bpf2c_hash[] = {");
	add_bytes(m->out, m->options->hash, m->options->hash_len);
	strbuf_add(m->out, "\n};\nBPF2C_HASH(bpf2c_hash)\n\n");
}

static void add_form(struct module *m)
{
	const char *name = strbuf_str(&m->name);

	strbuf_printf(m->out, "BPF2C_METADATA(%s_metadata_table)\n", name);
	switch (m->options->form) {
	case TRANSLATE_RAW: break;
	case TRANSLATE_SO:
		strbuf_printf(m->out, "BPF2C_EXPORT_TABLE(%s_metadata_table)\n", name);
		break;
	case TRANSLATE_DLL:
		strbuf_printf(m->out, "#include \"bpf2c_dll.h\"\nBPF2C_DLL(%s_metadata_table)\n",
			      name);
		break;
	case TRANSLATE_SYS:
		strbuf_printf(m->out,
			      "#include \"bpf2c_driver.h\"\nBPF2C_DRIVER(%s_metadata_table)\n",
			      name);
		break;
	}
}

/* A C name for each program; equal ones get numbers. */
static int name_programs(struct module *m)
{
	m->prog_names = mem_zalloc_array(m->count, sizeof(*m->prog_names));
	m->pe_sections = mem_zalloc_array(m->count, sizeof(*m->pe_sections));
	m->refs = mem_zalloc_array(m->count, sizeof(*m->refs));
	m->sections = mem_zalloc_array(m->first->map_count + 1, sizeof(*m->sections));
	if (m->prog_names == NULL || m->pe_sections == NULL || m->refs == NULL ||
	    m->sections == NULL)
		return ERR_NOMEM;
	name_add(&m->name, m->options->name);
	for (u32 i = 0; i < m->count; i++) {
		struct strbuf *name = &m->prog_names[i];
		bool again = false;

		name_add(name, m->progs[i].prog->name);
		for (u32 k = 0; k < i && !again; k++)
			again = str_eq(strbuf_str(&m->prog_names[k]), strbuf_str(name));
		if (again)
			strbuf_printf(name, "_bpf2c%u", i);
		if (strbuf_status(name) != 0 ||
		    references_init(&m->refs[i], m->progs[i].prog, m->progs[i].facts) != 0)
			return ERR_NOMEM;
	}
	for (u32 i = 0; i < m->first->map_count; i++)
		m->sections[i] = m->first->maps[i].is_global ? m->section_count++ : PROG_NO_INDEX;
	return strbuf_status(&m->name);
}

static void module_fini(struct module *m)
{
	for (u32 i = 0; i < m->count; i++) {
		if (m->prog_names != NULL)
			strbuf_fini(&m->prog_names[i]);
		if (m->pe_sections != NULL)
			strbuf_fini(&m->pe_sections[i]);
		if (m->refs != NULL)
			references_fini(&m->refs[i]);
	}
	mem_free(m->prog_names);
	mem_free(m->pe_sections);
	mem_free(m->refs);
	mem_free(m->sections);
	strbuf_fini(&m->name);
}

int translate_module(const struct translate_prog *progs, u32 count,
		     const struct translate_options *options, struct strbuf *out, struct error *err)
{
	struct module m = {
		.progs = progs,
		.count = count,
		.options = options,
		.out = out,
		.err = err,
	};
	int status;

	if (count == 0)
		return error_set(err, ERR_NOENT, "no program to translate");
	m.first = progs[0].prog;
	if (m.first->map_count > UINT16_MAX)
		return error_set(err, ERR_TOOBIG, "%u maps, more than %u", m.first->map_count,
				 UINT16_MAX);
	status = name_programs(&m);
	if (status == 0)
		status = name_pe_sections(&m);
	if (status != 0) {
		status = error_set(err, status, "no memory for a module");
		goto out;
	}
	strbuf_add(out, "/* Written by bpf2c: changes will be lost. */\n#include \"bpf2c.h\"\n\n"
			"BPF2C_GENERATED\n\n");
	add_hash(&m);
	add_maps(&m);
	add_sections(&m);
	add_initial_values(&m);
	status = add_programs(&m);
	add_form(&m);
	if (status == 0 && strbuf_status(out) != 0)
		status = error_set(err, ERR_NOMEM, "no memory for a module");
out:
	module_fini(&m);
	return status;
}
