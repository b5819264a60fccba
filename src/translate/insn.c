/* SPDX-License-Identifier: MIT */
/* What one instruction does, as a line of C. The expressions are those of the instruction tables,
 * with the operands put in for their variables. */
#include "translate/internal.h"

#include "base/str.h"

static const char *const alu_text[] = {
#define ALU(NAME, name, code, off, group, symbol, expr) [ALU_##NAME] = #expr,
#include "isa/alu.def"
#undef ALU
};
static const char *const jump_text[] = {
#define JUMP(NAME, name, code, symbol, expr) [JUMP_##NAME] = #expr,
#include "isa/jump.def"
#undef JUMP
};
static const char *const atomic_name[] = {
#define ATOMIC(NAME, name, imm, symbol, expr) [ATOMIC_##NAME] = #name,
#include "isa/atomic.def"
#undef ATOMIC
};

int refuse(const struct writer *w, u32 slot, const char *what)
{
	return error_set(w->err, ERR_NOTSUP, "program %.64s, instruction %u: %s", w->prog->name,
			 slot, what);
}

static u16 fact_flags(const struct writer *w, u32 slot)
{
	return w->facts == NULL ? FACT_REACHED | FACT_TAKEN | FACT_NOT_TAKEN
				: w->facts->rows[slot].flags;
}

bool may_take(const struct writer *w, u32 slot)
{
	return (fact_flags(w, slot) & FACT_TAKEN) != 0;
}

bool may_pass(const struct writer *w, u32 slot)
{
	return (fact_flags(w, slot) & FACT_NOT_TAKEN) != 0;
}

/* --- operands ----------------------------------------------------------------------------------
 */

static void add_register(struct strbuf *out, u32 reg, u32 width)
{
	strbuf_printf(out, width == 32 ? "(uint32_t)r%u" : "r%u", reg);
}

static void add_constant(struct strbuf *out, s64 imm, u32 width)
{
	if (width == 32)
		strbuf_printf(out, "UINT32_C(%u)", (u32)imm);
	else if (imm >= 0)
		strbuf_printf(out, "UINT64_C(%lld)", (long long)imm);
	else
		strbuf_printf(out, "UINT64_C(0x%llx)", (unsigned long long)imm);
}

static void add_operand(struct strbuf *out, const struct insn *insn)
{
	if ((insn->flags & INSN_IMM) != 0)
		add_constant(out, insn->imm, insn->width);
	else
		add_register(out, insn->src, insn->width);
}

/* The table's expression: d and s are operands, U and S types, WIDTH a number. */
static void add_expression(struct strbuf *out, const char *text, const struct insn *insn)
{
	while (*text != '\0') {
		size_t len = 0;

		while (str_is_alnum(text[len]))
			len++;
		if (len == 0) {
			strbuf_add_char(out, *text++);
			continue;
		}
		if (len == 1 && *text == 'd')
			add_register(out, insn->dst, insn->width);
		else if (len == 1 && *text == 's')
			add_operand(out, insn);
		else if (len == 1 && (*text == 'U' || *text == 'S'))
			strbuf_printf(out, "%sint%u_t", *text == 'U' ? "u" : "", insn->width);
		else if (len == 5 && strncmp(text, "WIDTH", 5) == 0)
			strbuf_printf(out, "%u", insn->width);
		else
			strbuf_add_len(out, text, len);
		text += len;
	}
}

/* base + off, in 64 bits. */
static void add_address(struct strbuf *out, u32 base, s32 off)
{
	if (off == 0)
		strbuf_printf(out, "r%u", base);
	else
		strbuf_printf(out, off < 0 ? "r%u - %u" : "r%u + %u", base,
			      off < 0 ? 0u - (u32)off : (u32)off);
}

/* --- arithmetic --------------------------------------------------------------------------------
 */

static void add_alu(struct writer *w, u32 slot, const struct insn *insn)
{
	bool divides = insn->op == ALU_DIV || insn->op == ALU_MOD || insn->op == ALU_SDIV ||
		       insn->op == ALU_SMOD;

	strbuf_add_char(w->out, '\t');
	if (divides && w->facts != NULL && (insn->flags & INSN_IMM) == 0 &&
	    (fact_flags(w, slot) & FACT_DIVISOR_NONZERO) != 0) {
		strbuf_add(w->out, "BPF2C_ASSUME(");
		add_operand(w->out, insn);
		strbuf_add(w->out, " != 0); ");
	}
	strbuf_printf(w->out, insn->width == 32 ? "r%u = (uint32_t)(" : "r%u = ", insn->dst);
	add_expression(w->out, alu_text[insn->op], insn);
	strbuf_add(w->out, insn->width == 32 ? ");\n" : ";\n");
}

