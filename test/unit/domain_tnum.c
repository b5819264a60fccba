/* SPDX-License-Identifier: MIT */
/* Tnums: all of four bits against brute force, at the bottom of the 64 bits; random ones at full
 * width. */
#include "domain/tnum.h"
#include "isa/semantics.h"
#include "tap.h"

#define BITS   4u
#define VALUES 16u

static struct tnum tnums[81];
static unsigned tnum_count;

static void make_tnums(void)
{
	tnum_count = 0;
	for (u64 mask = 0; mask < VALUES; mask++) {
		for (u64 value = 0; value < VALUES; value++) {
			if ((value & mask) == 0)
				tnums[tnum_count++] = (struct tnum){ value, mask };
		}
	}
}

/* A bit for each member. */
static u32 members(struct tnum t)
{
	u32 set = 0;

	for (u64 x = 0; x < VALUES; x++)
		set |= ((x & ~t.mask) == t.value ? 1u : 0u) << x;
	return set;
}

/* The smallest that contains them. */
static struct tnum best(u32 set)
{
	u64 ones = VALUES - 1, all = 0;

	for (u64 x = 0; x < VALUES; x++) {
		if ((set >> x & 1) != 0) {
			ones &= x;
			all |= x;
		}
	}
	return (struct tnum){ ones, ones ^ all };
}

static bool is_same(struct tnum a, struct tnum b)
{
	return a.value == b.value && a.mask == b.mask;
}

enum op {
	OP_ADD,
	OP_SUB,
	OP_NEG,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_NOT,
	OP_SHL,
	OP_SHR,
	OP_SAR,
	OP_CAST,
	OP_SEXT,
	OP_SWAP,
	OP_MUL, /* those from here need not be exact */
	OP_UDIV,
	OP_UMOD,
	OP_COUNT,
};

static u64 reference(enum op op, u64 x, u64 y)
{
	s64 x_signed = (s64)(x << 60) >> 60;

	switch (op) {
	case OP_ADD: return (x + y) % VALUES;
	case OP_SUB: return (x - y) % VALUES;
	case OP_NEG: return (0 - x) % VALUES;
	case OP_AND: return x & y;
	case OP_OR: return x | y;
	case OP_XOR: return x ^ y;
	case OP_NOT: return VALUES - 1 - x;
	case OP_SHL: return x * (1u << y % BITS) % VALUES;
	case OP_SHR: return x / (1u << y % BITS);
	case OP_SAR: return (u64)(x_signed >> y % BITS) % VALUES;
	case OP_CAST: return x % 4;
	case OP_SEXT: return (x % 4) + (x % 4 < 2 ? 0 : VALUES - 4);
	case OP_SWAP: return x / 4 + x % 4 * 4;
	case OP_MUL: return x * y % VALUES;
	case OP_UDIV: return y == 0 ? 0 : x / y;
	case OP_UMOD: return y == 0 ? x : x % y;
	case OP_COUNT: break;
	}
	return 0;
}

/* By an amount of which the low bits count: the join over all. */
static struct tnum shift_by(enum op op, struct tnum t, unsigned bits, struct tnum s)
{
	struct tnum result = { 0 };
	bool is_first = true;

	for (unsigned k = 0; k < bits; k++) {
		struct tnum one = op == OP_SHL	 ? tnum_shl(t, bits, k)
				  : op == OP_SHR ? tnum_shr(t, k)
						 : tnum_sar(t, bits, k);

		if (((k ^ s.value) & ~s.mask & (bits - 1)) != 0)
			continue;
		result = is_first ? one : tnum_join(result, one);
		is_first = false;
	}
	return result;
}

