/* SPDX-License-Identifier: MIT */
/* verify_prog() and its reports when their time is up, wherever that is: too complex, never an
 * error, and the same each time. */
#include "check_programs.h"

#include "verify/reports.h"

static const char text[] = "r6 = r1\n"
			   "r7 = 0\n"
			   "again: r1 = r7\n"
			   "call local f\n"
			   "r7 += 1\n"
			   "if r7 < 50 goto again\n"
			   "r8 = 0\n"
			   "more: call 7\n"
			   "r8 += 1\n"
			   "if r8 < 100000 goto more\n"
			   "r0 = 0\n"
			   "exit\n"
			   "f: r0 = r1\n"
			   "exit\n";

static const char unsafe[] = "r0 = 0\nif r1 == 0 goto out\nr0 = *(u8 *)(r0 + 0)\nout: exit\n";

static bool always(void *arg)
{
	(*(u32 *)arg)++;
	return true;
}

/* Judges with time for so much work; *ret_asked: whether it was not enough. */
static int judge(struct search *s, u32 work, struct verify_result *ret_result, u32 *ret_asked)
{
	struct verify_options options;
	struct reports reports = { 0 };
	struct budget budget = { .is_spent = always, .arg = ret_asked, .work = BUDGET_WORK - work };
	int status;

	*ret_asked = 0;
	verify_options_default(&options);
	options.budget = &budget;
	status = verify_prog(&s->f.prog, &options, ret_result, &s->f.err);
	if (status == 0 && !ret_result->is_safe) {
		status = reports_make(&s->f.prog, &options, ret_result, &reports, &s->f.err);
		CHECK(status != 0 || reports.count > 0);
	}
out:
	reports_fini(&reports);
	return status;
}

static void test_late(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_result result = { 0 };
	u32 late = 0, asked = 1, step = 1;
	int status;

	if (s == NULL)
		return;
	status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, text);
	for (u32 work = 1; status == 0 && asked > 0 && work <= BUDGET_WORK; work += step) {
		status = judge(s, work, &result, &asked);
		if (status == ERR_NOMEM)
			goto out;
		CHECK_EQ(status, 0);
		CHECK_EQ(result.is_safe, asked == 0);
		CHECK(result.is_safe || result.finding.id == FINDING_TOO_COMPLEX);
		late += !result.is_safe;
		step = 1 + work / 16;
	}
	if (status == ERR_NOMEM)
		goto out;
	CHECK_EQ(status, 0);
	CHECK(result.is_safe);
	CHECK(late > 10);
out:
	search_fini(s);
	mem_free(s);
}

/* What is wrong stays wrong. */
static void test_unsafe(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_result result = { 0 };
	u32 asked = 1;
	int status;

	if (s == NULL)
		return;
	status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, unsafe);
	for (u32 work = 1; status == 0 && work <= 64; work++) {
		status = judge(s, work, &result, &asked);
		if (status == ERR_NOMEM)
			goto out;
		CHECK_EQ(status, 0);
		CHECK(!result.is_safe);
	}
	CHECK(status == 0 || status == ERR_NOMEM);
out:
	search_fini(s);
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_late), TAP_TEST(test_unsafe))