static void add_movsx(struct strbuf *out, const struct insn *insn)
{
	strbuf_printf(out, "\tr%u = (uint%u_t)(int%u_t)(int%u_t)r%u;\n", insn->dst, insn->width,
		      insn->width, 8u * insn->size, insn->src);
}

static void add_swap(struct strbuf *out, const struct insn *insn)
{
	u32 bits = 8u * insn->size;

	if (insn->op == SWAP_LE)
		strbuf_printf(out, "\tr%u = (uint%u_t)r%u;\n", insn->dst, bits, insn->dst);
	else
		strbuf_printf(out, "\tr%u = __builtin_bswap%u((uint%u_t)r%u);\n", insn->dst, bits,
			      bits, insn->dst);
}

static int add_lddw(struct writer *w, u32 slot, const struct insn *insn)
{
	struct strbuf *out = w->out;
	const struct prog_subprog *sub;
	u32 target = (u32)((s64)slot + 1 + insn->off);

	strbuf_printf(out, "\tr%u = ", insn->dst);
	switch ((enum lddw_op)insn->op) {
	case LDDW_IMM:
		strbuf_printf(out, "UINT64_C(0x%llx);\n", (unsigned long long)insn->imm);
		return 0;
	case LDDW_MAP:
		strbuf_printf(out, "(uint64_t)runtime_context->map_data[%u].address;\n",
			      (u32)insn->imm);
		return 0;
	case LDDW_MAP_VALUE:
		if (w->sections[insn->imm] == PROG_NO_INDEX)
			return refuse(w, slot,
				      "the address of a map's value, and the map is no "
				      "section of global data");
		strbuf_printf(out,
			      "(uint64_t)(uintptr_t)runtime_context->"
			      "global_variable_section_data[%u].address_of_map_value + %u;\n",
			      w->sections[insn->imm], (u32)insn->off);
		return 0;
	case LDDW_CODE:
		sub = prog_subprog_at(w->prog, target);
		if (sub == NULL || sub->start != target || sub == w->prog->subprogs)
			return refuse(w, slot, "the address of what is no function");
		strbuf_printf(out, "(uint64_t)(uintptr_t)%s_callback;\n",
			      w->names[sub - w->prog->subprogs]);
		return 0;
	case LDDW_VARIABLE:
		if (insn->imm < 0 || insn->imm >= w->prog->var_count)
			return refuse(w, slot, "no such variable");
		strbuf_printf(out,
			      "(uint64_t)(uintptr_t)runtime_context->"
			      "btf_resolved_function_data[%u].address;\n",
			      w->prog->func_count + (u32)insn->imm);
		return 0;
	case LDDW_MAP_IDX:
	case LDDW_MAP_IDX_VALUE:
	case LDDW_OP_COUNT: break;
	}
	return refuse(w, slot, "an unresolved reference");
}

/* --- memory ------------------------------------------------------------------------------------
 */

/* Nobody else sees the frame of a function but who is given its address. */
static const char *plainness(const struct writer *w, u32 slot, u32 base)
{
	bool own = base == BPF_REG_FP ||
		   (w->facts != NULL && (fact_flags(w, slot) & FACT_OWN_MEMORY) != 0);

	return own ? "plain_" : "";
}

static void add_load(struct writer *w, u32 slot, const struct insn *insn)
{
	bool is_signed = (insn->flags & INSN_SIGNED) != 0;

	strbuf_printf(w->out, "\tr%u = bpf2c_%sload%s%u(", insn->dst, plainness(w, slot, insn->src),
		      is_signed ? "_s" : "", 8u * insn->size);
	add_address(w->out, insn->src, insn->off);
	strbuf_add(w->out, ");\n");
}

static void add_store(struct writer *w, u32 slot, const struct insn *insn)
{
	strbuf_printf(w->out, "\tbpf2c_%sstore%u(", plainness(w, slot, insn->dst), 8u * insn->size);
	add_address(w->out, insn->dst, insn->off);
	strbuf_add(w->out, ", ");
	if ((insn->flags & INSN_IMM) != 0)
		add_constant(w->out, insn->imm, 64);
	else
		add_register(w->out, insn->src, 64);
	strbuf_add(w->out, ");\n");
}

