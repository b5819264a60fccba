/* SPDX-License-Identifier: MIT */
/* All that is wrong with a program: one finding a cause, whatever it has for consequences. */
#include "check_programs.h"

#include "verify/reports.h"

#define LOOKUP                                                                \
	"r2 = 0\n*(u32 *)(r10 - 4) = r2\nr2 = r10\nr2 += -4\nr1 = map 0 ll\n" \
	"call 1\n"
#define END "end: r0 = 2\nexit\n"

static const struct {
	const char *name, *text;
	u32 count;
	enum finding_id ids[4]; /* by slot */
} cases[] = {
	{ "safe", "r0 = 2\nexit\n", 0, { 0 } },
	{ "one", LOOKUP "r0 = *(u64 *)(r0 + 0)\n" END, 1, { FINDING_NULL_ACCESS } },
	{ "two lookups, one after the other",
	  LOOKUP "r6 = r0\n" LOOKUP "r1 = *(u64 *)(r6 + 0)\nr1 = *(u64 *)(r0 + 0)\n" END,
	  2,
	  { FINDING_NULL_ACCESS, FINDING_NULL_ACCESS } },
	{ "two lookups on two ways",
	  "r6 = *(u32 *)(r1 + 12)\nif r6 == 0 goto b\n" LOOKUP
	  "r0 = *(u64 *)(r0 + 0)\ngoto end\nb: " LOOKUP "r0 = *(u64 *)(r0 + 8)\n" END,
	  2,
	  { FINDING_NULL_ACCESS, FINDING_NULL_ACCESS } },
	{ "one lookup, used on two ways",
	  "r6 = *(u32 *)(r1 + 12)\n" LOOKUP
	  "if r6 == 0 goto b\nr0 = *(u64 *)(r0 + 0)\ngoto end\nb: r0 = *(u64 *)(r0 + 8)\n" END,
	  1,
	  { FINDING_NULL_ACCESS } },
	{ "and what is wrong besides",
	  LOOKUP "r1 = *(u64 *)(r0 + 0)\nr1 = *(u64 *)(r0 + 16)\nr1 = r9\n" END,
	  2,
	  { FINDING_NULL_ACCESS, FINDING_MAP_VALUE_RANGE } },
	{ "what follows from one is none",
	  "r6 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r6 + 0)\nr0 = *(u8 *)(r6 + 1)\nr0 = *(u8 *)(r6 + "
	  "2)\nexit\n",
	  1,
	  { FINDING_PACKET_RANGE } },
	{ "two ways to the packet",
	  "r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 12)\nif r7 == 0 goto b\n"
	  "r0 = *(u8 *)(r6 + 0)\ngoto end\nb: r0 = *(u8 *)(r6 + 1)\n" END,
	  2,
	  { FINDING_PACKET_RANGE, FINDING_PACKET_RANGE } },
	{ "in a function that is called twice",
	  "r6 = r1\ncall local f\nr1 = r6\ncall local f\nr0 = r9\nexit\n"
	  "f: " LOOKUP "r0 = *(u64 *)(r0 + 0)\nr0 = 2\nexit\n",
	  2,
	  { FINDING_UNINIT_REG, FINDING_NULL_ACCESS } },
	{ "in a loop that is followed round for round",
	  "r7 = 0\nagain: " LOOKUP "r1 = *(u64 *)(r0 + 0)\nr7 += 1\nif r7 < 5 goto again\n"
	  "r0 = r9\nexit\n",
	  2,
	  { FINDING_NULL_ACCESS, FINDING_UNINIT_REG } },
	{ "in one that is not",
	  "r7 = 0\nagain: " LOOKUP "r1 = *(u64 *)(r0 + 0)\nr7 += 1\nif r7 < 500000 goto again\n"
	  "r0 = 2\nexit\n",
	  1,
	  { FINDING_NULL_ACCESS } },
	{ "a loop without end", "again: r1 = 7\ngoto again\n", 1, { FINDING_TERMINATION } },
};

static int judge(struct search *s, const char *text, struct verify_options *options,
		 struct verify_result *ret_result)
{
	int status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), 4, text);

	return status != 0 ? status : verify_prog(&s->f.prog, options, ret_result, &s->f.err);
}

static void test_causes(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_options options;
	struct reports reports = { 0 };

	if (s == NULL)
		return;
	verify_options_default(&options);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct verify_result result;
		int status = judge(s, cases[i].text, &options, &result);

		if (status == 0)
			status = reports_make(&s->f.prog, &options, &result, &reports, &s->f.err);
		if (status == ERR_NOMEM)
			goto out;
		CHECK_EQ(status, 0);
		CHECK_EQ(result.is_safe, cases[i].count == 0);
		if (reports.count != cases[i].count)
			printf("# %s: %u findings\n", cases[i].name, reports.count);
		CHECK_EQ(reports.count, cases[i].count);
		for (u32 k = 0; k < reports.count; k++)
			CHECK_EQ(reports.record.findings[k].id, cases[i].ids[k]);
		reports_fini(&reports);
		search_fini(s);
	}
out:
	reports_fini(&reports);
	search_fini(s);
	mem_free(s);
}

/* 30 uses of one thing each, where 20 are told. */
static void test_many(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct strbuf text = STRBUF_INIT, shown = STRBUF_INIT;
	const struct report_style style = { .file = "f", .section = "s", .bold = "", .plain = "" };
	struct verify_options options;
	struct verify_result result;
	struct reports reports = { 0 };

	if (s == NULL)
		return;
	verify_options_default(&options);
	strbuf_add(&text, "r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 12)\n");
	for (u32 i = 0; i < 30; i++)
		strbuf_printf(&text,
			      "if r7 != %u goto n%u\nr0 = *(u8 *)(r6 + %u)\ngoto end\nn%u: ", i, i,
			      i, i);
	strbuf_add(&text, END);
	CHECK_EQ(strbuf_status(&text), 0);
	CHECK_EQ(judge(s, text.data, &options, &result), 0);
	CHECK_EQ(reports_make(&s->f.prog, &options, &result, &reports, &s->f.err), 0);
	CHECK_EQ(reports.count, RECORD_FINDINGS);
	CHECK_EQ(reports.record.more, 10);
	reports_text(&reports, &style, &shown);
	CHECK(strstr(strbuf_str(&shown), "f: note: and 10 more\n") != NULL);
out:
	strbuf_fini(&text);
	strbuf_fini(&shown);
	reports_fini(&reports);
	search_fini(s);
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_causes), TAP_TEST(test_many))
