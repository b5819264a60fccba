/* SPDX-License-Identifier: MIT */
/* What the templates of findings are filled with; the files of reports share it. */
#pragma once

#include "verify/report.h"
#include "verify/report_source.h"
#include "verify/report_trace.h"

struct words {
	const struct prog *prog;
	const struct cfg *cfg; /* may be NULL */
	const struct finding *finding;
	const struct prog_line *line; /* NULL: not known */
	u32 call;		      /* whose result is wrong; PROG_NO_INDEX: none that is known */
	struct traced traced;	      /* where the register's value comes from */
	u32 arg;		      /* of a call, 1 to 5; 0: none */
	struct source_text arg_text;  /* that argument */
	struct source_text name;      /* of the variable that is wrong */
	struct source_access access;  /* what is accessed in the line */
	bool has_access;
	struct strbuf *out;
};

/* What the instruction at slot calls; NULL: nothing, or nothing with a name. */
const char *report_callee(const struct prog *prog, u32 slot);
const struct prog_line *report_line(const struct prog *prog, u32 slot);

void words_fill(const struct words *w, const char *template);
/* The findings that have more to say than their row; false: it is the row that says it. */
bool words_add_message(const struct words *w);
bool words_add_hint(const struct words *w);

/* Whether the program's type is the raw one. */
bool words_is_raw(const struct words *w);
/* "5", "1 to 5", "5 or more", "anything" */
void words_add_range(struct strbuf *out, s64 lo, s64 hi);
bool words_is_unlimited(s64 n);
