/* SPDX-License-Identifier: MIT */
/* What programs may load of their context, as facts have it: of all ways, and no more. */
#include "check_programs.h"

#define WORD(off) (1ull << (off) / 4)

static const struct {
	enum dialect dialect;
	const char *type, *text;
	u64 loads;
} rows[] = {
	{ DIALECT_LINUX, "xdp", "r0 = 0\nexit\n", 0 },
	{ DIALECT_LINUX, "xdp", "r0 = *(u32 *)(r1 + 12)\nr0 &= 1\nexit\n", WORD(12) },
	{ DIALECT_LINUX, "xdp", "r0 = *(u32 *)(r1 + 0)\nr0 = 0\nexit\n", WORD(0) },
	/* From another register, and another place. */
	{ DIALECT_LINUX, "xdp", "r6 = r1\nr6 += 8\nr0 = *(u32 *)(r6 + 8)\nr0 &= 1\nexit\n",
	  WORD(16) },
	/* On either way, and on one that is never taken. */
	{ DIALECT_LINUX, "xdp",
	  "r2 = *(u32 *)(r1 + 12)\nif r2 == 0 goto other\nr0 = *(u32 *)(r1 + 16)\nr0 &= 1\nexit\n"
	  "other: r0 = *(u32 *)(r1 + 20)\nr0 &= 1\nexit\n",
	  WORD(12) | WORD(16) | WORD(20) },
	{ DIALECT_LINUX, "xdp",
	  "r2 = 0\nr0 = 0\nif r2 == 0 goto end\nr0 = *(u32 *)(r1 + 16)\nend: exit\n", 0 },
	/* In a function. */
	{ DIALECT_LINUX, "xdp", "call f\nr0 &= 1\nexit\nf: r0 = *(u32 *)(r1 + 16)\nexit\n",
	  WORD(16) },
	/* Eight bytes are two words, one byte is in one; what is stored is not loaded. */
	{ DIALECT_WINDOWS, "bind", "r0 = *(u64 *)(r1 + 16)\nr0 = 0\nexit\n", WORD(16) | WORD(20) },
	{ DIALECT_WINDOWS, "bind", "r0 = *(u8 *)(r1 + 48)\nr0 = 0\nexit\n", WORD(48) },
	{ DIALECT_WINDOWS, "sock_addr", "r2 = 7\n*(u16 *)(r1 + 40) = r2\nr0 = 1\nexit\n", 0 },
	/* Nor is the stack. */
	{ DIALECT_LINUX, "xdp",
	  "r2 = 7\n*(u64 *)(r10 - 8) = r2\nr0 = *(u64 *)(r10 - 8)\nr0 = 1\nexit\n", 0 },
};

static void test_loads(void)
{
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, rows[i].dialect, rows[i].type, test_maps(), TEST_MAPS,
				     rows[i].text),
			 0);
		CHECK_EQ(search_run(s), 0);
		CHECK_EQ(search_check(s), 0);
		CHECK_EQ(s->facts.ctx_loads, rows[i].loads);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

TAP_MAIN(TAP_TEST(test_loads))
