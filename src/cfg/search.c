/* SPDX-License-Identifier: MIT */
/* Depth-first search of each subprogram, which the other passes stand on. An edge that leads to a
 * block whose subtree is finished is kept at the lowest common ancestor of its two ends: the lowest
 * unfinished block above its target, found by union-find (Tarjan's offline algorithm). */
#include "cfg/cfg_internal.h"

#include "base/str.h"

struct search {
	struct cfg_builder *b;
	u32 finished; /* how many */
};

enum { ORDER_COUNT = 2, FINISHED = 3 };
/* The target first: numbered the other way round, the fall-through then follows its block. */
static const u8 edge_order[ORDER_COUNT] = { CFG_TARGET, CFG_NEXT };

/* The lowest block above x, or itself, that is not finished: finished ones point upwards. */
static u32 find(struct cfg_node *nodes, u32 x)
{
	while (nodes[x].above != x) {
		nodes[x].above = nodes[nodes[x].above].above;
		x = nodes[x].above;
	}
	return x;
}

static void enter(struct search *s, u32 block, u32 parent)
{
	struct cfg_builder *b = s->b;

	b->nodes[block] = (struct cfg_node){ ++b->reached, parent, block, 0 };
	b->by_number[b->reached] = block;
	b->blocks[block].flags |= CFG_REACHABLE;
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
	struct cfg_node *node = &b->nodes[block];
	unsigned k;
	u32 succ;

	if (node->next == ORDER_COUNT) {
		node->next = FINISHED;
		b->postorder[s->finished++] = block;
		if (node->parent != CFG_NONE)
			node->above = node->parent;
		return node->parent;
	}
	k = edge_order[node->next++];
	succ = b->blocks[block].succ[k];
	if (succ == CFG_NONE)
		return block;
	if (b->nodes[succ].number == 0) {
		enter(s, succ, block);
		return succ;
	}
	if (b->nodes[succ].next == FINISHED)
		push_edge(b, b->cross_edges, find(b->nodes, succ), block * 2 + k);
	else
		push_edge(b, b->back_edges, succ, block * 2 + k);
	return block;
}

static int alloc(struct cfg_builder *b)
{
	u32 count = b->cfg->block_count;

	b->nodes = arena_array(&b->search, count, sizeof(*b->nodes));
	b->by_number = arena_array(&b->search, (size_t)count + 1, sizeof(u32));
	b->postorder = arena_array(&b->search, count, sizeof(u32));
	b->next_edge = arena_array(&b->search, count, 2 * sizeof(u32));
	b->back_edges = arena_array(&b->search, count, sizeof(u32));
	b->cross_edges = arena_array(&b->search, count, sizeof(u32));
	if (b->nodes == NULL || b->by_number == NULL || b->postorder == NULL ||
	    b->next_edge == NULL || b->back_edges == NULL || b->cross_edges == NULL)
		return ERR_NOMEM;
	memset(b->back_edges, 0xff, count * sizeof(u32)); /* CFG_NONE */
	memset(b->cross_edges, 0xff, count * sizeof(u32));
	return 0;
}

int cfg_search(struct cfg_builder *b)
{
	struct search s = { .b = b };
	int status = alloc(b);

	for (u32 i = 0; i < b->prog->subprog_count && status == 0; i++) {
		u32 block = b->subprogs[i].block;
		u32 before = b->reached;

		enter(&s, block, CFG_NONE);
		while (block != CFG_NONE && !cfg_is_late(b))
			block = step(&s, block);
		b->subprogs[i].order_count = b->reached - before;
		if (cfg_is_late(b))
			return ERR_TIME;
	}
	return status;
}
