/* SPDX-License-Identifier: MIT */
/* Small programs, safe and unsafe ones, judged by check_proof() on proofs of the fixture's search.
 */
#include "check_programs.h"

static void test_programs(void)
{
	u32 failed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		const struct program *p = &programs[i];
		struct search *s = mem_zalloc(sizeof(*s));
		int status = ERR_NOMEM;

		if (s == NULL)
			continue;
		status = program_load(s, p);
		if (status == 0)
			status = search_verdict(s);
		if ((p->expected == FINDING_NONE) != (status == 0) ||
		    (status != 0 && (status != ERR_ACCES || s->finding.id != p->expected))) {
			const struct finding_text *text = finding_text(s->finding.id);

			if (status != ERR_NOMEM)
				printf("# %s: status %d, %s at slot %u [%lld, %lld] %s\n", p->name,
				       status, status == ERR_ACCES && text != NULL ? text->id : "-",
				       s->finding.slot, s->finding.lo, s->finding.hi,
				       s->f.err.text);
			failed++;
		}
		search_fini(s);
		mem_free(s);
	}
	CHECK_EQ(failed, 0);
out:
	return;
}

static void test_facts(void)
{
	static const char text[] = "r6 = *(u32 *)(r1 + 12)\n" /* 0 */
				   "r7 = 5\n"
				   "if r7 > 9 goto dead\n"
				   "r6 |= 1\n"
				   "r0 = 100\n"
				   "r0 /= r6\n" /* 5 */
				   "r6 &= 7\n"
				   "*(u32 *)(r10 - 4) = r6\n"
				   "r2 = r10\n"
				   "r2 += -4\n"
				   "r1 = map 3 ll\n" /* 10 */
				   "call 1\n"
				   "if r0 == 0 goto out\n"
				   "r7 = *(u64 *)(r0 + 0)\n" /* 14 */
				   "out: r0 = 0\n"
				   "exit\n"
				   "dead: r0 = 1\n" /* 17 */
				   "exit\n";
	struct search *s = mem_zalloc(sizeof(*s));
	const struct prog_fact *rows;

	CHECK(s != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, text), 0);
	CHECK_EQ(search_verdict(s), 0);
	rows = s->rows;
	CHECK(rows[0].flags & FACT_REACHED);
	CHECK_EQ(rows[0].hi, UINT32_MAX);
	CHECK(rows[0].nonnull & 1u << 1);
	CHECK(rows[1].flags & FACT_DST_CONST);
	CHECK_EQ(rows[1].value, 5);
	CHECK((rows[2].flags & FACT_NOT_TAKEN) != 0 && (rows[2].flags & FACT_TAKEN) == 0);
	CHECK(rows[5].flags & FACT_DIVISOR_NONZERO);
	CHECK_EQ(rows[6].lo, 1);
	CHECK_EQ(rows[6].hi, 7);
	CHECK((rows[12].flags & FACT_MAP) != 0 && rows[12].map == 3);
	CHECK((rows[12].flags & FACT_KEY_BELOW) != 0 && (rows[12].flags & FACT_KEY) == 0);
	CHECK((rows[13].flags & FACT_TAKEN) != 0 && (rows[13].flags & FACT_NOT_TAKEN) != 0);
	CHECK(rows[14].nonnull & 1u << 0);
	/* The context and the stack are its own, the map's value is not. */
	CHECK((rows[0].flags & FACT_OWN_MEMORY) != 0 && (rows[7].flags & FACT_OWN_MEMORY) != 0);
	CHECK((rows[14].flags & FACT_OWN_MEMORY) == 0);
	CHECK_EQ(rows[17].flags, 0);
	CHECK_EQ(s->facts.stack_depth, 16);
	CHECK_EQ(s->facts.max_visits, 1);
out:
	search_drop(&s);
}

/* What a program that is accepted says of visits; 0: no bound that is known here. */
static void test_visits(void)
{
#define LOOP(count) count "r2 = code +6 ll\nr3 = 0\nr4 = 0\ncall 181\nr0 = 0\nexit\n"
	static const struct {
		const char *text;
		u64 visits;
	} cases[] = {
		{ LOOP("r1 = 7\n") "r0 = 0\nexit\n", 7 },
		{ LOOP("r1 = *(u32 *)(r1 + 12)\n") "r0 = 0\nexit\n", 1 << 23 },
		{ LOOP("r1 = map 3 ll\n") "r0 = 0\nexit\n", 0 }, /* not a number of rounds */
		{ "r1 = map 3 ll\nr2 = code +6 ll\nr3 = 0\nr4 = 0\ncall 164\nr0 = 0\nexit\n"
		  "r0 = 0\nexit\n",
		  10 },
		{ "r1 = map 0 ll\nr2 = code +6 ll\nr3 = 0\nr4 = 0\ncall 164\nr0 = 0\nexit\n"
		  "r0 = 0\nexit\n",
		  0 },
		{ "r0 = 0\nagain: may_goto +1\ngoto again\nr0 = 0\nexit\n", 0 },
	};
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", test_maps(), 4, cases[i].text), 0);
		CHECK_EQ(search_verdict(s), i == 2 ? ERR_ACCES : 0);
		CHECK_EQ(s->facts.max_visits, cases[i].visits);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

/* A loop that nothing but time bounds is one of its function, and says nothing of another's. */
static void test_open_loops(void)
{
	static const char text[] = "call f\n" /* 0 */
				   "r6 = 0\n"
				   "again: r6 += 1\n"
				   "if r6 < 10 goto again\n"
				   "r0 = 0\n"
				   "exit\n" /* 5 */
				   "f: r0 = 0\n"
				   "more: may_goto +1\n"
				   "goto more\n"
				   "exit\n";
	struct search *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, text), 0);
	s->ranks[0] = (struct search_rank){ RANK_UP, 6 };
	s->rank_count = 1;
	CHECK_EQ(search_verdict(s), 0);
	CHECK(s->rows[2].visits >= 10 && s->rows[2].visits < 20);
	CHECK_EQ(s->rows[7].visits, UINT64_MAX);
	CHECK_EQ(s->facts.max_visits, 0);
out:
	search_drop(&s);
}

TAP_MAIN(TAP_TEST(test_open_loops), TAP_TEST(test_programs), TAP_TEST(test_facts),
	 TAP_TEST(test_visits))
