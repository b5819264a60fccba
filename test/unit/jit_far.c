/* SPDX-License-Identifier: MIT */
/* Jumps over so much code that the short kinds do not reach, or just do, or do once those between
 * are short: each kind of condition, taken and not, forwards and backwards; as in the interpreter.
 */
#include "interp_fixture.h"
#include "interp/interp.h"
#include "base/mem.h"
#include "jit/jit.h"

/* Conditions with what they compare; the number in r2. */
static const struct {
	u8 op, width;
	s32 imm;
	s64 number;
} kinds[] = {
	{ JUMP_EQ, 64, 0, 0 },	  { JUMP_EQ, 32, 0, 1 },   { JUMP_NE, 64, 0, 5 },
	{ JUMP_NE, 64, 77, 77 },  { JUMP_SET, 64, 8, 8 },  { JUMP_SET, 32, 16, 8 },
	{ JUMP_SET, 64, -1, 1 },  { JUMP_SLT, 64, 0, -1 }, { JUMP_SGE, 32, 0, -1 },
	{ JUMP_SGE, 64, 0, 1 },	  { JUMP_LT, 64, 1, 0 },   { JUMP_GE, 64, 1, 0 },
	{ JUMP_GT, 64, 100, 99 }, { JUMP_LE, 32, 100, 3 }, { JUMP_SGT, 64, -5, -4 },
};

struct program {
	struct insn *insns;
	u32 count;
};

static void put(struct program *p, struct insn insn)
{
	p->insns[p->count++] = insn;
}

/* Stores are long where they are checked. */
static void filler(struct program *p, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (i % 2 != 0)
			put(p, (struct insn)STORE(8, 6, (s16)(8 * (i % 31)), 0));
		else
			put(p, (struct insn){ .kind = INSN_ALU,
					      .op = ALU_ADD,
					      .width = 64,
					      .imm = 3,
					      .flags = INSN_IMM });
	}
}

static void make(struct program *p, u32 length)
{
	put(p, (struct insn)MOV_REG(6, 1));
	put(p, (struct insn)MOV_IMM(0, 1));
	for (u32 i = 0; i < ARRAY_COUNT(kinds); i++) {
		put(p, (struct insn)MOV_IMM(2, (s32)kinds[i].number));
		put(p, (struct insn){ .kind = INSN_JUMP_IF,
				      .op = kinds[i].op,
				      .width = kinds[i].width,
				      .flags = INSN_IMM,
				      .dst = 2,
				      .imm = kinds[i].imm,
				      .off = (s32)length });
		filler(p, length);
		put(p, (struct insn){ .kind = INSN_ALU,
				      .op = ALU_MUL,
				      .width = 64,
				      .imm = 5,
				      .flags = INSN_IMM });
	}
	put(p, (struct insn)MOV_IMM(7, 3));
	filler(p, length);
	put(p, (struct insn){ .kind = INSN_ALU,
			      .op = ALU_SUB,
			      .width = 64,
			      .dst = 7,
			      .imm = 1,
			      .flags = INSN_IMM });
	put(p, (struct insn){ .kind = INSN_JUMP_IF,
			      .op = JUMP_NE,
			      .width = 64,
			      .dst = 7,
			      .flags = INSN_IMM,
			      .off = -(s32)length - 2 });
	put(p, (struct insn)EXIT);
}

static int run(struct machine *m, u32 mode, u64 *ret_value, u64 *ret_budget)
{
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = (mode & 1) != 0 ? JIT_CHECKED : JIT_VERIFIED,
					     .blind = (mode & 2) != 0,
					     .blind_seed = 3 };
	int status = mode == 4 ? interp_prepare(&m->prog, &m->binding, &m->code, &m->err)
			       : jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);

	if (status != 0)
		return status;
	memset(m->mem, 0, sizeof(m->mem));
	m->exec.budget = 1u << 24;
	*ret_value = machine_go(m);
	*ret_budget = m->exec.budget;
	machine_fini(m);
	return m->exec.fault.status;
}

