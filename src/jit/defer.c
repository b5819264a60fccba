/* SPDX-License-Identifier: MIT */
/* Copies and sums of registers are not computed where the program has them, but where they are
 * used: most become part of an address or an operand, and many are never needed by themselves. What
 * is put off depends on registers that keep their values; before one of those is written, what is
 * still needed is computed. */
#include "jit/internal.h"

static u16 bit(u8 reg)
{
	return reg == JIT_NONE ? 0 : (u16)(1u << reg);
}

static bool is_const(const struct jit_value *v)
{
	return v->base == JIT_NONE && v->index == JIT_NONE;
}

static bool is_copy(const struct jit_value *v)
{
	return v->base != JIT_NONE && v->index == JIT_NONE && v->disp == 0;
}

u16 jit_needed_for(const struct jit *j, u32 deferred)
{
	u16 needed = 0;

	for (u32 left = deferred; left != 0; left &= left - 1) {
		const struct jit_value *v = &j->values[__builtin_ctz(left)];

		needed |= bit(v->base) | bit(v->index);
	}
	return needed;
}

static void emit(struct jit *j, u8 reg, u32 slot)
{
	const struct jit_value v = j->values[reg];
	struct jit_op *op = jit_add(j, slot,
				    is_const(&v)  ? JIT_CONST
				    : is_copy(&v) ? JIT_MOV
						  : JIT_LEA);

	j->deferred &= (u16)~bit(reg);
	j->makers[reg] = j->op_count - 1;
	op->dst = reg;
	op->imm = v.disp;
	if (is_const(&v))
		return;
	/* Of a number of 32 bits, half is all. */
	op->width = v.narrow || (is_copy(&v) && (j->upper_zero >> v.base & 1) != 0) ? 32 : 64;
	op->a = v.base;
	op->index = v.index;
	op->scale = v.scale;
	op->disp = v.disp;
}

/* Another one that was put off and needs reg as it was before; JIT_NONE: there is none. Only what
 * is made of itself can have some: for others jit_before_write() has computed them. */
static u8 waits_for(const struct jit *j, u8 reg)
{
	if (j->values[reg].base != reg && j->values[reg].index != reg)
		return JIT_NONE;
	for (u8 i = 0; j->deferred >> i != 0; i++)
		if (i != reg && jit_is_deferred(j, i) &&
		    (j->values[i].base == reg || j->values[i].index == reg))
			return i;
	return JIT_NONE;
}

/* Computes it now, after what needs the register as it was. No two wait for each other: each of
 * them was put off when the other one was not. */
static void make(struct jit *j, u8 reg, u32 slot)
{
	u8 first;

	do {
		first = reg;
		for (u32 i = 0; i < BPF_REG_COUNT && waits_for(j, first) != JIT_NONE; i++)
			first = waits_for(j, first);
		emit(j, first, slot);
	} while (first != reg);
}

void jit_compute(struct jit *j, u16 regs, u32 slot)
{
	for (u8 reg = 0; regs != 0; reg++, regs >>= 1)
		if ((regs & 1) != 0 && jit_is_deferred(j, reg))
			make(j, reg, slot);
}

void jit_compute_others(struct jit *j, u8 reg, u16 live, u32 slot)
{
	for (u32 left = j->deferred & ~(u32)bit(reg); left != 0; left &= left - 1) {
		u8 i = (u8)__builtin_ctz(left);
		const struct jit_value *v = &j->values[i];

		if (!jit_is_deferred(j, i) || (v->base != reg && v->index != reg))
			continue;
		if ((live & bit(i)) != 0)
			make(j, i, slot);
		else
			j->deferred &= (u16)~bit(i);
	}
}

u8 jit_operand_of(struct jit *j, u8 reg, u32 width, u32 slot)
{
	const struct jit_value *v = &j->values[reg];

	if (is_copy(v) && (width <= 32 || !v->narrow))
		return v->base;
	make(j, reg, slot);
	return reg;
}

bool jit_constant_of(const struct jit *j, u8 reg, u32 width, u32 slot, s64 *ret_imm)
{
	const struct jit_value *v = &j->values[reg];

	if (!is_const(v) || (j->slots[slot].after >> reg & 1) != 0)
		return false;
	*ret_imm = width == 32 ? (s32)v->disp : v->disp;
	return true;
}

static bool add_disp(const struct jit *j, s32 *disp, s64 more)
{
	s64 sum = *disp + more;

	if (sum < INT32_MIN || sum > INT32_MAX)
		return false;
	/* A displacement of the program's choice is a constant like others. */
	if (j->options.blind && (sum < -PROG_FRAME_SIZE || sum > PROG_FRAME_SIZE))
		return false;
	*disp = (s32)sum;
	return true;
}

struct jit_value jit_address_of(struct jit *j, u8 reg, s32 off, u32 slot)
{
	struct jit_value v = { .base = reg, .index = JIT_NONE, .disp = off };

	if (!j->values[reg].narrow && !is_const(&j->values[reg]) &&
	    add_disp(j, &off, j->values[reg].disp)) {
		v = j->values[reg];
		v.disp = off;
		return v;
	}
	make(j, reg, slot);
	return v;
}

static struct jit_value value_of(const struct jit *j, u8 reg)
{
	if (jit_is_deferred(j, reg))
		return j->values[reg];
	return (struct jit_value){ .base = reg, .index = JIT_NONE };
}

static void defer(struct jit *j, u8 reg, struct jit_value v)
{
	j->values[reg] = v;
	j->deferred |= bit(reg);
}

