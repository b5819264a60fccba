/* SPDX-License-Identifier: MIT */
/* Each operation of the interpreter, in each width and form and on each pair of registers, against
 * an implementation that shares nothing with it. */
#include "interp_fixture.h"

static const u64 values[] = { 0,
			      1,
			      2,
			      31,
			      32,
			      63,
			      64,
			      0x7f,
			      0x80,
			      0xff,
			      0x7fff,
			      0x8000,
			      0x7fffffff,
			      0x80000000,
			      0xffffffff,
			      0x100000000ULL,
			      0x7fffffffffffffff,
			      0x8000000000000000,
			      ~0ULL,
			      ~0ULL - 127,
			      0xffffffff7fffffffULL,
			      0x0123456789abcdefULL };
#define VALUES ARRAY_COUNT(values)

/* d op= s, on memory: load both, operate, exit with the result. The instruction is patched. */
struct binary {
	struct machine m;
	struct insn insns[8];
};

static int binary_prepare(struct binary *b, struct insn op, u8 d, u8 s)
{
	const struct insn insns[] = {
		LOAD(8, 0, 1, 8),      LOAD(8, 9, 1, 0), MOV_REG(d, 9), MOV_REG(s, 0),
		{ .kind = INSN_EXIT }, MOV_REG(0, d),	 EXIT,
	};

	memcpy(b->insns, insns, sizeof(insns));
	/* s may be r0 or r9 or d itself: then both operands are what came last. */
	op.dst = d;
	op.src = (op.flags & INSN_IMM) != 0 ? 0 : s;
	b->insns[4] = op;
	machine_fini(&b->m);
	machine_init(&b->m, b->insns, ARRAY_COUNT(insns));
	return machine_prepare(&b->m, 0);
}

static u64 binary_go(struct binary *b, u64 d, u64 s)
{
	memcpy(b->m.mem, &d, 8);
	memcpy(b->m.mem + 8, &s, 8);
	return machine_go(&b->m);
}

static u64 operand(u64 v, bool imm)
{
	return imm ? (u64)(s64)(s32)v : v;
}

static void test_alu_values(void)
{
	struct binary b = { 0 };

	for (u32 form = 0; form < 4; form++)
		for (u32 op = 0; op < ALU_OP_COUNT; op++)
			for (u32 i = 0; i < VALUES * VALUES; i++) {
				bool imm = (form & 1) != 0;
				u64 d = values[i / VALUES], s = operand(values[i % VALUES], imm);
				struct insn insn = { .kind = INSN_ALU,
						     .op = (u8)op,
						     .width = form < 2 ? 64 : 32,
						     .flags = imm ? INSN_IMM : 0,
						     .imm = imm ? (s64)s : 0 };

				if (i == 0 || imm)
					CHECK_EQ(binary_prepare(&b, insn, 3, 4), 0);
				CHECK_EQ(binary_go(&b, d, s), ref_alu(op, insn.width, d, s));
			}
out:
	machine_fini(&b.m);
}

static void test_alu_registers(void)
{
	struct binary b = { 0 };

	for (u32 form = 0; form < 4; form++)
		for (u32 op = 0; op < ALU_OP_COUNT; op++)
			for (u32 i = 0; i < 100; i++) {
				u8 dst = (u8)(i / 10), src = (u8)(i % 10);
				u64 d = 0x8123456789abcdefULL, s = 0xfffffffffffffff3ULL;
				bool imm = (form & 1) != 0;
				struct insn insn = { .kind = INSN_ALU,
						     .op = (u8)op,
						     .width = form < 2 ? 64 : 32,
						     .flags = imm ? INSN_IMM : 0,
						     .imm = imm ? (s64)s : 0 };
				/* As the moves of binary_prepare leave them. */
				u64 first = dst == src && dst != 0 ? s : d;
				u64 second = imm || dst != 0 ? s : d;

				CHECK_EQ(binary_prepare(&b, insn, dst, src), 0);
				CHECK_EQ(binary_go(&b, d, s),
					 ref_alu(op, insn.width, first, second));
			}
out:
	machine_fini(&b.m);
}

