/* SPDX-License-Identifier: MIT */
/* The least state that is easily made to include two others. */
#pragma once

#include "check/state.h"

/* Whether the states can be joined at all: they hold the same references and locks. */
bool join_possible(const struct state *a, const struct state *b);

struct join_widen {
	const s64 *thresholds;
	size_t count;
};

/* *ret includes a and b (which may get names for their values on the way, that is all). widen, if
 * not NULL: a is what was there before, and bounds that b moves go to a threshold. */
void state_join(struct state *a, struct state *b, const struct join_widen *widen,
		struct state *ret);
