/* SPDX-License-Identifier: MIT */
/* Arithmetic on sets of numbers by bit. Why each is sound stands at the function. */
#include "domain/tnum.h"

static u64 tnum_min(struct tnum t)
{
	return t.value;
}

static u64 tnum_max(struct tnum t)
{
	return t.value | t.mask;
}

struct tnum tnum_range(u64 lo, u64 hi)
{
	u64 mask;

	if (lo == hi)
		return tnum_const(lo);
	/* The highest bit where the ends differ and all below it vary, those above are common. */
	mask = ~(u64)0 >> __builtin_clzll(lo ^ hi);
	return (struct tnum){ .value = lo & ~mask, .mask = mask };
}

/* The carry into each bit is monotone in both operands, so it is known where the smallest and the
 * largest operands have the same; elsewhere, and where an operand's bit is unknown, both happen. */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 lo = a.value + b.value;
	u64 hi = lo + a.mask + b.mask;
	u64 mask = (lo ^ hi) | a.mask | b.mask;

	return (struct tnum){ .value = lo & ~mask, .mask = mask };
}

/* As for addition: the borrow is largest for the smallest a and the largest b. */
struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 value = a.value - b.value;
	u64 mask = ((value + a.mask) ^ (value - b.mask)) | a.mask | b.mask;

	return (struct tnum){ .value = value & ~mask, .mask = mask };
}

/* The sum of b << i over the bits of a that are one: known bits add, unknown ones add or do not. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (u64 left = a.value | a.mask; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		struct tnum term = { .value = b.value << i, .mask = b.mask << i };
		struct tnum more = tnum_add(sum, term);
		u64 touched = term.value | term.mask;

		/* All that this and later terms can change is unknown already. */
		if ((~sum.mask & (touched | -touched)) == 0)
			break;
		sum = (a.mask >> i & 1) != 0 ? tnum_join(sum, more) : more;
	}
	return sum;
}

struct tnum tnum_shl(struct tnum t, unsigned bits, unsigned k)
{
	return tnum_cast((struct tnum){ .value = t.value << k, .mask = t.mask << k }, bits);
}

struct tnum tnum_shr(struct tnum t, unsigned k)
{
	return (struct tnum){ .value = t.value >> k, .mask = t.mask >> k };
}

/* The sign bit is set in value, in mask or in neither, so extending each extends the set. */
struct tnum tnum_sext(struct tnum t, unsigned bits)
{
	unsigned k = 64 - bits;

	return (struct tnum){
		.value = (u64)((s64)(t.value << k) >> k),
		.mask = (u64)((s64)(t.mask << k) >> k),
	};
}

struct tnum tnum_sar(struct tnum t, unsigned bits, unsigned k)
{
	struct tnum wide = tnum_sext(t, bits);
	struct tnum shifted = { .value = (u64)((s64)wide.value >> k),
				.mask = (u64)((s64)wide.mask >> k) };

	return tnum_cast(shifted, bits);
}

/* A quotient grows with a and shrinks with b. */
struct tnum tnum_udiv(struct tnum a, struct tnum b)
{
	u64 divisor = tnum_max(b), lo;

	if (divisor == 0)
		return tnum_const(0);
	if (b.mask == 0 && (divisor & (divisor - 1)) == 0)
		return tnum_shr(a, (unsigned)__builtin_ctzll(divisor));
	/* A divisor of 0 gives 0; others are at least 1. */
	if (tnum_min(b) == 0)
		return tnum_range(0, tnum_max(a));
	lo = tnum_min(a) / divisor;
	return tnum_range(lo, tnum_max(a) / tnum_min(b));
}

/* x % y = x - q * y keeps the low bits of x that are zero in y, also for y = 0. It is at most x,
 * and less than y otherwise. */
struct tnum tnum_umod(struct tnum a, struct tnum b)
{
	u64 divisor = tnum_max(b), hi = tnum_max(a), low;
	struct tnum range, kept;

	if (divisor == 0 || (tnum_min(b) != 0 && hi < tnum_min(b)))
		return a;
	if (tnum_min(b) != 0 && hi > divisor - 1)
		hi = divisor - 1;
	range = tnum_range(0, hi);
	low = (divisor & -divisor) - 1;
	kept.value = a.value & low;
	kept.mask = a.mask | ~low;
	/* Both contain the result, so they meet unless an argument is empty. */
	return tnum_meet(range, kept, &range) ? range : a;
}

struct tnum tnum_swap(struct tnum t, unsigned bytes, unsigned byte_bits)
{
	struct tnum result = tnum_const(0), byte;

	for (unsigned i = 0; i < bytes; i++) {
		unsigned to = (bytes - 1 - i) * byte_bits;

		byte = tnum_cast(tnum_shr(t, i * byte_bits), byte_bits);
		result.value |= byte.value << to;
		result.mask |= byte.mask << to;
	}
	return result;
}

/* The candidate has the unknown bits of x. Where it first differs from x, in a known bit, either it
 * is larger: then all unknown bits below may be zero; or it is smaller: then an unknown bit above
 * has to grow, the lowest that is zero in x, and all below it may be zero. */
bool tnum_ceil(struct tnum t, u64 x, u64 *ret)
{
	u64 candidate = (x & t.mask) | t.value, differ = candidate ^ x, grow;
	unsigned first;

	if (differ == 0) {
		*ret = x;
		return true;
	}
	first = 63 - (unsigned)__builtin_clzll(differ);
	if (candidate > x) {
		*ret = candidate & ~(t.mask & (((u64)1 << first) - 1));
		return true;
	}
	grow = t.mask & ~x & (~(u64)1 << first);
	if (grow == 0)
		return false;
	/* Of the bits of grow, grow - 1 has all but the lowest. */
	*ret = (candidate | grow) & ~(t.mask & (grow - 1));
	return true;
}

/* Complements reverse the order. */
bool tnum_floor(struct tnum t, u64 x, u64 *ret)
{
	u64 flipped;

	if (!tnum_ceil(tnum_not(t), ~x, &flipped))
		return false;
	*ret = ~flipped;
	return true;
}