/* if d op s goto +1; r0 = 0; exit; r0 = 1; exit, forwards and backwards. */
static void test_jumps(void)
{
	struct machine m = { 0 };

	for (u32 form = 0; form < 8; form++)
		for (u32 op = 0; op < JUMP_OP_COUNT; op++)
			for (u32 i = 0; i < VALUES * VALUES; i++) {
				bool imm = (form & 1) != 0, back = form >= 4;
				u64 d = values[i / VALUES], s = operand(values[i % VALUES], imm);
				u8 width = (form & 2) != 0 ? 32 : 64;
				struct insn insns[] = {
					GOTO(2),
					MOV_IMM(0, 1),
					EXIT,
					LOAD(8, 2, 1, 0),
					LOAD(8, 3, 1, 8),
					{ .kind = INSN_JUMP_IF,
					  .op = (u8)op,
					  .width = width,
					  .flags = imm ? INSN_IMM : 0,
					  .dst = 2,
					  .src = imm ? 0 : 3,
					  .off = back ? -5 : 2,
					  .imm = imm ? (s64)s : 0 },
					MOV_IMM(0, 0),
					EXIT,
					MOV_IMM(0, 1),
					EXIT,
				};

				if (i == 0 || imm) {
					machine_fini(&m);
					machine_init(&m, insns, ARRAY_COUNT(insns));
					CHECK_EQ(machine_prepare(&m, 0), 0);
				}
				memcpy(m.mem, &d, 8);
				memcpy(m.mem + 8, &s, 8);
				CHECK_EQ(machine_go(&m), ref_jump(op, width, d, s));
			}
out:
	machine_fini(&m);
}

/* NEG, MOVSX and the swaps, against ref_run. */
static void test_unary(void)
{
	struct machine m = { 0 };
	static const u8 sizes[] = { 1, 2, 4, 8 };

	for (u32 i = 0; i < 2 + 8 + 12; i++) {
		struct insn insn = { .dst = 0, .width = (i & 1) != 0 ? 32 : 64 };

		if (i < 2) {
			insn.kind = INSN_NEG;
		} else if (i < 10) {
			insn.kind = INSN_MOVSX;
			insn.size = sizes[(i - 2) / 2 % 4];
			insn.src = 2;
			if (insn.size == 8 || (insn.size == 4 && insn.width == 32))
				continue;
		} else {
			insn.kind = INSN_SWAP;
			insn.op = (u8)((i - 10) / 4);
			insn.size = sizes[(i - 10) % 4];
			insn.width = 64;
			if (insn.size == 1)
				continue;
		}
		for (u32 k = 0; k < VALUES; k++) {
			struct insn insns[] = { LOAD(8, 0, 1, 0), LOAD(8, 2, 1, 0), insn, EXIT };

			machine_fini(&m);
			machine_init(&m, insns, ARRAY_COUNT(insns));
			CHECK_EQ(machine_prepare(&m, 0), 0);
			memcpy(m.mem, &values[k], 8);
			CHECK_EQ(machine_go(&m),
				 ref_run(&m.prog, &m.binding, &m.exec, m.mem, 10).value);
		}
	}
out:
	machine_fini(&m);
}

static void test_lddw(void)
{
	struct machine m = { 0 };
	static const u64 maps[] = { 0x1111, 0x2222 }, map_values[] = { 0, 0x5000 };
	const struct prog_map table[] = { { .name = "a" }, { .name = "b" } };
	const struct insn imm[] = { LOAD_IMM64(0, 0x8877665544332211ULL), EXIT };
	const struct insn map[] = { LOAD_MAP(0, 1), EXIT };
	const struct insn value[] = { LOAD_VALUE(0, 1, 12), EXIT };
	const struct insn no_value[] = { LOAD_VALUE(0, 0, 12), EXIT };

	CHECK_EQ(MACHINE_RUN(&m, imm), 0);
	CHECK_EQ(m.result, 0x8877665544332211ULL);
	for (u32 i = 0; i < 3; i++) {
		machine_fini(&m);
		machine_init(&m, i == 0 ? map : i == 1 ? value : no_value, 3);
		m.binding.maps = maps;
		m.binding.map_values = map_values;
		m.prog.maps = table;
		m.prog.map_count = 2;
		CHECK_EQ(machine_prepare(&m, 0), i == 2 ? ERR_NOTSUP : 0);
		if (i < 2)
			CHECK_EQ(machine_go(&m), i == 0 ? 0x2222 : 0x500c);
	}
out:
	machine_fini(&m);
}

