/* SPDX-License-Identifier: MIT */
/* Random programs in the interpreter and in each mode of the JIT: same result, same memory, same
 * fault. The first argument is how many, the second the seed. */
#include "interp_fixture.h"
#include "base/strbuf.h"
#include "isa/disasm.h"
#include "jit/jit.h"
#include "random_program.h"

struct outcome {
	u64 value;
	struct exec_fault fault;
	u64 budget;
	u8 mem[MACHINE_MEM];
};

static u32 programs = 4000;
static u64 seed = 0x1234567;

static void fill(struct machine *m)
{
	for (u32 i = 0; i < MACHINE_MEM; i++)
		m->mem[i] = (u8)(i * 73 + 5);
	memset(m->stack, 0xa5, sizeof(m->stack));
	m->exec.budget = 5000;
}

static void go(struct machine *m, struct outcome *ret)
{
	fill(m);
	ret->value = machine_go(m);
	ret->fault = m->exec.fault;
	ret->budget = m->exec.budget;
	memcpy(ret->mem, m->mem, MACHINE_MEM);
	m->code->free(m->code);
	m->code = NULL;
}

static int interpret(struct machine *m, struct outcome *ret)
{
	int status = interp_prepare(&m->prog, &m->binding, &m->code, &m->err);

	if (status == 0)
		go(m, ret);
	return status;
}

static int compile(struct machine *m, enum jit_mode mode, bool blind, struct outcome *ret)
{
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = mode,
					     .blind = blind,
					     .blind_seed = seed,
					     .atomics =
						     blind ? JIT_ATOMICS_LOOPS : JIT_ATOMICS_HOST };
	int status = jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);

	if (status == 0)
		go(m, ret);
	return status;
}

static void show(const struct outcome *o)
{
	printf("# value %llx status %d slot %u addr %llx size %u write %d budget %llu\n", o->value,
	       o->fault.status, o->fault.slot, o->fault.addr, o->fault.size, o->fault.write,
	       o->budget);
}

static void show_program(const struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;

	for (u32 i = 0; i < prog->insn_count; i += insn_slots(&prog->insns[i])) {
		strbuf_reset(&text);
		disasm_insn(&text, &prog->insns[i], i, NULL);
		printf("# %3u: %s\n", i, strbuf_str(&text));
	}
	strbuf_fini(&text);
}

static bool same(const struct machine *m, const struct outcome *a, const struct outcome *b)
{
	bool equal = a->value == b->value && a->fault.status == b->fault.status &&
		     a->fault.slot == b->fault.slot && a->fault.addr == b->fault.addr &&
		     a->fault.size == b->fault.size && a->fault.write == b->fault.write &&
		     memcmp(a->mem, b->mem, MACHINE_MEM) == 0;

	if (!equal) {
		show(a);
		show(b);
		show_program(&m->prog);
	}
	return equal;
}

static void test_random_programs(void)
{
	struct machine m = { 0 };
	struct random r = { seed };
	u32 ended = 0, faulted = 0;

	for (u32 i = 0; i < programs; i++) {
		struct insn insns[2 * LENGTH] = { 0 };
		struct outcome want, got;

		generate(&r, insns, 0, LENGTH, LENGTH);
		generate(&r, insns, LENGTH, 2 * LENGTH, 0);
		insns[LENGTH - 3] = (struct insn)MOV_REG(1, 8);
		insns[LENGTH - 2] = (struct insn){ .kind = INSN_CALL_LOCAL, .off = 1 };
		machine_fini(&m);
		machine_init(&m, insns, ARRAY_COUNT(insns));
		CHECK_EQ(interpret(&m, &want), 0);
		for (u32 blind = 0; blind < 2; blind++) {
			CHECK_EQ(compile(&m, JIT_CHECKED, blind != 0, &got), 0);
			CHECK(same(&m, &want, &got));
			CHECK_EQ(want.budget, got.budget);
			if (want.fault.status != 0)
				continue;
			CHECK_EQ(compile(&m, JIT_VERIFIED, blind != 0, &got), 0);
			CHECK(same(&m, &want, &got));
		}
		ended += want.fault.status == 0;
		faulted += want.fault.status == ERR_FAULT;
	}
	printf("# %u ended, %u faulted\n", ended, faulted);
	CHECK(ended > programs / 4);
	CHECK(faulted > programs / 6);
out:
	machine_fini(&m);
}

static const struct tap_test tests[] = { TAP_TEST(test_random_programs) };

int main(int argc, char **argv)
{
	if (argc > 1)
		programs = (u32)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0) | 1;
	return tap_main(tests, ARRAY_COUNT(tests), NULL);
}
