/* SPDX-License-Identifier: MIT */
/* What programs may touch in the interpreter: sizes, regions, the stack, and how faults are told.
 */
#include "interp_fixture.h"

/* r0 = *(size *)(r + off), with r = mem + base. */
static u64 at(struct machine *m, const struct insn *access, s64 base, bool unchecked)
{
	struct insn insns[] = { MOV_REG(2, 1), { 0 }, MOV_IMM(3, -2), *access, EXIT };

	insns[1] = (struct insn)ADD_IMM(2, base);
	machine_fini(m);
	machine_init(m, insns, ARRAY_COUNT(insns));
	for (u32 i = 0; i < MACHINE_MEM; i++)
		m->mem[i] = (u8)(0x81 + i);
	m->exec.unchecked = unchecked;
	if (machine_prepare(m, 0) != 0)
		return 0xdead;
	return machine_go(m);
}

static void test_sizes(void)
{
	struct machine m = { 0 };

	for (u32 i = 0; i < 32; i++) {
		u8 size = (u8)(1 << (i & 3));
		bool unchecked = (i & 4) != 0, is_signed = (i & 8) != 0, stack = (i & 16) != 0;
		u64 expected = 0x8887868584838281ULL & (size == 8 ? ~0ULL : (1ULL << 8 * size) - 1);
		struct insn load = LOAD(size, 0, 2, 0), store = STORE(size, 2, 5, 3);
		struct insn store_imm = STORE_IMM(size, 2, 5, 0x7a7b7c7d);
		u64 got;

		if (size == 8 && is_signed)
			continue;
		if (is_signed) {
			load.flags = INSN_SIGNED;
			expected |= ~0ULL << (8 * size - 1);
		}
		CHECK_EQ(at(&m, &load, 0, unchecked), expected);
		CHECK_EQ(at(&m, &store, 0, unchecked), 0);
		CHECK_EQ(m.mem[4], 0x85);
		CHECK_EQ(m.mem[5], 0xfe);
		CHECK_EQ(m.mem[5 + size], 0x86 + size);
		CHECK_EQ(at(&m, &store_imm, 0, unchecked), 0);
		CHECK_EQ(m.mem[5], 0x7d);
		CHECK_EQ(m.mem[5 + size], 0x86 + size);
		if (stack) {
			struct insn insns[] = { MOV_REG(2, 10),	     ADD_IMM(2, -24),
						MOV_IMM(3, -126),    STORE(size, 2, 3, 3),
						LOAD(8, 0, 10, -21), EXIT };
			insns[4].size = size;
			insns[4].flags = load.flags;
			CHECK_EQ(MACHINE_RUN(&m, insns), 0);
			got = is_signed
				      ? (u64)-126LL
				      : (u64)-126LL & (size == 8 ? ~0ULL : (1ULL << 8 * size) - 1);
			CHECK_EQ(m.result, got);
		}
	}
out:
	machine_fini(&m);
}

struct fault_case {
	struct insn insn;
	s64 base; /* of r2, from mem */
	u32 size;
	bool write, fine;
};

