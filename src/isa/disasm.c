/* SPDX-License-Identifier: MIT */
/* Text as llvm-objdump 19 prints it: signed hexadecimal; w registers for 32-bit arithmetic,
 * comparisons and atomics, r registers for plain loads and stores of any size. Where objdump cannot
 * tell two instructions apart, ours have words of their own: "call +0x5" (local), "call kfunc 0x7",
 * "r1 = map 0x0 ll". */
#include "isa/disasm.h"

#include "isa/words.h"

static void put_hex(struct strbuf *out, s64 value)
{
	if (value < 0)
		strbuf_printf(out, "-0x%llx", 0 - (u64)value);
	else
		strbuf_printf(out, "0x%llx", (u64)value);
}

/* With its sign always: "+0x5". */
static void put_signed(struct strbuf *out, s64 value)
{
	if (value >= 0)
		strbuf_add_char(out, '+');
	put_hex(out, value);
}

static void put_reg(struct strbuf *out, unsigned width, u8 reg)
{
	strbuf_printf(out, "%c%u", width == 32 ? 'w' : 'r', reg);
}

static unsigned width_of_size(u8 size)
{
	return size == 8 ? 64 : 32;
}

/* imm or src. */
static void put_operand(struct strbuf *out, const struct insn *insn, unsigned width)
{
	if ((insn->flags & INSN_IMM) != 0)
		put_hex(out, insn->imm);
	else
		put_reg(out, width, insn->src);
}

/* "r10 - 0x8" */
static void put_address(struct strbuf *out, u8 reg, s32 off)
{
	s64 wide = off;

	strbuf_printf(out, "r%u %c 0x%llx", reg, wide < 0 ? '-' : '+',
		      (u64)(wide < 0 ? -wide : wide));
}

/* "(u32 *)(r10 - 0x8)" */
static void put_memory(struct strbuf *out, const struct insn *insn, u8 reg)
{
	strbuf_printf(out, "(%c%u *)(", (insn->flags & INSN_SIGNED) != 0 ? 's' : 'u',
		      insn->size * 8u);
	put_address(out, reg, insn->off);
	strbuf_add_char(out, ')');
}

static void put_name(struct strbuf *out, const char *name)
{
	if (name != NULL)
		strbuf_printf(out, " <%s>", name);
}

static void put_target(struct strbuf *out, const struct insn *insn, size_t slot,
		       const struct disasm_names *names)
{
	s64 target = (s64)slot + 1 + insn->off;

	put_signed(out, insn->off);
	if (names != NULL && names->label != NULL && target >= 0 && target <= UINT32_MAX)
		put_name(out, names->label(names->arg, (u32)target));
}

static void disasm_alu(struct strbuf *out, const struct insn *insn)
{
	const char *symbol = word_alu(insn->op);

	put_reg(out, insn->width, insn->dst);
	strbuf_printf(out, " %s ", symbol != NULL ? symbol : "?=");
	put_operand(out, insn, insn->width);
}

static void disasm_lddw(struct strbuf *out, const struct insn *insn, size_t slot,
			const struct disasm_names *names)
{
	const char *name = NULL;

	put_reg(out, 64, insn->dst);
	strbuf_add(out, " = ");
	if (insn->op != LDDW_IMM && word_lddw(insn->op) != NULL)
		strbuf_printf(out, "%s ", word_lddw(insn->op));
	if (insn->op == LDDW_CODE)
		put_signed(out, insn->off);
	else
		put_hex(out, insn->imm);
	if (insn->op == LDDW_MAP_VALUE || insn->op == LDDW_MAP_IDX_VALUE)
		strbuf_printf(out, " + 0x%x", (u32)insn->off);
	strbuf_add(out, " ll");
	if (names == NULL)
		return;
	if (insn->op == LDDW_CODE && names->label != NULL)
		name = names->label(names->arg, (u32)((s64)slot + 1 + insn->off));
	else if (insn->op != LDDW_IMM && insn->op != LDDW_VARIABLE && insn->op != LDDW_CODE &&
		 names->map != NULL)
		name = names->map(names->arg, (u32)insn->imm);
	put_name(out, name);
}

static void disasm_atomic(struct strbuf *out, const struct insn *insn)
{
	unsigned width = width_of_size(insn->size);
	bool is_exchange = insn->op == ATOMIC_XCHG || insn->op == ATOMIC_CMPXCHG;
	const char *word = word_atomic(insn->op), *symbol = symbol_atomic(insn->op);

	if (word == NULL || symbol == NULL) {
		strbuf_add(out, "<unknown>");
		return;
	}
	if ((insn->flags & INSN_FETCH) == 0) {
		strbuf_add(out, "lock *");
		put_memory(out, insn, insn->dst);
		strbuf_printf(out, " %s ", symbol);
		put_reg(out, width, insn->src);
		return;
	}
	put_reg(out, width, insn->op == ATOMIC_CMPXCHG ? 0 : insn->src);
	if (is_exchange) {
		strbuf_printf(out, " = %s%s(", word, width == 64 ? "_64" : "32_32");
		put_address(out, insn->dst, insn->off);
	} else {
		strbuf_printf(out, " = atomic_fetch_%s(", word);
		put_memory(out, insn, insn->dst);
	}
	if (insn->op == ATOMIC_CMPXCHG) {
		strbuf_add(out, ", ");
		put_reg(out, width, 0);
	}
	strbuf_add(out, ", ");
	put_reg(out, width, insn->src);
	strbuf_add_char(out, ')');
}

