/* SPDX-License-Identifier: MIT */
/* Which registers are read later: of random functions, however their loops cross each other, and of
 * very many loops within each other, what the JIT finds is what the plainest way finds. The first
 * argument is how many random programs. */
#include "insns.h"
#include "jit/jit.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"

#define SHORT 24   /* slots of a random function */
#define LONG  4000 /* of one with loops within each other */
#define ARGS  0x3f /* r0 to r5: what a function's caller may look at */

static u64 seed = 88172645463325252;
static u32 programs = 3000;

static u32 draw(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 20) % below;
}

static struct helper_binding bind(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ 0 };
}

static struct insn draw_alu(void)
{
	static const u8 ops[] = { ALU_MOV, ALU_MOV, ALU_ADD, ALU_XOR };
	struct insn insn = { .kind = INSN_ALU, .width = 64 };

	insn.op = ops[draw(ARRAY_COUNT(ops))];
	insn.dst = (u8)draw(10);
	if (draw(2) != 0)
		insn.flags = INSN_IMM;
	else
		insn.src = (u8)draw(10);
	return insn;
}

/* Of slots [start, start + count), the number `at` of them. */
static struct insn draw_insn(u32 at, u32 count)
{
	struct insn insn = { .off = (s32)draw(count) - (s32)at - 1, .width = 64 };
	u32 what = draw(10);

	if (at + 1 == count)
		what = 8 + what % 2;
	if (what < 6)
		return draw_alu();
	if (what == 9)
		return (struct insn){ .kind = INSN_EXIT };
	insn.kind = what == 8 ? INSN_JUMP : INSN_JUMP_IF;
	if (insn.kind == INSN_JUMP_IF) {
		insn.dst = (u8)draw(10);
		insn.src = (u8)draw(10);
	}
	return insn;
}

static u32 uses_of(const struct insn *insn, bool is_main)
{
	u32 uses = 0;

	if (insn->kind == INSN_EXIT)
		return is_main ? 1 : ARGS;
	if (insn->kind == INSN_JUMP)
		return 0;
	if (insn->kind != INSN_ALU || insn->op != ALU_MOV)
		uses = 1u << insn->dst;
	return uses | ((insn->flags & INSN_IMM) == 0 ? 1u << insn->src : 0);
}

static bool find_once(const struct prog *prog, u16 *live)
{
	bool changed = false;

	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];
		u32 after = 0, now;

		if (insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF)
			after |= live[i + 1];
		if (insn->kind == INSN_JUMP || insn->kind == INSN_JUMP_IF)
			after |= live[(s64)i + 1 + insn->off];
		now = after | uses_of(insn, i < prog->subprogs[0].count);
		if (insn->kind == INSN_ALU && (after >> insn->dst & 1) == 0)
			now = after;
		else if (insn->kind == INSN_ALU)
			now = (after & ~(1u << insn->dst)) |
			      uses_of(insn, i < prog->subprogs[0].count);
		changed |= now != live[i];
		live[i] = (u16)now;
	}
	return changed;
}

/* Whether they are the same. */
static bool compare(const struct prog *prog, bool *ret_same)
{
	const struct prog_binding binding = { .helper = bind };
	const struct jit_options options = { .size = sizeof(options),
					     .target = JIT_X86_64_SYSV,
					     .mode = JIT_VERIFIED };
	u16 *live = mem_zalloc_array((size_t)prog->insn_count + 1, sizeof(*live));
	struct error err = { 0 };
	struct arena arena;
	struct jit *jit;
	bool done;
	int status;

	arena_init(&arena, 0);
	status = jit_compile(prog, &binding, &options, &arena, &jit, &err);
	if (status != 0 && status != ERR_NOMEM)
		printf("# %s\n", err.text);
	done = live != NULL && status == 0;
	*ret_same = status == 0;
	while (done && find_once(prog, live))
		;
	for (u32 i = 0; done && i < prog->insn_count; i++)
		*ret_same &= jit_live(jit, i) == live[i];
	arena_fini(&arena);
	mem_free(live);
	return done || (status != 0 && status != ERR_NOMEM);
}

static void crossing(void)
{
	struct insn insns[2 * SHORT];
	struct prog_subprog subprogs[2] = { 0 };
	struct prog prog = { .name = "p", .section = "", .insns = insns, .subprogs = subprogs };

	for (u32 i = 0; i < programs; i++) {
		bool same;

		prog.insn_count = prog.subprog_count = 0;
		for (u32 f = 0; f < 2; f++) {
			u32 count = 1 + draw(SHORT), start = prog.insn_count;

			subprogs[prog.subprog_count++] =
				(struct prog_subprog){ .start = start, .count = count };
			for (u32 at = 0; at < count; at++)
				insns[prog.insn_count++] = draw_insn(at, count);
		}
		if (!compare(&prog, &same))
			break;
		if (!same)
			printf("# program %u\n", i);
		CHECK(same);
	}
out:
	return;
}

/* Half of the slots are where a loop begins, the other half where one ends. */
static void nested(void)
{
	struct insn *insns = mem_zalloc_array(LONG + 1, sizeof(*insns));
	struct prog_subprog subprog = { .count = LONG + 1 };
	struct prog prog = { .name = "p",
			     .section = "",
			     .insns = insns,
			     .insn_count = LONG + 1,
			     .subprogs = &subprog,
			     .subprog_count = 1 };
	bool same;

	if (insns == NULL)
		goto out;
	for (u32 i = 0; i < LONG; i++) {
		insns[i] = draw_alu();
		insns[i].op = ALU_ADD; /* what is read once is read in all of them */
		if (i >= LONG / 2)
			insns[i] = (struct insn){ .kind = INSN_JUMP_IF,
						  .width = 64,
						  .off = (s32)LONG - 2 * (s32)i - 2,
						  .dst = (u8)draw(10),
						  .flags = INSN_IMM };
	}
	insns[LONG] = (struct insn){ .kind = INSN_EXIT };
	/* What the outermost one alone reads comes last, when all has been gone through often. */
	for (u32 i = 0; i < LONG; i++) {
		insns[i].dst = (u8)(insns[i].dst % 9);
		insns[i].src = (u8)(insns[i].src % 9);
	}
	insns[0] = (struct insn){ .kind = INSN_JUMP_IF, .width = 64, .flags = INSN_IMM, .dst = 9 };
	if (compare(&prog, &same))
		CHECK(same);
out:
	mem_free(insns);
}

static const struct tap_test tests[] = { TAP_TEST(crossing), TAP_TEST(nested) };

int main(int argc, char **argv)
{
	if (argc > 1)
		programs = (u32)atoi(argv[1]);
	return tap_main(tests, ARRAY_COUNT(tests), NULL);
}
