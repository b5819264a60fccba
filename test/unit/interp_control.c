/* SPDX-License-Identifier: MIT */
/* Control flow in the interpreter: calls of each kind, the ways in which an invocation ends, and
 * what is refused when a program is prepared. */
#include "interp_fixture.h"

#define LOCAL(offset)                                    \
	{                                                \
		.kind = INSN_CALL_LOCAL, .off = (offset) \
	}

/* r1 calls deep, then back. */
static void test_call_depth(void)
{
	struct machine m = { 0 };
	const struct insn insns[] = {
		MOV_IMM(1, 7),	     LOCAL(1),	     EXIT,	MOV_IMM(0, 1), JEQ_IMM(1, 0, 3),
		STORE(8, 10, -8, 1), ADD_IMM(1, -1), LOCAL(-5), EXIT,
	};
	struct insn deep[ARRAY_COUNT(insns)];

	memcpy(deep, insns, sizeof(deep));
	deep[0].imm = 6;
	CHECK_EQ(MACHINE_RUN(&m, deep), 0);
	CHECK_EQ(m.result, 1);
	CHECK_EQ(machine_run(&m, insns, ARRAY_COUNT(insns)), ERR_LOOP);
	CHECK_EQ(m.exec.fault.slot, 7);
	CHECK_EQ(m.result, 0);
out:
	machine_fini(&m);
}

static u64 seen_ctx;

static u64 helper_tail(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	struct exec *exec = (struct exec *)(uintptr_t)r1;

	(void)r2, (void)r3, (void)r4, (void)r5;
	seen_ctx = (u64)(uintptr_t)ctx;
	if (exec != NULL)
		exec->tail_call = exec->code;
	return 5;
}

static u64 helper_fails(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	struct exec *exec = (struct exec *)(uintptr_t)r1;

	(void)r2, (void)r3, (void)r4, (void)r5, (void)ctx;
	exec->fault.status = ERR_FAULT;
	exec->fault.addr = 0x77;
	return 5;
}

static u64 helper_moves(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	struct exec *exec = (struct exec *)(uintptr_t)r1;

	(void)r2, (void)r3, (void)r4, (void)r5, (void)ctx;
	exec->regions[0].size = 16;
	return 0;
}

static struct helper_binding bind_special(const void *arg, u32 id)
{
	(void)arg;
	switch (id) {
	case 1: return (struct helper_binding){ .fn = machine_sum, .flags = 0 };
	case 2: return (struct helper_binding){ .fn = helper_tail, .flags = HELPER_TAIL_CALL };
	case 3: return (struct helper_binding){ .fn = helper_fails, .flags = 0 };
	case 4: return (struct helper_binding){ .fn = helper_moves, .flags = HELPER_MOVES_PACKET };
	default: return (struct helper_binding){ .fn = NULL, .flags = 0 };
	}
}

static int special_run(struct machine *m, const struct insn *insns, u32 count, u64 arg2)
{
	machine_fini(m);
	machine_init(m, insns, count);
	m->binding.helper = bind_special;
	m->exec.arg2 = arg2;
	if (machine_prepare(m, 0) != 0)
		return m->err.status;
	machine_go(m);
	return m->exec.fault.status;
}

static void test_helpers(void)
{
	struct machine m = { 0 };
	const struct insn sum[] = { MOV_IMM(1, 1), MOV_IMM(2, 2), MOV_IMM(3, 3), MOV_IMM(4, 4),
				    MOV_IMM(5, 5), CALL(1),	  EXIT };
	const struct insn by_register[] = { MOV_IMM(1, 1), MOV_IMM(2, 2), MOV_IMM(7, 1), CALLX(7),
					    EXIT };
	const struct insn unknown[] = { MOV_IMM(7, 99), CALLX(7), EXIT };
	const struct insn too_big[] = { LOAD_IMM64(7, 0x100000001ULL), CALLX(7), EXIT };
	const struct insn missing[] = { MOV_IMM(0, 0), CALL(77), EXIT };

	CHECK_EQ(special_run(&m, sum, ARRAY_COUNT(sum), 0), 0);
	CHECK_EQ(m.result, 54321);
	CHECK_EQ(special_run(&m, by_register, ARRAY_COUNT(by_register), 0), 0);
	CHECK_EQ(m.result, 21);
	CHECK_EQ(special_run(&m, unknown, ARRAY_COUNT(unknown), 0), ERR_NOTSUP);
	CHECK_EQ(m.exec.fault.slot, 1);
	CHECK_EQ(special_run(&m, too_big, ARRAY_COUNT(too_big), 0), ERR_NOTSUP);
	CHECK_EQ(m.exec.fault.slot, 2);
	CHECK_EQ(special_run(&m, missing, ARRAY_COUNT(missing), 0), ERR_NOTSUP);
	CHECK_STR(m.err.text, "slot 1: helper 77 is not offered");
out:
	machine_fini(&m);
}

