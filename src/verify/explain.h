/* SPDX-License-Identifier: MIT */
/* What findings are about, for people who meet one for the first time. */
#pragma once

#include "base/strbuf.h"
#include "check/finding.h"

struct explanation {
	const char *why;
	const char *bad, *good; /* lines of code, or what to do */
};

/* NULL: no such finding. */
const struct explanation *explanation_of(enum finding_id id);

/* The template of a message for people, with words for its placeholders: "{size} bytes" becomes
 * "SIZE bytes". */
void finding_words(struct strbuf *out, const char *message);
