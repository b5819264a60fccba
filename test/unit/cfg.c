/* SPDX-License-Identifier: MIT */
/* Control flow by hand: each rule of what addresses of the frame do, the call graph, loops'
 * effects, thresholds; and large programs that are made to hurt. */
#include "cfg_fixture.h"

enum { LOST = 0x100 };

/* The granules from r10 - 64 on that are live at the block that starts at slot. */
static u32 stack_at(const struct cfg *cfg, u32 slot)
{
	const struct cfg_block *block = &cfg->blocks[cfg->slot_blocks[slot]];

	if (block->start != slot)
		return 0xbad;
	if (cfg->subprogs[block->subprog].is_stack_lost)
		return block->live_stack == CFG_ALL_GRANULES ? LOST : 0xbad;
	/* All or nothing below. */
	if (block->live_stack << 8 != 0 && block->live_stack << 8 != CFG_ALL_GRANULES << 8)
		return 0xbad;
	return (u32)(block->live_stack >> 56);
}

/* Callees and callbacks for the cases: they only look upwards, go below, keep an address, give
 * their argument back. */
#define UP    "f: r0 = *(u64 *)(r1 + 8)\nexit\n"
#define BELOW "f: r1 += -8\nr0 = *(u64 *)(r1 + 0)\nexit\n"
#define LOW   "f: r0 = *(u64 *)(r1 - 8)\nexit\n"
#define KEEPS "f: *(u64 *)(r1 + 0) = r1\nr0 = 0\nexit\n"
#define BACK  "f: r0 = r1\nexit\n"
#define R1_16 "r1 = r10\nr1 += -16\n"
#define R3_16 "r3 = r10\nr3 += -16\n"
#define READ  "r0 = *(u64 *)(r0 + 0)\n"

