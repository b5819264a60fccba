/* SPDX-License-Identifier: MIT */
/* What the operations compute, against a reference in 128-bit arithmetic that shares nothing with
 * the tables' expressions: boundary values crossed, then random ones. */
#include "isa_reference.h"
#include "isa/semantics.h"
#include "tap.h"

static const u64 samples[] = {
	0,
	1,
	2,
	3,
	7,
	8,
	31,
	32,
	33,
	63,
	64,
	65,
	127,
	128,
	255,
	256,
	0x7fff,
	0x8000,
	0xffff,
	0x10000,
	0x7ffffffe,
	0x7fffffff,
	0x80000000,
	0x80000001,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x123456789abcdef0,
	0x7ffffffffffffffe,
	0x7fffffffffffffff,
	0x8000000000000000,
	0x8000000000000001,
	0xffffffff00000000,
	0xffffffff7fffffff,
	0xffffffff80000000,
	0xfffffffffffffff9,
	0xfffffffffffffffe,
	0xffffffffffffffff,
};

/* All operations on one pair; the name of the first that differs. */
static int differing_op(u64 d, u64 s)
{
	for (unsigned width = 32; width <= 64; width += 32) {
		for (unsigned op = 0; op < ALU_OP_COUNT; op++) {
			if (alu_eval(op, width, d, s) != reference_alu(op, width, d, s))
				return (int)(width * 100 + op);
		}
		for (unsigned op = 0; op < JUMP_OP_COUNT; op++) {
			if (jump_eval(op, width, d, s) != reference_jump(op, width, d, s))
				return (int)(width * 100 + 50 + op);
		}
	}
	return 0;
}

static void test_boundaries(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
		for (size_t k = 0; k < ARRAY_COUNT(samples); k++)
			CHECK_EQ(differing_op(samples[i], samples[k]), 0);
	}
out:
	return;
}

static void test_random(void)
{
	u64 state = 7;

	for (unsigned i = 0; i < 20000; i++) {
		u64 pair[2];

		for (unsigned k = 0; k < 2; k++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			pair[k] = state ^ state >> 29;
			pair[k] >>= state >> 58 & (i & 63);
		}
		CHECK_EQ(differing_op(pair[0], pair[1]), 0);
	}
out:
	return;
}

/* By hand, where the texts are silent or easily misread. */
static void test_known(void)
{
	const u64 min64 = (u64)1 << 63;

	CHECK_EQ(alu_eval(ALU_SDIV, 64, min64, (u64)-1), min64);
	CHECK_EQ(alu_eval(ALU_SMOD, 64, min64, (u64)-1), 0);
	CHECK_EQ(alu_eval(ALU_SDIV, 32, 0x80000000, 0xffffffff), 0x80000000);
	CHECK_EQ(alu_eval(ALU_SMOD, 32, 0x80000000, 0xffffffff), 0);
	CHECK_EQ(alu_eval(ALU_MOD, 32, 0x1234567800000005, 0), 5);
	CHECK_EQ(alu_eval(ALU_MOD, 64, 0x1234567800000005, 0), 0x1234567800000005);
	CHECK_EQ(alu_eval(ALU_SDIV, 64, (u64)-13, 3), (u64)-4);
	CHECK_EQ(alu_eval(ALU_SMOD, 64, (u64)-13, 3), (u64)-1);
	CHECK_EQ(alu_eval(ALU_MOV, 32, 0, 0xffffffff80000000), 0x80000000);
	CHECK_EQ(alu_eval(ALU_LSH, 32, 1, 33), 2);
	CHECK_EQ(alu_eval(ALU_ARSH, 32, 0x80000000, 31), 0xffffffff);
	CHECK_EQ(alu_eval(ALU_OP_COUNT, 64, 1, 1), 0);
	CHECK(jump_eval(JUMP_SGT, 32, 0x100000000, 0xffffffff));
	CHECK(!jump_eval(JUMP_SGT, 64, 0x80000000ffffffff, 0));
out:
	return;
}

static u64 reference_bytes(u64 value, unsigned size, bool reverse)
{
	u64 result = 0;

	for (unsigned i = 0; i < size; i++)
		result |= (value >> 8 * i & 255) << 8 * (reverse ? size - 1 - i : i);
	return result;
}

static void test_bytes(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
		for (unsigned size = 1; size <= 8; size *= 2) {
			u64 value = samples[i] * 0x0123456789abcdef + samples[i];

			CHECK_EQ(sign_extend(value, size), (u64)as_signed(value, 8 * size));
			if (size == 1)
				continue;
			CHECK_EQ(swap_eval(SWAP_LE, size, value), reference_bytes(value, size, 0));
			CHECK_EQ(swap_eval(SWAP_BE, size, value), reference_bytes(value, size, 1));
			CHECK_EQ(swap_eval(SWAP_ALWAYS, size, value),
				 reference_bytes(value, size, 1));
		}
	}
out:
	return;
}

TAP_MAIN(TAP_TEST(test_boundaries), TAP_TEST(test_random), TAP_TEST(test_known),
	 TAP_TEST(test_bytes))
