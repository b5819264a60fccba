/* SPDX-License-Identifier: MIT */
/* The public API's verdicts: what is safe, what is not, and that a verdict outlives its program. */
#include "tap.h"

#include <oriel/verify.h>

#include "object_fixture.h"

/* A file of the Windows dialect with two programs: one returns 0, the other reads far behind the
 * context. */
struct sample {
	struct fixture f;
	struct oriel_object *object;
	struct oriel_verdict *verdict;
	struct oriel_error error;
	u8 *image;
	size_t len;
};

static const u8 good_code[] = { MOV0, EXIT };
static const u8 bad_code[] = {
	0x61, 0x10, 0xf0, 0x00, 0, 0, 0, 0, EXIT
}; /* r0 = *(u32 *)(r1 + 240) */

static void sample_init(struct sample *s)
{
	struct fixture *f = &s->f;
	u32 line[4] = { 0, 0, 0, 7 << 10 | 3 }, code;

	memset(s, 0, sizeof(*s));
	fixture_init(f);
	code = fixture_code(f, "bind", good_code, sizeof(good_code));
	fixture_func(f, "good", code, 0, sizeof(good_code));
	code = fixture_code(f, "bind/1", bad_code, sizeof(bad_code));
	fixture_func(f, "bad", code, 0, sizeof(bad_code));
	line[1] = btf_builder_string(&f->btf, "t.c");
	line[2] = btf_builder_string(&f->btf, "\treturn ctx[4];");
	btf_builder_int(&f->btf, "int", 4);
	btf_builder_ext_table(&f->btf, 0, 8);
	btf_builder_ext_table(&f->btf, 1, 16);
	btf_builder_ext_block(&f->btf, 1, "bind/1");
	btf_builder_ext_record(&f->btf, 1, line, 4);
}

static int sample_verify(struct sample *s, const char *name,
			 const struct oriel_verify_options *options)
{
	const struct oriel_object_options known = { .size = sizeof(known),
						    .dialect = ORIEL_DIALECT_WINDOWS };
	const struct oriel_program *program = NULL;
	int status = 0;

	if (s->image == NULL && !fixture_finish(&s->f, &s->image, &s->len))
		return ERR_NOMEM;
	if (s->object == NULL)
		status = oriel_object_open(s->image, s->len, &known, &s->object, &s->error);
	if (status == 0)
		status = oriel_object_link(s->object, oriel_object_find_program(s->object, name),
					   NULL, &program, &s->error);
	return status != 0 ? status
			   : oriel_program_verify(program, options, &s->verdict, &s->error);
}

static void sample_fini(struct sample *s)
{
	oriel_verdict_free(s->verdict);
	oriel_object_free(s->object);
	fixture_fini(&s->f);
}

static void test_safe(void)
{
	struct oriel_verify_options options = { .size = sizeof(options),
						.flags = ORIEL_VERIFY_FACTS };
	struct oriel_verdict_info info = { .size = sizeof(info) };
	struct oriel_finding_info finding = { .size = sizeof(finding) };
	struct oriel_fact_info fact = { .size = sizeof(fact) };
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_verify(&s, "good", &options), 0);
	CHECK_EQ(oriel_verdict_get_info(s.verdict, &info), 0);
	CHECK_EQ(info.is_safe, 1);
	CHECK_EQ(info.finding_count, 0);
	CHECK(info.steps > 0 && info.memory > 0);
	CHECK_STR(oriel_verdict_text(s.verdict, ORIEL_REPORT_GCC), "");
	CHECK_EQ(oriel_verdict_get_finding(s.verdict, 0, &finding), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_verdict_get_fact(s.verdict, 0, &fact), 0);
	CHECK_EQ(fact.flags, ORIEL_FACT_REACHED | ORIEL_FACT_RESULT_CONSTANT);
	CHECK_EQ(fact.value, 0);
	CHECK_EQ(fact.map, ORIEL_NO_INDEX);
	CHECK_EQ(oriel_verdict_get_fact(s.verdict, 2, &fact), ORIEL_ERR_RANGE);
	oriel_verdict_free(s.verdict);
	s.verdict = NULL;
	CHECK_EQ(sample_verify(&s, "good", NULL), 0);
	CHECK_EQ(oriel_verdict_get_fact(s.verdict, 0, &fact), ORIEL_ERR_NOENT);