static const struct {
	const char *text;
	u32 slot, live;
} stack_cases[] = {
	/* Direct access. */
	{ "*(u64 *)(r10 - 8) = r1\nr0 = *(u64 *)(r10 - 8)\nexit", 0, 0 },
	{ "r0 = *(u64 *)(r10 - 8)\nexit", 0, 0x80 },
	{ "r0 = *(u8 *)(r10 - 24)\nexit", 0, 0x20 },
	{ "r0 = *(u64 *)(r10 - 12)\nexit", 0, 0xc0 },
	{ "r0 = *(u64 *)(r10 + 0)\nexit", 0, 0 },
	{ "r0 = *(u64 *)(r10 - 520)\nexit", 0, 0 },
	{ "*(u32 *)(r10 - 8) = r1\n*(u32 *)(r10 - 4) = r1\nr0 = *(u64 *)(r10 - 8)\nexit", 0, 0x80 },
	{ "*(u64 *)(r10 - 12) = r1\nr0 = *(u64 *)(r10 - 12)\nexit", 0, 0xc0 },
	{ "store_release((u64 *)(r10 - 8), r1)\nr0 = *(u64 *)(r10 - 8)\nexit", 0, 0 },
	{ "r0 = load_acquire((u64 *)(r10 - 8))\nexit", 0, 0x80 },
	{ "lock *(u64 *)(r10 - 8) += r1\nr0 = 0\nexit", 0, 0x80 },
	{ "r2 = r10\nr2 += -16\n*(u64 *)(r2 + 8) = 0\nr0 = *(u64 *)(r10 - 8)\nexit", 0, 0 },
	{ "r2 = r10\nr2 -= 16\nr0 = *(u64 *)(r2 + 0)\nexit", 0, 0x40 },
	{ "r2 = -16\nr2 += r10\nr0 = *(u64 *)(r2 + 0)\nexit", 0, 0x40 },
	{ "r3 = -16\nr2 = r10\nr2 += r3\nr0 = *(u64 *)(r2 + 0)\nexit", 0, 0x40 },
	{ "r2 = r10\nr2 += r1\nr0 = *(u64 *)(r2 + 0)\nexit", 0, 0xff },
	{ "r2 = r10\nr2 += r1\n*(u64 *)(r2 + 0) = 1\nr0 = *(u64 *)(r10 - 8)\nexit", 0, 0x80 },
	{ "w2 = w10\nr0 = *(u64 *)(r2 + 0)\nexit", 0, 0 },
	/* On one way an address, on the other not. */
	{ "r2 = r1\nif r1 == 0 goto l\nr2 = r10\nr2 += -8\nl: r0 = *(u64 *)(r2 + 0)\nexit", 4,
	  0x80 },
	{ "r2 = r1\nif r1 == 0 goto l\nr2 = r10\nr2 += -8\nl: *(u64 *)(r2 + 0) = 0\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit",
	  4, 0x80 },
	{ "r2 = r10\nif r1 == 0 goto l\nr2 += -8\nl: r0 = *(u64 *)(r2 - 8)\nexit", 3, 0xff },
	/* Addresses in the frame. */
	{ "r2 = r10\nr2 += -16\n*(u64 *)(r10 - 8) = r2\ngoto l\nl: r3 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u64 *)(r3 + 0)\nexit",
	  4, 0xc0 },
	{ "r2 = r10\nr2 += -16\n*(u64 *)(r10 - 12) = r2\ngoto l\nl: r3 = *(u64 *)(r10 - 12)\n"
	  "r0 = *(u64 *)(r3 + 0)\nexit",
	  4, 0xc0 },
	{ "l: r3 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r3 + 0)\nr2 = r10\nr2 += -24\n"
	  "*(u64 *)(r10 - 8) = r2\nr2 = 0\nr3 = 0\nmay_goto l\nexit",
	  0, 0xa0 },
	{ "r2 = r10\nr2 += -32\nr3 = r10\nr3 += -8\nr2 = xchg_64(r10 - 16, r2)\n"
	  "goto l\nl: r4 = *(u64 *)(r10 - 16)\nr0 = *(u64 *)(r4 + 0)\nexit",
	  6, 0x50 },
	{ "r2 = r10\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit", 0, LOST },
	{ "r2 = r10\n*(u32 *)(r1 + 0) = r2\nr0 = 0\nexit", 0, 0 },
	/* Helpers read upwards. */
	{ "r2 = r10\nr2 += -16\ncall 1\nexit", 0, 0xc0 },
	{ "*(u64 *)(r10 - 16) = 0\nr2 = r10\nr2 += -16\ncall 1\nexit", 0, 0x80 },
	{ "r2 = r10\nr2 += r1\ncall 1\nexit", 0, 0xff },
	{ "r6 = r10\ncall 1\nr0 = 0\nexit", 0, 0 },
	/* Callees. */
	{ R1_16 "call f\nexit\n" UP, 0, 0xc0 },
	{ R1_16 "call f\nexit\nf: r0 = r2\nexit\n", 0, 0 },
	{ R1_16 "call f\nexit\n" BELOW, 0, 0xff },
	{ R1_16 "call f\nexit\n" LOW, 0, 0xff },
	{ R1_16 "call f\nexit\n" KEEPS, 0, LOST },
	{ "r1 = 0\ncall f\nexit\n" KEEPS, 0, 0 },
	{ R1_16 "call f\n" READ "exit\n" UP, 3, 0xff },
	{ R1_16 "call f\nr0 = 1\nexit\n" BACK, 3, 0 },
	{ R1_16 "call f\nexit\nf: call g\nexit\ng: r0 = *(u64 *)(r1 - 8)\nexit", 0, 0xff },
	{ R1_16 "call f\nexit\nf: call g\nexit\ng: *(u64 *)(r1 + 0) = r1\nr0 = 0\nexit", 0, LOST },
	{ R1_16 "call f\nexit\nf: r1 = r10\ncall g\nexit\ng: r0 = *(u64 *)(r1 - 8)\nexit", 0, 0 },
	/* What a callee finds in the frame. */
	{ "r2 = r10\nr2 += -64\n*(u64 *)(r10 - 8) = r2\nr1 = r10\nr1 += -8\ncall f\nexit\n"
	  "f: r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 0)\nexit\n",
	  0, 0x7f },
	{ "r2 = r10\nr2 += -64\n*(u64 *)(r10 - 8) = r2\nr1 = r10\nr1 += -8\nr2 = 0\ncall 1\nexit\n",
	  0, 0x7f },
	{ "*(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\ncall f\nexit\n"
	  "f: r2 = *(u64 *)(r1 + 0)\n*(u64 *)(r1 + 0) = r2\nr0 = *(u64 *)(r2 - 8)\nexit\n",
	  0, 0 },
	{ "r2 = r10\n*(u64 *)(r10 - 8) = r2\nr1 = r10\nr1 += -8\ncall f\nexit\n"
	  "f: r2 = *(u64 *)(r1 + 0)\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit\n",
	  0, LOST },
	{ R1_16 "call g\nexit\ng: *(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\ncall f\nexit\n"
		"f: r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 - 8)\nexit\n",
	  0, 0xff },
	{ R1_16 "call g\nexit\ng: call f\nr0 = *(u64 *)(r0 - 8)\nexit\n" BACK, 0, 0xff },
	{ "r2 = r10\nr2 += -16\n*(u64 *)(r10 - 8) = r2\ngoto l\nl: r3 = *(u64 *)(r10 - 8)\n"
	  "*(u64 *)(r3 + 0) = 1\nr0 = *(u64 *)(r10 - 16)\nexit",
	  4, 0x80 },
	{ "r4 = r10\nr4 += -64\n*(u64 *)(r10 - 8) = r4\nr4 = 0\nr3 = r10\nr3 += -8\n"
	  "r2 = code f ll\ncall 1\nexit\n" UP,
	  0, 0x7f },
	/* Callbacks. */
	{ "r2 = code f ll\n" R3_16 "call 1\nexit\n" UP, 0, 0xc0 },
	{ "r2 = code f ll\n" R3_16 "call 1\nexit\n" BELOW, 0, 0xff },
	{ "r2 = code f ll\n" R3_16 "call 1\nexit\n" KEEPS, 0, LOST },
	{ "r2 = code f ll\nr2 = 0\n" R3_16 "call 1\nexit\n" KEEPS, 0, 0xc0 },
	{ R1_16 "call g\nexit\ng: r2 = code f ll\ncall 1\nexit\n" BELOW, 0, 0xff },
	{ R1_16 "call g\nexit\ng: r2 = code f ll\ncall 1\nexit\n" KEEPS, 0, LOST },
	{ R1_16 "call g\nexit\ng: r2 = code f ll\ncall 1\nexit\n" UP, 0, 0xc0 },
	/* One that refers to itself is not known when it is looked at. */
	{ "r2 = code f ll\n" R3_16 "call 1\nexit\nf: r2 = code f ll\ncall 1\nexit", 0, LOST },
	/* Addresses of code by other ways than straight into a helper. */
	{ "r1 = code f ll\ncall g\nexit\ng: " R3_16 "call 1\nexit\n" UP, 4, LOST },
	{ "r1 = code f ll\nr1 = 0\ncall g\nexit\ng: " R3_16 "call 1\nexit\n" UP, 5, 0xc0 },
	{ "r2 = code f ll\n*(u64 *)(r1 + 0) = r2\nr2 = *(u64 *)(r1 + 0)\n" R3_16
	  "call 1\nexit\n" UP,
	  0, LOST },
	{ "call g\nr2 = r0\n" R3_16 "call 1\nexit\ng: r0 = code f ll\nexit\n" UP, 0, LOST },
	{ "r2 = code f ll\nr3 = code g ll\ncall 1\nexit\ng: " R3_16 "call 1\nexit\n" UP, 6, LOST },
	{ "r2 = code f ll\nr3 = code g ll\nr3 = 0\ncall 1\nexit\ng: " R3_16 "call 1\nexit\n" UP, 7,
	  0xc0 },
};

