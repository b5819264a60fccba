/* SPDX-License-Identifier: MIT */
/* verify_prog() on the programs of verify_holes.def and verify_loops.def, and on those that the
 * checker is tested with: unsafe ones are refused, safe ones are not. */
#include "check_programs.h"

#include "verify/verify.h"

enum verdict { BAD, GOOD, MAY };

struct hole {
	const char *name;
	enum verdict verdict;
	const char *type, *text;
};

static const struct hole holes[] = {
#define HOLE(what, verdict, kind, code) { (what), (verdict), (kind), (code) },
#include "verify_holes.def"
#include "verify_loops.def"
#undef HOLE
};

/* ERR_NOMEM, or 0; complains when the verdict is another one. */
static int judge(struct search *s, const char *name, enum verdict verdict, u32 *failed)
{
	struct verify_options options;
	struct verify_result result = { 0 };
	bool is_safe;
	int status;

	verify_options_default(&options);
	options.policy = s->policy;
	status = verify_prog(&s->f.prog, &options, &result, &s->f.err);
	if (status == ERR_NOMEM)
		return status;
	is_safe = status == 0 && result.is_safe;
	if (verdict != MAY && is_safe != (verdict == GOOD)) {
		printf("# %s: %s (%s) at slot %u\n", name,
		       status != 0 ? s->f.err.text
		       : is_safe   ? "accepted"
				   : "refused",
		       status == 0 && !is_safe ? finding_text(result.finding.id)->id : "",
		       result.finding.slot);
		*failed += 1;
	}
	return 0;
}

static void test_holes(void)
{
	u32 failed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(holes); i++) {
		struct search *s = mem_zalloc(sizeof(*s));
		int status;

		if (s == NULL)
			continue;
		status = search_load(s, DIALECT_LINUX, holes[i].type, test_maps(), TEST_MAPS,
				     holes[i].text);
		if (status == 0) {
			(void)judge(s, holes[i].name, holes[i].verdict, &failed);
		} else if (status != ERR_NOMEM &&
			   !(status == ERR_LOOP && holes[i].verdict == BAD)) {
			printf("# %s: %s\n", holes[i].name, s->f.err.text);
			failed++;
		}
		search_fini(s);
		mem_free(s);
	}
	CHECK_EQ(failed, 0);
out:
	return;
}

static void test_programs(void)
{
	u32 failed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		const struct program *p = &programs[i];
		struct search *s = mem_zalloc(sizeof(*s));
		enum verdict verdict = p->expected == FINDING_NONE ? GOOD : BAD;

		/* The fixture is told how loops end, and sometimes told wrong. */
		if (p->rank_count > 0)
			verdict = MAY;
		if (s == NULL)
			continue;
		if (program_load(s, p) == 0)
			(void)judge(s, p->name, verdict, &failed);
		search_fini(s);
		mem_free(s);
	}
	CHECK_EQ(failed, 0);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_holes), TAP_TEST(test_programs))