/* a + b as one; false when it is none of what addresses can be. */
static bool sum_of(const struct jit *j, struct jit_value a, struct jit_value b,
		   struct jit_value *ret)
{
	if (a.narrow || b.narrow || !add_disp(j, &a.disp, b.disp))
		return false;
	if (b.index == JIT_NONE && b.base != JIT_NONE) {
		/* One register more. */
		if (a.base == JIT_NONE)
			a.base = b.base;
		else if (a.index == JIT_NONE)
			a.index = b.base;
		else
			return false;
	} else if (b.base == JIT_NONE && a.index == JIT_NONE) {
		a.index = b.index;
		a.scale = b.scale;
	} else {
		return false;
	}
	*ret = a;
	return true;
}

static bool defer_move(struct jit *j, u32 slot, const struct insn *insn)
{
	struct jit_value v;
	bool zero;

	if (insn->dst == insn->src)
		return insn->width == 64;
	jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	v = value_of(j, insn->src);
	zero = (j->upper_zero >> insn->src & 1) != 0;
	if (insn->width == 32 && !zero) {
		if (!is_copy(&v)) {
			make(j, insn->src, slot);
			v = value_of(j, insn->src);
		}
		v.narrow = true;
	}
	defer(j, insn->dst, v);
	return true;
}

static bool defer_add(struct jit *j, u32 slot, const struct insn *insn)
{
	struct jit_value sum, other;

	if ((insn->flags & INSN_IMM) != 0) {
		struct jit_value *v = &j->values[insn->dst];

		if (jit_is_deferred(j, insn->dst) && v->narrow)
			return false;
		return jit_is_deferred(j, insn->dst) && add_disp(j, &v->disp, insn->imm);
	}
	other = value_of(j, insn->src);
	if (!sum_of(j, value_of(j, insn->dst), other, &sum))
		return false;
	if (jit_is_deferred(j, insn->dst)) {
		defer(j, insn->dst, sum);
		return true;
	}
	/* In place, with what src would be. */
	if (is_copy(&other))
		return false;
	{
		struct jit_op *op;

		jit_before_write(j, insn->dst, j->slots[slot].live, slot);
		op = jit_add(j, slot, JIT_LEA);
		j->makers[insn->dst] = j->op_count - 1;
		op->dst = insn->dst;
		op->width = 64;
		op->a = sum.base;
		op->index = sum.index;
		op->scale = sum.scale;
		op->disp = sum.disp;
	}
	return true;
}

#define LOOK 6 /* instructions ahead */

/* Whether the next one to read reg is the last one, and takes a constant as well. */
static bool is_operand(const struct jit *j, u32 slot, u8 reg)
{
	for (u32 i = slot + 1; i < j->prog->insn_count && i <= slot + LOOK; i++) {
		const struct insn *insn = &j->prog->insns[i];
		bool divides =
			insn->kind == INSN_ALU && (insn->op == ALU_DIV || insn->op == ALU_SDIV ||
						   insn->op == ALU_MOD || insn->op == ALU_SMOD);

		if ((j->slots[i].flags & (SLOT_TARGET | SLOT_START)) != 0 || !jit_reached(j, i))
			return false;
		if ((j->slots[i].uses >> reg & 1) != 0)
			return (insn->kind == INSN_ALU || insn->kind == INSN_STORE ||
				insn->kind == INSN_JUMP_IF) &&
			       insn->src == reg && insn->dst != reg && !divides &&
			       (j->slots[i].after >> reg & 1) == 0;
		if (insn->kind > INSN_STORE || (j->slots[i].defs >> reg & 1) != 0)
			return false;
	}
	return false;
}

/* Numbers of which a register has the same bits as their 32 extended. */
static bool defer_const(struct jit *j, u32 slot, const struct insn *insn)
{
	if (insn->imm < (insn->width == 64 ? INT32_MIN : 0) || insn->imm > INT32_MAX ||
	    !is_operand(j, slot, insn->dst))
		return false;
	jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	defer(j, insn->dst,
	      (struct jit_value){ .base = JIT_NONE, .index = JIT_NONE, .disp = (s32)insn->imm });
	return true;
}

/* As a part of addresses, where it scales an index. */
static bool defer_shift(struct jit *j, u32 slot, const struct insn *insn)
{
	const struct jit_value *v = &j->values[insn->dst];
	bool is_plain = !jit_is_deferred(j, insn->dst);

	if ((insn->flags & INSN_IMM) == 0 || insn->imm < 1 || insn->imm > 3 ||
	    (!is_plain && (!is_copy(v) || v->narrow)))
		return false;
	if (is_plain)
		jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	defer(j, insn->dst,
	      (struct jit_value){ .base = JIT_NONE,
				  .index = is_plain ? insn->dst : v->base,
				  .scale = (u8)insn->imm });
	return true;
}

bool jit_defer(struct jit *j, u32 slot, const struct insn *insn)
{

	if (insn->kind != INSN_ALU ||
	    (j->options.watch != NULL && j->options.watch->keep_registers))
		return false;
	if (insn->op == ALU_MOV)
		return (insn->flags & INSN_IMM) != 0 ? defer_const(j, slot, insn)
						     : defer_move(j, slot, insn);
	if (insn->width != 64)
		return false;
	if (insn->op == ALU_ADD)
		return defer_add(j, slot, insn);
	return insn->op == ALU_LSH && defer_shift(j, slot, insn);
}
