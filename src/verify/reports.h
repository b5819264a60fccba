/* SPDX-License-Identifier: MIT */
/* All that is wrong with a program, for people. */
#pragma once

#include "verify/record.h"
#include "verify/report.h"

struct reports {
	struct record record;
	struct report *items; /* as record.findings; none of a program that is safe */
	u32 count;
};

/* As record_make(). *ret_reports is to be given to reports_fini() in any case. */
int reports_make(const struct prog *prog, const struct verify_options *options,
		 const struct verify_result *result, struct reports *ret_reports,
		 struct error *err) MUST_CHECK;
void reports_fini(struct reports *reports); /* accepts a zeroed one */

/* All of them, and how many more there are. */
void reports_text(const struct reports *reports, const struct report_style *style,
		  struct strbuf *out);
/* The member "findings", and "more_findings" when there are. */
void reports_json(const struct reports *reports, struct json *json);