static void add_atomic(struct strbuf *out, const struct insn *insn)
{
	bool swaps = insn->op == ATOMIC_CMPXCHG;

	strbuf_add_char(out, '\t');
	if (swaps)
		strbuf_add(out, "r0 = ");
	else if ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG)
		strbuf_printf(out, "r%u = ", insn->src);
	strbuf_printf(out, "bpf2c_atomic_%s%u(", atomic_name[insn->op], 8u * insn->size);
	add_address(out, insn->dst, insn->off);
	strbuf_printf(out, "%s, r%u);\n", swaps ? ", r0" : "", insn->src);
}

/* --- control flow ------------------------------------------------------------------------------
 */

static void add_end(struct writer *w, u32 sub)
{
	strbuf_add(w->out, sub == 0 ? "return 0;" : "{ run->is_over = true; return 0; }");
}

static void add_packet_load(struct writer *w, u32 sub, const struct insn *insn)
{
	strbuf_printf(w->out, "\tr0 = runtime_context->helper_data[%u].address(",
		      references_helper(w->refs, NATIVE_LOAD_PACKET));
	if ((insn->flags & INSN_IMM) == 0)
		strbuf_printf(w->out, "(uint32_t)(r%u + UINT32_C(%u))", insn->src, (u32)insn->imm);
	else
		strbuf_printf(w->out, "UINT32_C(%u)", (u32)insn->imm);
	strbuf_printf(w->out, ", %u, 0, 0, 0, context); if (r0 == UINT64_MAX) ", insn->size);
	add_end(w, sub);
	strbuf_add_char(w->out, '\n');
}

static void add_jump_if(struct writer *w, u32 slot, const struct insn *insn)
{
	u32 target = (u32)((s64)slot + 1 + insn->off);

	if (!may_take(w, slot)) {
		strbuf_add(w->out, "\t; /* never taken */\n");
		return;
	}
	if (!may_pass(w, slot)) {
		strbuf_printf(w->out, "\tgoto label_%u; /* always taken */\n", target);
		return;
	}
	strbuf_add(w->out, "\tif (");
	add_expression(w->out, jump_text[insn->op], insn);
	strbuf_printf(w->out, ") goto label_%u;\n", target);
}

static void add_arguments(struct strbuf *out)
{
	strbuf_add(out, "(r1, r2, r3, r4, r5, context");
}

/* An array that is known: its values are at hand. */
static bool is_array_lookup(const struct writer *w, u32 slot, const struct spec_helper *helper)
{
	const struct prog_map *map;

	if (w->facts == NULL || (fact_flags(w, slot) & FACT_MAP) == 0 ||
	    !str_eq(helper->name, "bpf_map_lookup_elem"))
		return false;
	map = &w->prog->maps[w->facts->rows[slot].map];
	return map->type != NULL && map->type->kind == MAP_KIND_ARRAY;
}

static int add_call(struct writer *w, u32 sub, u32 slot, const struct insn *insn)
{
	const struct prog *prog = w->prog;
	u32 id = (u32)insn->imm;
	const struct spec_helper *helper =
		spec_find_helper(prog->spec, prog->dialect, prog->type, id);
	u32 index = references_helper(w->refs, id);

	if (prog_unresolved_at(prog, slot) != NULL) {
		strbuf_printf(
			w->out,
			"\truntime_context->helper_data[%u].address(%u, 0, 0, 0, 0, context); ",
			references_helper(w->refs, NATIVE_STOP), slot);
		add_end(w, sub);
		strbuf_add_char(w->out, '\n');
		return 0;
	}
	if (helper != NULL && is_array_lookup(w, slot, helper)) {
		u32 map = w->facts->rows[slot].map;

		strbuf_printf(w->out,
			      "\tr0 = bpf2c_array_lookup(&runtime_context->map_data[%u], "
			      "runtime_context->helper_data[%u].address, r2, %u, %u, context);\n",
			      map, index, prog->maps[map].max_entries,
			      (prog->maps[map].value_size + 7) & ~7u);
		return 0;
	}
	strbuf_printf(w->out, "\tr0 = runtime_context->helper_data[%u].address", index);
	add_arguments(w->out);
	strbuf_add(w->out, ");");
	if (helper != NULL && (helper->flags & HELPER_TAIL_CALL) != 0) {
		strbuf_add(w->out, " if (r0 == 0) ");
		add_end(w, sub);
	}
	strbuf_add_char(w->out, '\n');
	return 0;
}

