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

TAP_MAIN(TAP_TEST(test_alu), TAP_TEST(test_assume))
