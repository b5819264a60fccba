/* SPDX-License-Identifier: MIT */
/* A branch around one move, or between two moves to one register, is how compilers write a choice
 * of two values for a processor that has none. It becomes an operation without a jump, that nobody
 * has to predict, and the code around it one block. */
#include "jit/internal.h"

#include "prog/facts.h"

struct move {
	u8 dst, reg; /* reg: JIT_NONE: of imm */
	bool narrow; /* the lower half of reg, zero-extended */
	bool small;  /* with zeros in the upper half */
	s64 imm;
};

static u16 bit(u8 reg)
{
	return reg == JIT_NONE ? 0 : (u16)(1u << reg);
}

static bool is_upper_zero(const struct jit *j, u8 reg)
{
	return (j->upper_zero >> reg & 1) != 0;
}

static bool read_move(const struct jit *j, u32 slot, struct move *ret)
{
	const struct insn *insn = &j->prog->insns[slot];
	bool is_imm = (insn->flags & INSN_IMM) != 0;

	/* What is odd is left to those who refuse it. */
	if (insn->kind != INSN_ALU || insn->op != ALU_MOV || !jit_reached(j, slot) ||
	    insn->dst == BPF_REG_FP || insn->src == BPF_REG_FP || insn->imm != (s32)insn->imm ||
	    insn->off != (s16)insn->off || (j->slots[slot].after >> insn->dst & 1) == 0)
		return false;
	*ret = (struct move){ .dst = insn->dst, .reg = JIT_NONE };
	if (jit_is_known(j, slot)) {
		ret->imm = (s64)j->facts->rows[slot].value;
	} else if (is_imm) {
		ret->imm = insn->width == 32 ? (s64)(u32)insn->imm : insn->imm;
	} else {
		ret->reg = insn->src;
		ret->narrow = insn->width == 32;
	}
	ret->small = ret->reg == JIT_NONE ? (u64)ret->imm <= UINT32_MAX
					  : ret->narrow || is_upper_zero(j, ret->reg);
	return true;
}

/* The other one of two, with all that is between them and the branch; false: it is not like that.
 */
static bool read_other(const struct jit *j, u32 slot, u8 dst, struct move *ret)
{
	const struct insn *past = &j->prog->insns[slot + 2];

	return past->kind == INSN_JUMP && past->off == 1 && jit_reached(j, slot + 2) &&
	       (j->slots[slot + 2].flags & SLOT_TARGET) == 0 &&
	       (j->slots[slot + 3].flags & SLOT_MANY) == 0 && read_move(j, slot + 3, ret) &&
	       ret->dst == dst;
}

/* Whether the last operation, or the one before, makes it a constant. */
static bool is_made_const(const struct jit *j, u8 reg)
{
	for (u32 i = 1; i <= 2 && i <= j->op_count; i++) {
		const struct jit_op *op = &j->ops[j->op_count - i];

		if (op->dst == reg)
			return op->code == JIT_CONST;
		if (op->code == JIT_LABEL)
			break;
	}
	return false;
}

/* In a loop, each round would wait for the round before where the number is made of it, which a
 * branch that is predicted spares. Of two constants none is. */
static bool pays(const struct jit *j, u32 slot, const struct move *move, const struct move *other)
{
	if (slot >= j->loop_end)
		return true;
	return move->reg == JIT_NONE &&
	       (other != NULL ? other->reg == JIT_NONE : is_made_const(j, move->dst));
}

/* The register that it is from, which is none that is put off. */
static u8 source_of(struct jit *j, const struct move *move, u32 slot)
{
	return move->reg == JIT_NONE ? JIT_NONE
				     : jit_operand(j, move->reg, move->narrow ? 32 : 64, slot);
}

static void add_move(struct jit *j, u32 slot, const struct move *move, u8 from, u16 live)
{
	struct jit_op *op = jit_add(j, slot, from == JIT_NONE ? JIT_CONST : JIT_MOV);

	op->dst = move->dst;
	op->a = from;
	op->width = move->small ? 32 : 64;
	op->imm = move->imm;
	op->live |= live;
}

static void add_select(struct jit *j, u32 slot, const struct jit_op *compare,
		       const struct move *move, u8 from)
{
	struct jit_op *op = jit_add(j, slot, JIT_SELECT);
	bool half = is_upper_zero(j, move->dst) && move->small;

	op->op = compare->op;
	op->width = compare->width;
	op->a = compare->a;
	op->b = compare->b;
	op->imm = compare->imm;
	op->flags = (u8)(compare->flags | OP_INVERT | (half ? OP_HALF : 0));
	op->dst = move->dst;
	op->index = from;
	op->disp = (s32)move->imm;
	op->size = from == JIT_NONE ? (move->imm >= 0 ? 4 : 8)
				    : (move->narrow && !is_upper_zero(j, from) ? 4 : 8);
	j->upper_zero &= (u16)~bit(move->dst);
	if (half)
		j->upper_zero |= bit(move->dst);
}

u32 jit_select(struct jit *j, u32 slot, const struct jit_op *compare)
{
	bool both = j->prog->insns[slot].off == 2;
	u32 last = slot + (both ? 3 : 1);
	struct move move, other;
	u8 from, from_other = JIT_NONE;
	struct jit_slot *end = &j->slots[last + 1];

	if ((j->options.watch != NULL && j->options.watch->keep_registers) ||
	    !read_move(j, slot + 1, &move) || (both && !read_other(j, slot, move.dst, &other)) ||
	    !pays(j, slot, &move, both ? &other : NULL))
		return 0;
	from = source_of(j, &move, slot);
	if (both)
		from_other = source_of(j, &other, slot);
	/* Copies of dst change nothing, and the comparison comes after the first of two moves. */
	if (from == move.dst || from_other == move.dst ||
	    (both && (compare->a == move.dst || compare->b == move.dst)))
		return 0;
	if (!both)
		jit_flush(j, bit(move.dst), slot);
	jit_before_write(j, move.dst, j->slots[last].after, slot);
	j->deferred &= (u16)~bit(move.dst);
	if (both) {
		add_move(j, last, &other, from_other,
			 bit(from) | bit(compare->a) | bit(compare->b));
		j->upper_zero &= (u16)~bit(move.dst);
		if (other.small)
			j->upper_zero |= bit(move.dst);
	}
	add_select(j, last, compare, &move, from);
	/* Where nobody else comes from, it is one block. */
	if ((end->flags & SLOT_MANY) == 0)
		end->flags &= (u16)~SLOT_TARGET;
	return last - slot;
}
