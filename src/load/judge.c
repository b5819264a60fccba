/* SPDX-License-Identifier: MIT */
/* Programs are proven safe before the runtime gets them. */
#include "load/judge.h"

#include "verify/report.h"

static int refuse(struct load *load, const struct prog *prog, const struct finding *finding,
		  struct error *err)
{
	struct report report;
	int status = report_init(&report, prog, finding);

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
	if (report.hint[0] != '\0')
		load->hint = report.hint; /* a row of the table: stays */
	report_fini(&report);
	return status;
}

int load_judge(struct load *load, const struct prog *prog, struct error *err)
{
	struct verify_result result;
	int status;

	if (load->verify == NULL)
		return 0;
	status = prog_check(prog, err);
	if (status == 0)
		status = verify_prog(prog, load->verify, &result, err);
	if (status != 0)
		return error_prefix(err, "%s: program '%.64s'", load->object->file, prog->name);
	return result.is_safe ? 0 : refuse(load, prog, &result.finding, err);
}
