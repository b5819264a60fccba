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

TAP_MAIN(TAP_TEST(test_programs))
