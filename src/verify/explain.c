/* SPDX-License-Identifier: MIT */
/* The rows of explain.def. */
#include "verify/explain.h"

#include <stddef.h>

static const struct explanation explanations[FINDING_COUNT] = {
#define EXPLAIN(NAME, why, bad, good) [FINDING_##NAME] = { why, bad, good },
#include "verify/explain.def"
#undef EXPLAIN
};

const struct explanation *explanation_of(enum finding_id id)
{
	return (unsigned)id < FINDING_COUNT && explanations[id].why != NULL ? &explanations[id]
									    : NULL;
}

void finding_words(struct strbuf *out, const char *message)
{
	bool inside = false;

	for (; *message != '\0'; message++) {
		if (*message == '{' || *message == '}')
			inside = *message == '{';
		else
			strbuf_add_char(out, inside && *message >= 'a' && *message <= 'z'
						     ? (char)(*message - 'a' + 'A')
						     : *message);
	}
}
