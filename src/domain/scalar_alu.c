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

/* Out of line, so that the lanes of one width are gone from the stack before those of the other. */
NOINLINE static struct lane alu_lane(enum alu_op op, unsigned width, const struct scalar *dst,
				     const struct scalar *src)
{
	struct lane d, s;

	if (width == WORD_BITS) {
		d = scalar_word(dst);
		s = scalar_word(src);
	} else {
		d = scalar_half(dst);
		s = scalar_half(src);
	}
	return lane_alu(op, width, &d, &s);
}

/* Beyond what the word shows, the low half has a part in the result where an operation is modular
 * or shifts it up by a constant. */
static struct scalar alu_word(enum alu_op op, const struct scalar *dst, const struct scalar *src)
{
	struct scalar result;
	struct lane lane;
	u64 k;
	bool is_shift_up = op == ALU_LSH && scalar_is_const(src, &k);

	if (is_shift_up && (k & (WORD_BITS - 1)) >= HALF_BITS) {
		lane = scalar_half(dst);
		lane = lane_shl(HALF_BITS, WORD_BITS, &lane, (unsigned)k & (WORD_BITS - 1));
		return scalar_from_word(&lane);
	}
	lane = alu_lane(op, WORD_BITS, dst, src);
	if (!is_modular(op) && !is_shift_up)
		return scalar_from_word(&lane);
	scalar_set_word(&result, &lane);
	lane = alu_lane(op, HALF_BITS, dst, src);
	scalar_set_half(&result, &lane);
	return scalar_reduce(&result) ? result : scalar_top();
}

struct scalar scalar_alu(enum alu_op op, unsigned width, const struct scalar *dst,
			 const struct scalar *src)
{
	struct lane half;
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
	half = alu_lane(op, HALF_BITS, dst, src);
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
