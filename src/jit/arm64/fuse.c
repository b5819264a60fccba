/* SPDX-License-Identifier: MIT */
/* Two operations that are one instruction of arm64: a product or a shifted register as an operand,
 * fields of bits. The first one's result is nothing else's. */
#include "jit/arm64/a64.h"

static bool is_imm(const struct jit_op *op)
{
	return (op->flags & OP_IMM) != 0;
}

static bool is_shift(const struct jit_op *op)
{
	return (op->op == ALU_LSH || op->op == ALU_RSH || op->op == ALU_ARSH) && is_imm(op);
}

/* What the second operand may be of; a is the one that is taken as it is. */
static bool takes_operand(const struct jit_op *op, u8 reg)
{
	if (is_imm(op))
		return false;
	switch ((enum alu_op)op->op) {
	case ALU_ADD:
	case ALU_OR:
	case ALU_AND:
	case ALU_XOR: return (op->a == reg) != (op->b == reg);
	case ALU_SUB: return op->b == reg && op->a != reg;
	default: return false;
	}
}

static u8 other_of(const struct jit_op *op, u8 reg)
{
	return a64_host(op->a == reg ? op->b : op->a);
}

/* Of and with the lowest bits, how many; 0: it is none. */
static u32 low_bits(const struct jit_op *op)
{
	u64 imm = op->width == 32 ? (u32)op->imm : (u64)op->imm;

	return op->op == ALU_AND && is_imm(op) && imm != 0 && (imm & (imm + 1)) == 0 ? a64_ones(imm)
										     : 0;
}

bool a64_fuses(const struct a64 *a, const struct jit_op *first, const struct jit_op *second)
{
	u8 reg = first->dst;

	if (second->code != JIT_ALU || first->width != second->width ||
	    (second->dst != reg && (second->live >> reg & 1) != 0))
		return false;
	if (first->op == ALU_MUL && !is_imm(first))
		return (second->op == ALU_ADD || second->op == ALU_SUB) &&
		       takes_operand(second, reg);
	if (!is_shift(first) || a->blind)
		return false;
	if (takes_operand(second, reg))
		return true;
	if (second->a != reg || ((u32)first->imm & (first->width - 1u)) == 0)
		return false;
	if (first->op == ALU_RSH && low_bits(second) != 0)
		return true;
	return first->op == ALU_LSH && is_shift(second) && second->op != ALU_LSH &&
	       ((u32)second->imm & (second->width - 1u)) != 0;
}

/* A field to where the second shift leaves it. */
static void field(struct a64 *a, const struct jit_op *first, const struct jit_op *second)
{
	u32 width = first->width, count = (u32)first->imm & (width - 1);
	enum a64_insn insn = second->op == ALU_ARSH ? A64_SBFM : A64_UBFM;
	u32 turn, last;

	if (second->op == ALU_AND) {
		turn = count;
		last = MIN(count + low_bits(second), width) - 1;
	} else {
		turn = ((u32)second->imm - count) & (width - 1);
		last = width - 1 - count;
	}
	a64_put(&a->sites.out, insn, width, a64_host(second->dst), a64_host(first->a), 0,
		(s64)(turn << 6 | last));
}

void a64_fused(struct a64 *a, const struct jit_op *first, const struct jit_op *second)
{
	static const u8 insns[] = { [ALU_ADD] = A64_ADD,
				    [ALU_SUB] = A64_SUB,
				    [ALU_OR] = A64_ORR,
				    [ALU_AND] = A64_AND,
				    [ALU_XOR] = A64_EOR };
	static const u8 kinds[] = { [ALU_LSH] = 0, [ALU_RSH] = 1, [ALU_ARSH] = 2 };
	u8 d = a64_host(second->dst), n = a64_host(first->a), reg = first->dst;
	u32 width = first->width;

	if (first->op == ALU_MUL) {
		a64_put(&a->sites.out, second->op == ALU_SUB ? A64_MSUB : A64_MADD, width, d, n,
			a64_host(first->b), other_of(second, reg));
		return;
	}
	if (is_imm(second)) {
		field(a, first, second);
		return;
	}
	/* The kind of the shift is above the register's field. */
	a64_put(&a->sites.out, (enum a64_insn)insns[second->op], width, d, other_of(second, reg),
		(u32)n | (u32)kinds[first->op] << 6, first->imm & (s64)(width - 1));
}
