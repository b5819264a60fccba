/* SPDX-License-Identifier: MIT */
/* Frames of verified code begin as zeros wherever something may read what the program did not
 * write: a helper that was to write and did not, or any helper by the policy. */
#include "interp_fixture.h"
#include "jit/jit.h"
#include "prog/facts.h"

static u32 flags;

/* Says that it writes 8 bytes, and reads them. */
static u64 peek(u64 at, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		UNUSED void *ctx)
{
	u64 value;

	memcpy(&value, (const void *)(uintptr_t)at, sizeof(value));
	return value;
}

static struct helper_binding find_helper(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ .fn = peek, .flags = flags };
}

#define STALE 0xa5a5a5a5a5a5a5a5

/* r0 = what is found in a function's frame; in memory, what is in the first one. */
static const struct insn insns[] = {
	MOV_REG(6, 1),
	MOV_REG(1, 10),
	ADD_IMM(1, -16),
	{ .kind = INSN_CALL, .imm = 1 },
	STORE(8, 6, 0, 0),
	{ .kind = INSN_CALL_LOCAL, .off = 1 },
	EXIT,
	MOV_REG(1, 10),
	ADD_IMM(1, -512),
	{ .kind = INSN_CALL, .imm = 1 },
	EXIT,
};

static struct prog_fact rows[ARRAY_COUNT(insns)];

static int prepare(struct machine *m, bool has_facts, bool uninit_stack)
{
	static struct prog_facts facts;

	for (u32 i = 0; i < ARRAY_COUNT(rows); i++)
		rows[i] = (struct prog_fact){ .flags = FACT_REACHED, .hi = UINT64_MAX };
	facts = (struct prog_facts){ .rows = rows,
				     .count = ARRAY_COUNT(rows),
				     .uninit_stack = uninit_stack };
	machine_fini(m);
	machine_init(m, insns, ARRAY_COUNT(insns));
	m->binding.helper = find_helper;
	m->binding.facts = has_facts ? &facts : NULL;
	return jit_prepare(&m->prog, &m->binding, NULL, &m->code, &m->err);
}

/* Of both frames; something else than either: they differ. */
static u64 found(struct machine *m)
{
	u64 first;

	machine_go(m);
	memcpy(&first, m->mem, sizeof(first));
	return first == m->result ? first : 1;
}

static void what_is_not_written(void)
{
	struct machine m = { 0 };

	flags = HELPER_WRITES;
	CHECK_EQ(prepare(&m, true, false), 0);
	CHECK_EQ(found(&m), 0);
	flags = 0;
	CHECK_EQ(prepare(&m, true, true), 0);
	CHECK_EQ(found(&m), 0);
	CHECK_EQ(prepare(&m, false, false), 0);
	CHECK_EQ(found(&m), 0);
	/* Else the program wrote what it reads, and nothing is done. */
	CHECK_EQ(prepare(&m, true, false), 0);
	CHECK_EQ(found(&m), STALE);
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(what_is_not_written))
