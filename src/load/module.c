/* SPDX-License-Identifier: MIT */
#include "load/module.h"

#include "../include/bpf2c.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"
#include "image/image.h"
#include "prog/facts.h"
#include "runtime/native.h"
#include "spec/info_hash.h"
#include "spec/text.h"

struct load_module {
	struct engine engine;
	struct arena arena; /* of the tables */
	struct image *image;
	struct image_module tables;
	const struct object *object;
};

bool module_is(const u8 *bytes, size_t len)
{
	return len >= 2 && bytes[0] == 'M' && bytes[1] == 'Z';
}

/* --- the engine --- */

static void release_image(void *image)
{
	image_drop(image);
}

static int prepare(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	const struct load_module *m = CONTAINER_OF(engine, struct load_module, engine);
	const struct native_tables tables = {
		.programs = m->tables.programs,
		.program_count = m->tables.program_count,
		.maps = m->tables.maps,
		.map_count = m->tables.map_count,
		.module_abi = true,
		.keeps_vectors = m->tables.keeps_vectors,
	};
	const struct native_owner owner = { release_image, m->image };
	int status = native_bind_tables(&tables, prog, binding, &owner, ret_code, err);

	if (status == 0)
		image_hold(m->image);
	return status;
}

const struct engine *module_engine(const struct load_module *module)
{
	return &module->engine;
}

/* --- opening --- */

static int read_image(struct load_module *m, const u8 *bytes, size_t len,
		      const struct load_options *options, struct error *err)
{
	struct pe pe;
	int status = pe_open(bytes, len, &m->arena, &pe, err);

	if (status == 0 && options->pages == NULL)
		status = error_set(err, ERR_ACCES, "nobody vouches for this image");
	if (status == 0)
		status = image_load(&pe, options->pages, options->page_count, &m->image, err);
	if (status == 0)
		status = image_module_read(m->image, &m->arena, &m->tables, err);
	return status == 0 ? 0 : error_prefix(err, "%s", options->file);
}

int module_open(const u8 *bytes, size_t len, const struct load_options *options,
		struct load_module **ret_module, struct object **ret_object, struct error *err)
{
	struct object *object = NULL;
	struct load_module *m = mem_zalloc(sizeof(*m));
	int status;

	if (m == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", options->file);
	m->engine = (struct engine){ "native", prepare, NULL };
	arena_init(&m->arena, 0);
	status = read_image(m, bytes, len, options, err);
	if (status == 0)
		status = module_object(&m->tables, options, &object, err);
	if (status != 0) {
		module_free(m);
		return status;
	}
	m->object = object;
	*ret_module = m;
	*ret_object = object;
	return 0;
}

void module_free(struct load_module *module)
{
	if (module == NULL)
		return;
	image_drop(module->image);
	arena_fini(&module->arena);
	mem_free(module);
}

/* --- linking --- */

static int no_memory(const struct load_module *m, struct error *err)
{
	return error_set(err, ERR_NOMEM, "%s: out of memory", m->object->file);
}

/* What the program refers to, as instructions that do: nobody runs them. */
static int make_insns(struct load_module *m, const program_entry_t *entry, struct prog *prog,
		      struct error *err)
{
	u32 most = 2u * entry->referenced_map_count + entry->helper_count + 1, count = 0;
	struct insn *insns = arena_array(&m->arena, most, sizeof(*insns));

	if (insns == NULL)
		return no_memory(m, err);
	for (u32 i = 0; i < entry->referenced_map_count; i++) {
		insns[count++] = (struct insn){ .kind = INSN_LDDW,
						.op = LDDW_MAP,
						.imm = entry->referenced_map_indices[i] };
		insns[count++] = (struct insn){ .kind = INSN_LDDW_HIGH };
	}
	for (u32 i = 0; i < entry->helper_count; i++)
		if (entry->helpers[i].helper_id < NATIVE_LOAD_PACKET)
			insns[count++] = (struct insn){ .kind = INSN_CALL,
							.imm = entry->helpers[i].helper_id };
	insns[count++] = (struct insn){ .kind = INSN_EXIT };
	prog->insns = insns;
	prog->insn_count = count;
	prog->translated = MAX((u32)entry->bpf_instruction_count, 1u);
	return 0;
}

static bool is_guid(const GUID *have, const GUID *wanted)
{
	return memcmp(have, wanted, sizeof(*have)) == 0;
}

/* Whether the row is a variable's, and then *ret_var is that. */
static bool read_variable(const btf_resolved_function_entry_t *row, struct prog_var *ret_var)
{
	static const GUID variable = BPF2C_MODULE_VARIABLE, config = BPF2C_MODULE_CONFIG;

	if (!is_guid(&row->module_guid, &variable) && !is_guid(&row->module_guid, &config))
		return false;
	*ret_var = (struct prog_var){ .name = row->name,
				      .is_config = is_guid(&row->module_guid, &config) };
	return true;
}

static int read_function(struct load_module *m, const btf_resolved_function_entry_t *row,
			 struct prog_func *ret_func, struct error *err)
{
	static const GUID none;
	struct strbuf text = STRBUF_INIT;
	struct guid guid;
	int status = 0;

	ret_func->name = row->name;
	if (is_guid(&row->module_guid, &none))
		return 0;
	memcpy(&guid, &row->module_guid, sizeof(guid));
	spec_guid_text(&text, &guid);
	ret_func->module = arena_strndup(&m->arena, strbuf_str(&text), text.len);
	if (strbuf_status(&text) != 0 || ret_func->module == NULL)
		status = no_memory(m, err);
	strbuf_fini(&text);
	return status;
}

/* Functions, and variables behind them. */
static int make_functions(struct load_module *m, const program_entry_t *entry, struct prog *prog,
			  struct error *err)
{
	u32 count = entry->btf_resolved_function_count;
	struct prog_func *funcs = arena_array(&m->arena, count + 1u, sizeof(*funcs));
	struct prog_var *vars = arena_array(&m->arena, count + 1u, sizeof(*vars));
	int status = 0;

