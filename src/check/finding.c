/* SPDX-License-Identifier: MIT */
/* The texts of findings. */
#include "check/finding.h"

#include "base/str.h"

static const struct finding_text texts[FINDING_COUNT] = {
#define FINDING(NAME, id, message, hint) [FINDING_##NAME] = { id, message, hint },
#include "check/findings.def"
#undef FINDING
};

const struct finding_text *finding_text(enum finding_id id)
{
	return id > FINDING_NONE && id < FINDING_COUNT ? &texts[id] : NULL;
}

enum finding_id finding_by_name(const char *id)
{
	for (unsigned i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
		if (strcmp(texts[i].id, id) == 0)
			return (enum finding_id)i;
	}
	return FINDING_NONE;
}
