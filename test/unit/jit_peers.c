/* SPDX-License-Identifier: MIT */
/* What other JIT compilers were found to do wrong, each in every mode of ours: blinding that loses
 * the helpers' context, registers and stack with the host's data in them, a missing r2, pages that
 * are writable and executable, an exchange without its result, a byte swap that is refused. */
#include "interp_fixture.h"

#include <stdio.h>

#include "jit/jit.h"
#include "os/os.h"

static const struct {
	const char *name;
	enum jit_mode mode;
	bool blind;
} modes[] = {
	{ "verified", JIT_VERIFIED, false },
	{ "verified, blinded", JIT_VERIFIED, true },
	{ "checked", JIT_CHECKED, false },
	{ "checked, blinded", JIT_CHECKED, true },
};

static u64 seen_ctx;

static u64 see(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	seen_ctx = (u64)(uintptr_t)ctx;
	return machine_sum(r1, r2, r3, r4, r5, ctx);
}

static struct helper_binding bind(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ .fn = see };
}

static int prepare(struct machine *m, const struct insn *insns, u32 count, u32 mode)
{
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = modes[mode].mode,
					     .blind = modes[mode].blind,
					     .blind_seed = 99 };

	machine_fini(m);
	machine_init(m, insns, count);
	m->binding.helper = bind;
	m->exec.ctx = m->mem;
	m->exec.arg2 = MACHINE_MEM;
	return jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);
}

/* What the program returns in each mode. */
static bool returns(struct machine *m, const struct insn *insns, u32 count, u64 want)
{
	for (u32 mode = 0; mode < ARRAY_COUNT(modes); mode++) {
		if (prepare(m, insns, count, mode) != 0)
			return false;
		for (u32 i = 0; i < 8; i++)
			m->mem[i] = (u8)(0x11 * (i + 1));
		if (machine_go(m) == want && m->exec.fault.status == 0)
			continue;
		printf("# %s: 0x%llx, not 0x%llx\n", modes[mode].name, m->result, want);
		return false;
	}
	return true;
}
#define RETURNS(m, insns, want) returns(m, insns, ARRAY_COUNT(insns), want)

static void blinding_keeps_the_context(void)
{
	static const struct insn insns[] = {
		MOV_IMM(1, 0x12345678),
		ADD_IMM(1, 0x1234567),
		MOV_IMM(2, -0x7654321),
		{ .kind = INSN_ALU,
		  .op = ALU_XOR,
		  .width = 64,
		  .flags = INSN_IMM,
		  .dst = 2,
		  .imm = 0x55555555 },
		LOAD_IMM64(3, 0x1122334455667788),
		MOV_IMM(4, 0x44444444),
		MOV_IMM(5, 0),
		CALL(1),
		MOV_IMM(0, 0x2222222),
		EXIT,
	};
	struct machine m = { 0 };

	for (u32 mode = 0; mode < ARRAY_COUNT(modes); mode++) {
		CHECK_EQ(prepare(&m, insns, ARRAY_COUNT(insns), mode), 0);
		seen_ctx = 0;
		CHECK_EQ(machine_go(&m), 0x2222222);
		CHECK_EQ(seen_ctx, (u64)(uintptr_t)m.mem);
	}
out:
	machine_fini(&m);
}

static void registers_begin_as_zeros(void)
{
	static const struct insn exits[] = { EXIT };
	struct insn sums[10] = { { 0 } };
	struct machine m = { 0 };

	CHECK(RETURNS(&m, exits, 0));
	/* r0 and r3 to r9. */
	for (u8 i = 3; i < 10; i++)
		sums[i - 3] = (struct insn){
			.kind = INSN_ALU, .op = ALU_OR, .width = 64, .dst = 0, .src = i
		};
	sums[7] = (struct insn)EXIT;
	CHECK(returns(&m, sums, 8, 0));
out:
	machine_fini(&m);
}

static void stack_begins_as_zeros(void)
{
	static const s16 places[] = { -8, -16, -256, -504, -512 };
	struct machine m = { 0 };

	/* The fixture fills it with something else. */
	for (u32 i = 0; i < ARRAY_COUNT(places); i++) {
		const struct insn insns[] = { LOAD(8, 0, 10, places[i]), EXIT };

		CHECK(RETURNS(&m, insns, 0));
	}
out:
	machine_fini(&m);
}

static void second_argument_is_there(void)
{
	static const struct insn insns[] = { MOV_REG(0, 2), EXIT };
	struct machine m = { 0 };

	CHECK(RETURNS(&m, insns, MACHINE_MEM));
out:
	machine_fini(&m);
}

static void exchange_returns_what_was_there(void)
{
	static const struct insn insns[] = {
		MOV_IMM(2, 5),
		{ .kind = INSN_ATOMIC,
		  .op = ATOMIC_XCHG,
		  .size = 8,
		  .flags = INSN_FETCH,
		  .dst = 1,
		  .src = 2 },
		LOAD(8, 0, 1, 0),
		ADD_REG(0, 2),
		EXIT,
	};
	struct machine m = { 0 };

	CHECK(RETURNS(&m, insns, 0x8877665544332211 + 5));
out:
	machine_fini(&m);
}

static void bytes_are_swapped(void)
{
	static const u64 want[] = { 0x1122, 0x11223344, 0x1122334455667788 };
	struct machine m = { 0 };

	for (u32 i = 0; i < 3; i++) {
		const struct insn insns[] = {
			LOAD(8, 0, 1, 0),
			{ .kind = INSN_SWAP,
			  .op = SWAP_ALWAYS,
			  .width = 64,
			  .size = (u8)(2u << i),
			  .dst = 0 },
			EXIT,
		};

		CHECK(RETURNS(&m, insns, want[i]));
	}
out:
	machine_fini(&m);
}

/* In the list of this process's memory. */
static void no_page_is_writable_and_executable(void)
{
	static const struct insn insns[] = { MOV_IMM(0, 7), EXIT };
	struct machine m = { 0 };
	char line[512];
	u32 executable = 0, both = 0;
	FILE *maps = NULL;

	CHECK_EQ(prepare(&m, insns, ARRAY_COUNT(insns), 0), 0);
	maps = fopen("/proc/self/maps", "r");
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		char rights[5] = "";

		if (sscanf(line, "%*x-%*x %4s", rights) != 1)
			continue;
		executable += rights[2] == 'x';
		both += rights[1] == 'w' && rights[2] == 'x';
	}
	CHECK(maps == NULL || executable > 0);
	CHECK_EQ(both, 0);
out:
	if (maps != NULL)
		fclose(maps);
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(blinding_keeps_the_context), TAP_TEST(registers_begin_as_zeros),
	 TAP_TEST(stack_begins_as_zeros), TAP_TEST(second_argument_is_there),
	 TAP_TEST(exchange_returns_what_was_there), TAP_TEST(bytes_are_swapped),
	 TAP_TEST(no_page_is_writable_and_executable))
