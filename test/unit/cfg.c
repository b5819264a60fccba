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
	if (block->live_stack << 8 != 0 && block->live_stack != CFG_ALL_GRANULES)
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

TAP_MAIN(TAP_TEST(test_stack))