#define LOCAL(offset)                                    \
	{                                                \
		.kind = INSN_CALL_LOCAL, .off = (offset) \
	}

static const struct insn one_of_each[] = {
	ADD_IMM(3, 1),
	ADD_REG(3, 4),
	MOV_REG(4, 3),
	MOV_IMM(4, 7),
	LOAD(1, 3, 1, 0),
	LOAD(2, 3, 1, 0),
	LOAD(4, 3, 1, 0),
	LOAD(8, 3, 1, 0),
	STORE(8, 1, 0, 3),
	STORE_IMM(1, 1, 0, 3),
	LOAD(8, 3, 10, -8),
	STORE(8, 10, -8, 3),
	LOAD(8, 3, 2, 0),
	STORE(8, 2, 0, 3),
	{ .kind = INSN_NEG, .width = 64, .dst = 3 },
	{ .kind = INSN_MOVSX, .width = 64, .size = 1, .dst = 3, .src = 4 },
	{ .kind = INSN_SWAP, .op = SWAP_BE, .size = 4, .dst = 3 },
	{ .kind = INSN_ATOMIC, .size = 8, .dst = 1, .src = 3 },
	{ .kind = INSN_ATOMIC, .size = 4, .dst = 2, .src = 3, .flags = INSN_FETCH },
	{ .kind = INSN_ATOMIC,
	  .op = ATOMIC_CMPXCHG,
	  .size = 8,
	  .dst = 1,
	  .src = 3,
	  .flags = INSN_FETCH },
	{ .kind = INSN_LOAD_ACQ, .size = 8, .dst = 3, .src = 1 },
	{ .kind = INSN_STORE_REL, .size = 8, .dst = 1, .src = 3 },
	{ .kind = INSN_LD_PACKET, .size = 2, .flags = INSN_IMM, .imm = 4 },
	{ .kind = INSN_MAY_GOTO, .off = 0 },
	JEQ_IMM(3, 1, 0),
	CALL(1),
	CALLX(5),
	LOCAL(6),
};

/* Each operation a million times: a handler whose last call is not a jump would use up the
 * host's stack. */
static void test_host_stack(void)
{
	struct machine m = { 0 };

	for (u32 i = 0; i < ARRAY_COUNT(one_of_each); i++) {
		struct exec_packet packet = { m.mem, 64 };
		struct insn insns[] = {
			MOV_REG(2, 10),
			ADD_IMM(2, -16),
			MOV_IMM(5, 1),
			MOV_IMM(9, 0),
			ADD_IMM(9, 1),
			one_of_each[i],
			{ .kind = INSN_JUMP_IF,
			  .op = JUMP_LT,
			  .width = 64,
			  .flags = INSN_IMM,
			  .dst = 9,
			  .off = -3,
			  .imm = 1000000 },
			MOV_REG(0, 9),
			EXIT,
			EXIT,
			EXIT,
			EXIT,
			EXIT,
		};

		machine_fini(&m);
		machine_init(&m, insns, ARRAY_COUNT(insns));
		m.exec.budget = 100000000;
		m.exec.packet = &packet;
		CHECK_EQ(machine_prepare(&m, 0), 0);
		CHECK_EQ(machine_go(&m), 1000000);
		CHECK_EQ(m.exec.fault.status, 0);
	}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(test_alu_values), TAP_TEST(test_alu_registers), TAP_TEST(test_jumps),
	 TAP_TEST(test_unary), TAP_TEST(test_lddw), TAP_TEST(test_host_stack))
