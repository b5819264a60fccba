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

/* --- bytes that are put together ---------------------------------------------------------------
 */

#define FAR 16 /* operations to look back */

/* A number in memory, without sign, at some place of a larger one. */
struct part {
	struct jit_op *load, *shift; /* shift: NULL, not shifted */
	u32 at;			     /* bits */
};

/* What made reg, which nothing else has looked at since; memory did not change meanwhile. */
static bool find_part(struct jit *j, u8 reg, struct part *ret)
{
	u32 last = j->op_count - 1;

	*ret = (struct part){ 0 };
	for (u32 i = 1; i <= FAR && i <= last; i++) {
		struct jit_op *op = &j->ops[last - i];

		if (!is_plain(op) || op->code == JIT_STORE)
			return false;
		if (op->code == JIT_LOAD && op->dst == reg) {
			ret->load = op;
			return op->size < 8 && (op->flags & OP_SIGNED) == 0;
		}
		if (is_shift(op) && op->op == ALU_LSH && op->dst == reg && op->a == reg &&
		    ret->shift == NULL) {
			ret->shift = op;
			ret->at = (u32)op->imm;
		} else if (touches(op, reg)) {
			return false;
		}
	}
	return false;
}

static bool fits(const struct part *part)
{
	return part->shift == NULL || part->at + 8u * part->load->size <= part->shift->width;
}

/* Whether both loads can be one where the later one is. */
static bool is_one_place(const struct part *a, const struct part *b)
{
	const struct jit_op *first = MIN(a->load, b->load), *second = MAX(a->load, b->load);

	if (first->a != second->a || first->index != second->index || first->scale != second->scale)
		return false;
	for (const struct jit_op *op = first; op < second; op++)
		if (op->code != JIT_NOP && op->dst != JIT_NONE &&
		    (op->dst == first->a || op->dst == first->index))
			return false;
	return true;
}

/* Two neighbours in memory that are put together, in either order of bytes, become one. */
void jit_fuse_bytes(struct jit *j)
{
	struct jit_op *op = &j->ops[j->op_count - 1], *load;
	struct part of_d, of_s, *low, *high;
	bool swaps;
	u32 size;

	if (j->facts == NULL || op->code != JIT_ALU || (op->flags & OP_IMM) != 0 ||
	    (op->op != ALU_OR && op->op != ALU_ADD && op->op != ALU_XOR) || op->a != op->dst ||
	    op->b == op->dst || (op->live >> op->b & 1) != 0 || !find_part(j, op->dst, &of_d) ||
	    !find_part(j, op->b, &of_s))
		return;
	low = of_d.at < of_s.at ? &of_d : &of_s;
	high = low == &of_d ? &of_s : &of_d;
	size = low->load->size;
	swaps = high->load->disp + (s32)size == low->load->disp;
	if (high->load->size != size || high->at != low->at + 8 * size ||
	    high->at + 8 * size > op->width || !fits(low) || !fits(high) ||
	    (!swaps && low->load->disp + (s32)size != high->load->disp) || !is_one_place(low, high))
		return;
	for (u32 i = 0; i < 2; i++)
		if (size > 1 &&
		    ((i == 0 ? low : high)->load->flags & OP_SWAP) != (swaps ? OP_SWAP : 0))
			return;
	load = MAX(low->load, high->load);
	load->disp = MIN(low->load->disp, high->load->disp);
	load->size = (u8)(2 * size);
	load->dst = op->dst;
	load->flags = (u8)((load->flags & OP_STACK) | (swaps ? OP_SWAP : 0));
	MIN(low->load, high->load)->code = JIT_NOP;
	if (low->shift != NULL)
		low->shift->code = JIT_NOP;
	if (high->shift != NULL)
		high->shift->code = JIT_NOP;
	op->code = low->at == 0 ? JIT_NOP : JIT_ALU;
	op->op = ALU_LSH;
	op->flags = OP_IMM;
	op->imm = low->at;
	op->b = JIT_NONE;
}

static bool keeps_registers(const struct jit *j)
{
	return j->options.watch != NULL && j->options.watch->keep_registers;
}

/* A load and the swap of what it brought, or that zeros are above it; that is the last operation.
 */
void jit_fuse_swap(struct jit *j)
{
	struct jit_op *op = &j->ops[j->op_count - 1], *load = op - 1;

	if (j->op_count < 2 || keeps_registers(j) || load->code != JIT_LOAD || load->dst != op->a ||
	    op->dst != op->a || (load->flags & OP_SIGNED) != 0)
		return;
	if (op->code == JIT_ZEXT && load->size <= op->size) {
		op->code = JIT_NOP;
	} else if (op->code == JIT_BSWAP && load->size == op->size &&
		   (load->flags & OP_SWAP) == 0) {
		load->flags |= OP_SWAP;
		op->code = JIT_NOP;
	}
}

/* A swap of two bytes that are stored then, where nobody else needs them. Of larger numbers, the
 * swap is one instruction in any case. */
void jit_fuse_store(struct jit *j)
{
	struct jit_op *op = &j->ops[j->op_count - 1], *swap = op - 1;

	if (j->op_count < 2 || op->size != 2 || (op->flags & OP_IMM) != 0 ||
	    swap->code != JIT_BSWAP || swap->size != 2 || swap->dst != op->b ||
	    swap->dst == op->a || swap->dst == op->index || (op->live >> op->b & 1) != 0 ||
	    keeps_registers(j))
		return;
	op->flags |= OP_SWAP;
	op->b = swap->a;
	swap->code = JIT_NOP;
}
