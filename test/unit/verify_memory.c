/* SPDX-License-Identifier: MIT */
/* verify_prog() when memory runs out, at whichever allocation: no verdict, and nothing is left. */
#include "check_programs.h"

#include "verify/verify.h"

static const char text[] = "r6 = r1\n"
			   "r7 = 0\n"
			   "again: r1 = r7\n"
			   "call local f\n"
			   "r7 += 1\n"
			   "if r7 < 1000 goto again\n"
			   "r0 = 0\n"
			   "exit\n"
			   "f: r0 = r1\n"
			   "exit\n";

static void test_memory(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_options options;
	struct verify_result result = { 0 };
	int status;

	if (s == NULL)
		return;
	verify_options_default(&options);
	status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), 4, text);
	if (status == 0)
		status = verify_prog(&s->f.prog, &options, &result, &s->f.err);
	if (status == ERR_NOMEM)
		goto out;
	CHECK_EQ(status, 0);
	CHECK(result.is_safe);
out:
	search_fini(s);
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_memory))
