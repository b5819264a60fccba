/* SPDX-License-Identifier: MIT */
/* What helpers do, in words: a file of its own, as only listings and pages need it. */
#include "base/str.h"
#include "spec/text.h"

const char *spec_helper_about(const struct spec_helper *helper)
{
	static const struct {
		enum dialect dialect;
		const char *name, *text;
	} rows[] = {
#define DIALECT_BOTH			DIALECT_UNKNOWN
#define HELPER_TEXT(dialect, name, ...) { DIALECT_##dialect, name, __VA_ARGS__ },
#include "spec/text_helpers.def"
#undef HELPER_TEXT
#undef DIALECT_BOTH
	};

	/* A file's helper may have any name. */
	if (spec_helper_by_id(helper->dialect, helper->type, helper->id) != helper)
		return NULL;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if ((rows[i].dialect == DIALECT_UNKNOWN || rows[i].dialect == helper->dialect) &&
		    str_eq(rows[i].name, helper->name))
			return rows[i].text;
	return NULL;
}
