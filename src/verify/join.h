/* SPDX-License-Identifier: MIT */
/* The least state that is easily made to include two others. */
#pragma once

#include "check/state.h"

/* Whether the states can be joined at all: they hold the same references and locks. */
bool join_possible(const struct state *a, const struct state *b);

struct join_options {
	/* At the head of a loop: constants that differ get a symbol, as what moves in step there is
	 * to be seen. Elsewhere that would only be more to show for whoever arrives. */
	bool is_head;
	/* a is what was there before, and bounds that b moves go to a threshold. */
	bool is_widening;
	/* Of the runs of a callback: an id that is not the same in both is given up, as what it
	 * says is of the first run only. */
	bool is_again;
	const s64 *thresholds;
	size_t threshold_count;
};

/* *ret includes a and b (which may get names for their values on the way, that is all). */
void state_join(struct state *a, struct state *b, const struct join_options *options,
		struct state *ret);
