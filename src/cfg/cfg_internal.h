/* SPDX-License-Identifier: MIT */
/* What the passes that build a graph hand to each other. Each pass is one function here, run in
 * this order by cfg_build(). */
#pragma once

#include "base/error.h"
#include "cfg/cfg.h"

struct cfg_builder {
	struct arena *arena;
	struct arena scratch; /* emptied after each pass */
	struct arena search;  /* what cfg_search() leaves; emptied after cfg_loops() */
	const struct prog *prog;
	const struct cfg_options *options; /* may be NULL */
	struct error *err;

	/* The graph's arrays as long as they are written. */
	struct cfg *cfg;
	struct cfg_block *blocks;
	struct cfg_subprog *subprogs;
	struct cfg_order *order;
	struct cfg_loop *loops;
	u32 *callees_first;

	/* From the depth-first search. An edge is block * 2 + CFG_NEXT or CFG_TARGET. */
	struct cfg_node *nodes; /* by block */
	u32 *by_number;		/* the block, by the node's number */
	u32 *postorder;		/* blocks */
	u32 reached;		/* how many */
	u32 *next_edge;		/* lists of edges; an edge is in one of them at most */
	u32 *back_edges;	/* by target: those whose source is below it in the tree */
	u32 *cross_edges; /* by the lowest common ancestor of the ends: those that are neither in
			   * the tree nor back edges */
};

/* A block in the depth-first tree. What is used together stands together: programs whose jumps lead
 * everywhere spend their time in waiting for memory. */
struct cfg_node {
	u32 number; /* place, from 1 on, in preorder; 0: unreachable */
	u32 parent; /* CFG_NONE for an entry */
	u32 above;  /* for union-find */
	u32 next;   /* edge to look at next */
};

static inline void *cfg_scratch(struct cfg_builder *b, size_t count, size_t size)
{
	return arena_array(&b->scratch, count, size);
}

/* To ask for each block that is looked at. */
static inline bool cfg_is_late(const struct cfg_builder *b)
{
	return b->options != NULL && budget_use(b->options->budget, 1);
}

/* Blocks and edges. */
int cfg_blocks(struct cfg_builder *b) MUST_CHECK;
/* Depth-first trees from each entry, and what is reachable. */
int cfg_search(struct cfg_builder *b) MUST_CHECK;
int cfg_calls(struct cfg_builder *b) MUST_CHECK;
int cfg_dominators(struct cfg_builder *b) MUST_CHECK;
/* The order and the loops, without what they modify. */
int cfg_loops(struct cfg_builder *b) MUST_CHECK;
/* Liveness and what loops modify. */
int cfg_liveness(struct cfg_builder *b) MUST_CHECK;
int cfg_thresholds(struct cfg_builder *b) MUST_CHECK;
