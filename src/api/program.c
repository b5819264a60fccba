/* SPDX-License-Identifier: MIT */
/* oriel/object.h: linked programs, their instructions as bytes and as text. */
#include "api/api.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "isa/decode.h"
#include "object/prog_text.h"

/* --- linking --- */

void api_program_free(struct oriel_program *program)
{
	if (program == NULL)
		return;
	mem_free(program->insns);
	mem_free(program);
}

/* The forms of RFC 9669 for what the loader resolved to indices: what the program has are forms
 * for descriptors, which nobody has here. */
static struct insn with_indices(const struct insn *insn)
{
	struct insn out = *insn;

	if (insn->kind == INSN_LDDW && insn->op == LDDW_MAP)
		out.op = LDDW_MAP_IDX;
	else if (insn->kind == INSN_LDDW && insn->op == LDDW_MAP_VALUE)
		out.op = LDDW_MAP_IDX_VALUE;
	return out;
}

static int encode(struct oriel_program *program, struct error *err)
{
	const struct prog *prog = program->prog;

	program->insns = mem_zalloc_array(prog->insn_count, INSN_SLOT_SIZE);
	if (program->insns == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	for (u32 slot = 0; slot < prog->insn_count; slot += insn_slots(&prog->insns[slot])) {
		struct insn insn = with_indices(&prog->insns[slot]);

		if (insn_encode(&insn, program->insns + (size_t)slot * INSN_SLOT_SIZE, err) != 0)
			return error_prefix(err, "slot %u", slot);
	}
	return 0;
}

static int choose_type(const struct object *obj, const char *name,
		       const struct spec_prog_type **ret_type, struct error *err)
{
	const struct spec_prog_type *type = NULL;

	if (name != NULL) {
		type = spec_find_type(obj->spec, obj->dialect, name);
		if (type == NULL)
			return error_set(err, ERR_INVAL,
					 "%s: the %s dialect has no program type '%.64s'",
					 obj->file, dialect_name(obj->dialect), name);
	}
	*ret_type = type;
	return 0;
}

static struct oriel_program *find_linked(const struct oriel_object *object, u32 idx,
					 const struct spec_prog_type *type)
{
	struct oriel_program *program = object->programs;

	while (program != NULL && (program->idx != idx || program->asked != type))
		program = program->next;
	return program;
}

static int link_new(struct oriel_object *object, u32 idx, const struct spec_prog_type *type,
		    struct oriel_program **ret_program, struct error *err)
{
	struct oriel_program *program = mem_zalloc(sizeof(*program));
	int status;

	if (program == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", object->object->file);
	program->idx = idx;
	program->asked = type;
	status = object_link(object->object, idx, type, &program->prog, err);
	if (status != 0)
		goto out_free;
	status = encode(program, err);
	if (status != 0) {
		(void)error_prefix(err, "%s: program %s", object->object->file,
				   object->object->progs[idx].name);
		goto out_free;
	}
	program->next = object->programs;
	object->programs = program;
	*ret_program = program;
	return 0;
out_free:
	api_program_free(program);
	return status;
}

int oriel_object_link(struct oriel_object *object, uint32_t index,
		      const struct oriel_link_options *options,
		      const struct oriel_program **ret_program, struct oriel_error *error)
{
	struct oriel_link_options known = { .size = sizeof(known) };
	const struct object *obj = object->object;
	const struct spec_prog_type *type = NULL;
	struct oriel_program *program = NULL;
	struct error err = { 0 };
	int status = api_take_options(options, &known, "struct oriel_link_options", &err);

	if (status == 0 && index >= obj->prog_count)
		status = error_set(&err, ERR_RANGE, "%s: there is no program %u, but %u of them",
				   obj->file, index, obj->prog_count);
	if (status == 0)
		status = choose_type(obj, known.type, &type, &err);
	if (status == 0)
		program = find_linked(object, index, type);
	if (status == 0 && program == NULL)
		status = link_new(object, index, type, &program, &err);
	if (status != 0)
		return api_fail(&err, error);
	*ret_program = program;
	return 0;
}

/* --- what is in a program --- */

int oriel_program_get_code(const struct oriel_program *program, struct oriel_code_info *ret_info)
{
	const struct prog *prog = program->prog;
	const struct oriel_code_info info = {
		.size = sizeof(info),
		.name = prog->name,
		.section = prog->section,
		.type = prog->type != NULL ? prog->type->name : NULL,
		.attach_type = prog->attach != NULL ? prog->attach->name : NULL,
		.insns = program->insns,
		.dialect = (enum oriel_dialect)prog->dialect,
		.insn_count = prog->insn_count,
		.called_count = prog->called_count,
		.subprogram_count = prog->subprog_count,
		.function_count = prog->func_count,
		.variable_count = prog->var_count,
		.unresolved_count = prog->unresolved_count,
	};

	return api_give_info(&info, ret_info);
}

int oriel_program_get_subprogram(const struct oriel_program *program, uint32_t index,
				 struct oriel_subprogram_info *ret_info)
{
	const struct prog *prog = program->prog;
	struct oriel_subprogram_info info = { .size = sizeof(info) };

	if (index >= prog->subprog_count)
		return ERR_RANGE;
	info.name = prog->subprogs[index].name;
	info.start = prog->subprogs[index].start;
	info.insn_count = prog->subprogs[index].count;
	info.is_callback = prog->subprogs[index].is_callback;
	return api_give_info(&info, ret_info);
}

int oriel_program_get_function(const struct oriel_program *program, uint32_t index,
			       struct oriel_extern_info *ret_info)
{
	const struct prog *prog = program->prog;
	struct oriel_extern_info info = { .size = sizeof(info) };

	if (index >= prog->func_count)
		return ERR_RANGE;
	info.name = prog->funcs[index].name;
	info.btf_id = prog->funcs[index].btf_id;
	info.flags = prog->funcs[index].is_weak ? ORIEL_EXTERN_WEAK : 0;
	return api_give_info(&info, ret_info);
}

int oriel_program_get_variable(const struct oriel_program *program, uint32_t index,
			       struct oriel_extern_info *ret_info)
{
	const struct prog *prog = program->prog;
	struct oriel_extern_info info = { .size = sizeof(info) };

	if (index >= prog->var_count)
		return ERR_RANGE;
	info.name = prog->vars[index].name;
	info.flags = (prog->vars[index].is_weak ? ORIEL_EXTERN_WEAK : 0u) |
		     (prog->vars[index].is_config ? ORIEL_EXTERN_CONFIG : 0u);
	return api_give_info(&info, ret_info);
}

int oriel_program_get_line(const struct oriel_program *program, uint32_t slot,
			   struct oriel_line_info *ret_info)
{
	struct oriel_line_info info = { .size = sizeof(info) };
	const struct prog_line *line;

	if (slot >= program->prog->insn_count)
		return ERR_RANGE;
	line = prog_line_at(program->prog, slot);
	if (line == NULL || line->line == 0)
		return ERR_NOENT;
	info.file = line->file;
	info.text = line->text;
	info.slot = line->slot;
	info.line = line->line;
	info.column = line->col;
	return api_give_info(&info, ret_info);
}

const char *oriel_program_unresolved_at(const struct oriel_program *program, uint32_t slot)
{
	return prog_unresolved_at(program->prog, slot);
}

/* --- disassembly --- */

static void add_line(struct strbuf *out, struct prog_text *text, u32 slot, bool with_source)
{
	const struct prog_subprog *sub = prog_text_label(text->prog, slot);
	const struct prog_line *line = with_source ? prog_text_new_line(text, slot) : NULL;
	const char *unresolved = prog_unresolved_at(text->prog, slot);

	if (sub != NULL)
		strbuf_printf(out, "%s%016llx <%s>:\n", out->len > 0 ? "\n" : "",
			      (u64)slot * INSN_SLOT_SIZE, sub->name);
	if (line != NULL)
		strbuf_printf(out, "; %s:%u\n", line->file, line->line);
	if (line != NULL && line->text[0] != '\0')
		strbuf_printf(out, "; %s\n", line->text);
	strbuf_printf(out, "%8u:\t%s", slot, prog_text_insn(text, slot));
	if (unresolved != NULL)
		strbuf_printf(out, "\t; %s", unresolved);
	strbuf_add(out, "\n");
}

static int check_range(const struct prog *prog, const struct oriel_disasm_options *options,
		       struct error *err)
{
	if ((options->flags & ~(u32)ORIEL_DISASM_SOURCE) != 0 || options->reserved != 0)
		return error_set(err, ERR_INVAL, "options: a flag that is not known, or reserved");
	if (options->first >= prog->insn_count ||
	    options->count > prog->insn_count - options->first)
		return error_set(err, ERR_RANGE, "slots %u to %llu are not all in program %s",
				 options->first, (u64)options->first + options->count, prog->name);
	return 0;
}

static int disasm(const struct prog *prog, const struct oriel_disasm_options *options,
		  char **ret_text, struct error *err)
{
	u32 end = options->count != 0 ? options->first + options->count : prog->insn_count;
	struct strbuf out = STRBUF_INIT;
	struct prog_text text;

	prog_text_init(&text, prog);
	for (u32 slot = options->first; slot < end; slot++)
		if (prog->insns[slot].kind != INSN_LDDW_HIGH)
			add_line(&out, &text, slot, (options->flags & ORIEL_DISASM_SOURCE) != 0);
	strbuf_add(&out, ""); /* a text, however short */
	if (prog_text_status(&text) != 0 || strbuf_status(&out) != 0 || out.data == NULL) {
		prog_text_fini(&text);
		strbuf_fini(&out);
		return error_set(err, ERR_NOMEM, "out of memory");
	}
	prog_text_fini(&text);
	*ret_text = out.data;
	return 0;
}

int oriel_program_disasm(const struct oriel_program *program,
			 const struct oriel_disasm_options *options, char **ret_text,
			 struct oriel_error *error)
{
	struct oriel_disasm_options known = { .size = sizeof(known) };
	struct error err = { 0 };
	int status = api_take_options(options, &known, "struct oriel_disasm_options", &err);

	if (status == 0)
		status = check_range(program->prog, &known, &err);
	if (status == 0)
		status = disasm(program->prog, &known, ret_text, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}