static void test_helper_effects(void)
{
	struct machine m = { 0 };
	u64 exec = (u64)(uintptr_t)&m.exec;
	struct insn tail[] = { MOV_REG(6, 1), MOV_REG(1, 2),	     LOCAL(1),	    EXIT,
			       CALL(2),	      STORE_IMM(1, 6, 0, 1), MOV_IMM(0, 9), EXIT };
	const struct insn fails[] = { MOV_REG(1, 2), CALL(3), MOV_IMM(0, 1), EXIT };
	const struct insn moves[] = { MOV_REG(6, 1),	LOAD(8, 0, 6, 8), MOV_REG(1, 2), CALL(4),
				      LOAD(8, 0, 6, 8), LOAD(8, 0, 6, 9), EXIT };

	for (u32 callx = 0; callx < 2; callx++) {
		/* The helper asks for a tail call: nothing after it is executed. */
		CHECK_EQ(special_run(&m, tail, ARRAY_COUNT(tail), exec), 0);
		CHECK(m.exec.tail_call == m.code);
		CHECK_EQ(m.mem[0], 0);
		CHECK_EQ(seen_ctx, (u64)(uintptr_t)m.mem);
		/* It does not. */
		CHECK_EQ(special_run(&m, tail, ARRAY_COUNT(tail), 0), 0);
		CHECK_EQ(m.result, 9);
		CHECK_EQ(m.mem[0], 1);
		tail[2] = (struct insn)MOV_IMM(9, 2);
		tail[3] = tail[4] = (struct insn)CALLX(9);
	}
	CHECK_EQ(special_run(&m, fails, ARRAY_COUNT(fails), exec), ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 1);
	CHECK_EQ(m.exec.fault.addr, 0x77);
	CHECK_EQ(m.result, 0);
	CHECK_EQ(special_run(&m, moves, ARRAY_COUNT(moves), exec), ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 5);
out:
	machine_fini(&m);
}

static void test_kfuncs(void)
{
	struct machine m = { 0 };
	const struct prog_func funcs[] = { { .name = "there" },
					   { .name = "gone", .is_weak = true } };
	const struct prog_func strong[] = { { .name = "there" }, { .name = "gone" } };
	const helper_fn fns[] = { machine_sum, NULL };
	const struct insn insns[] = { MOV_IMM(1, 4),
				      { .kind = INSN_CALL_KFUNC, .imm = 0 },
				      JEQ_IMM(2, 0, 1),
				      { .kind = INSN_CALL_KFUNC, .imm = 1 },
				      EXIT };

	machine_init(&m, insns, ARRAY_COUNT(insns));
	m.prog.funcs = strong;
	m.prog.func_count = 2;
	m.binding.funcs = fns;
	CHECK_EQ(machine_prepare(&m, 0), ERR_NOTSUP);
	CHECK_STR(m.err.text, "slot 3: function gone is not offered");
	m.prog.funcs = funcs;
	CHECK_EQ(machine_prepare(&m, 0), 0);
	CHECK_EQ(machine_go(&m), 4);
	m.exec.arg2 = 1;
	machine_go(&m);
	CHECK_EQ(m.exec.fault.status, ERR_NOTSUP);
	CHECK_EQ(m.exec.fault.slot, 3);
out:
	machine_fini(&m);
}

static void test_budget(void)
{
	struct machine m = { 0 };
	const struct insn forever[] = { ADD_IMM(0, 1), GOTO(-2), EXIT };
	const struct insn fused[] = { ADD_IMM(0, 1), JEQ_IMM(0, 0, 1), GOTO(-3), EXIT };
	const struct insn cond[] = { ADD_IMM(3, 1), JEQ_IMM(0, 0, -2), EXIT };
	const struct insn self[] = { GOTO(-1), EXIT };
	const struct insn calls[] = { LOCAL(3), LOCAL(2), CALL(1), EXIT, ADD_IMM(0, 1), EXIT };
	const struct {
		const struct insn *insns;
		u32 count, slot;
	} loops[] = {
		{ forever, 3, 1 },
		{ fused, 4, 2 },
		{ cond, 3, 1 },
		{ self, 2, 0 },
	};

	for (u32 i = 0; i < ARRAY_COUNT(loops); i++)
		for (u64 budget = 0; budget < 1000; budget = budget * 2 + 1) {
			machine_fini(&m);
			machine_init(&m, loops[i].insns, loops[i].count);
			m.exec.budget = budget;
			CHECK_EQ(machine_prepare(&m, 0), 0);
			machine_go(&m);
			CHECK_EQ(m.exec.fault.status, ERR_TIME);
			CHECK_EQ(m.exec.fault.slot, loops[i].slot);
			CHECK_EQ(m.exec.budget, 0);
		}
	/* Calls pay: a local one for the callee's length, a helper 1. */
	machine_fini(&m);
	machine_init(&m, calls, ARRAY_COUNT(calls));
	CHECK_EQ(machine_prepare(&m, 0), 0);
	for (u64 budget = 0; budget < 8; budget++) {
		m.exec.budget = budget;
		machine_go(&m);
		CHECK_EQ(m.exec.fault.status, budget < 5 ? ERR_TIME : 0);
		CHECK_EQ(m.exec.budget, budget < 5 ? 0 : budget - 5);
		if (budget < 5)
			CHECK_EQ(m.exec.fault.slot, budget / 2);
	}
	m.exec.budget = ~0ULL;
	machine_go(&m);
	CHECK_EQ(m.exec.budget, ~0ULL - 5);
out:
	machine_fini(&m);
}

