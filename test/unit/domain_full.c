/* SPDX-License-Identifier: MIT */
/* Scalars at full width: boundary values and random ones, against isa/semantics.h. */
#include "domain/scalar.h"
#include "isa/semantics.h"
#include "tap.h"

static u64 seed;

static u64 next_random(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed ^ seed >> 29;
}

/* Numbers near those where things change: powers of two and the ends of 8, 16, 32 and 64 bits. */
static u64 random_number(void)
{
	static const u64 near[] = { 0,		1ull << 7,  1ull << 8,	1ull << 15,
				    1ull << 16, 1ull << 31, 1ull << 32, 1ull << 63 };
	u64 r = next_random();

	switch (r >> 61) {
	case 0: return next_random();
	case 1: return next_random() >> (r & 63);
	case 2: return (u64)1 << (r & 63);
	case 3: return ~(next_random() >> (r & 63));
	case 4: return r & 15;
	default: return near[r & 7] + (r >> 8 & 7) - 4;
	}
}

#define SAMPLES 4

/* A scalar and some of its members: the join of so many constants, or intervals at random. */
static struct scalar random_scalar(u64 members[SAMPLES])
{
	struct scalar s;
	u64 kind = next_random() >> 60;

	for (unsigned i = 0; i < SAMPLES; i++) {
		struct scalar one;

		members[i] = random_number();
		if (kind & 1 && i > 0)
			members[i] = members[0] + (next_random() >> 40 & 0xff);
		if (kind & 2 && i > 1)
			members[i] = members[i & 1];
		one = scalar_const(members[i]);
		s = i == 0 ? one : scalar_join(&s, &one);
	}
	return s;
}

static void test_alu(void)
{
	seed = 1;
	for (unsigned i = 0; i < 60000; i++) {
		u64 x[SAMPLES], y[SAMPLES];
		struct scalar a = random_scalar(x), b = random_scalar(y);
		enum alu_op op = (enum alu_op)(next_random() >> 20) % ALU_OP_COUNT;
		unsigned width = i & 1 ? 64 : 32;
		struct scalar r = scalar_alu(op, width, &a, &b);

		for (unsigned k = 0; k < SAMPLES * SAMPLES; k++) {
			u64 value = alu_eval(op, width, x[k % SAMPLES], y[k / SAMPLES]);

			if (!scalar_contains(&r, value))
				printf("# op %u width %u: 0x%llx, 0x%llx\n", op, width,
				       x[k % SAMPLES], y[k / SAMPLES]);
			CHECK(scalar_contains(&r, value));
		}
	}
out:
	return;
}

static void test_assume(void)
{
	seed = 2;
	for (unsigned i = 0; i < 60000; i++) {
		u64 x[SAMPLES], y[SAMPLES];
		struct scalar a = random_scalar(x), b = random_scalar(y);
		enum jump_op op = (enum jump_op)(next_random() >> 20) % JUMP_OP_COUNT;
		unsigned width = i & 1 ? 64 : 32;
		bool taken = next_random() >> 63;
		bool feasible = scalar_assume(op, width, taken, &a, &b);

		for (unsigned k = 0; k < SAMPLES * SAMPLES; k++) {
			u64 d = x[k % SAMPLES], s = y[k / SAMPLES];

			if (jump_eval(op, width, d, s) != taken)
				continue;
			CHECK(feasible);
			CHECK(scalar_contains(&a, d));
			CHECK(scalar_contains(&b, s));
		}
	}
out:
	return;
}

