/* SPDX-License-Identifier: MIT */
/* Texts of findings: no template is left unfilled, whatever a finding says. */
#include "tap.h"

#include "base/str.h"
#include "verify/explain.h"
#include "verify/report.h"

static void test_templates(void)
{
	static const struct insn exit_insn = { .kind = INSN_EXIT };
	static const struct prog_subprog whole = { .name = "main", .count = 1 };
	static const struct prog prog = { .name = "main",
					  .section = "xdp",
					  .dialect = DIALECT_LINUX,
					  .insns = &exit_insn,
					  .insn_count = 1,
					  .subprogs = &whole,
					  .subprog_count = 1 };
	static const u32 extremes[] = { 0, 1, 10, 255, UINT32_MAX };
	struct report report = { 0 };

	for (u32 id = FINDING_NONE; id <= FINDING_COUNT; id++) {
		for (size_t i = 0; i < ARRAY_COUNT(extremes); i++) {
			u32 n = extremes[i];
			struct finding finding = { .id = (u16)id,
						   .reg = (u8)n,
						   .type = (u8)n,
						   .slot = n,
						   .region = n,
						   .lo = INT64_MIN,
						   .hi = INT64_MAX,
						   .other = n };

			CHECK_EQ(report_init(&report, &prog, NULL, &finding), 0);
			CHECK(report.message.len > 0);
			CHECK(strchr(strbuf_str(&report.message), '{') == NULL);
			CHECK(strchr(strbuf_str(&report.message), '?') == NULL || n >= UINT8_MAX);
			report_fini(&report);
		}
	}
out:
	report_fini(&report);
}

/* Each finding has an explanation with two examples, in lines that are not too long. */
static void test_explanations(void)
{
	for (u32 id = FINDING_NONE + 1; id < FINDING_COUNT; id++) {
		const struct explanation *more = explanation_of((enum finding_id)id);

		if (more == NULL)
			printf("# no row in verify/explain.def: %s\n",
			       finding_text((enum finding_id)id)->id);
		CHECK(more != NULL);
		CHECK(more->why[0] != '\0' && more->why[strlen(more->why) - 1] == '.');
		CHECK(more->bad[0] != '\0' && more->bad[strlen(more->bad) - 1] == '\n');
		CHECK(more->good[0] != '\0' && more->good[strlen(more->good) - 1] == '\n');
		CHECK(strcmp(more->bad, more->good) != 0);
	}
	CHECK(explanation_of(FINDING_NONE) == NULL);
	CHECK(explanation_of(FINDING_COUNT) == NULL);
out:
	return;
}

/* By their stable ids, all of them. */
static void test_names(void)
{
	for (u32 id = FINDING_NONE + 1; id < FINDING_COUNT; id++)
		CHECK_EQ(finding_by_name(finding_text((enum finding_id)id)->id), id);
	CHECK_EQ(finding_by_name("no-such-finding"), FINDING_NONE);
	CHECK_EQ(finding_by_name(""), FINDING_NONE);
	CHECK(finding_text(FINDING_NONE) == NULL && finding_text(FINDING_COUNT) == NULL);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_templates), TAP_TEST(test_names), TAP_TEST(test_explanations))