static void test_may_goto(void)
{
	struct machine m = { 0 };
	const struct insn insns[] = {
		MOV_IMM(0, 0), { .kind = INSN_MAY_GOTO, .off = 2 }, ADD_IMM(0, 1), GOTO(-3), EXIT
	};

	machine_init(&m, insns, ARRAY_COUNT(insns));
	m.exec.budget = 1ULL << 40;
	CHECK_EQ(machine_prepare(&m, 0), 0);
	CHECK_EQ(machine_go(&m), 8388608);
	CHECK_EQ(machine_go(&m), 8388608);
out:
	machine_fini(&m);
}

static void test_packet(void)
{
	struct machine m = { 0 };
	static const u8 data[] = { 0x11, 0x22, 0x33, 0x44, 0x55 };
	const struct exec_packet packet = { data, sizeof(data) };
	const struct {
		u8 size;
		s32 at;
		u64 value;
		bool ends;
	} cases[] = {
		{ 1, 0, 0x11, false }, { 2, 1, 0x2233, false },	  { 4, 1, 0x22334455, false },
		{ 4, 2, 0, true },     { 1, 5, 0, true },	  { 1, -1, 0, true },
		{ 2, 4, 0, true },     { 4, INT32_MAX, 0, true }, { 4, INT32_MIN, 0, true },
	};

	for (u32 i = 0; i < ARRAY_COUNT(cases) * 2; i++) {
		u32 c = i / 2;
		bool indirect = (i & 1) != 0;
		const struct insn insns[] = { MOV_IMM(3, indirect ? 0x7ffffff0 : 0),
					      { .kind = INSN_LD_PACKET,
						.size = cases[c].size,
						.src = indirect ? 3 : 0,
						.flags = indirect ? 0 : INSN_IMM,
						.imm = (s32)((u32)cases[c].at -
							     (indirect ? 0x7ffffff0U : 0)) },
					      STORE_IMM(1, 1, 0, 1),
					      EXIT };

		machine_fini(&m);
		machine_init(&m, insns, ARRAY_COUNT(insns));
		CHECK_EQ(machine_prepare(&m, 0), 0);
		machine_go(&m);
		CHECK_EQ(m.exec.fault.status, ERR_NOTSUP);
		m.exec.packet = &packet;
		CHECK_EQ(machine_go(&m), cases[c].value);
		CHECK_EQ(m.exec.fault.status, 0);
		CHECK_EQ(m.mem[0], cases[c].ends ? 0 : 1);
	}
out:
	machine_fini(&m);
}

static void test_refused(void)
{
	struct machine m = { 0 };
	const struct insn bad[] = {
		MOV_IMM(10, 1),
		LOAD(8, 10, 1, 0),
		{ .kind = INSN_NEG, .width = 64, .dst = 10 },
		{ .kind = INSN_ATOMIC, .size = 8, .dst = 1, .src = 10, .flags = INSN_FETCH },
		{ .kind = INSN_ALU,
		  .op = ALU_ADD,
		  .width = 64,
		  .flags = INSN_IMM,
		  .imm = 1LL << 40 },
		LOAD(8, 0, 1, 40000),
		{ .kind = 200 },
		{ .kind = INSN_ALU, .width = 64, .dst = 11 },
		{ .kind = INSN_ALU, .width = 64, .op = 99 },
		{ .kind = INSN_LDDW, .op = LDDW_IMM },
		{ .kind = INSN_LDDW_HIGH },
		GOTO(5),
		GOTO(-9),
	};

	for (u32 i = 0; i < ARRAY_COUNT(bad); i++) {
		const struct insn insns[] = { MOV_IMM(0, 0), bad[i], EXIT };

		CHECK(MACHINE_RUN(&m, insns) != 0);
		CHECK(m.code == NULL);
		CHECK(strstr(m.err.text, "slot ") != NULL);
	}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(test_call_depth), TAP_TEST(test_helpers), TAP_TEST(test_helper_effects),
	 TAP_TEST(test_kfuncs), TAP_TEST(test_budget), TAP_TEST(test_may_goto),
	 TAP_TEST(test_packet), TAP_TEST(test_refused))