static void test_unary(void)
{
	seed = 3;
	for (unsigned i = 0; i < 20000; i++) {
		u64 x[SAMPLES];
		struct scalar a = random_scalar(x);
		unsigned size = 1u << i % 4;

		for (unsigned k = 0; k < SAMPLES; k++) {
			u64 v = x[k], zero = size == 8 ? v : v & (((u64)1 << 8 * size) - 1);
			struct scalar r = scalar_neg(&a, 64);

			CHECK(scalar_contains(&r, 0 - v));
			r = scalar_neg(&a, 32);
			CHECK(scalar_contains(&r, (u32)(0 - v)));
			r = scalar_movsx(&a, size, 64);
			CHECK(scalar_contains(&r, sign_extend(v, size)));
			r = scalar_movsx(&a, size, 32);
			CHECK(scalar_contains(&r, (u32)sign_extend(v, size)));
			r = scalar_extend(&a, size, false);
			CHECK(scalar_contains(&r, zero));
			r = scalar_from_load(size, false);
			CHECK(scalar_contains(&r, zero));
			r = scalar_from_load(size, true);
			CHECK(scalar_contains(&r, sign_extend(v, size)));
			for (unsigned op = 0; op < 3 && size > 1; op++) {
				r = scalar_swap(&a, (enum swap_op)op, size);
				CHECK(scalar_contains(&r, swap_eval((enum swap_op)op, size, v)));
			}
		}
	}
out:
	return;
}

/* Descriptions at random: what reduction leaves has its 64-bit bounds as members, keeps members and
 * cannot be reduced further. */
static void test_reduce(void)
{
	unsigned some = 0;

	seed = 4;
	for (unsigned i = 0; i < 100000; i++) {
		u64 x[SAMPLES];
		struct scalar a = random_scalar(x), raw = a, again;
		u64 member = x[i % SAMPLES], slack = next_random() & next_random();

		/* Loosened, so that each part has room that another takes away. */
		raw.bits.mask |= slack;
		raw.bits.value &= ~slack;
		raw.umin = slack & 1 ? raw.umin / 2 : 0;
		raw.umax |= slack & 2 ? raw.umax >> 1 : ~(u64)0;
		raw.smin = slack & 4 ? raw.smin : (s64)((u64)1 << 63);
		raw.smax = slack & 8 ? raw.smax : (s64)(~(u64)0 >> 1);
		raw.smin32 = slack & 16 ? raw.smin32 : (s32)0x80000000;
		raw.umax32 = slack & 32 ? raw.umax32 : 0xffffffff;
		a = raw;
		CHECK(scalar_reduce(&a));
		again = a;
		CHECK(scalar_reduce(&again) && scalar_equal(&a, &again));
		CHECK(scalar_leq(&a, &raw));
		CHECK(scalar_contains(&a, member) && scalar_contains(&raw, member));
		CHECK(scalar_contains(&raw, a.umin) && scalar_contains(&raw, a.umax));
		CHECK(scalar_contains(&raw, (u64)a.smin) && scalar_contains(&raw, (u64)a.smax));
		some += scalar_equal(&a, &raw) ? 0 : 1;
	}
	CHECK(some > 50000);
out:
	return;
}

static bool is_range(const struct scalar *s, u64 lo, u64 hi)
{
	return s->umin == lo && s->umax == hi;
}