static void test_regions(void)
{
	struct machine m = { 0 };
	const s64 ro = offsetof(struct machine, read_only) - offsetof(struct machine, mem);
	const s64 gap = ro + 64;
	const struct fault_case cases[] = {
		{ LOAD(1, 0, 2, 0), 0, 1, false, true },
		{ LOAD(8, 0, 2, 0), MACHINE_MEM - 8, 8, false, true },
		{ LOAD(8, 0, 2, 0), -1, 8, false, false },
		{ LOAD(1, 0, 2, -1), 0, 1, false, false },
		{ STORE(8, 2, 0, 3), -8, 8, true, false },
		/* The end of mem and the start of read_only are neighbours, and still two. */
		{ LOAD(8, 0, 2, 0), MACHINE_MEM - 7, 8, false, false },
		{ LOAD(4, 0, 2, 0), MACHINE_MEM - 3, 4, false, false },
		{ LOAD(2, 0, 2, 0), MACHINE_MEM - 1, 2, false, false },
		{ LOAD(1, 0, 2, 0), MACHINE_MEM - 1, 1, false, true },
		{ LOAD(8, 0, 2, 0), ro, 8, false, true },
		{ LOAD(8, 0, 2, 56), ro, 8, false, true },
		{ LOAD(8, 0, 2, 57), ro, 8, false, false },
		{ STORE(1, 2, 0, 3), ro, 1, true, false },
		{ STORE_IMM(8, 2, 0, 3), ro + 8, 8, true, false },
		{ STORE(8, 2, 0, 3), MACHINE_MEM - 8, 8, true, true },
		{ LOAD(1, 0, 2, 0), gap, 1, false, false },
		{ STORE(2, 2, 0, 3), gap, 2, true, false },
		{ { .kind = INSN_ATOMIC, .size = 8, .dst = 2, .src = 3 }, ro, 8, true, false },
		{ { .kind = INSN_ATOMIC, .size = 8, .dst = 2, .src = 3 }, 8, 8, true, true },
		{ { .kind = INSN_ATOMIC, .size = 8, .dst = 2, .src = 3 }, 4, 8, true, false },
		{ { .kind = INSN_ATOMIC, .size = 4, .dst = 2, .src = 3 }, 4, 4, true, true },
		{ { .kind = INSN_ATOMIC, .size = 4, .dst = 2, .src = 3 }, 2, 4, true, false },
		{ { .kind = INSN_LOAD_ACQ, .size = 8, .src = 2 }, ro, 8, false, true },
		{ { .kind = INSN_LOAD_ACQ, .size = 8, .src = 2 }, 1, 8, false, false },
		{ { .kind = INSN_STORE_REL, .size = 2, .dst = 2, .src = 3 }, ro, 2, true, false },
		{ { .kind = INSN_STORE_REL, .size = 2, .dst = 2, .src = 3 }, 6, 2, true, true },
	};

	for (u32 i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct fault_case *c = &cases[i];

		at(&m, &c->insn, c->base, false);
		CHECK(m.code != NULL);
		CHECK_EQ(m.exec.fault.status, c->fine ? 0 : ERR_FAULT);
		if (c->fine)
			continue;
		CHECK_EQ(m.result, 0);
		CHECK_EQ(m.exec.fault.slot, 3);
		CHECK_EQ(m.exec.fault.addr,
			 (u64)(uintptr_t)m.mem + (u64)c->base + (u64)(s64)c->insn.off);
		CHECK_EQ(m.exec.fault.size, c->size);
		CHECK_EQ(m.exec.fault.write, c->write);
	}
out:
	machine_fini(&m);
}

static void test_wrap_around(void)
{
	struct machine m = { 0 };
	static const s64 addrs[] = { 0, -1, -2, -4, -7, -8, 1, 8 };

	for (u32 i = 0; i < ARRAY_COUNT(addrs) * 2; i++) {
		u8 size = (u8)(1 << (i % 4));
		const struct insn load[] = { MOV_IMM(2, addrs[i / 2]), LOAD(size, 0, 2, 0), EXIT };
		const struct insn store[] = { MOV_IMM(2, addrs[i / 2]), STORE(size, 2, 0, 2),
					      EXIT };

		CHECK_EQ(MACHINE_RUN(&m, load), ERR_FAULT);
		CHECK_EQ(m.exec.fault.addr, (u64)addrs[i / 2]);
		CHECK_EQ(MACHINE_RUN(&m, store), ERR_FAULT);
		CHECK_EQ(m.exec.fault.slot, 1);
		if (size < 4)
			continue;
		/* A region at the very end of the address space, too small, and an empty one. */
		m.exec.regions[1] = (struct exec_region){ ~0ULL - 3, 3, true };
		m.exec.regions[0].size = 0;
		machine_go(&m);
		CHECK_EQ(m.exec.fault.status, ERR_FAULT);
	}
out:
	machine_fini(&m);
}

