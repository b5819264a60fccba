/* SPDX-License-Identifier: MIT */
/* Depth-first search of each subprogram, which the other passes stand on. An edge that leads to a
 * block whose subtree is finished is kept at the lowest common ancestor of its two ends: the lowest
 * unfinished block above its target, found by union-find (Tarjan's offline algorithm). */
#include "cfg/cfg_internal.h"

struct search {
	struct cfg_builder *b;
	u32 *above;   /* union-find: a finished block points towards what finished above it */
	u8 *next;     /* edge to look at next; FINISHED */
	u32 finished; /* how many */
};

enum { ORDER_COUNT = 2, FINISHED = 3 };
/* The target first: numbered the other way round, the fall-through then follows its block. */
static const u8 edge_order[ORDER_COUNT] = { CFG_TARGET, CFG_NEXT };

static u32 find(u32 *above, u32 x)
{
	while (above[x] != x) {
		above[x] = above[above[x]];
		x = above[x];
	}
	return x;
}

static void enter(struct search *s, u32 block, u32 parent)
{
	struct cfg_builder *b = s->b;

	b->number[block] = ++b->reached;
	b->by_number[b->reached] = block;
	b->parent[block] = parent;
	b->blocks[block].flags |= CFG_REACHABLE;
	s->above[block] = block;
}

static void push_edge(struct cfg_builder *b, u32 *lists, u32 at, u32 edge)
{
	b->next_edge[edge] = lists[at];
	lists[at] = edge;
}

/* Follows the next edge of block, or leaves it; returns where to go on. */
static u32 step(struct search *s, u32 block)
{
	struct cfg_builder *b = s->b;
	unsigned k;
	u32 succ;

	if (s->next[block] == ORDER_COUNT) {
		u32 parent = b->parent[block];

		s->next[block] = FINISHED;
		b->postorder[s->finished++] = block;
		if (parent != CFG_NONE)
			s->above[block] = parent;
		return parent;
	}
	k = edge_order[s->next[block]++];
	succ = b->blocks[block].succ[k];
	if (succ == CFG_NONE)
		return block;
	if (b->number[succ] == 0) {
		enter(s, succ, block);
		return succ;
	}
	if (s->next[succ] == FINISHED)
		push_edge(b, b->cross_edges, find(s->above, succ), block * 2 + k);
	else
		push_edge(b, b->back_edges, succ, block * 2 + k);
	return block;
}

static int alloc(struct cfg_builder *b, struct search *s)
{
	u32 count = b->cfg->block_count;

	b->number = cfg_scratch(b, count, sizeof(u32));
	b->by_number = cfg_scratch(b, count + 1, sizeof(u32));
	b->parent = cfg_scratch(b, count, sizeof(u32));
	b->postorder = cfg_scratch(b, count, sizeof(u32));
	b->next_edge = cfg_scratch(b, count, 2 * sizeof(u32));
	b->back_edges = cfg_scratch(b, count, sizeof(u32));
	b->cross_edges = cfg_scratch(b, count, sizeof(u32));
	s->above = cfg_scratch(b, count, sizeof(u32));
	s->next = cfg_scratch(b, count, sizeof(u8));
	if (b->number == NULL || b->by_number == NULL || b->parent == NULL ||
	    b->postorder == NULL || b->next_edge == NULL || b->back_edges == NULL ||
	    b->cross_edges == NULL || s->above == NULL || s->next == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < count; i++) {
		b->back_edges[i] = CFG_NONE;
		b->cross_edges[i] = CFG_NONE;
	}
	return 0;
}

int cfg_search(struct cfg_builder *b)
{
	struct search s = { .b = b };
	int status = alloc(b, &s);

	for (u32 i = 0; i < b->prog->subprog_count && status == 0; i++) {
		u32 block = b->subprogs[i].block;
		u32 before = b->reached;

		enter(&s, block, CFG_NONE);
		while (block != CFG_NONE)
			block = step(&s, block);
		b->subprogs[i].order_count = b->reached - before;
	}
	return status;
}