/* What compilers write: each line is a statement, then what must be known after it. */
static void test_idioms(void)
{
	struct scalar byte = scalar_from_load(1, false), top = scalar_top(), c, s, t;

	/* The length of an IP header: (byte & 15) << 2. */
	c = scalar_const(15);
	s = scalar_alu(ALU_AND, 64, &byte, &c);
	c = scalar_const(2);
	s = scalar_alu(ALU_LSH, 64, &s, &c);
	CHECK(is_range(&s, 0, 60) && s.bits.mask == 60);
	/* if (s < 20) return: 20 to 60 by fours. */
	c = scalar_const(20);
	CHECK(scalar_assume(JUMP_LT, 64, false, &s, &c));
	CHECK(is_range(&s, 20, 60));
	c = scalar_const(57);
	CHECK(scalar_assume(JUMP_LT, 32, true, &s, &c));
	CHECK(is_range(&s, 20, 56));
	/* An operation or a width that there is not says nothing. */
	t = s;
	c = scalar_const(30);
	CHECK(scalar_assume(JUMP_OP_COUNT, 64, true, &s, &c) && scalar_equal(&s, &t));
	CHECK(scalar_assume(JUMP_OP_COUNT, 64, false, &s, &c) && scalar_equal(&s, &t));
	CHECK(scalar_assume(JUMP_LT, 16, true, &s, &c) && scalar_equal(&s, &t));
	/* A 32-bit comparison says nothing of the upper half; shifting up and down cuts it off. */
	t = top;
	c = scalar_const(100);
	CHECK(scalar_assume(JUMP_LT, 32, true, &t, &c));
	CHECK(is_range(&t, 0, 0xffffffff00000063));
	c = scalar_const(32);
	s = scalar_alu(ALU_LSH, 64, &t, &c);
	s = scalar_alu(ALU_RSH, 64, &s, &c);
	CHECK(is_range(&s, 0, 99));
	/* The same, signed. */
	t = top;
	c = scalar_const((u64)-5);
	CHECK(scalar_assume(JUMP_SGE, 32, true, &t, &c));
	c = scalar_const(3);
	CHECK(scalar_assume(JUMP_SLE, 32, true, &t, &c));
	c = scalar_const(32);
	s = scalar_alu(ALU_LSH, 64, &t, &c);
	s = scalar_alu(ALU_ARSH, 64, &s, &c);
	CHECK(s.smin == -5 && s.smax == 3);
	s = scalar_movsx(&t, 4, 64);
	CHECK(s.smin == -5 && s.smax == 3);
	s = scalar_alu(ALU_MOV, 32, &top, &t);
	CHECK(is_range(&s, 0, 0xffffffff) && s.smin32 == -5 && s.smax32 == 3);
out:
	return;
}

static void test_ranges(void)
{
	struct scalar byte = scalar_from_load(1, false), c, s;

	/* x - 1 of what is not zero. */
	s = scalar_range_u(1, 10);
	c = scalar_const(1);
	s = scalar_alu(ALU_SUB, 64, &s, &c);
	CHECK(is_range(&s, 0, 9));
	/* Rounding down and up to eight. */
	c = scalar_const((u64)-8);
	s = scalar_range_u(13, 1500);
	s = scalar_alu(ALU_AND, 64, &s, &c);
	CHECK(is_range(&s, 8, 1496) && s.bits.mask == 0x7f8);
	s = scalar_range_s(-13, -3);
	s = scalar_alu(ALU_AND, 64, &s, &c);
	CHECK(s.smin == -16 && s.smax == -8);
	/* A multiple of a record's size. */
	c = scalar_const(24);
	s = scalar_range_u(2, 9);
	s = scalar_alu(ALU_MUL, 64, &s, &c);
	CHECK(is_range(&s, 48, 216));
	/* Not equal to the end of the range. */
	c = scalar_const(0);
	s = byte;
	CHECK(scalar_assume(JUMP_NE, 64, true, &s, &c));
	CHECK(is_range(&s, 1, 255));
	c = scalar_const(256);
	CHECK(!scalar_assume(JUMP_EQ, 64, true, &s, &c));
out:
	return;
}

/* Where verifiers have been wrong. */
static void test_pitfalls(void)
{
	struct scalar top = scalar_top(), a, b, c, s;

	/* 32-bit comparisons at the wrap: 0xffffffff < x never holds, and leaves no range behind.
	 */
	a = scalar_const(0xffffffff);
	b = top;
	CHECK(!scalar_assume(JUMP_LT, 32, true, &a, &b));
	a = top;
	b = scalar_const((u64)0x7fffffff);
	CHECK(!scalar_assume(JUMP_SGT, 32, true, &a, &b));
	/* The low half equal to zero is not the value equal to zero. */
	c = scalar_const(0);
	a = top;
	CHECK(scalar_assume(JUMP_EQ, 32, true, &a, &c));
	CHECK(scalar_contains(&a, (u64)1 << 32) && a.umax32 == 0);
	/* A divisor that is zero at 32 bits only. */
	a = scalar_const(10);
	b = scalar_const((u64)1 << 32);
	s = scalar_alu(ALU_DIV, 32, &a, &b);
	CHECK(is_range(&s, 0, 0));
	s = scalar_alu(ALU_MOD, 32, &a, &b);
	CHECK(is_range(&s, 10, 10));
	b = scalar_join(&b, &a);
	s = scalar_alu(ALU_MOD, 32, &a, &b);
	CHECK(scalar_contains(&s, 10) && scalar_contains(&s, 0));
out:
	return;
}

