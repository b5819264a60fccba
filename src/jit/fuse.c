/* SPDX-License-Identifier: MIT */
/* Operations that become one of another kind. */
#include "jit/internal.h"

#define WINDOW 6 /* operations to look back */

static bool is_shift(const struct jit_op *op)
{
	return op->code == JIT_ALU && (op->op == ALU_LSH || op->op == ALU_RSH) &&
	       (op->flags & OP_IMM) != 0 && op->imm > 0 && op->imm < op->width;
}

/* Whether it is one of those whose registers are known to be in dst, a, b and index alone. */
static bool is_plain(const struct jit_op *op)
{
	return op->code == JIT_ALU || op->code == JIT_MOV || op->code == JIT_CONST ||
	       op->code == JIT_LEA || op->code == JIT_LOAD || op->code == JIT_STORE ||
	       op->code == JIT_ROL || op->code == JIT_NOP;
}

static bool touches(const struct jit_op *op, u8 reg)
{
	return op->code != JIT_NOP &&
	       (op->dst == reg || op->a == reg || op->b == reg || op->index == reg);
}

/* The shifts that made d and s, which nothing else has looked at since. */
static bool find_shifts(struct jit *j, u8 d, u8 s, struct jit_op **ret_d, struct jit_op **ret_s)
{
	struct jit_op *found_d = NULL, *found_s = NULL;
	u32 last = j->op_count - 1;

	for (u32 i = 1; i <= WINDOW && i <= last && (found_d == NULL || found_s == NULL); i++) {
		struct jit_op *op = &j->ops[last - i];

		if (!is_plain(op))
			return false;
		if (op->dst == d && found_d == NULL && is_shift(op))
			found_d = op;
		else if (op->dst == s && found_s == NULL && is_shift(op))
			found_s = op;
		else if ((touches(op, d) && found_d == NULL) || (touches(op, s) && found_s == NULL))
			return false;
	}
	*ret_d = found_d;
	*ret_s = found_s;
	return found_d != NULL && found_s != NULL;
}

static bool writes_between(const struct jit_op *first, const struct jit_op *end, u8 reg)
{
	for (const struct jit_op *op = first + 1; op < end; op++)
		if (op->dst == reg && op->code != JIT_NOP)
			return true;
	return false;
}

/* The register that both have shifted, still there or there again without them; JIT_NONE: no. */
static u8 common_source(const struct jit_op *of_d, const struct jit_op *of_s,
			const struct jit_op *last, bool s_is_dead)
{
	u8 d = last->dst, s = of_s->dst;
	const struct jit_op *first = of_d < of_s ? of_d : of_s;

	if (of_d->a != of_s->a && !(of_d->a == d && of_s->a == d))
		return JIT_NONE;
	if (of_d->a == d) /* in place; the other has to come before it */
		return of_s->a == d && of_s < of_d ? d : JIT_NONE;
	if (of_s->a == s)
		return of_d->a == s && of_d < of_s && s_is_dead ? s : JIT_NONE;
	return of_d->a == of_s->a && !writes_between(first, last, of_d->a) ? of_d->a : JIT_NONE;
}

void jit_fuse_rotate(struct jit *j)
{
	struct jit_op *op = &j->ops[j->op_count - 1], *of_d, *of_s;
	bool s_is_dead, joins = op->op == ALU_OR || op->op == ALU_ADD || op->op == ALU_XOR;
	u8 source;

	if (op->code != JIT_ALU || !joins || (op->flags & OP_IMM) != 0 || op->a != op->dst ||
	    op->b == op->dst || !find_shifts(j, op->dst, op->b, &of_d, &of_s))
		return;
	if (of_d->op == of_s->op || of_d->width != of_s->width || op->width < of_d->width ||
	    of_d->imm + of_s->imm != of_d->width)
		return;
	s_is_dead = (op->live >> op->b & 1) == 0;
	source = common_source(of_d, of_s, op, s_is_dead);
	if (source == JIT_NONE)
		return;
	op->code = JIT_ROL;
	op->imm = of_d->op == ALU_LSH ? of_d->imm : of_s->imm;
	op->width = of_d->width;
	op->a = source;
	op->b = JIT_NONE;
	op->flags = 0;
	of_d->code = JIT_NOP;
	if (s_is_dead)
		of_s->code = JIT_NOP;
}
