/* SPDX-License-Identifier: MIT */
/* Programs are proven safe before the runtime gets them. */
#include "load/judge.h"

#include "verify/report.h"

static int refuse(struct load *load, const struct prog *prog, struct error *err)
{
	struct report report;
	int status = report_init(&report, prog, NULL, &load->result.finding);

	if (status != 0)
		error_set(err, status, "out of memory");
	else if (report.line != NULL)
		status = error_set(err, ERR_ACCES, "%s:%u:%u: error: %s [%s]", report.line->file,
				   report.line->line, report.line->col, strbuf_str(&report.message),
				   report.id);
	else
		status = error_set(err, ERR_ACCES, "%s: program '%.64s', slot %u: error: %s [%s]",
				   load->object->file, prog->name, report.slot,
				   strbuf_str(&report.message), report.id);
	report_fini(&report);
	if (status == ERR_ACCES)
		load->refused = prog;
	return status;
}

int load_judge(struct load *load, const struct prog *prog, const struct prog_facts **ret_facts,
	       struct error *err)
{
	struct arena *arena = &load->object->arena;
	struct verify_options options;
	struct prog_fact *rows;
	int status;

	*ret_facts = NULL;
	if (load->verify == NULL)
		return 0;
	options = *load->verify;
	options.facts = arena_alloc(arena, sizeof(*options.facts));
	rows = arena_array(arena, prog->insn_count, sizeof(*rows));
	if (options.facts == NULL || rows == NULL)
		return error_set(err, ERR_NOMEM, "no memory for what is known of a program");
	facts_init(options.facts, rows, prog->insn_count);
	status = prog_check(prog, err);
	if (status == 0)
		status = verify_prog(prog, &options, &load->result, err);
	*ret_facts = options.facts;
	if (status != 0)
		return error_prefix(err, "%s: program '%.64s'", load->object->file, prog->name);
	return load->result.is_safe ? 0 : refuse(load, prog, err);
}
