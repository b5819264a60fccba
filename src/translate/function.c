/* SPDX-License-Identifier: MIT */
/* Each subprogram as a C function: registers are its variables, jumps are gotos. A function has a
 * frame of its own, so that callees never touch their callers'. Programs whose functions must know
 * more of each other than registers (that the program has ended further down, how many loops it may
 * still make) hand a `run` along. */
#include "translate/internal.h"

#include "base/mem.h"
#include "base/str.h"

bool is_reached(const struct writer *w, u32 slot)
{
	return w->facts == NULL || (w->facts->rows[slot].flags & FACT_REACHED) != 0;
}

static const struct prog_subprog *sub_at(const struct writer *w, u32 sub)
{
	return &w->prog->subprogs[sub];
}

/* Whether the instruction can end the program from within a callee, or counts loops. */
static bool wants_run(const struct writer *w, u32 slot)
{
	const struct prog *prog = w->prog;
	const struct insn *insn = &prog->insns[slot];
	const struct spec_helper *helper;

	switch ((enum insn_kind)insn->kind) {
	case INSN_MAY_GOTO:
	case INSN_CALLX:
	case INSN_LD_PACKET: return true;
	case INSN_CALL:
		helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
		return helper == NULL || (helper->flags & HELPER_TAIL_CALL) != 0;
	default: return false;
	}
}

static bool find_run(const struct writer *w)
{
	for (u32 i = 0; i < w->prog->insn_count; i++) {
		bool own = i < sub_at(w, 0)->count && w->prog->insns[i].kind != INSN_MAY_GOTO;

		if (!own && is_reached(w, i) && wants_run(w, i))
			return true;
	}
	return false;
}

/* What a helper is to write counts as written, also when it failed or had less to write. */
static bool may_leave_unwritten(const struct prog *prog, const struct insn *insn)
{
	const struct spec_helper *helper;

	if (insn->kind == INSN_CALLX || insn->kind == INSN_CALL_KFUNC)
		return true;
	if (insn->kind != INSN_CALL)
		return false;
	helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
	for (u32 i = 0; helper != NULL && i < ARRAY_COUNT(helper->args); i++)
		if (helper->args[i] == ARG_WRITE_MEM || helper->args[i] == ARG_WRITE_MEM_OR_NULL ||
		    helper->args[i] == ARG_MAP_VALUE_OUT || helper->args[i] == ARG_WRITE_U64)
			return true;
	return helper == NULL;
}

static bool find_zero_frames(const struct writer *w)
{
	if (w->facts == NULL || w->facts->uninit_stack || w->options->zero_frames)
		return true;
	for (u32 i = 0; i < w->prog->insn_count; i++)
		if (is_reached(w, i) && may_leave_unwritten(w->prog, &w->prog->insns[i]))
			return true;
	return false;
}

static void find_labels(struct writer *w)
{
	for (u32 i = 0; i < w->prog->insn_count; i++) {
		const struct insn *insn = &w->prog->insns[i];
		bool jumps = insn->kind == INSN_JUMP || insn->kind == INSN_MAY_GOTO ||
			     (insn->kind == INSN_JUMP_IF && may_take(w, i));

		if (jumps && is_reached(w, i))
			w->labels[(s64)i + 1 + insn->off] = 1;
	}
}

/* --- one function ------------------------------------------------------------------------------
 */

static void add_signature(struct writer *w, u32 sub)
{
	strbuf_printf(w->out, "static BPF2C_CODE(%s) uint64_t\n", w->section);
	if (sub == 0) {
		strbuf_printf(w->out,
			      "%s(void *context, const program_runtime_context_t "
			      "*runtime_context)",
			      w->names[0]);
		return;
	}
	strbuf_printf(w->out,
		      "%s(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, "
		      "uint64_t r5, void *context,\n\tconst program_runtime_context_t "
		      "*runtime_context%s)",
		      w->names[sub], w->has_run ? ", bpf2c_run_t *run" : "");
}

/* Registers that the function's own instructions name, as bits. */
static u32 registers_of(const struct writer *w, const struct prog_subprog *sub)
{
	u32 used = 1; /* r0, which it returns */

	for (u32 i = sub->start; i < sub->start + sub->count; i++) {
		const struct insn *insn = &w->prog->insns[i];
		bool calls = insn->kind == INSN_CALL || insn->kind == INSN_CALL_LOCAL ||
			     insn->kind == INSN_CALL_KFUNC || insn->kind == INSN_CALLX;

		if (!is_reached(w, i) || insn->kind == INSN_LDDW_HIGH)
			continue;
		used |= 1u << insn->dst | 1u << insn->src;
		if (calls)
			used |= 0x3e;
	}
	return used;
}