out:
	sample_fini(&s);
}

static void test_unsafe(void)
{
	struct oriel_verdict_info info = { .size = sizeof(info) };
	struct oriel_finding_info finding = { .size = sizeof(finding) };
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_verify(&s, "bad", NULL), 0);
	/* What a verdict says, it says by itself. */
	oriel_object_free(s.object);
	s.object = NULL;
	memset(s.image, 0, s.len);
	CHECK_EQ(oriel_verdict_get_info(s.verdict, &info), 0);
	CHECK_EQ(info.is_safe, 0);
	CHECK_EQ(info.finding_count, 1);
	CHECK_EQ(info.more_findings, 0);
	CHECK_EQ(oriel_verdict_get_finding(s.verdict, 0, &finding), 0);
	CHECK_STR(finding.id, "context-bounds");
	CHECK(strstr(finding.message, "at offset 240 of the context") != NULL);
	CHECK(finding.hint != NULL);
	CHECK_STR(finding.function, "bad");
	CHECK_STR(finding.file, "t.c");
	CHECK_STR(finding.source, "\treturn ctx[4];");
	CHECK(finding.origin == NULL && finding.origin_file == NULL);
	CHECK_EQ(finding.slot, 0);
	CHECK_EQ(finding.line, 7);
	CHECK_EQ(finding.column, 3);
	CHECK(strstr(oriel_verdict_text(s.verdict, ORIEL_REPORT_GCC), "t.c:7:3: error: ") != NULL);
	CHECK(strstr(oriel_verdict_text(s.verdict, ORIEL_REPORT_MSVC),
		     "t.c(7,3): error context-bounds: ") != NULL);
	CHECK_STR(oriel_verdict_text(s.verdict, (enum oriel_report_format)7), "");
out:
	sample_fini(&s);
}

static void test_options(void)
{
	struct oriel_verify_options options = { .size = sizeof(options) };
	struct oriel_verdict_info info = { .size = sizeof(info) };
	struct oriel_finding_info finding = { .size = sizeof(finding) };
	struct sample s;

	sample_init(&s);
	options.policy = ORIEL_POLICY_UNPRIVILEGED | ORIEL_POLICY_ALLOW_LEAKS;
	CHECK_EQ(sample_verify(&s, "good", &options), ORIEL_ERR_INVAL);
	options.policy = 1u << 31;
	CHECK_EQ(sample_verify(&s, "good", &options), ORIEL_ERR_INVAL);
	options.policy = ORIEL_POLICY_STRICT;
	options.flags = 2;
	CHECK_EQ(sample_verify(&s, "good", &options), ORIEL_ERR_INVAL);
	options.flags = 0;
	options.size = 3;
	CHECK_EQ(sample_verify(&s, "good", &options), ORIEL_ERR_INVAL);
	CHECK(s.verdict == NULL);
	options.size = sizeof(options);
	/* A budget that is used up is a verdict. */
	options.max_memory = 1;
	CHECK_EQ(sample_verify(&s, "good", &options), 0);
	CHECK_EQ(oriel_verdict_get_finding(s.verdict, 0, &finding), 0);
	CHECK_STR(finding.id, "too-complex");
	oriel_verdict_free(s.verdict);
	s.verdict = NULL;
	options.max_memory = 0;
	options.max_time = UINT64_MAX;
	CHECK_EQ(sample_verify(&s, "good", &options), 0);
	/* A struct of an older caller. */
	info.size = 16;
	CHECK_EQ(oriel_verdict_get_info(s.verdict, &info), 0);
	CHECK_EQ(info.is_safe, 0);
	info.size = 3;
	CHECK_EQ(oriel_verdict_get_info(s.verdict, &info), ORIEL_ERR_INVAL);
	CHECK_EQ(oriel_verdict_get_finding(s.verdict, 0, &finding), ORIEL_ERR_RANGE);
out:
	sample_fini(&s);
}

TAP_MAIN(TAP_TEST(test_safe), TAP_TEST(test_unsafe), TAP_TEST(test_options))
