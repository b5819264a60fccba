/* SPDX-License-Identifier: MIT */
/* Helpers that call the program's functions: frames, registers, budget, and each way in which a
 * program can end inside of a callback. */
#include "interp_fixture.h"

#define LOAD_CODE(d, offset)                                                 \
	{ .kind = INSN_LDDW, .op = LDDW_CODE, .dst = (d), .off = (offset) }, \
	{                                                                    \
		.kind = INSN_LDDW_HIGH                                       \
	}

/* 2: calls r2 for 0 ... r1 - 1 with r3, and adds up what it returns. */
static u64 call_times(u64 times, u64 func, u64 arg, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct exec *exec = exec_of(ctx);
	u64 args[5] = { 0, arg }, result = 0, sum = 0;

	for (u64 i = 0; i < times; i++) {
		args[0] = i;
		if (!exec_call_subprog(exec, func, args, &result))
			return 0x666;
		sum += result;
	}
	return sum;
}

/* 3: a helper that ends the program. */
static u64 fail(u64 addr, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	exec_of(ctx)->fault =
		(struct exec_fault){ .status = ERR_FAULT, .slot = PROG_NO_INDEX, .addr = addr };
	return 0;
}

static struct helper_binding helper(UNUSED const void *arg, u32 id)
{
	if (id == 2)
		return (struct helper_binding){ .fn = call_times, .flags = HELPER_CALLBACK };
	return (struct helper_binding){ .fn = id == 3 ? fail : NULL };
}

static struct header_and_ctx {
	struct ctx_header header;
	u64 ctx;
} memory;

/* The second function starts at slot split. */
static int machine_open(struct machine *m, const struct insn *insns, u32 count, u32 split)
{
	machine_init(m, insns, count);
	m->subprogs[0] = (struct prog_subprog){ .name = "main", .count = split };
	m->subprogs[1] =
		(struct prog_subprog){ .name = "back", .start = split, .count = count - split };
	m->prog.subprog_count = 2;
	m->binding.helper = helper;
	return machine_prepare(m, 0);
}

static u64 machine_enter(struct machine *m, bool unchecked)
{
	memory.header.exec = &m->exec;
	memset(&m->exec.fault, 0, sizeof(m->exec.fault));
	m->exec.callbacks = 0;
	m->exec.unchecked = unchecked;
	m->exec.code = m->code;
	return m->code->entry(&m->exec, &memory.ctx);
}

/* The callback adds its index to a word of the caller's frame, writes all over its own, and all
 * registers that it may. */
static void frames_and_registers(void)
{
	const struct insn insns[] = {
		STORE_IMM(8, 10, -8, 100),
		STORE_IMM(8, 10, -16, 7),
		MOV_IMM(6, 60),
		MOV_IMM(9, 90),
		MOV_IMM(1, 10),
		LOAD_CODE(2, 16),
		MOV_REG(3, 10),
		ADD_IMM(3, -8),
		MOV_IMM(4, 4),
		MOV_IMM(5, 5),
		CALL(2),
		ADD_REG(0, 6),
		ADD_REG(0, 9),
		LOAD(8, 7, 10, -8),
		ADD_REG(0, 7),
		LOAD(8, 7, 10, -16),
		ADD_REG(0, 7),
		ADD_REG(0, 4),
		ADD_REG(0, 1),
		ADD_REG(0, 5),
		EXIT,
		/* 22 */
		LOAD(8, 0, 2, 0),
		ADD_REG(0, 1),
		STORE(8, 2, 0, 0),
		LOAD(8, 0, 10, -8),
		ADD_REG(0, 3),
		ADD_REG(0, 4),
		ADD_REG(0, 5),
		ADD_IMM(0, 1),
		STORE_IMM(8, 10, -8, 1),
		STORE_IMM(8, 10, -16, 1),
		MOV_IMM(6, 0),
		MOV_IMM(9, 0),
		MOV_IMM(4, 0),
		EXIT,
	};
	struct machine m = { 0 };

	CHECK_EQ(machine_open(&m, insns, ARRAY_COUNT(insns), 22), 0);
	for (int unchecked = 0; unchecked < 2; unchecked++) {
		m.exec.budget = 1000;
		/* ten times 1; registers; 100 + 45; 7; r4, r1, r5 */
		CHECK_EQ(machine_enter(&m, unchecked != 0), 10 + 60 + 90 + 145 + 7 + 4 + 10 + 5);
		CHECK_EQ(m.exec.fault.status, 0);
		CHECK_EQ(m.exec.callbacks, 0);
		CHECK_EQ(m.exec.budget, 1000 - 1 - 10 * (ARRAY_COUNT(insns) - 22));
	}
	/* Each is paid for; the one that is not is where the program ends. */
	m.exec.budget = 1 + 14 * 3 + 13;
	machine_enter(&m, false);
	CHECK_EQ(m.exec.fault.status, ERR_TIME);
	CHECK_EQ(m.exec.fault.slot, 11);
	CHECK_EQ(m.exec.budget, 0);
out:
	machine_fini(&m);
}

