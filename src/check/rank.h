/* SPDX-License-Identifier: MIT */
/* Termination: whether no cycle of points can be gone for ever. */
#pragma once

#include "base/arena.h"

#define RANK_STEPS_MAX UINT64_MAX

/* The state arrives at `to` from `from`: nodes of one instance, numbered from 0. */
struct rank_edge {
	u32 from, to;
	/* How often at most `to` can be reached in this way since it was entered otherwise; 0: no
	 * bound is known. */
	u64 bound;
};

struct rank_graph {
	u32 node_count;
	const struct rank_edge *edges;
	u32 edge_count;
};

/* Every infinite walk through the graph would have to be on edges with a bound only, at some node,
 * for ever; so there is none when this returns 0. ret_visits: by node, how often it is visited at
 * most, saturating. ERR_LOOP: *ret_node lies on a cycle that is not proven to end; ERR_NOMEM. */
int rank_check(struct arena *arena, const struct rank_graph *graph, u64 *ret_visits,
	       u32 *ret_node) MUST_CHECK;
