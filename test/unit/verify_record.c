/* SPDX-License-Identifier: MIT */
/* All that is wrong with a program: one finding a cause, whatever it has for consequences. */
#include "check_programs.h"

#include "verify/reports.h"
#include "verify/slice.h"
#include "verify/state_text.h"

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

static const struct {
	const char *name, *text;
	const char *slots; /* '#': in the slice of the finding, which is the only one */
} slices[] = {
	{ "data", "r6 = *(u32 *)(r1 + 12)\nr7 = 5\nr8 = r6\nr0 = *(u8 *)(r8 + 0)\nexit\n",
	  "#.##." },
	{ "guards",
	  "r6 = *(u32 *)(r1 + 12)\nr7 = *(u32 *)(r1 + 16)\nif r7 == 3 goto end\nr9 = 1\n"
	  "r0 = *(u8 *)(r6 + 0)\n" END,
	  "###.#.." },
	{ "what is beside the way is no guard",
	  "r6 = *(u32 *)(r1 + 12)\nr7 = *(u32 *)(r1 + 16)\nif r7 == 3 goto n\nr9 = 1\n"
	  "n: r0 = *(u8 *)(r6 + 0)\n" END,
	  "#...#.." },
	{ "through the stack",
	  "r6 = *(u32 *)(r1 + 12)\n*(u64 *)(r10 - 8) = r6\n*(u64 *)(r10 - 16) = r6\n"
	  "r2 = *(u64 *)(r10 - 8)\nr0 = *(u8 *)(r2 + 0)\nexit\n",
	  "##.##." },
	{ "arguments of calls, and the stack that they lead to",
	  "r2 = 0\n*(u32 *)(r10 - 4) = r2\n*(u32 *)(r10 - 12) = r2\nr2 = r10\nr2 += -4\n"
	  "r1 = map 0 ll\ncall 1\nr0 = *(u64 *)(r0 + 0)\nexit\n",
	  "##.###.##." },
	{ "into functions and out of them",
	  "r1 = 7\nr2 = 5\ncall local f\nr0 = *(u8 *)(r0 + 0)\nexit\nf: r0 = r1\nr3 = 1\nexit\n",
	  "#.##.#.." },
	{ "from a function to who calls it",
	  "r1 = 7\nr2 = 5\ncall local f\nexit\nf: r0 = *(u8 *)(r1 + 0)\nexit\n", "#.#.#." },
	{ "around a loop",
	  "r6 = 0\nr7 = 0\nr8 = 0\nagain: r7 += 1\nr6 += r7\nr8 += 2\nif r6 < 100 goto again\n"
	  "r0 = *(u8 *)(r6 + 0)\nexit\n",
	  "##.##.##." },
};

static void test_slices(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_options options;
	struct reports reports = { 0 };

	if (s == NULL)
		return;
	verify_options_default(&options);
	for (size_t i = 0; i < ARRAY_COUNT(slices); i++) {
		struct verify_result result;
		char got[32] = "";
		bool *slots;

		CHECK_EQ(judge(s, slices[i].text, &options, &result), 0);
		CHECK_EQ(reports_make(&s->f.prog, &options, &result, &reports, &s->f.err), 0);
		CHECK_EQ(reports.count, 1);
		CHECK_EQ(slice_make(&reports.record.arena, &reports.record,
				    &reports.record.findings[0], &slots),
			 0);
		for (u32 k = 0; k < s->f.prog.insn_count; k++)
			got[k] = slots[k] ? '#' : '.';
		if (strcmp(got, slices[i].slots) != 0)
			printf("# %s\n", slices[i].name);
		CHECK_STR(got, slices[i].slots);
		reports_fini(&reports);
		search_fini(s);
	}
out:
	reports_fini(&reports);
	search_fini(s);
	mem_free(s);
}

/* What is known behind a comparison with the packet's end, and of a value that was looked up. */
static void test_states(void)
{
	static const char text[] =
		"r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 4)\nr8 = *(u32 *)(r1 + 12)\n"
		"r8 &= 60\nr2 = r6\nr2 += 14\nif r2 > r7 goto end\n" LOOKUP
		"if r8 > 99 goto end\nr0 = 2\nexit\nend: r0 = 1\nexit\n";
	static const char *const lines[] = {
		"r0 = value (16 bytes) of map 'hash' or NULL\n",
		"r6 = packet\n",
		"r8 = 0 to 60, a multiple of 4\n",
		"stack -4 to -1 = 0\n",
		"len is at least 14\n",
	};
	struct search *s = mem_zalloc(sizeof(*s));
	struct verify_options options;
	struct verify_result result;
	struct reports reports = { 0 };
	struct strbuf shown = STRBUF_INIT;
	struct state *state;
	bool found[ARRAY_COUNT(lines)] = { false };

	if (s == NULL)
		return;
	verify_options_default(&options);
	CHECK_EQ(judge(s, text, &options, &result), 0);
	CHECK(result.is_safe);
	CHECK_EQ(reports_make(&s->f.prog, &options, &result, &reports, &s->f.err), 0);
	CHECK_EQ(reports.count, 0);
	CHECK_EQ(reports.record.instance_count, 1);
	state = arena_alloc(&reports.record.arena, sizeof(*state));
	CHECK(state != NULL);
	for (u32 i = 0; i < reports.record.cfg->block_count; i++) {
		const struct record_block *block = &reports.record.instances[0].blocks[i];

		strbuf_reset(&shown);
		for (u32 k = 0; k < MIN(block->count, RECORD_STATES); k++) {
			state_unpack(block->states[k], state);
			state_text(&s->f.prog, state, &shown);
		}
		for (size_t k = 0; k < ARRAY_COUNT(lines); k++)
			found[k] |= strstr(strbuf_str(&shown), lines[k]) != NULL;
	}
	for (size_t k = 0; k < ARRAY_COUNT(lines); k++) {
		if (!found[k])
			printf("# no line: %s", lines[k]);
		CHECK(found[k]);
	}
out:
	strbuf_fini(&shown);
	reports_fini(&reports);
	search_fini(s);
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_causes), TAP_TEST(test_many), TAP_TEST(test_slices), TAP_TEST(test_states))