static void far_jumps(void)
{
	static const u32 lengths[] = { 10, 1500, 6000 };
	struct machine m = { 0 };
	struct program p = { 0 };

	p.insns = mem_zalloc(17 * 6010 * sizeof(*p.insns));
	CHECK(p.insns != NULL);
	for (u32 i = 0; i < ARRAY_COUNT(lengths); i++) {
		u64 want, want_budget, got, budget;

		p.count = 0;
		make(&p, lengths[i]);
		machine_init(&m, p.insns, 1);
		m.prog.insn_count = m.subprogs[0].count = p.count;
		CHECK_EQ(run(&m, 4, &want, &want_budget), 0);
		for (u32 mode = 0; mode < 4; mode++) {
			CHECK_EQ(run(&m, mode, &got, &budget), 0);
			CHECK_EQ(got, want);
			if ((mode & 1) != 0)
				CHECK_EQ(budget, want_budget);
		}
	}
out:
	machine_fini(&m);
	mem_free(p.insns);
}

/* Whether it does in all modes what it does in the interpreter. */
static bool agrees(struct machine *m, const struct program *p)
{
	u64 want, want_budget, got, budget;

	machine_init(m, p->insns, 1);
	m->prog.insn_count = m->subprogs[0].count = p->count;
	if (run(m, 4, &want, &want_budget) != 0)
		return false;
	for (u32 mode = 0; mode < 4; mode++)
		if (run(m, mode, &got, &budget) != 0 || got != want ||
		    ((mode & 1) != 0 && budget != want_budget))
			return false;
	return true;
}

/* In a loop, jumps that each skip the next so many, which are jumps, too: how far one goes is known
 * when others are. */
static void make_dense(struct program *p, u32 jumps, u32 reach, u32 tail)
{
	p->count = 0;
	put(p, (struct insn)MOV_REG(6, 1));
	put(p, (struct insn)MOV_IMM(0, 1));
	put(p, (struct insn)MOV_IMM(7, 5));
	for (u32 i = 0; i < jumps; i++) {
		u32 left = jumps - 1 - i;

		put(p, (struct insn){ .kind = INSN_JUMP_IF,
				      .op = i % 3 == 0 ? JUMP_GT : JUMP_SLE,
				      .width = 64,
				      .dst = 7,
				      .imm = (s32)(i % 5),
				      .flags = INSN_IMM,
				      .off = (s32)(2 * MIN(reach, left) + 1) });
		put(p, (struct insn){ .kind = INSN_ALU,
				      .op = i % 2 != 0 ? ALU_MUL : ALU_ADD,
				      .width = 64,
				      .imm = (s32)(2 * i + 3),
				      .flags = INSN_IMM });
	}
	filler(p, tail);
	put(p, (struct insn){ .kind = INSN_ALU,
			      .op = ALU_SUB,
			      .width = 64,
			      .dst = 7,
			      .imm = 1,
			      .flags = INSN_IMM });
	put(p, (struct insn){ .kind = INSN_JUMP_IF,
			      .op = JUMP_NE,
			      .width = 64,
			      .dst = 7,
			      .flags = INSN_IMM,
			      .off = -(s32)(2 * jumps + tail) - 2 });
	put(p, (struct insn)EXIT);
}

static void near_jumps(void)
{
	struct machine m = { 0 };
	struct program p = { 0 };

	p.insns = mem_zalloc(1000 * sizeof(*p.insns));
	CHECK(p.insns != NULL);
	for (u32 length = 8; length < 45; length++) {
		p.count = 0;
		make(&p, length);
		CHECK(agrees(&m, &p));
	}
	for (u32 reach = 1; reach < 30; reach++) {
		make_dense(&p, 60, reach, reach % 4);
		CHECK(agrees(&m, &p));
	}
	for (u32 jumps = 0; jumps < 30; jumps++) {
		for (u32 reach = 1; reach < 8; reach += 3) {
			make_dense(&p, jumps, reach, jumps % 3);
			CHECK(agrees(&m, &p));
		}
	}
out:
	machine_fini(&m);
	mem_free(p.insns);
}

TAP_MAIN(TAP_TEST(far_jumps), TAP_TEST(near_jumps))