static void add_variables(struct writer *w, u32 sub)
{
	u32 used = registers_of(w, sub_at(w, sub));
	u32 given = sub == 0 ? 0 : 0x3e; /* parameters */
	bool is_first = true;

	if ((used >> BPF_REG_FP & 1) != 0)
		strbuf_printf(w->out, "\tuint64_t stack[%u]%s;\n", PROG_FRAME_SIZE / 8,
			      w->zero_frames ? " = { 0 }" : "");
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		if ((used & ~given & 1u << reg) == 0)
			continue;
		strbuf_printf(w->out, is_first ? "\tBPF2C_REGISTER r%u = " : ", r%u = ", reg);
		is_first = false;
		if (reg == BPF_REG_FP)
			strbuf_printf(w->out, "(uint64_t)(uintptr_t)(stack + %u)",
				      PROG_FRAME_SIZE / 8);
		else if (reg == 1 && sub == 0)
			strbuf_add(w->out, "(uint64_t)(uintptr_t)context");
		else if (reg == 2 && sub == 0 && w->prog->type != NULL &&
			 (w->prog->type->flags & PROG_TYPE_RAW) != 0)
			strbuf_add(w->out, "bpf2c_raw_size(context)");
		else
			strbuf_add(w->out, "0");
	}
	strbuf_add(w->out, ";\n");
	if (w->has_run && sub == 0)
		strbuf_add(w->out, "\tbpf2c_run_t run_state = BPF2C_RUN, *run = &run_state;\n");
	for (u32 reg = 1; reg < 6; reg++)
		if ((given & 1u << reg) != 0)
			strbuf_printf(w->out, "%s(void)r%u;%s", reg == 1 ? "\t" : " ", reg,
				      reg == 5 ? "\n" : "");
	write_arguments(w, sub);
	strbuf_printf(w->out, "\t(void)context;\n\t(void)runtime_context;\n%s\n",
		      w->has_run ? "\t(void)run;\n" : "");
}

/* What the compiler says of the following line is said of that one of the eBPF source. Instructions
 * that come from nowhere belong to the one before. */
static bool add_line(struct writer *w, u32 slot)
{
	const struct prog_line *line = prog_line_at(w->prog, slot);

	if (w->options->no_lines)
		return false;
	if (line != NULL && line->line != 0) {
		w->line = line->line;
		w->line_file = line->file;
	}
	if (w->line == 0)
		return false;
	strbuf_printf(w->out, "#line %u ", w->line);
	literal_add(w->out, w->line_file);
	strbuf_add_char(w->out, '\n');
	return true;
}

static void count_lines(struct writer *w)
{
	for (; w->counted < w->out->len; w->counted++)
		w->newlines += w->out->data[w->counted] == '\n';
}

static void add_own_line(struct writer *w)
{
	count_lines(w);
	strbuf_printf(w->out, "#line %u ", w->newlines + 2);
	literal_add(w->out, w->options->file);
	strbuf_add_char(w->out, '\n');
}

/* In a comment nothing may end it. */
static void add_comment(struct writer *w, u32 slot)
{
	const char *text = prog_text_insn(&w->text, slot);

	strbuf_printf(w->out, "\t/* %u: ", slot);
	for (; *text != '\0'; text++) {
		bool ends = text[0] == '*' && text[1] == '/';

		strbuf_add_char(w->out, (u8)*text < 0x20 || (u8)*text > 0x7e ? '.' : *text);
		if (ends || (text[0] == '/' && text[1] == '*'))
			strbuf_add_char(w->out, ' ');
	}
	strbuf_add(w->out, is_reached(w, slot) ? " */\n" : " (never reached) */\n");
}

static int write_function(struct writer *w, u32 index)
{
	const struct prog_subprog *sub = sub_at(w, index);
	bool has_lines = false;

	w->line = 0;
	add_signature(w, index);
	strbuf_add(w->out, "\n{\n");
	add_variables(w, index);
	for (u32 i = sub->start; i < sub->start + sub->count; i += insn_slots(&w->prog->insns[i])) {
		int status;

		if (w->labels[i] != 0 && is_reached(w, i))
			strbuf_printf(w->out, "label_%u:\n", i);
		add_comment(w, i);
		if (!is_reached(w, i))
			continue;
		has_lines |= add_line(w, i);
		status = write_insn(w, index, i);
		if (status != 0)
			return status;
	}
	if (has_lines)
		add_own_line(w);
	strbuf_add(w->out, "}\n\n");
	return strbuf_status(w->out);
}

/* Helpers call callbacks without a run: each call has one of its own. */
static void write_callback(struct writer *w, u32 sub)
{
	strbuf_printf(w->out,
		      "static BPF2C_CODE(%s) uint64_t\n%s_callback(uint64_t r1, uint64_t r2, "
		      "uint64_t r3, uint64_t "
		      "r4, uint64_t r5, void *context,\n\tconst program_runtime_context_t "
		      "*runtime_context)\n{\n",
		      w->section, w->names[sub]);
	if (w->has_run)
		strbuf_add(w->out, "\tbpf2c_run_t run = BPF2C_RUN;\n\n");
	strbuf_printf(w->out, "\treturn %s(r1, r2, r3, r4, r5, context, runtime_context%s);\n}\n\n",
		      w->names[sub], w->has_run ? ", &run" : "");
}

/* A function that nothing reaches would be one that nothing uses. */
static bool is_needed(const struct writer *w, u32 sub)
{
	return sub == 0 || is_reached(w, sub_at(w, sub)->start);
}

int write_functions(struct writer *w)
{
	const struct prog *prog = w->prog;
	int status = 0;

	w->labels = mem_zalloc(prog->insn_count);
	if (w->labels == NULL)
		return error_set(w->err, ERR_NOMEM, "no memory for a program");
	w->has_run = find_run(w);
	w->zero_frames = find_zero_frames(w);
	find_labels(w);
	for (u32 i = 1; i < prog->subprog_count; i++) {
		if (!is_needed(w, i))
			continue;
		add_signature(w, i);
		strbuf_add(w->out, ";\n\n");
	}
	for (u32 i = prog->subprog_count; status == 0 && i-- > 0;) {
		if (!is_needed(w, i))
			continue;
		status = write_function(w, i);
		if (status == 0 && i > 0 && sub_at(w, i)->is_callback)
			write_callback(w, i);
	}
	mem_free(w->labels);
	w->labels = NULL;
	return status;
}