static void add_callx(struct writer *w, u32 sub, u32 slot, const struct insn *insn)
{
	strbuf_printf(
		w->out,
		"\t{ helper_function_t f = (helper_function_t)(uintptr_t)"
		"runtime_context->helper_data[%u].address((uint32_t)r%u, 0, 0, 0, 0, context); "
		"if (f == NULL) { runtime_context->helper_data[%u].address(%u, 0, 0, 0, 0, "
		"context); ",
		references_helper(w->refs, NATIVE_FIND_HELPER), insn->dst,
		references_helper(w->refs, NATIVE_STOP), slot);
	add_end(w, sub);
	strbuf_add(w->out, " } r0 = f");
	add_arguments(w->out);
	strbuf_add(w->out, "); }\n");
}

static int add_call_local(struct writer *w, u32 slot, const struct insn *insn)
{
	u32 target = (u32)((s64)slot + 1 + insn->off);
	const struct prog_subprog *callee = prog_subprog_at(w->prog, target);

	if (callee == NULL || callee->start != target || callee == w->prog->subprogs)
		return refuse(w, slot, "a call of what is no function of its own");
	strbuf_printf(w->out, "\tr0 = %s", w->names[callee - w->prog->subprogs]);
	add_arguments(w->out);
	strbuf_printf(w->out, ", runtime_context%s);%s\n", w->has_run ? ", run" : "",
		      w->has_run ? " if (run->is_over) return 0;" : "");
	return 0;
}

static int add_kfunc(struct writer *w, u32 slot, const struct insn *insn)
{
	if (insn->imm < 0 || insn->imm >= w->prog->func_count)
		return refuse(w, slot, "no such function");
	strbuf_printf(w->out, "\tr0 = runtime_context->btf_resolved_function_data[%u].address",
		      (u32)insn->imm);
	add_arguments(w->out);
	strbuf_add(w->out, ");\n");
	return 0;
}

int write_insn(struct writer *w, u32 sub, u32 slot)
{
	const struct insn *insn = &w->prog->insns[slot];
	struct strbuf *out = w->out;
	u32 target = (u32)((s64)slot + 1 + insn->off);

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: add_alu(w, slot, insn); return 0;
	case INSN_NEG:
		strbuf_printf(out, "\tr%u = (uint%u_t)0 - (uint%u_t)r%u;\n", insn->dst, insn->width,
			      insn->width, insn->dst);
		return 0;
	case INSN_MOVSX: add_movsx(out, insn); return 0;
	case INSN_SWAP: add_swap(out, insn); return 0;
	case INSN_LDDW: return add_lddw(w, slot, insn);
	case INSN_LDDW_HIGH: return 0;
	case INSN_LOAD: add_load(w, slot, insn); return 0;
	case INSN_STORE: add_store(w, slot, insn); return 0;
	case INSN_ATOMIC: add_atomic(out, insn); return 0;
	case INSN_LOAD_ACQ:
		strbuf_printf(out, "\tr%u = bpf2c_load_acquire%u(", insn->dst, 8u * insn->size);
		add_address(out, insn->src, insn->off);
		strbuf_add(out, ");\n");
		return 0;
	case INSN_STORE_REL:
		strbuf_printf(out, "\tbpf2c_store_release%u(", 8u * insn->size);
		add_address(out, insn->dst, insn->off);
		strbuf_printf(out, ", r%u);\n", insn->src);
		return 0;
	case INSN_LD_PACKET: add_packet_load(w, sub, insn); return 0;
	case INSN_JUMP_IF: add_jump_if(w, slot, insn); return 0;
	case INSN_JUMP: strbuf_printf(out, "\tgoto label_%u;\n", target); return 0;
	case INSN_MAY_GOTO:
		strbuf_printf(
			out, "\tif (run->loops_left == 0) goto label_%u; else run->loops_left--;\n",
			target);
		return 0;
	case INSN_CALL: return add_call(w, sub, slot, insn);
	case INSN_CALL_LOCAL: return add_call_local(w, slot, insn);
	case INSN_CALL_KFUNC: return add_kfunc(w, slot, insn);
	case INSN_CALLX: add_callx(w, sub, slot, insn); return 0;
	case INSN_EXIT: strbuf_add(out, "\treturn r0;\n"); return 0;
	}
	return refuse(w, slot, "an unknown instruction");
}
