/* SPDX-License-Identifier: MIT */
/* A finding as people read it: where in the source, what is wrong, what to do. */
#pragma once

#include "base/strbuf.h"
#include "check/finding.h"
#include "prog/prog.h"

struct report_note {
	const struct prog_line *line; /* NULL: not known */
	struct strbuf text;
};

struct report {
	const char *id;		      /* stable: "null-access" */
	const struct prog_line *line; /* NULL: not known */
	const char *function;
	u32 slot;
	struct strbuf message;
	const char *hint;	   /* "" when there is none */
	struct report_note origin; /* where what is wrong came from; text is empty when that says
				      no more */
};

/* prog outlives the report. 0 or ERR_NOMEM; the report is to be given to report_fini() in any case.
 */
int report_init(struct report *ret_report, const struct prog *prog,
		const struct finding *finding) MUST_CHECK;
void report_fini(struct report *report); /* accepts a zeroed one */