static void test_division_pitfalls(void)
{
	const u64 min = (u64)1 << 63;
	struct scalar a, b, s;

	/* The smallest number and -1. */
	a = scalar_range_s((s64)min, (s64)min + 1);
	b = scalar_range_s(-1, -1);
	s = scalar_alu(ALU_SDIV, 64, &a, &b);
	CHECK(scalar_contains(&s, min) && scalar_contains(&s, min - 1));
	/* Negative divisors, and zero among them. */
	a = scalar_range_s(-100, 100);
	b = scalar_range_s(-7, 3);
	s = scalar_alu(ALU_SDIV, 64, &a, &b);
	CHECK(s.smin == -100 && s.smax == 100);
	s = scalar_alu(ALU_SMOD, 64, &a, &b);
	CHECK(s.smin == -100 && s.smax == 100);
	b = scalar_range_s(-7, -3);
	s = scalar_alu(ALU_SDIV, 64, &a, &b);
	CHECK(s.smin == -33 && s.smax == 33);
	s = scalar_alu(ALU_SMOD, 64, &a, &b);
	CHECK(s.smin == -6 && s.smax == 6);
	/* Sign extension into 32 bits leaves the upper half zero; unsigned views of signed loads.
	 */
	a = scalar_const(0x80);
	s = scalar_movsx(&a, 1, 32);
	CHECK(is_range(&s, 0xffffff80, 0xffffff80));
	s = scalar_from_load(2, true);
	CHECK(s.smin == -32768 && s.smax == 32767 && s.umax == ~(u64)0);
	/* Amounts are masked: by 64 is by none, at 32 bits by 32 too. */
	a = scalar_range_u(3, 4);
	b = scalar_const(64);
	s = scalar_alu(ALU_LSH, 64, &a, &b);
	CHECK(is_range(&s, 3, 4));
	b = scalar_const(33);
	s = scalar_alu(ALU_LSH, 32, &a, &b);
	CHECK(is_range(&s, 6, 8));
	/* Sums and products that wrap. */
	a = scalar_range_u(~(u64)0 - 1, ~(u64)0);
	b = scalar_range_u(1, 3);
	s = scalar_alu(ALU_ADD, 64, &a, &b);
	CHECK(scalar_contains(&s, ~(u64)0) && scalar_contains(&s, 2) && s.smin == -1 &&
	      s.smax == 2);
	a = scalar_range_u(1, (u64)1 << 32);
	s = scalar_alu(ALU_MUL, 64, &a, &a);
	CHECK(scalar_contains(&s, 0) && s.umax == ~(u64)0);
out:
	return;
}

/* A counter from 0 that is compared with a limit reaches it and no more; the thresholds are what
 * the program compares with. */
static void test_loop(void)
{
	static const s64 thresholds[] = { 100, -1, 0, 1 };
	struct scalar head = scalar_const(0), one = scalar_const(1);
	unsigned rounds = 0;

	for (bool stable = false; !stable; rounds++) {
		struct scalar i = head, limit = scalar_const(100), wider;

		CHECK(scalar_assume(JUMP_LT, 64, true, &i, &limit));
		i = scalar_alu(ALU_ADD, 64, &i, &one);
		wider = scalar_widen(&head, &i, thresholds, 4);
		stable = scalar_equal(&wider, &head);
		head = wider;
		CHECK(rounds < 10);
	}
	CHECK(scalar_reduce(&head));
	CHECK(is_range(&head, 0, 100));
out:
	return;
}

TAP_MAIN(TAP_TEST(test_alu), TAP_TEST(test_assume), TAP_TEST(test_unary), TAP_TEST(test_reduce),
	 TAP_TEST(test_idioms), TAP_TEST(test_ranges), TAP_TEST(test_pitfalls),
	 TAP_TEST(test_division_pitfalls), TAP_TEST(test_loop))
