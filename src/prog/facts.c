/* SPDX-License-Identifier: MIT */
/* Facts: the empty table. */
#include "prog/facts.h"

#include "base/str.h"

void facts_init(struct prog_facts *facts, struct prog_fact *rows, u32 count)
{
	memset(rows, 0, (size_t)count * sizeof(*rows));
	*facts = (struct prog_facts){ .rows = rows, .count = count };
}
