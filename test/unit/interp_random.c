/* SPDX-License-Identifier: MIT */
/* Random programs, each run with fusion, without, verified and not, and by the plain second
 * implementation: same result, same memory, same fault. */
#include "interp_fixture.h"
#include "random_program.h"

struct outcome {
	u64 value;
	struct exec_fault fault;
	u8 mem[MACHINE_MEM];
};

static void fill(struct machine *m)
{
	for (u32 i = 0; i < MACHINE_MEM; i++)
		m->mem[i] = (u8)(i * 73 + 5);
	memset(m->stack, 0xa5, sizeof(m->stack));
	m->exec.budget = 5000;
}

static int interpret(struct machine *m, u32 options, bool unchecked, struct outcome *ret)
{
	int status = machine_prepare(m, options);

	if (status != 0)
		return status;
	fill(m);
	m->exec.unchecked = unchecked;
	ret->value = machine_go(m);
	ret->fault = m->exec.fault;
	m->exec.unchecked = false;
	memcpy(ret->mem, m->mem, MACHINE_MEM);
	return 0;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->value == b->value && a->fault.status == b->fault.status &&
	       a->fault.slot == b->fault.slot && a->fault.addr == b->fault.addr &&
	       a->fault.size == b->fault.size && a->fault.write == b->fault.write &&
	       memcmp(a->mem, b->mem, MACHINE_MEM) == 0;
}

static void test_random_programs(void)
{
	struct machine m = { 0 };
	struct random r = { 0x1234567 };
	u32 ended = 0, faulted = 0;

	for (u32 i = 0; i < 6000; i++) {
		struct insn insns[2 * LENGTH] = { 0 };
		struct outcome plain, fused, unchecked, ref;
		struct ref_result result;

		generate(&r, insns, 0, LENGTH, LENGTH);
		generate(&r, insns, LENGTH, 2 * LENGTH, 0);
		/* One call at least, or the second function is not one. */
		insns[LENGTH - 3] = (struct insn)MOV_REG(1, 8);
		insns[LENGTH - 2] = (struct insn){ .kind = INSN_CALL_LOCAL, .off = 1 };
		machine_fini(&m);
		machine_init(&m, insns, ARRAY_COUNT(insns));
		CHECK_EQ(interpret(&m, INTERP_NO_FUSE, false, &plain), 0);
		CHECK_EQ(interpret(&m, 0, false, &fused), 0);
		CHECK(same(&plain, &fused));
		if (plain.fault.status == 0) {
			CHECK_EQ(interpret(&m, 0, true, &unchecked), 0);
			CHECK(same(&plain, &unchecked));
		}
		fill(&m);
		result = ref_run(&m.prog, &m.binding, &m.exec, m.mem, 100000);
		if (plain.fault.status == ERR_TIME || result.fault.status == ERR_TIME)
			continue;
		ref.value = result.value;
		ref.fault = result.fault;
		memcpy(ref.mem, m.mem, MACHINE_MEM);
		CHECK(same(&plain, &ref));
		ended += plain.fault.status == 0;
		faulted += plain.fault.status == ERR_FAULT;
	}
	/* Else the generator is no good. */
	printf("# %u ended, %u faulted\n", ended, faulted);
	CHECK(ended > 1500);
	CHECK(faulted > 1000);
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(test_random_programs))