static void test_stack(void)
{
	struct cfg_fixture f = { 0 };
	char text[300];

	for (size_t i = 0; i < ARRAY_COUNT(stack_cases); i++) {
		int status = fixture_text(&f, stack_cases[i].text);

		snprintf(text, sizeof(text), "case %zu: %.200s", i, f.err.text);
		CHECK(status != ERR_NOMEM);
		if (status != 0) {
			tap_fail(__FILE__, __LINE__, text);
			goto out;
		}
		snprintf(text, sizeof(text), "case %zu: %x", i,
			 stack_at(f.cfg, stack_cases[i].slot));
		if (stack_at(f.cfg, stack_cases[i].slot) != stack_cases[i].live) {
			tap_fail(__FILE__, __LINE__, text);
			goto out;
		}
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

static void test_granules(void)
{
	for (s64 off = -530; off < 20; off++) {
		for (u32 size = 0; size < 40; size++) {
			u64 touched = 0, whole = 0;

			for (s64 g = 0; g < CFG_GRANULES; g++) {
				s64 start = g * 8 - 512;

				if (size > 0 && off < start + 8 && off + size > start)
					touched |= 1ull << g;
				if (off <= start && off + size >= start + 8)
					whole |= 1ull << g;
			}
			CHECK_EQ(cfg_granules(off, size), touched);
			CHECK_EQ(cfg_whole_granules(off, size), whole);
		}
	}
	CHECK_EQ(cfg_granules(-16, CFG_SIZE_UNKNOWN), 3ull << 62);
	CHECK_EQ(cfg_granules(-520, CFG_SIZE_UNKNOWN), ~0ull);
	CHECK_EQ(cfg_granules(INT64_MIN, CFG_SIZE_UNKNOWN), 0);
	CHECK_EQ(cfg_granules(INT64_MAX, CFG_SIZE_UNKNOWN), 0);
out:
	return;
}

/* --- the call graph --- */

static void test_circles(void)
{
	static const struct {
		const char *text, *error; /* NULL: none */
	} circles[] = {
		{ "call f\nexit\nf: call f\nexit", "slot 2: subprogram b calls itself" },
		{ "a: r1 = 0\ncall a\nexit", "slot 1: subprogram a calls itself" },
		{ "call f\nexit\nf: call g\nexit\ng: call f\nexit",
		  "slot 4: 2 subprograms call each other in a circle: b -> c -> b" },
		{ "call f\ncall h\nexit\nf: call g\nexit\ng: call h\nexit\nh: call f\nexit",
		  "slot 7: 3 subprograms call each other in a circle: b -> c -> d -> b" },
		/* What is called twice is no circle, nor is a circle of callbacks. */
		{ "call f\ncall f\ncall g\nexit\nf: call g\nexit\ng: exit", NULL },
		{ "r1 = code f ll\nexit\nf: r1 = code f ll\nexit", NULL },
		{ "r1 = code f ll\nexit\nf: call g\nexit\ng: r1 = code f ll\nexit", NULL },
		/* Code that is not reachable calls nothing. */
		{ "exit\nf: call f\nexit", "slot 1: subprogram b calls itself" },
		{ "call f\nexit\nf: exit\ncall f\nexit", NULL },
	};
	struct cfg_fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(circles); i++) {
		int status = fixture_text(&f, circles[i].text);

		CHECK(status != ERR_NOMEM);
		CHECK_EQ(status, circles[i].error != NULL ? ERR_LOOP : 0);
		CHECK_STR(f.err.text, circles[i].error != NULL ? circles[i].error : "");
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

/* A circle of more subprograms than a message has room for. */
static void test_long_circle(void)
{
	struct cfg_fixture f = { 0 };

	/* Each calls the next one, the last one the second. */
	for (u32 i = 0; i < 100; i++) {
		struct insn insn = { .kind = INSN_EXIT };

		if (i % 2 == 0)
			insn = (struct insn){ .kind = INSN_CALL_LOCAL,
					      .src = 1,
					      .off = i < 98 ? 1 : -97 };
		CHECK(vec_push(&f.insns, insn) == 0);
	}
	CHECK_EQ(fixture_build(&f, NULL), ERR_LOOP);
	CHECK_STR(f.err.text, "slot 98: 49 subprograms call each other in a circle: "
			      "b -> c -> d -> e -> f -> g -> h -> i -> ... -> b");
out:
	fixture_fini(&f);
}

static u32 place_of(const struct cfg *cfg, u32 subprog)
{
	for (u32 i = 0; i < cfg->prog->subprog_count; i++)
		if (cfg->callees_first[i] == subprog)
			return i;
	return CFG_NONE;
}

static void test_calls(void)
{
	/* a calls b and refers to c, which calls d, which refers to c: a circle with a reference.
	 * Nothing leads to e, which calls b. */
	static const char *const text = "call b\n"
					"r1 = code c ll\n"
					"exit\n"
					"b: r0 = 1\nexit\n"
					"c: call d\nexit\n"
					"d: r1 = code c ll\nr0 = *(u64 *)(r3 + 0)\nexit\n"
					"goto x\nx: call e\nexit\n"
					"e: call b\nexit";
	struct cfg_fixture f = { 0 };
	const struct cfg_subprog *subprogs;

	CHECK_EQ(fixture_text(&f, text), 0);
	CHECK_EQ(f.prog.subprog_count, 5);
	subprogs = f.cfg->subprogs;
	CHECK_EQ(subprogs[0].call_count, 2);
	CHECK_EQ(f.cfg->calls[0].slot, 0);
	CHECK_EQ(f.cfg->calls[0].callee, 1);
	CHECK(!f.cfg->calls[0].is_reference && !f.cfg->calls[0].is_cycle);
	CHECK_EQ(f.cfg->calls[1].callee, 2);
	CHECK(f.cfg->calls[1].is_reference && !f.cfg->calls[1].is_cycle);
	CHECK_EQ(subprogs[1].call_count, 0);
	CHECK_EQ(subprogs[3].call_count, 1); /* what follows its exit is not reachable */
	CHECK(f.cfg->calls[subprogs[3].call].is_reference);
	CHECK(f.cfg->calls[subprogs[3].call].is_cycle);
	CHECK(subprogs[0].is_reachable && subprogs[1].is_reachable && subprogs[2].is_reachable &&
	      subprogs[3].is_reachable && !subprogs[4].is_reachable);
	CHECK(place_of(f.cfg, 3) < place_of(f.cfg, 2));
	CHECK(place_of(f.cfg, 2) < place_of(f.cfg, 0));
	CHECK(place_of(f.cfg, 1) < place_of(f.cfg, 4));
	CHECK_EQ(f.cfg->blocks[0].callee, 1);
	CHECK_EQ(f.cfg->blocks[0].succ[CFG_NEXT], 1);
	CHECK_EQ(f.cfg->blocks[0].succ[CFG_TARGET], CFG_NONE);
	CHECK_EQ(f.cfg->blocks[0].flags, CFG_ENTRY | CFG_REACHABLE | CFG_ENDS_CALL);
	CHECK_EQ(subprogs[1].args, 0);
	CHECK_EQ(subprogs[2].args, 1u << 3); /* d's */
	/* At the call, r0 is not live: the callee sets it. */
	CHECK_EQ(f.cfg->blocks[0].live_regs, 0);
	CHECK_EQ(f.cfg->live[0], 1);
out:
	fixture_fini(&f);
}

/* A circle of three callbacks, one of which calls what is in none. */
static void test_callback_circle(void)
{
	static const char *const text = "r1 = code b ll\nexit\n"
					"b: r1 = code c ll\nexit\n"
					"c: r1 = code d ll\ncall e\nexit\n"
					"d: r1 = code b ll\nexit\n"
					"e: exit";
	struct cfg_fixture f = { 0 };

	CHECK_EQ(fixture_text(&f, text), 0);
	CHECK_EQ(f.cfg->call_count, 5);
	for (u32 i = 0; i < 5; i++)
		CHECK_EQ(f.cfg->calls[i].is_cycle, i == 1 || i == 2 || i == 4);
	CHECK_EQ(f.cfg->calls[3].callee, 4);
	CHECK_EQ(place_of(f.cfg, 4), 0);
	CHECK_EQ(place_of(f.cfg, 0), 4);
out:
	fixture_fini(&f);
}

/* --- loops --- */

static void test_loops(void)
{
	/* l1: around l2; the call writes r0 to r5. */
	static const char *const text = "r6 = 0\n"
					"l1: r7 = 0\n"
					"l2: *(u32 *)(r10 - 12) = r7\n"
					"if r7 s< 5 goto l2\n"
					"r2 = r10\nr2 += -24\ncall 1\n"
					"may_goto l1\n"
					"*(u64 *)(r10 - 64) = r6\n"
					"exit";
	struct cfg_fixture f = { 0 };

	CHECK_EQ(fixture_text(&f, text), 0);
	CHECK_EQ(f.cfg->loop_count, 2);
	CHECK_EQ(f.cfg->loops[0].parent, CFG_NONE);
	CHECK_EQ(f.cfg->loops[1].parent, 0);
	CHECK_EQ(f.cfg->loops[1].mod_regs, 0);
	CHECK_EQ(f.cfg->loops[1].mod_stack, 1ull << 62);
	CHECK_EQ(f.cfg->loops[0].mod_regs, 1u << 7 | 0x3f);
	CHECK_EQ(f.cfg->loops[0].mod_stack, 7ull << 61);
	CHECK_EQ(f.cfg->subprogs[0].threshold_count, 1);
	CHECK_EQ(f.cfg->thresholds[0], 5);
	fixture_fini(&f);
	/* Everything once addresses are lost. */
	CHECK_EQ(fixture_text(&f, "*(u64 *)(r1 + 0) = r10\nl: may_goto l\nexit"), 0);
	CHECK_EQ(f.cfg->loops[0].mod_stack, ~0ull);
out:
	fixture_fini(&f);
}

static void test_thresholds(void)
{
	static const s64 some[] = { -1, 3, 7, 100, 1000, 0xffffffff, 0x100000000ll };
	static const char *const text = "r3 = 1000\nr4 = 4294967296 ll\nr5 = 44\n"
					"if r1 > 7 goto l\n"
					"l: if w1 != -1 goto m\n"
					"m: if r2 == 3 goto l\n"
					"if r2 > 100 goto l\n"
					"if r2 > 100 goto l\n"
					"if r2 > r3 goto l\n"
					"if r4 > r2 goto l\n"
					"exit";
	struct cfg_fixture f = { 0 };
	const s64 *at;

	CHECK_EQ(fixture_text(&f, text), 0);
	CHECK_EQ(f.cfg->subprogs[0].threshold_count, ARRAY_COUNT(some));
	CHECK(memcmp(f.cfg->thresholds, some, sizeof(some)) == 0);
	fixture_fini(&f);
	/* None without a loop. */
	CHECK_EQ(fixture_text(&f, "if r1 > 7 goto l\nl: exit"), 0);
	CHECK_EQ(f.cfg->subprogs[0].threshold_count, 0);
	fixture_fini(&f);
	/* Of many, from the least to the greatest; those in the loop before the others. */
	for (u32 i = 0; i < 6000; i++) {
		struct insn insn = { .kind = INSN_JUMP_IF, .width = 64, .flags = INSN_IMM };

		insn.imm = (s64)(i * 7919 % 6000);
		if (i >= 5000)
			insn.off = -1;
		if (i == 5999)
			insn = (struct insn){ .kind = INSN_EXIT };
		if (i >= 5000 && i < 5999)
			insn.imm = 10 * ((s64)i - 5000);
		CHECK(vec_push(&f.insns, insn) == 0);
	}
	CHECK_EQ(fixture_build(&f, NULL), 0);
	CHECK_EQ(f.cfg->subprogs[0].threshold_count, CFG_MAX_THRESHOLDS);
	at = f.cfg->thresholds;
	CHECK_EQ(at[0], 0);
	CHECK_EQ(at[CFG_MAX_THRESHOLDS - 1], 9980);
	for (u32 i = 1; i < CFG_MAX_THRESHOLDS; i++)
		CHECK(at[i] > at[i - 1] && at[i] % 10 == 0);
out:
	fixture_fini(&f);
}

/* --- what the caller knows of calls --- */

struct seen {
	struct cfg_value args[CFG_MAX_ARGS];
	struct cfg_effect effect; /* to give */
};

static void give_effect(void *arg, const struct prog *prog, u32 slot,
			const struct cfg_value args[CFG_MAX_ARGS], struct cfg_effect *effect)
{
	struct seen *seen = arg;

	(void)prog;
	(void)slot;
	memcpy(seen->args, args, sizeof(seen->args));
	*effect = seen->effect;
}

static void test_effects(void)
{
	static const char *const text = "r1 = map 1 ll\nr2 = r10\nr2 += -16\nw3 = -8\nr4 = r9\n"
					"r5 = 5\nr5 += 3\ncall 1\nr0 = *(u64 *)(r10 - 8)\nexit";
	struct seen seen = { .effect = { .arg_count = 3, .reads = { 0, 4 } } };
	const struct cfg_options options = { .call_effect = give_effect, .arg = &seen };
	struct cfg_fixture f = { 0 };

	CHECK(asm_parse(text, strlen(text), &f.insns, &f.err) == 0);
	CHECK_EQ(fixture_build(&f, &options), 0);
	CHECK_EQ(seen.args[0].kind, CFG_VALUE_MAP);
	CHECK_EQ(seen.args[0].value, 1);
	CHECK_EQ(seen.args[1].kind, CFG_VALUE_STACK);
	CHECK_EQ(seen.args[1].value, -16);
	CHECK_EQ(seen.args[2].kind, CFG_VALUE_NUMBER);
	CHECK_EQ(seen.args[2].value, 0xfffffff8);
	CHECK_EQ(seen.args[3].kind, CFG_VALUE_UNKNOWN);
	CHECK_EQ(seen.args[4].kind, CFG_VALUE_NUMBER);
	CHECK_EQ(seen.args[4].value, 8);
	/* The key and what is read after the call; r4 and r5 are nobody's. */
	CHECK_EQ(f.cfg->blocks[0].live_stack, 3ull << 62);
	CHECK_EQ(f.cfg->live[8], 1u << BPF_REG_FP);
	CHECK_EQ(f.cfg->live[7], 1u << BPF_REG_FP | 0xe);
	fixture_fini(&f);
	/* Overwritten for certain; and no argument at all. */
	seen.effect = (struct cfg_effect){ .arg_count = 2, .overwrites = { 0, 16 } };
	CHECK(asm_parse(text, strlen(text), &f.insns, &f.err) == 0);
	CHECK_EQ(fixture_build(&f, &options), 0);
	CHECK_EQ(f.cfg->blocks[0].live_stack, 0);
	fixture_fini(&f);
	seen.effect = (struct cfg_effect){ .arg_count = 0 };
	CHECK(asm_parse(text, strlen(text), &f.insns, &f.err) == 0);
	CHECK_EQ(fixture_build(&f, &options), 0);
	CHECK_EQ(f.cfg->blocks[0].live_stack, 1ull << 63);
	CHECK_EQ(f.cfg->blocks[0].live_regs, 1u << BPF_REG_FP | 1u << 9);
out:
	fixture_fini(&f);
}

/* A limit on memory is kept, on the way too. */
static void test_limit(void)
{
	struct cfg_fixture f = { 0 };

	for (u32 i = 0; i < 3000; i++) {
		struct insn insn = { .kind = INSN_JUMP_IF, .width = 64, .off = -1 };

		if (i == 2999)
			insn = (struct insn){ .kind = INSN_EXIT };
		CHECK(vec_push(&f.insns, insn) == 0);
	}
	arena_init(&f.arena, (size_t)100 * 3000);
	CHECK_EQ(fixture_build(&f, NULL), ERR_NOMEM);
	CHECK_STR(f.err.text, "out of memory for the control flow of 3000 slots");
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_stack), TAP_TEST(test_granules), TAP_TEST(test_circles),
	 TAP_TEST(test_long_circle), TAP_TEST(test_calls), TAP_TEST(test_callback_circle),
	 TAP_TEST(test_loops), TAP_TEST(test_thresholds), TAP_TEST(test_effects),
	 TAP_TEST(test_limit))