	if (funcs == NULL || vars == NULL)
		return no_memory(m, err);
	prog->funcs = funcs;
	prog->vars = vars;
	for (u32 i = 0; status == 0 && i < count; i++) {
		const btf_resolved_function_entry_t *row = &entry->btf_resolved_functions[i];

		if (read_variable(row, &vars[prog->var_count]))
			prog->var_count++;
		else if (prog->var_count > 0)
			status = error_set(err, ERR_NOEXEC, "function %.64s is behind a variable",
					   row->name);
		else
			status = read_function(m, row, &funcs[prog->func_count++], err);
	}
	return status;
}

static int compare_ids(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* The helpers that the hash knows: each once, without this system's own. */
static int helper_ids(struct load_module *m, const program_entry_t *entry, u32 **ret_ids,
		      size_t *ret_count, struct error *err)
{
	u32 *ids = arena_array(&m->arena, entry->helper_count + 1u, sizeof(*ids));
	size_t count = 0, kept = 0;

	if (ids == NULL)
		return no_memory(m, err);
	for (u32 i = 0; i < entry->helper_count; i++)
		if (entry->helpers[i].helper_id < NATIVE_LOAD_PACKET)
			ids[count++] = entry->helpers[i].helper_id;
	if (sort_stable(ids, count, sizeof(*ids), compare_ids) != 0)
		return no_memory(m, err);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || ids[i] != ids[kept - 1])
			ids[kept++] = ids[i];
	*ret_ids = ids;
	*ret_count = kept;
	return 0;
}

/* What the program was verified against is what it meets here. */
static int check_info_hash(struct load_module *m, const program_entry_t *entry,
			   const struct prog *prog, struct error *err)
{
	struct info_hash_input input = { .spec = prog->spec, .type = prog->type };
	const char *kind = entry->program_info_hash_type;
	struct info_hash_func *funcs;
	u8 digest[SHA256_SIZE];
	u32 *ids;
	int status;

	if (entry->program_info_hash_length == 0)
		return 0;
	if (kind == NULL || !str_eq(kind, "SHA256") ||
	    entry->program_info_hash_length != SHA256_SIZE)
		return error_set(err, ERR_NOTSUP,
				 "its program-information hash is of kind '%.32s', not SHA256",
				 kind != NULL ? kind : "");
	status = helper_ids(m, entry, &ids, &input.helper_count, err);
	if (status != 0)
		return status;
	funcs = arena_array(&m->arena, prog->func_count + 1u, sizeof(*funcs));
	if (funcs == NULL)
		return no_memory(m, err);
	status = info_hash_funcs(prog, funcs, err);
	if (status != 0)
		return error_prefix(err, "program-information hash");
	input.funcs = funcs;
	input.func_count = prog->func_count;
	input.helpers = ids;
	status = info_hash_sha256(&input, err, digest);
	if (status == 0 && memcmp(digest, entry->program_info_hash, SHA256_SIZE) != 0)
		status = error_set(err, ERR_ACCES,
				   "it was verified against another definition of type %s or of a "
				   "helper or function (program-information hash)",
				   prog->type->name);
	return status;
}

static int make_facts(struct load_module *m, const struct prog *prog,
		      const struct prog_facts **ret_facts, struct error *err)
{
	struct prog_facts *facts = arena_alloc(&m->arena, sizeof(*facts));
	struct prog_fact *rows = arena_array(&m->arena, prog->insn_count, sizeof(*rows));

	if (facts == NULL || rows == NULL)
		return no_memory(m, err);
	facts_init(facts, rows, prog->insn_count);
	*ret_facts = facts;
	return 0;
}

int module_link(struct load_module *m, u32 idx, const struct spec_prog_type *type,
		const struct prog **ret_prog, const struct prog_facts **ret_facts,
		struct error *err)
{
	const struct object_prog *row = &m->object->progs[idx];
	const program_entry_t *entry = &m->tables.programs[idx];
	struct prog *prog = arena_alloc(&m->arena, sizeof(*prog));
	struct prog_subprog *subprog = arena_alloc(&m->arena, sizeof(*subprog));
	int status;

	if (prog == NULL || subprog == NULL)
		return no_memory(m, err);
	if (type != NULL && type != row->match->type)
		return error_set(err, ERR_INVAL, "%s: program '%.64s' is of type %s, not %s",
				 m->object->file, row->name, row->match->type->name, type->name);
	*prog = (struct prog){
		.name = row->name,
		.section = row->section,
		.dialect = m->object->dialect,
		.spec = m->object->spec,
		.type = row->match->type,
		.attach = row->match->attach,
		.subprogs = subprog,
		.subprog_count = 1,
		.maps = m->object->maps,
		.map_count = m->object->map_count,
	};
	status = make_insns(m, entry, prog, err);
	if (status == 0)
		status = make_functions(m, entry, prog, err);
	if (status == 0)
		status = check_info_hash(m, entry, prog, err);
	if (status == 0)
		status = make_facts(m, prog, ret_facts, err);
	if (status != 0)
		return error_prefix(err, "%s: program '%.64s'", m->object->file, row->name);
	*subprog = (struct prog_subprog){ .name = row->name, .count = prog->insn_count };
	*ret_prog = prog;
	return 0;
}
