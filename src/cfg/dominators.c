/* SPDX-License-Identifier: MIT */
/* Dominators by Lengauer and Tarjan's simple algorithm, O(edges * log blocks) on any graph, over
 * all subprograms at once: no edge leads from one to another. Blocks go by their preorder numbers
 * here; 0 is none. */
#include "cfg/cfg_internal.h"

struct dominators {
	struct cfg_builder *b;
	u32 *semi; /* semidominator so far */
	u32 *idom;
	u32 *ancestor;	    /* in the forest of what is linked */
	u32 *label;	    /* the block with the least semidominator on the way up */
	u32 *path;	    /* of compress() */
	u32 *bucket, *next; /* lists of the blocks that have this as semidominator */
};

/* Makes v's ancestor the root's child on v's path. */
static void compress(struct dominators *d, u32 v)
{
	u32 len = 0;

	while (d->ancestor[d->ancestor[v]] != 0) {
		d->path[len++] = v;
		v = d->ancestor[v];
	}
	while (len-- > 0) {
		u32 w = d->path[len], up = d->ancestor[w];

		if (d->semi[d->label[up]] < d->semi[d->label[w]])
			d->label[w] = d->label[up];
		d->ancestor[w] = d->ancestor[up];
	}
}

static u32 eval(struct dominators *d, u32 v)
{
	if (d->ancestor[v] == 0)
		return v;
	compress(d, v);
	return d->label[v];
}

static void number_block(struct dominators *d, u32 w)
{
	struct cfg_builder *b = d->b;
	const struct cfg_block *block = &b->blocks[b->by_number[w]];
	u32 tree_parent = b->parent[b->by_number[w]];
	u32 parent;

	if (tree_parent == CFG_NONE)
		return;
	parent = b->number[tree_parent];
	for (u32 i = 0; i < block->pred_count; i++) {
		u32 pred = b->number[b->cfg->preds[block->preds + i]];

		if (pred != 0)
			d->semi[w] = MIN(d->semi[w], d->semi[eval(d, pred)]);
	}
	d->next[w] = d->bucket[d->semi[w]];
	d->bucket[d->semi[w]] = w;
	d->ancestor[w] = parent;
	for (u32 v = d->bucket[parent]; v != 0; v = d->next[v]) {
		u32 u = eval(d, v);

		d->idom[v] = d->semi[u] < d->semi[v] ? u : parent;
	}
	d->bucket[parent] = 0;
}

/* Numbers the dominator tree in preorder, from 1 on: below a block are those of [dom_start,
 * dom_end). A dominator has the smaller number, so no walk is needed. size, next: scratch. */
static void set_intervals(struct dominators *d, u32 *size, u32 *next)
{
	struct cfg_builder *b = d->b;
	u32 roots = 1;

	for (u32 v = 1; v <= b->reached; v++)
		size[v] = 1;
	for (u32 v = b->reached; v > 0; v--)
		size[d->idom[v]] += size[v];
	for (u32 v = 1; v <= b->reached; v++) {
		struct cfg_block *block = &b->blocks[b->by_number[v]];
		u32 *place = d->idom[v] == 0 ? &roots : &next[d->idom[v]];

		block->dom_start = *place;
		block->dom_end = *place + size[v];
		*place += size[v];
		next[v] = block->dom_start + 1;
	}
}

static int alloc(struct dominators *d)
{
	struct cfg_builder *b = d->b;
	size_t count = (size_t)b->reached + 1;

	d->semi = cfg_scratch(b, count, sizeof(u32));
	d->idom = cfg_scratch(b, count, sizeof(u32));
	d->ancestor = cfg_scratch(b, count, sizeof(u32));
	d->label = cfg_scratch(b, count, sizeof(u32));
	d->path = cfg_scratch(b, count, sizeof(u32));
	d->bucket = cfg_scratch(b, count, sizeof(u32));
	d->next = cfg_scratch(b, count, sizeof(u32));
	return d->semi != NULL && d->idom != NULL && d->ancestor != NULL && d->label != NULL &&
			       d->path != NULL && d->bucket != NULL && d->next != NULL
		       ? 0
		       : ERR_NOMEM;
}

int cfg_dominators(struct cfg_builder *b)
{
	struct dominators d = { .b = b };
	int status = alloc(&d);

	if (status != 0)
		return status;
	for (u32 v = 1; v <= b->reached; v++) {
		d.semi[v] = v;
		d.label[v] = v;
	}
	for (u32 w = b->reached; w > 0; w--)
		number_block(&d, w);
	for (u32 w = 1; w <= b->reached; w++)
		if (d.idom[w] != d.semi[w])
			d.idom[w] = d.idom[d.idom[w]];
	for (u32 i = 0; i < b->cfg->block_count; i++) {
		u32 v = b->number[i];

		b->blocks[i].idom = v != 0 && d.idom[v] != 0 ? b->by_number[d.idom[v]] : CFG_NONE;
	}
	set_intervals(&d, d.label, d.path);
	return 0;
}