static bool may_access_one(const struct exec *exec, u64 addr, u32 size, bool write)
{
	u64 allowed = *(const u64 *)exec->runtime;

	return !write && size == 4 && addr == allowed;
}

static void test_may_access(void)
{
	struct machine m = { 0 };
	u32 secret[2] = { 0x1234, 0x5678 };
	u64 allowed = (u64)(uintptr_t)&secret[1];
	const struct insn insns[] = { LOAD(8, 2, 1, 0), LOAD(4, 0, 2, 0), LOAD(4, 3, 2, 0),
				      STORE(4, 2, 0, 3), EXIT };

	machine_init(&m, insns, ARRAY_COUNT(insns));
	m.exec.may_access = may_access_one;
	m.exec.runtime = &allowed;
	CHECK_EQ(machine_prepare(&m, 0), 0);
	memcpy(m.mem, &allowed, 8);
	CHECK_EQ(machine_go(&m), 0);
	CHECK_EQ(m.exec.fault.status, ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 3);
	CHECK(m.exec.fault.write);
#ifndef MACHINE_JIT /* whose checks are there or not when it compiles */
	m.exec.unchecked = true;
	CHECK_EQ(machine_go(&m), 0x5678);
	CHECK_EQ(m.exec.fault.status, 0);
#endif
out:
	machine_fini(&m);
}

/* Programs never see what was in registers or on the stack before them. */
static void test_nothing_left_over(void)
{
	struct machine m = { 0 };

	for (u8 reg = 0; reg < 10; reg++) {
		const struct insn insns[] = { MOV_REG(0, reg), EXIT };

		CHECK_EQ(MACHINE_RUN(&m, insns), 0);
		CHECK_EQ(m.result, reg == 1 ? (u64)(uintptr_t)m.mem : 0);
	}
	for (s32 off = -512; off < 0; off += 8) {
		const struct insn insns[] = { LOAD(8, 0, 10, off), STORE(8, 10, off, 10), EXIT };

		CHECK_EQ(MACHINE_RUN(&m, insns), 0);
		CHECK_EQ(m.result, 0);
		CHECK_EQ(machine_go(&m), 0);
	}
out:
	machine_fini(&m);
}

static void test_stack_bounds(void)
{
	struct machine m = { 0 };
	static const s32 offs[] = { 0, -4, -513, -520, 8, -1 };

	for (u32 i = 0; i < ARRAY_COUNT(offs); i++)
		for (u32 direct = 0; direct < 2; direct++) {
			const struct insn insns[] = { MOV_REG(2, 10), ADD_IMM(2, offs[i]),
						      LOAD(8, 0, 2, 0), EXIT, EXIT };
			const struct insn short_form[] = { LOAD(8, 0, 10, offs[i]), EXIT };

			CHECK_EQ(direct != 0 ? MACHINE_RUN(&m, short_form) : MACHINE_RUN(&m, insns),
				 ERR_FAULT);
			CHECK_EQ(m.exec.fault.slot, direct != 0 ? 0 : 2);
			CHECK_EQ(m.exec.fault.addr,
				 (u64)(uintptr_t)m.stack + sizeof(m.stack) + (u64)(s64)offs[i]);
		}
out:
	machine_fini(&m);
}

/* The callee's frame is its own, zeroed on each call; the caller's may be reached through a
 * pointer; the callee's may not be once it has returned. r6 to r9 come back. */
