/* SPDX-License-Identifier: MIT */
/* Sets of numbers by bit: each bit is known or unknown. The set of a tnum t is
 *
 *     { x : (x & ~t.mask) == t.value }
 *
 * which is empty when value and mask share a bit; functions return that only for such an argument.
 *
 * "Sound" below: the result contains f(x, y) for all x, y of the arguments. "Exact": it is the
 * smallest tnum that does. All is arithmetic modulo 2^64; the low n bits of a sum, difference,
 * product, shift to the left or bit operation depend on the low n bits of the operands only, so
 * tnum_cast makes an operation at n bits of these. */
#pragma once

#include "base/compiler.h"

struct tnum {
	u64 value; /* known ones */
	u64 mask;  /* unknown bits */
};

ALWAYS_INLINE struct tnum tnum_const(u64 value)
{
	return (struct tnum){ .value = value };
}

ALWAYS_INLINE struct tnum tnum_unknown(void)
{
	return (struct tnum){ .mask = ~(u64)0 };
}

ALWAYS_INLINE bool tnum_is_const(struct tnum t)
{
	return t.mask == 0;
}

ALWAYS_INLINE bool tnum_contains(struct tnum t, u64 x)
{
	return (x & ~t.mask) == t.value;
}

/* Whether the set of a is included in that of b; never true for a non-empty a and an empty b. */
ALWAYS_INLINE bool tnum_leq(struct tnum a, struct tnum b)
{
	return (a.mask & ~b.mask) == 0 && (a.value & ~b.mask) == b.value;
}

ALWAYS_INLINE struct tnum tnum_not(struct tnum t)
{
	return (struct tnum){ .value = ~(t.value | t.mask), .mask = t.mask };
}

/* Exact. */
ALWAYS_INLINE struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 value = a.value & b.value;

	return (struct tnum){
		.value = value,
		.mask = (a.value | a.mask) & (b.value | b.mask) & ~value,
	};
}

/* Exact. */
ALWAYS_INLINE struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 value = a.value | b.value;

	return (struct tnum){ .value = value, .mask = (a.mask | b.mask) & ~value };
}

/* Exact. */
ALWAYS_INLINE struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	u64 mask = a.mask | b.mask;

	return (struct tnum){ .value = (a.value ^ b.value) & ~mask, .mask = mask };
}

/* The smallest tnum that contains both. */
ALWAYS_INLINE struct tnum tnum_join(struct tnum a, struct tnum b)
{
	u64 mask = a.mask | b.mask | (a.value ^ b.value);

	return (struct tnum){ .value = a.value & ~mask, .mask = mask };
}

/* What is in both, exactly for two that are not empty; false: nothing. */
MUST_CHECK ALWAYS_INLINE bool tnum_meet(struct tnum a, struct tnum b, struct tnum *ret)
{
	if (((a.value ^ b.value) & ~a.mask & ~b.mask) != 0)
		return false;
	ret->value = a.value | b.value;
	ret->mask = a.mask & b.mask;
	return true;
}

/* The low bits (1 to 64), zero-extended. Exact. */
ALWAYS_INLINE struct tnum tnum_cast(struct tnum t, unsigned bits)
{
	u64 low = ~(u64)0 >> (64 - bits);

	return (struct tnum){ .value = t.value & low, .mask = t.mask & low };
}

/* The smallest tnum that contains lo, ..., hi; lo <= hi. */
struct tnum tnum_range(u64 lo, u64 hi);

struct tnum tnum_add(struct tnum a, struct tnum b); /* exact */
struct tnum tnum_sub(struct tnum a, struct tnum b); /* exact */
struct tnum tnum_mul(struct tnum a, struct tnum b); /* sound */

/* Shifts of a number of `bits` bits by k < bits; exact. Its upper bits are zero. */
struct tnum tnum_shl(struct tnum t, unsigned bits, unsigned k);
struct tnum tnum_shr(struct tnum t, unsigned k);
struct tnum tnum_sar(struct tnum t, unsigned bits, unsigned k);

/* Unsigned; x / 0 = 0, x % 0 = x. Sound. */
struct tnum tnum_udiv(struct tnum a, struct tnum b);
struct tnum tnum_umod(struct tnum a, struct tnum b);

/* The low `bytes` of `byte_bits` bits each, reversed, zero-extended. Exact. */
struct tnum tnum_swap(struct tnum t, unsigned bytes, unsigned byte_bits);

/* The low bits, sign-extended to 64. Exact. */
struct tnum tnum_sext(struct tnum t, unsigned bits);

/* The smallest member >= x, the largest <= x; false when there is none. */
MUST_CHECK bool tnum_ceil(struct tnum t, u64 x, u64 *ret);
MUST_CHECK bool tnum_floor(struct tnum t, u64 x, u64 *ret);