static struct tnum compute(enum op op, struct tnum a, struct tnum b)
{
	switch (op) {
	case OP_ADD: return tnum_cast(tnum_add(a, b), BITS);
	case OP_SUB: return tnum_cast(tnum_sub(a, b), BITS);
	case OP_NEG: return tnum_cast(tnum_sub(tnum_const(0), a), BITS);
	case OP_AND: return tnum_and(a, b);
	case OP_OR: return tnum_or(a, b);
	case OP_XOR: return tnum_xor(a, b);
	case OP_NOT: return tnum_cast(tnum_not(a), BITS);
	case OP_SHL: return shift_by(OP_SHL, a, BITS, b);
	case OP_SHR: return shift_by(OP_SHR, a, BITS, b);
	case OP_SAR: return shift_by(OP_SAR, a, BITS, b);
	case OP_CAST: return tnum_cast(a, 2);
	case OP_SEXT: return tnum_cast(tnum_sext(a, 2), BITS);
	case OP_SWAP: return tnum_swap(a, 2, 2);
	case OP_MUL: return tnum_cast(tnum_mul(a, b), BITS);
	case OP_UDIV: return tnum_udiv(a, b);
	case OP_UMOD: return tnum_umod(a, b);
	case OP_COUNT: break;
	}
	return tnum_unknown();
}

/* Of the 81 * 81 pairs, how many give the smallest result: product, quotient, remainder. */
static const unsigned exact[OP_COUNT - OP_MUL] = { 6334, 5378, 4507 };

static void test_ops(void)
{
	make_tnums();
	CHECK_EQ(tnum_count, 81);
	for (unsigned op = 0; op < OP_COUNT; op++) {
		unsigned smallest = 0;

		for (unsigned i = 0; i < 81 * 81; i++) {
			struct tnum a = tnums[i / 81], b = tnums[i % 81];
			struct tnum t = compute((enum op)op, a, b);
			u32 left = members(a), right = members(b), want = 0;

			for (u64 x = 0; x < VALUES; x++) {
				for (u64 y = 0; y < VALUES; y++) {
					if ((left >> x & right >> y & 1) != 0)
						want |= 1u << reference((enum op)op, x, y);
				}
			}
			CHECK((t.value & t.mask) == 0);
			CHECK((want & ~members(t)) == 0);
			smallest += is_same(t, best(want)) ? 1 : 0;
		}
		if (op < OP_MUL)
			CHECK_EQ(smallest, 81 * 81);
		CHECK(op < OP_MUL || smallest >= exact[op - OP_MUL]);
	}
out:
	return;
}

static void test_order(void)
{
	make_tnums();
	for (unsigned i = 0; i < 81 * 81; i++) {
		struct tnum a = tnums[i / 81], b = tnums[i % 81], t = tnum_unknown();
		u32 left = members(a), right = members(b);
		bool some = tnum_meet(a, b, &t);

		CHECK_EQ(some, (left & right) != 0);
		CHECK(some ? is_same(t, best(left & right)) : is_same(t, tnum_unknown()));
		CHECK(is_same(tnum_join(a, b), best(left | right)));
		CHECK_EQ(tnum_leq(a, b), (left & ~right) == 0);
		CHECK_EQ(tnum_is_const(a), (left & (left - 1)) == 0);
		CHECK_EQ(tnum_contains(a, i % VALUES), (left >> i % VALUES & 1) != 0);
		/* Nothing is in a set whose bits contradict each other. */
		t = (struct tnum){ i % VALUES, i / VALUES % VALUES };
		CHECK((t.value & t.mask) == 0 || !tnum_leq(a, t));
		CHECK((t.value & t.mask) == 0 || !tnum_contains(t, i / 256 % VALUES));
	}
	for (u64 lo = 0; lo < VALUES; lo++) {
		for (u64 hi = lo; hi < VALUES; hi++)
			CHECK(is_same(tnum_range(lo, hi), best((2u << hi) - (1u << lo))));
	}
	CHECK(is_same(tnum_range(0, ~(u64)0), tnum_unknown()));
	CHECK(is_same(tnum_range(~(u64)0, ~(u64)0), tnum_const(~(u64)0)));
	CHECK(is_same(tnum_range((u64)1 << 63, ~(u64)0),
		      (struct tnum){ (u64)1 << 63, ~(u64)0 >> 1 }));
out:
	return;
}

