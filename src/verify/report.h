/* SPDX-License-Identifier: MIT */
/* A finding as people read it: where in the source, what is wrong, what to do. */
#pragma once

#include "base/json.h"
#include "base/strbuf.h"
#include "cfg/cfg.h"
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
	struct strbuf hint;	   /* empty when there is none */
	struct report_note origin; /* where what is wrong came from; text is empty when that says
				      no more */
};

/* prog and cfg outlive the report; without cfg (NULL) it does not say where values came from. 0 or
 * ERR_NOMEM; the report is to be given to report_fini() in any case.
 */
int report_init(struct report *ret_report, const struct prog *prog, const struct cfg *cfg,
		const struct finding *finding) MUST_CHECK;
void report_fini(struct report *report); /* accepts a zeroed one */

/* How compilers print their errors. */
enum report_format { REPORT_GCC, REPORT_MSVC };
struct report_style {
	enum report_format format;
	const char *file, *section; /* the place of what has no line */
	const char *bold, *plain;   /* around "error"; "" for none */
};
/* The error with the line of its source, and notes: what it came from, what helps. */
void report_text(const struct report *report, const struct report_style *style, struct strbuf *out);
/* One object. */
void report_json(const struct report *report, struct json *json);
