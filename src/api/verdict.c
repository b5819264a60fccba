/* SPDX-License-Identifier: MIT */
/* oriel/verify.h: verdicts, which keep copies of all that they say. */
#include <oriel/verify.h>

#include "api/api.h"
#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "verify/reports.h"

struct oriel_verdict {
	struct arena arena;
	struct oriel_verdict_info info;
	struct oriel_finding_info *findings;
	const char *texts[2];	 /* by enum oriel_report_format */
	struct prog_facts facts; /* rows NULL: none */
};

#define FACT_ROW(name, fact) \
	_Static_assert((int)ORIEL_FACT_##name == (int)FACT_##fact, "verify.h has prog/facts.h's")
FACT_ROW(REACHED, REACHED);
FACT_ROW(TAKEN, TAKEN);
FACT_ROW(NOT_TAKEN, NOT_TAKEN);
FACT_ROW(DIVISOR_NONZERO, DIVISOR_NONZERO);
FACT_ROW(MAP, MAP);
FACT_ROW(KEY, KEY);
FACT_ROW(KEY_BELOW, KEY_BELOW);
FACT_ROW(RESULT_CONSTANT, DST_CONST);
#undef FACT_ROW

#define ALL_POLICIES                                                                             \
	(ORIEL_POLICY_UNPRIVILEGED | ORIEL_POLICY_ALLOW_LEAKS | ORIEL_POLICY_STRICT |            \
	 ORIEL_POLICY_ALIGNED | ORIEL_POLICY_NO_DIVISION_BY_ZERO | ORIEL_POLICY_NO_TERMINATION | \
	 ORIEL_POLICY_UNINITIALISED_STACK)

static int take_options(const struct oriel_verify_options *given, struct verify_options *options,
			struct oriel_verify_options *known, struct error *err)
{
	struct check_policy *policy = &options->policy;
	int status = api_take_options(given, known, "struct oriel_verify_options", err);
	u32 bits = known->policy;

	if (status != 0)
		return status;
	if ((bits & ~(u32)ALL_POLICIES) != 0 || (known->flags & ~(u32)ORIEL_VERIFY_FACTS) != 0)
		return error_set(err, ERR_INVAL, "options: a policy or flag that is not known");
	if ((bits & ORIEL_POLICY_UNPRIVILEGED) != 0 && (bits & ORIEL_POLICY_ALLOW_LEAKS) != 0)
		return error_set(err, ERR_INVAL, "options: two policies that exclude each other");
	verify_options_default(options);
	policy->unprivileged = (bits & ORIEL_POLICY_UNPRIVILEGED) != 0;
	policy->allow_leaks = (bits & ORIEL_POLICY_ALLOW_LEAKS) != 0;
	policy->strict = (bits & ORIEL_POLICY_STRICT) != 0;
	policy->strict_alignment = (bits & ORIEL_POLICY_ALIGNED) != 0;
	policy->no_division_by_zero = (bits & ORIEL_POLICY_NO_DIVISION_BY_ZERO) != 0;
	policy->no_termination = (bits & ORIEL_POLICY_NO_TERMINATION) != 0;
	policy->allow_uninit_stack = (bits & ORIEL_POLICY_UNINITIALISED_STACK) != 0;
	policy->raw_size = known->raw_size;
	options->max_steps = known->max_steps;
	options->max_memory = (size_t)MIN(known->max_memory, (u64)SIZE_MAX);
	return 0;
}

/* --- copies --- */

/* NULL for no text, and for none that says anything. */
static int copy_text(struct oriel_verdict *verdict, const char *text, const char **ret_copy)
{
	*ret_copy = NULL;
	if (text == NULL || *text == '\0')
		return 0;
	*ret_copy = arena_strndup(&verdict->arena, text, strlen(text));
	return *ret_copy != NULL ? 0 : ERR_NOMEM;
}

static int copy_finding(struct oriel_verdict *verdict, const struct report *report,
			struct oriel_finding_info *info)
{
	const struct prog_line *line = report->line, *origin = report->origin.line;
	int status = copy_text(verdict, report->id, &info->id);

	info->size = sizeof(*info);
	info->slot = report->slot;
	if (status == 0)
		status = copy_text(verdict, strbuf_str(&report->message), &info->message);
	if (status == 0)
		status = copy_text(verdict, strbuf_str(&report->hint), &info->hint);
	if (status == 0)
		status = copy_text(verdict, report->function, &info->function);
	if (status == 0)
		status = copy_text(verdict, strbuf_str(&report->origin.text), &info->origin);
	if (status == 0 && line != NULL) {
		info->line = line->line;
		info->column = line->col;
		status = copy_text(verdict, line->file, &info->file);
		if (status == 0)
			status = copy_text(verdict, line->text, &info->source);
	}
	if (status == 0 && origin != NULL) {
		info->origin_line = origin->line;
		info->origin_column = origin->col;
		status = copy_text(verdict, origin->file, &info->origin_file);
		if (status == 0)
			status = copy_text(verdict, origin->text, &info->origin_source);
	}
	return status;
}

static int copy_texts(struct oriel_verdict *verdict, const struct reports *reports,
		      const struct prog *prog, const char *file)
{
	static const enum report_format formats[] = {
		[ORIEL_REPORT_GCC] = REPORT_GCC,
		[ORIEL_REPORT_MSVC] = REPORT_MSVC,
	};
	struct strbuf text = STRBUF_INIT;
	int status = 0;

	for (u32 i = 0; i < ARRAY_COUNT(formats) && status == 0; i++) {
		const struct report_style style = { .format = formats[i],
						    .file = file != NULL ? file : "object",
						    .section = prog->section,
						    .bold = "",
						    .plain = "" };

		strbuf_reset(&text);
		reports_text(reports, &style, &text);
		status = strbuf_status(&text);
		if (status == 0)
			status = copy_text(verdict, strbuf_str(&text), &verdict->texts[i]);
	}
	strbuf_fini(&text);
	return status;
}

static int copy_reports(struct oriel_verdict *verdict, const struct reports *reports,
			const struct prog *prog, const char *file)
{
	int status;

	verdict->info.finding_count = reports->count;
	verdict->info.more_findings = reports->record.more;
	verdict->findings =
		arena_array(&verdict->arena, reports->count, sizeof(*verdict->findings));
	if (verdict->findings == NULL)
		return ERR_NOMEM;
	status = copy_texts(verdict, reports, prog, file);
	for (u32 i = 0; i < reports->count && status == 0; i++)
		status = copy_finding(verdict, &reports->items[i], &verdict->findings[i]);
	return status;
}

/* --- judging --- */

#define DEFAULT_TIME 1000 /* ms */
#define NS_A_MS	     1000000

struct deadline {
	struct budget budget;
	u64 ends; /* of os_clock_thread() */
};

static bool is_late(void *arg)
{
	const struct deadline *deadline = arg;

	return os_clock_thread() > deadline->ends;
}

static void deadline_init(struct deadline *deadline, u64 ms)
{
	u64 now = os_clock_thread(), limit = (UINT64_MAX - now) / NS_A_MS;

	*deadline = (struct deadline){ .budget = { .is_spent = is_late, .arg = deadline },
				       .ends = now + MIN(ms, limit) * NS_A_MS };
}

static int judge(struct oriel_verdict *verdict, const struct prog *prog,
		 struct verify_options *options, const char *file, struct error *err)
{
	struct oriel_verdict_info *info = &verdict->info;
	struct reports reports = { 0 };
	struct verify_result result;
	int status = prog_check(prog, err);

	if (status == 0)
		status = verify_prog(prog, options, &result, err);
	if (status != 0)
		return status;
	info->is_safe = result.is_safe;
	info->steps = result.steps;
	info->memory = result.memory;
	if (result.is_safe) {
		info->max_visits = verdict->facts.max_visits;
		info->stack_depth = verdict->facts.stack_depth;
		return 0;
	}
	status = reports_make(prog, options, &result, &reports, err);
	if (status == 0 && copy_reports(verdict, &reports, prog, file) != 0)
		status = error_set(err, ERR_NOMEM, "out of memory");
	reports_fini(&reports);
	return status;
}

static int verdict_new(const struct prog *prog, struct verify_options *options,
		       const struct oriel_verify_options *known, struct oriel_verdict **ret_verdict,
		       struct error *err)
{
	struct oriel_verdict *verdict = mem_zalloc(sizeof(*verdict));
	struct prog_fact *rows;
	int status = 0;

	if (verdict == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	arena_init(&verdict->arena, 0);
	verdict->info.size = sizeof(verdict->info);
	if ((known->flags & ORIEL_VERIFY_FACTS) != 0) {
		rows = arena_array(&verdict->arena, prog->insn_count, sizeof(*rows));
		if (rows == NULL)
			status = error_set(err, ERR_NOMEM, "out of memory");
		else
			facts_init(&verdict->facts, rows, prog->insn_count);
		options->facts = &verdict->facts;
	}
	if (status == 0)
		status = judge(verdict, prog, options, known->file, err);
	if (status != 0) {
		oriel_verdict_free(verdict);
		return status;
	}
	*ret_verdict = verdict;
	return 0;
}

int oriel_program_verify(const struct oriel_program *program,
			 const struct oriel_verify_options *options,
			 struct oriel_verdict **ret_verdict, struct oriel_error *error)
{
	struct oriel_verify_options known = { .size = sizeof(known) };
	struct verify_options inner;
	struct deadline deadline;
	struct error err = { 0 };
	int status = take_options(options, &inner, &known, &err);

	if (status == 0 && program->prog->dialect == DIALECT_UNKNOWN)
		status = error_set(&err, ERR_INVAL,
				   "program %s: the dialect is not known; open its object with one",
				   program->prog->name);
	deadline_init(&deadline, known.max_time != 0 ? known.max_time : DEFAULT_TIME);
	inner.budget = &deadline.budget;
	if (status == 0)
		status = verdict_new(program->prog, &inner, &known, ret_verdict, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}

void oriel_verdict_free(struct oriel_verdict *verdict)
{
	if (verdict == NULL)
		return;
	arena_fini(&verdict->arena);
	mem_free(verdict);
}

/* --- what a verdict says --- */

int oriel_verdict_get_info(const struct oriel_verdict *verdict, struct oriel_verdict_info *ret_info)
{
	return api_give_info(&verdict->info, ret_info);
}

int oriel_verdict_get_finding(const struct oriel_verdict *verdict, uint32_t index,
			      struct oriel_finding_info *ret_info)
{
	if (index >= verdict->info.finding_count)
		return ERR_RANGE;
	return api_give_info(&verdict->findings[index], ret_info);
}

const char *oriel_verdict_text(const struct oriel_verdict *verdict, enum oriel_report_format format)
{
	const char *text =
		(unsigned)format < ARRAY_COUNT(verdict->texts) ? verdict->texts[format] : NULL;

	return text != NULL ? text : "";
}

int oriel_verdict_get_fact(const struct oriel_verdict *verdict, uint32_t slot,
			   struct oriel_fact_info *ret_info)
{
	struct oriel_fact_info info = { .size = sizeof(info), .map = ORIEL_NO_INDEX };
	const struct prog_fact *fact;

	if (!verdict->info.is_safe || verdict->facts.rows == NULL)
		return ERR_NOENT;
	if (slot >= verdict->facts.count)
		return ERR_RANGE;
	fact = &verdict->facts.rows[slot];
	info.flags = fact->flags;
	info.nonnull = fact->nonnull;
	info.value = fact->value;
	info.least = fact->lo;
	info.most = fact->hi;
	info.visits = fact->visits;
	if ((fact->flags & FACT_MAP) != 0)
		info.map = fact->map;
	return api_give_info(&info, ret_info);
}