/* Four bits at the bottom, and at the top with all below unknown or known. */
static void test_ceil(void)
{
	make_tnums();
	for (unsigned i = 0; i < 81 * VALUES; i++) {
		struct tnum t = tnums[i / VALUES];
		u64 x = i % VALUES, up = 99, down = 99, got = 77;
		u32 set = members(t);

		for (u64 y = 0; y < VALUES; y++) {
			if ((set >> y & 1) != 0 && y <= x)
				down = y;
			if ((set >> y & 1) != 0 && y >= x && up == 99)
				up = y;
		}
		CHECK_EQ(tnum_ceil(t, x, &got), up != 99);
		CHECK_EQ(got, up != 99 ? up : 77);
		got = 77;
		CHECK_EQ(tnum_floor(t, x, &got), down != 99);
		CHECK_EQ(got, down != 99 ? down : 77);
		t.value <<= 60;
		t.mask <<= 60;
		got = 77;
		CHECK_EQ(tnum_ceil(t, x << 60, &got), up != 99);
		CHECK_EQ(got, up != 99 ? up << 60 : 77);
		got = 77;
		CHECK_EQ(tnum_floor(t, x << 60 | 5, &got), down != 99);
		CHECK_EQ(got, down != 99 ? down << 60 : 77);
		t.mask |= ((u64)1 << 60) - 1;
		got = 77;
		CHECK_EQ(tnum_ceil(t, x << 60, &got), up != 99);
		CHECK_EQ(got, up != 99 ? up << 60 : 77);
	}
out:
	return;
}

static u64 state;

static u64 next_random(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state ^ state >> 31;
}

/* With few unknown bits, or few known ones. */
static struct tnum random_tnum(u64 *ret_member)
{
	struct tnum t = { 0, next_random() };

	if (next_random() >> 63)
		t.mask &= next_random() & next_random();
	else
		t.mask |= next_random() << (next_random() >> 58);
	t.value = next_random() & ~t.mask;
	*ret_member = t.value | (next_random() & t.mask);
	return t;
}

static void test_full(void)
{
	state = 3;
	for (unsigned i = 0; i < 50000; i++) {
		u64 x, y, near, got = 0;
		struct tnum a = random_tnum(&x), b = random_tnum(&y);
		unsigned k = (unsigned)(next_random() >> 58), bytes = 2u << i % 3;

		CHECK(tnum_contains(tnum_add(a, b), x + y));
		CHECK(tnum_contains(tnum_sub(a, b), x - y));
		CHECK(tnum_contains(tnum_mul(a, b), x * y));
		CHECK(tnum_contains(tnum_and(a, b), x & y));
		CHECK(tnum_contains(tnum_or(a, b), x | y));
		CHECK(tnum_contains(tnum_xor(a, b), x ^ y));
		CHECK(tnum_contains(tnum_not(a), ~x));
		CHECK(tnum_contains(tnum_shl(a, 64, k), x << k));
		CHECK(tnum_contains(tnum_shr(a, k), x >> k));
		CHECK(tnum_contains(tnum_sar(a, 64, k), alu_eval(ALU_ARSH, 64, x, k)));
		CHECK(tnum_contains(shift_by(OP_SHL, a, 64, b), alu_eval(ALU_LSH, 64, x, y)));
		CHECK(tnum_contains(shift_by(OP_SHR, a, 64, b), alu_eval(ALU_RSH, 64, x, y)));
		CHECK(tnum_contains(shift_by(OP_SAR, a, 64, b), alu_eval(ALU_ARSH, 64, x, y)));
		CHECK(tnum_contains(tnum_udiv(a, b), alu_eval(ALU_DIV, 64, x, y)));
		CHECK(tnum_contains(tnum_umod(a, b), alu_eval(ALU_MOD, 64, x, y)));
		CHECK(tnum_contains(tnum_sext(a, bytes * 8), sign_extend(x, bytes)));
		CHECK(tnum_contains(tnum_swap(a, bytes, 8), swap_eval(SWAP_BE, bytes, x)));
		CHECK(tnum_contains(tnum_join(a, b), x) && tnum_contains(tnum_join(a, b), y));
		CHECK(tnum_contains(tnum_range(MIN(x, y), MAX(x, y)), x));
		/* Next to a member there is that member at most so far away. */
		near = x + (next_random() >> (k & 62)) * (i & 1);
		if (near >= x) {
			CHECK(tnum_floor(a, near, &got));
			CHECK(got >= x && got <= near && tnum_contains(a, got));
		} else {
			CHECK(tnum_ceil(a, near, &got));
			CHECK(got <= x && got >= near && tnum_contains(a, got));
		}
	}
out:
	return;
}

TAP_MAIN(TAP_TEST(test_ops), TAP_TEST(test_order), TAP_TEST(test_ceil), TAP_TEST(test_full))