/* Ways to end inside of a callback; the caller must not go on. */
static void endings(void)
{
	static const struct {
		struct insn insn;
		int status;
		u32 slot;
	} cases[] = {
		{ LOAD(4, 0, 9, 0), ERR_FAULT, 6 }, /* r9 is 0 */
		{ GOTO(-1), ERR_TIME, 6 },
		{ CALL(3), ERR_FAULT, 6 },
		{ CALLX(9), ERR_NOTSUP, 6 },
		{ { .kind = INSN_LD_PACKET, .size = 4, .flags = INSN_IMM, .imm = 1 }, 0, 0 },
	};
	const struct exec_packet packet = { (const u8 *)"abc", 3 };
	struct machine m = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct insn insns[] = {
			MOV_IMM(1, 2), LOAD_CODE(2, 4), CALL(2),       MOV_IMM(0, 42),
			EXIT,	       cases[i].insn,	MOV_IMM(0, 1), EXIT,
		};
		m.exec.packet = NULL;
		CHECK_EQ(machine_open(&m, insns, ARRAY_COUNT(insns), 6), 0);
		m.exec.packet = &packet;
		m.exec.budget = 1000;
		CHECK_EQ(machine_enter(&m, false), 0);
		CHECK_EQ(m.exec.fault.status, cases[i].status);
		CHECK_EQ(m.exec.fault.slot, cases[i].slot);
		CHECK(m.exec.ended);
		CHECK_EQ(m.exec.callbacks, 0);
		machine_fini(&m);
	}
	return;
out:
	machine_fini(&m);
}

/* A callback that calls back: as deep as there are frames. */
static void nesting(void)
{
	const struct insn insns[] = {
		MOV_IMM(1, 1),
		LOAD_CODE(2, 4),
		CALL(2),
		ADD_IMM(0, 1000),
		EXIT,
		/* 6: r2 is the depth so far; returns it when it is r2's limit in the context */
		MOV_REG(3, 2),
		ADD_IMM(3, 1),
		JEQ_IMM(3, 7, 5),
		MOV_IMM(1, 1),
		LOAD_CODE(2, -5),
		CALL(2),
		EXIT,
		MOV_IMM(0, 7),
		EXIT,
	};
	const struct insn deeper[] = {
		MOV_IMM(1, 1), LOAD_CODE(2, 4),
		CALL(2),       ADD_IMM(0, 1000),
		EXIT,	       MOV_REG(3, 2),
		ADD_IMM(3, 1), JEQ_IMM(3, 8, 5),
		MOV_IMM(1, 1), LOAD_CODE(2, -5),
		CALL(2),       EXIT,
		MOV_IMM(0, 7), EXIT,
	};
	struct machine m = { 0 };

	CHECK_EQ(machine_open(&m, insns, ARRAY_COUNT(insns), 6), 0);
	m.exec.budget = 1000;
	CHECK_EQ(machine_enter(&m, false), 1007);
	CHECK_EQ(m.exec.fault.status, 0);
	machine_fini(&m);
	CHECK_EQ(machine_open(&m, deeper, ARRAY_COUNT(deeper), 6), 0);
	m.exec.budget = 1000;
	CHECK_EQ(machine_enter(&m, false), 0);
	CHECK_EQ(m.exec.fault.status, ERR_LOOP);
	CHECK_EQ(m.exec.fault.slot, 12);
	/* Nothing is left of it: the next run is as the first. */
	CHECK_EQ(machine_enter(&m, false), 0);
	CHECK_EQ(m.exec.fault.status, ERR_LOOP);
out:
	machine_fini(&m);
}

/* Whatever a program that nobody has verified passes. */
static void no_function(void)
{
	static const u64 bad[] = { 1, 5, 7, 100, ~0ull, 1ull << 32 };
	struct machine m = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		const struct insn insns[] = { MOV_IMM(1, 1), LOAD_IMM64(2, bad[i]), CALL(2),
					      EXIT,	     MOV_IMM(0, 1),	    EXIT };
		CHECK_EQ(machine_open(&m, insns, ARRAY_COUNT(insns), 5), 0);
		m.exec.budget = 1000;
		machine_enter(&m, false);
		CHECK_EQ(m.exec.fault.status, bad[i] == 5 ? 0 : ERR_INVAL);
		if (bad[i] != 5)
			CHECK_EQ(m.exec.fault.slot, 3);
		machine_fini(&m);
	}
	return;
out:
	machine_fini(&m);
}

/* The number of a helper in a register: the same. */
static void by_register(void)
{
	const struct insn insns[] = { MOV_IMM(1, 3), LOAD_CODE(2, 5),  MOV_IMM(6, 2), CALLX(6),
				      EXIT,	     EXIT /* never */, MOV_IMM(0, 5), EXIT };
	struct machine m = { 0 };

	CHECK_EQ(machine_open(&m, insns, ARRAY_COUNT(insns), 7), 0);
	m.exec.budget = 1000;
	CHECK_EQ(machine_enter(&m, false), 15);
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(frames_and_registers), TAP_TEST(endings), TAP_TEST(nesting),
	 TAP_TEST(no_function), TAP_TEST(by_register))
