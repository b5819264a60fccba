/* SPDX-License-Identifier: MIT */
/* What the ALU instructions compute on scalars. At 64 bits the word is computed, and the low half
 * by itself where it depends on the low halves only; reduction makes one of the two. */
#include "domain/scalar_lanes.h"
#include "isa/semantics.h"

static bool is_width(unsigned width)
{
	return width == WORD_BITS || width == HALF_BITS;
}

/* Bits of so many bytes; 0 when there is no such size. */
static unsigned size_bits(unsigned size)
{
	return size == 1 || size == 2 || size == 4 || size == 8 ? size * WORD_BITS / 8 : 0;
}

/* The low half of the result is the operation on the low halves. */
static bool is_modular(enum alu_op op)
{
	return op == ALU_ADD || op == ALU_SUB || op == ALU_MUL || op == ALU_AND || op == ALU_OR ||
	       op == ALU_XOR;
}

/* The low half has no part in the result, or none beyond that in the word, but where an operation
 * is modular or shifts it up by a constant. */
static struct scalar alu_word(enum alu_op op, const struct scalar *dst, const struct scalar *src)
{
	struct lane d = scalar_word(dst), s = scalar_word(src), word;
	struct lane d_half = scalar_half(dst), s_half = scalar_half(src), half;
	struct scalar result;
	u64 k;

	if (op == ALU_LSH && scalar_is_const(src, &k) && (k & (WORD_BITS - 1)) >= HALF_BITS) {
		word = lane_shl(HALF_BITS, WORD_BITS, &d_half, (unsigned)k & (WORD_BITS - 1));
		return scalar_from_word(&word);
	}
	word = lane_alu(op, WORD_BITS, &d, &s);
	if (!is_modular(op) && (op != ALU_LSH || !scalar_is_const(src, &k)))
		return scalar_from_word(&word);
	half = lane_alu(op, HALF_BITS, &d_half, &s_half);
	scalar_set_word(&result, &word);
	scalar_set_half(&result, &half);
	return scalar_reduce(&result) ? result : scalar_top();
}

struct scalar scalar_alu(enum alu_op op, unsigned width, const struct scalar *dst,
			 const struct scalar *src)
{
	struct lane d, s, half;
	u64 x, y;

	if (op >= ALU_OP_COUNT || !is_width(width))
		return scalar_top();
	if (op == ALU_MOV && width == WORD_BITS)
		return *src;
	/* Those have the real widths only. */
	if (WORD_BITS == 64 && scalar_is_const(dst, &x) && scalar_is_const(src, &y))
		return scalar_const(alu_eval(op, width, x, y));
	if (width == WORD_BITS)
		return alu_word(op, dst, src);
	d = scalar_half(dst);
	s = scalar_half(src);
	half = lane_alu(op, HALF_BITS, &d, &s);
	return scalar_from_half(&half);
}

struct scalar scalar_neg(const struct scalar *s, unsigned width)
{
	struct scalar zero = scalar_const(0);

	return scalar_alu(ALU_SUB, width, &zero, s);
}

/* Sign-extended from its width to the word. */
static struct scalar sign_extended(unsigned bits, const struct lane *lane)
{
	struct lane word = lane_range_s(WORD_BITS, lane->smin, lane->smax);

	word.bits = tnum_cast(tnum_sext(lane->bits, bits), WORD_BITS);
	return scalar_from_word(&word);
}

struct scalar scalar_extend(const struct scalar *s, unsigned size, bool is_signed)
{
	unsigned bits = size_bits(size);
	struct lane lane;

	if (bits == 0)
		return scalar_top();
	if (bits == WORD_BITS)
		return *s;
	if (bits == HALF_BITS) {
		lane = scalar_half(s);
	} else {
		struct lane word = scalar_word(s);

		lane = lane_cast(WORD_BITS, bits, &word);
	}
	if (!lane_reduce(bits, &lane))
		return scalar_top();
	if (is_signed)
		return sign_extended(bits, &lane);
	lane.smin = (s64)lane.umin;
	lane.smax = (s64)lane.umax;
	return scalar_from_word(&lane);
}

struct scalar scalar_from_load(unsigned size, bool is_signed)
{
	struct scalar top = scalar_top();

	return scalar_extend(&top, size, is_signed);
}

struct scalar scalar_movsx(const struct scalar *s, unsigned size, unsigned width)
{
	struct scalar wide;
	struct lane half;

	if (!is_width(width))
		return scalar_top();
	wide = scalar_extend(s, size, true);
	if (width == WORD_BITS)
		return wide;
	half = scalar_half(&wide);
	return scalar_from_half(&half);
}

struct scalar scalar_swap(const struct scalar *s, enum swap_op op, unsigned size)
{
	struct lane word = lane_top(WORD_BITS);
	unsigned bits = size_bits(size);

	if (bits == 0)
		return scalar_top();
	if (op == SWAP_LE)
		return scalar_extend(s, size, false);
	word.bits = tnum_swap(s->bits, size, WORD_BITS / 8);
	return scalar_from_word(&word);
}