static void disasm_packet(struct strbuf *out, const struct insn *insn)
{
	strbuf_printf(out, "r0 = *(u%u *)skb[", insn->size * 8u);
	if ((insn->flags & INSN_IMM) == 0) {
		put_reg(out, 64, insn->src);
		if (insn->imm != 0)
			strbuf_printf(out, " %c 0x%llx", insn->imm < 0 ? '-' : '+',
				      insn->imm < 0 ? 0 - (u64)insn->imm : (u64)insn->imm);
	} else {
		put_hex(out, insn->imm);
	}
	strbuf_add_char(out, ']');
}

static void disasm_memory(struct strbuf *out, const struct insn *insn)
{
	unsigned width = width_of_size(insn->size);

	switch ((enum insn_kind)insn->kind) {
	case INSN_LOAD:
		put_reg(out, 64, insn->dst);
		strbuf_add(out, " = *");
		put_memory(out, insn, insn->src);
		break;
	case INSN_STORE:
		strbuf_add_char(out, '*');
		put_memory(out, insn, insn->dst);
		strbuf_add(out, " = ");
		put_operand(out, insn, 64);
		break;
	case INSN_LOAD_ACQ:
		put_reg(out, width, insn->dst);
		strbuf_add(out, " = load_acquire(");
		put_memory(out, insn, insn->src);
		strbuf_add_char(out, ')');
		break;
	case INSN_STORE_REL:
		strbuf_add(out, "store_release(");
		put_memory(out, insn, insn->dst);
		strbuf_add(out, ", ");
		put_reg(out, width, insn->src);
		strbuf_add_char(out, ')');
		break;
	default: break;
	}
}

static void disasm_jump_if(struct strbuf *out, const struct insn *insn)
{
	const char *symbol = word_jump(insn->op);

	strbuf_add(out, "if ");
	put_reg(out, insn->width, insn->dst);
	strbuf_printf(out, " %s ", symbol != NULL ? symbol : "?");
	put_operand(out, insn, insn->width);
	strbuf_add(out, " goto ");
}

static void disasm_call(struct strbuf *out, const struct insn *insn, size_t slot,
			const struct disasm_names *names)
{
	u32 imm = (u32)insn->imm;

	switch ((enum insn_kind)insn->kind) {
	case INSN_CALL:
		strbuf_printf(out, "call 0x%x", imm);
		if (names != NULL && names->helper != NULL)
			put_name(out, names->helper(names->arg, imm));
		break;
	case INSN_CALL_LOCAL:
		strbuf_add(out, "call ");
		put_target(out, insn, slot, names);
		break;
	case INSN_CALL_KFUNC:
		strbuf_printf(out, "call kfunc 0x%x", imm);
		if (insn->off != 0) {
			strbuf_add(out, " module ");
			put_hex(out, insn->off);
		}
		if (names != NULL && names->func != NULL)
			put_name(out, names->func(names->arg, imm));
		break;
	default: strbuf_printf(out, "callx r%u", insn->dst); break;
	}
}

static void disasm_unary(struct strbuf *out, const struct insn *insn)
{
	unsigned width = insn->kind == INSN_SWAP ? 64 : insn->width;
	const char *word = word_swap(insn->op);

	put_reg(out, width, insn->dst);
	strbuf_add(out, " = ");
	if (insn->kind == INSN_NEG)
		strbuf_add_char(out, '-');
	else if (insn->kind == INSN_MOVSX)
		strbuf_printf(out, "(s%u)", insn->size * 8u);
	else
		strbuf_printf(out, "%s%u ", word != NULL ? word : "?", insn->size * 8u);
	put_reg(out, width, insn->kind == INSN_MOVSX ? insn->src : insn->dst);
}

void disasm_insn(struct strbuf *out, const struct insn *insn, size_t slot,
		 const struct disasm_names *names)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: disasm_alu(out, insn); return;
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP: disasm_unary(out, insn); return;
	case INSN_LDDW: disasm_lddw(out, insn, slot, names); return;
	case INSN_LDDW_HIGH: return;
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: disasm_memory(out, insn); return;
	case INSN_ATOMIC: disasm_atomic(out, insn); return;
	case INSN_LD_PACKET: disasm_packet(out, insn); return;
	case INSN_JUMP_IF:
		disasm_jump_if(out, insn);
		put_target(out, insn, slot, names);
		return;
	case INSN_JUMP:
		strbuf_add(out, (insn->flags & INSN_LONG) != 0 ? "gotol " : "goto ");
		put_target(out, insn, slot, names);
		return;
	case INSN_MAY_GOTO:
		strbuf_add(out, "may_goto ");
		put_target(out, insn, slot, names);
		return;
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: disasm_call(out, insn, slot, names); return;
	case INSN_EXIT: strbuf_add(out, "exit"); return;
	}
	strbuf_add(out, "<unknown>");
}
