/* SPDX-License-Identifier: MIT */
/* What is known of one 64-bit value: bits, and intervals of it and of its low half, unsigned and
 * signed. The set of a scalar s is the set of all x with
 *
 *     x in s.bits, umin <= x <= umax, smin <= (s64)x <= smax,
 *     umin32 <= (u32)x <= umax32, smin32 <= (s32)x <= smax32.
 *
 * Any bytes are such a description, those that a stranger made up too; it may be empty. Every
 * function here is sound for every argument: its result contains what the operation computes for
 * all members of the arguments. Scalars that come out of a function (other than scalar_widen) are
 * reduced: no bound, bit or half can be tightened without losing a member, so equal sets are equal
 * bytes. On reduced arguments scalar_leq decides inclusion, scalar_join and scalar_meet are exact.
 *
 * Semantics of the operations are those of isa/semantics.h; width is 64 or 32, size 1, 2, 4 or 8
 * bytes. For an operation, width or size that does not exist the result is scalar_top(). */
#pragma once

#include "domain/tnum.h"
#include "isa/insn.h"

struct scalar {
	struct tnum bits;
	u64 umin, umax;
	s64 smin, smax;
	u32 umin32, umax32;
	s32 smin32, smax32;
};
_Static_assert(sizeof(struct scalar) == 64, "no padding: compared as bytes, a cache line each");

struct scalar scalar_const(u64 value);
struct scalar scalar_top(void);

/* All from lo to hi; lo > hi gives scalar_top(). */
struct scalar scalar_range_u(u64 lo, u64 hi);
struct scalar scalar_range_s(s64 lo, s64 hi);

/* True when there is at most one member, in *ret_value then. */
static inline bool scalar_is_const(const struct scalar *s, u64 *ret_value)
{
	if (s->bits.mask == 0)
		*ret_value = s->bits.value;
	return s->bits.mask == 0;
}

bool scalar_contains(const struct scalar *s, u64 x);
bool scalar_equal(const struct scalar *a, const struct scalar *b);

/* Tightens all to the set's smallest description, without losing a member; false: it is empty. */
MUST_CHECK bool scalar_reduce(struct scalar *s);

/* a is included in b. Decides that when a is reduced; without that may miss it, never claim it. */
static inline bool scalar_leq(const struct scalar *a, const struct scalar *b)
{
	return tnum_leq(a->bits, b->bits) && a->umin >= b->umin && a->umax <= b->umax &&
	       a->smin >= b->smin && a->smax <= b->smax && a->umin32 >= b->umin32 &&
	       a->umax32 <= b->umax32 && a->smin32 >= b->smin32 && a->smax32 <= b->smax32;
}

/* The smallest scalar that contains both. */
struct scalar scalar_join(const struct scalar *a, const struct scalar *b);

/* What is in both; false: nothing. ret may be a or b. */
MUST_CHECK bool scalar_meet(const struct scalar *a, const struct scalar *b, struct scalar *ret);

/* Contains old and new; each bound that new moves goes to the next threshold (in any order), else
 * to its end. A chain x1 = widen(x0, y0), x2 = widen(x1, y1), ... changes at most 64 + 8 * (count +
 * 1) times. For that the result is not reduced; what is computed from it is. */
struct scalar scalar_widen(const struct scalar *old, const struct scalar *new,
			   const s64 *thresholds, size_t count);

/* dst OP src. 32 bits: of the low halves, zero-extended. */
struct scalar scalar_alu(enum alu_op op, unsigned width, const struct scalar *dst,
			 const struct scalar *src);
struct scalar scalar_neg(const struct scalar *s, unsigned width);

/* The low size bytes, sign-extended to width, zero-extended from there. */
struct scalar scalar_movsx(const struct scalar *s, unsigned size, unsigned width);

/* As swap_eval: the low size bytes in the other order or (SWAP_LE) as they are, zero-extended. */
struct scalar scalar_swap(const struct scalar *s, enum swap_op op, unsigned size);

/* The low size bytes, extended to 64 bits: a narrow load of a stored value. */
struct scalar scalar_extend(const struct scalar *s, unsigned size, bool is_signed);

/* What a load of unknown contents gives. */
struct scalar scalar_from_load(unsigned size, bool is_signed);

/* The members of a and of b for which `a OP b` is `taken` with some member of the other. False:
 * there are none, the branch is never gone; a and b are untouched then. a and b may be the same. */
MUST_CHECK bool scalar_assume(enum jump_op op, unsigned width, bool taken, struct scalar *a,
			      struct scalar *b);
