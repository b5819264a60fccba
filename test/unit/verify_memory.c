/* SPDX-License-Identifier: MIT */
/* verify_prog() and its reports when memory runs out, at whichever allocation: no verdict, and
 * nothing is left. */
#include "check_programs.h"

#include "verify/reports.h"

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
	status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, text);
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

static const char unsafe[] = "r6 = *(u32 *)(r1 + 0)\nr2 = 0\n*(u32 *)(r10 - 4) = r2\nr2 = r10\n"
			     "r2 += -4\nr1 = map 0 ll\ncall 1\nr1 = *(u64 *)(r0 + 0)\n"
			     "r0 = *(u8 *)(r6 + 0)\nexit\n";

static void test_reports(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	const struct report_style style = { .file = "f", .section = "s", .bold = "", .plain = "" };
	struct strbuf shown = STRBUF_INIT;
	struct verify_options options;
	struct verify_result result = { 0 };
	struct reports reports = { 0 };
	int status;

	if (s == NULL)
		return;
	verify_options_default(&options);
	status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), 4, unsafe);
	if (status == 0)
		status = verify_prog(&s->f.prog, &options, &result, &s->f.err);
	if (status == 0)
		status = reports_make(&s->f.prog, &options, &result, &reports, &s->f.err);
	if (status == ERR_NOMEM)
		goto out;
	CHECK_EQ(status, 0);
	CHECK(!result.is_safe);
	/* Where there is no room to look for more, the verdict's own is there. */
	CHECK(reports.count == 1 || reports.count == 2);
	reports_text(&reports, &style, &shown);
	CHECK(strbuf_status(&shown) == ERR_NOMEM ||
	      strstr(strbuf_str(&shown), "[null-access]") != NULL);
out:
	reports_fini(&reports);
	strbuf_fini(&shown);
	search_fini(s);
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_memory), TAP_TEST(test_reports))
