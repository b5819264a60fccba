/* SPDX-License-Identifier: MIT */
/* Dominators by Lengauer and Tarjan's simple algorithm, O(edges * log blocks) on any graph, over
 * all subprograms at once: no edge leads from one to another. Blocks go by their preorder numbers
 * here; 0 is none. */
#include "cfg/cfg_internal.h"

struct dom {
	u32 semi;     /* semidominator so far */
	u32 label;    /* the block with the least semidominator on the way up */
	u32 ancestor; /* in the forest of what is linked */
	u32 idom;
};

struct dominators {
	struct cfg_builder *b;
	struct dom *doms;
	u32 *path;	    /* of compress() */
	u32 *bucket, *next; /* lists of the blocks that have this as semidominator */
};

/* Makes v's ancestor the root's child on v's path. */
static void compress(struct dominators *d, u32 v)
{
	struct dom *doms = d->doms;
	u32 len = 0;

	while (doms[doms[v].ancestor].ancestor != 0) {
		d->path[len++] = v;
		v = doms[v].ancestor;
	}
	while (len-- > 0) {
		struct dom *w = &doms[d->path[len]];
		const struct dom *up = &doms[w->ancestor];

		if (doms[up->label].semi < doms[w->label].semi)
			w->label = up->label;
		w->ancestor = up->ancestor;
	}
}

static u32 eval(struct dominators *d, u32 v)
{
	if (d->doms[v].ancestor == 0)
		return v;
	compress(d, v);
	return d->doms[v].label;
}

static void number_block(struct dominators *d, u32 w)
{
	struct cfg_builder *b = d->b;
	struct dom *doms = d->doms;
	const struct cfg_block *block = &b->blocks[b->by_number[w]];
	u32 tree_parent = b->nodes[b->by_number[w]].parent;
	u32 parent;

	if (tree_parent == CFG_NONE)
		return;
	parent = b->nodes[tree_parent].number;
	for (u32 i = 0; i < block->pred_count; i++) {
		u32 pred = b->nodes[b->cfg->preds[block->preds + i]].number;

		if (pred != 0)
			doms[w].semi = MIN(doms[w].semi, doms[eval(d, pred)].semi);
	}
	d->next[w] = d->bucket[doms[w].semi];
	d->bucket[doms[w].semi] = w;
	doms[w].ancestor = parent;
	for (u32 v = d->bucket[parent]; v != 0; v = d->next[v]) {
		u32 u = eval(d, v);

		doms[v].idom = doms[u].semi < doms[v].semi ? u : parent;
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
		size[d->doms[v].idom] += size[v];
	for (u32 v = 1; v <= b->reached; v++) {
		struct cfg_block *block = &b->blocks[b->by_number[v]];
		u32 *place = d->doms[v].idom == 0 ? &roots : &next[d->doms[v].idom];

		block->dom_start = *place;
		block->dom_end = *place + size[v];
		*place += size[v];
		next[v] = block->dom_start + 1;
	}
}

int cfg_dominators(struct cfg_builder *b)
{
	struct dominators d = { .b = b };
	size_t count = (size_t)b->reached + 1;

	d.doms = cfg_scratch(b, count, sizeof(*d.doms));
	d.path = cfg_scratch(b, count, sizeof(u32));
	d.bucket = cfg_scratch(b, count, sizeof(u32));
	d.next = cfg_scratch(b, count, sizeof(u32));
	if (d.doms == NULL || d.path == NULL || d.bucket == NULL || d.next == NULL)
		return ERR_NOMEM;
	for (u32 v = 1; v <= b->reached; v++) {
		d.doms[v].semi = v;
		d.doms[v].label = v;
	}
	for (u32 w = b->reached; w > 0 && !cfg_is_late(b); w--)
		number_block(&d, w);
	if (cfg_is_late(b))
		return ERR_TIME;
	for (u32 w = 1; w <= b->reached; w++)
		if (d.doms[w].idom != d.doms[w].semi)
			d.doms[w].idom = d.doms[d.doms[w].idom].idom;
	for (u32 i = 0; i < b->cfg->block_count; i++)
		b->blocks[i].idom = CFG_NONE;
	for (u32 v = 1; v <= b->reached; v++)
		if (d.doms[v].idom != 0)
			b->blocks[b->by_number[v]].idom = b->by_number[d.doms[v].idom];
	set_intervals(&d, d.bucket, d.path);
	return 0;
}