static void test_frames(void)
{
	struct machine m = { 0 };
	const struct insn insns[] = {
		/* 0 */ MOV_IMM(6, 66),
		MOV_IMM(9, 99),
		STORE_IMM(8, 10, -8, 5),
		MOV_REG(1, 10),
		/* 4 */ { .kind = INSN_CALL_LOCAL, .off = 7 },
		MOV_REG(7, 0),
		MOV_REG(1, 10),
		/* 7 */ { .kind = INSN_CALL_LOCAL, .off = 4 },
		ADD_REG(0, 7),
		ADD_REG(0, 6),
		/* 10 */ ADD_REG(0, 9),
		EXIT,
		/* 12: own word (0) + the caller's (5), which it counts up */
		LOAD(8, 0, 10, -8),
		STORE_IMM(8, 10, -8, 1000),
		LOAD(8, 2, 1, -8),
		ADD_REG(0, 2),
		ADD_IMM(2, 1),
		STORE(8, 1, -8, 2),
		MOV_IMM(6, 1),
		MOV_IMM(9, 2),
		EXIT,
	};
	const struct insn after[] = {
		{ .kind = INSN_CALL_LOCAL, .off = 2 },
		LOAD(8, 0, 0, -8),
		EXIT,
		MOV_REG(0, 10),
		STORE(8, 10, -8, 0),
		EXIT,
	};
	/* Through the caller's pointer: the callee's frame, then the one below it. */
	const struct insn below[] = { MOV_REG(1, 10),
				      { .kind = INSN_CALL_LOCAL, .off = 1 },
				      EXIT,
				      LOAD(8, 0, 1, -520),
				      LOAD(8, 0, 1, -1032),
				      LOAD(1, 0, 10, -1),
				      EXIT };
	/* A callee that names no r10 has no frame. */
	const struct insn no_frame[] = { MOV_REG(1, 10),
					 { .kind = INSN_CALL_LOCAL, .off = 1 },
					 EXIT,
					 LOAD(8, 0, 1, -520),
					 EXIT };

	CHECK_EQ(MACHINE_RUN(&m, insns), 0);
	CHECK_EQ(m.result, 5 + 6 + 66 + 99);
	CHECK_EQ(MACHINE_RUN(&m, after), ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 1);
	CHECK_EQ(MACHINE_RUN(&m, below), ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 4);
	CHECK_EQ(MACHINE_RUN(&m, no_frame), ERR_FAULT);
	CHECK_EQ(m.exec.fault.slot, 3);
out:
	machine_fini(&m);
}

static void test_atomics(void)
{
	struct machine m = { 0 };
	static const u64 olds[] = { 0, 5, ~0ULL, 0x80000000ULL, 0x1234567800000005ULL };

	for (u32 i = 0; i < ATOMIC_OP_COUNT * 2 * 2 * ARRAY_COUNT(olds); i++) {
		u32 k = i / ARRAY_COUNT(olds);
		struct insn op = { .kind = INSN_ATOMIC,
				   .op = (u8)(k / 4),
				   .dst = 1,
				   .src = 4,
				   .size = (k & 1) != 0 ? 8 : 4,
				   .flags = (k & 2) != 0 ? INSN_FETCH : 0,
				   .off = 8 };
		const struct insn insns[] = { LOAD_IMM64(4, 0xfedcba9876543210ULL),
					      LOAD_IMM64(0, 0x1234567800000005ULL), op,
					      STORE(8, 1, 16, 4), EXIT };
		struct ref_result ref;
		u8 expected[MACHINE_MEM];

		if (op.op >= ATOMIC_XCHG && (op.flags & INSN_FETCH) == 0)
			continue;
		machine_fini(&m);
		machine_init(&m, insns, ARRAY_COUNT(insns));
		CHECK_EQ(machine_prepare(&m, 0), 0);
		memcpy(m.mem + 8, &olds[i % ARRAY_COUNT(olds)], 8);
		ref = ref_run(&m.prog, &m.binding, &m.exec, m.mem, 100);
		memcpy(expected, m.mem, sizeof(expected));
		memset(m.mem, 0, sizeof(m.mem));
		memcpy(m.mem + 8, &olds[i % ARRAY_COUNT(olds)], 8);
		CHECK_EQ(machine_go(&m), ref.value);
		CHECK_EQ(m.exec.fault.status, 0);
		CHECK_EQ(memcmp(m.mem, expected, sizeof(expected)), 0);
	}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(test_sizes), TAP_TEST(test_regions), TAP_TEST(test_wrap_around),
	 TAP_TEST(test_may_access), TAP_TEST(test_nothing_left_over), TAP_TEST(test_stack_bounds),
	 TAP_TEST(test_frames), TAP_TEST(test_atomics))
