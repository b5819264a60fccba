/* SPDX-License-Identifier: MIT */
/* The weak topological order, from the bottom up instead of by Bourdoncle's recursion, which is
 * quadratic in the depth of nesting. Heads are taken from the last in preorder on. The component of
 * a head h is what reaches the source of one of its back edges inside of h's subtree; what is found
 * is merged into h (union-find), so each block is found once. An edge that leaves a subtree counts
 * from the lowest common ancestor of its ends on: before that, no component can contain both
 * (Ramalingam's way of making Havlak's algorithm almost linear).
 *
 * Why the order is right: blocks and components of one level stand as their heads do in reverse
 * postorder. Let u -> v be an edge that is no back edge to the head of a component with u, and U
 * and V what holds u and v in the innermost component around both. u finishes after v. Were the
 * head of V finished after that of U, then u would be in the subtree of V's head, and on a circle
 * with it through v: u would be in V. */
#include "cfg/cfg_internal.h"

struct member {
	u32 above;    /* union-find to the head of the outermost component so far */
	u32 tree;     /* parent in the depth-first tree */
	u32 parent;   /* head of the component that contains this one's; CFG_NONE: none so far */
	u32 entering; /* edges that count already and lead to it or its component */
};

struct nest {
	struct cfg_builder *b;
	struct member *members; /* by block */
	u32 *found;		/* the component that is made */
	u32 *outermost;	   /* by block: the outermost component with another head that an edge to it
			    * enters from outside; CFG_NONE: none */
	u32 *first, *next; /* children in the forest of components, in reverse postorder */
};

static u32 find(struct member *members, u32 x)
{
	while (members[x].above != x) {
		members[x].above = members[members[x].above].above;
		x = members[x].above;
	}
	return x;
}

/* Edges that leave a subtree below h, but not h's: they enter what their target is in now. */
static void count_edges(struct nest *n, u32 h)
{
	struct cfg_builder *b = n->b;

	for (u32 edge = b->cross_edges[h], next; edge != CFG_NONE; edge = next) {
		u32 target = b->blocks[edge / 2].succ[edge % 2];
		u32 entered = find(n->members, target);

		next = b->next_edge[edge];
		if (entered != target)
			n->outermost[target] = entered;
		b->next_edge[edge] = n->members[entered].entering;
		n->members[entered].entering = edge;
	}
}

/* Puts the outermost component with block into the one of h, once. */
static void add(struct nest *n, u32 h, u32 block, u32 *count)
{
	block = find(n->members, block);
	if (block == h || n->members[block].parent != CFG_NONE)
		return;
	n->members[block].parent = h;
	n->found[(*count)++] = block;
}

static void make_component(struct nest *n, u32 h)
{
	struct cfg_builder *b = n->b;
	u32 count = 0;

	if (b->back_edges[h] == CFG_NONE)
		return;
	b->blocks[h].flags |= CFG_LOOP_HEAD;
	for (u32 edge = b->back_edges[h]; edge != CFG_NONE; edge = b->next_edge[edge])
		add(n, h, edge / 2, &count);
	for (u32 i = 0; i < count; i++) {
		u32 block = n->found[i];

		add(n, h, n->members[block].tree, &count);
		for (u32 edge = n->members[block].entering; edge != CFG_NONE;
		     edge = b->next_edge[edge])
			add(n, h, edge / 2, &count);
	}
	for (u32 i = 0; i < count; i++)
		n->members[n->found[i]].above = h;
}

/* Lists of the children among one subprogram's blocks. Returns the first of those in no component.
 */
static u32 list_children(struct nest *n, const u32 *postorder, u32 count)
{
	u32 top = CFG_NONE;

	for (u32 i = 0; i < count; i++) {
		u32 block = postorder[i], parent = n->members[block].parent;
		u32 *list = parent != CFG_NONE ? &n->first[parent] : &top;

		n->next[block] = *list;
		*list = block;
	}
	return top;
}

static void enter(struct nest *n, u32 block)
{
	struct cfg_builder *b = n->b;
	u32 place = b->cfg->order_count++, parent = n->members[block].parent;
	u32 around = parent != CFG_NONE ? b->blocks[parent].loop : CFG_NONE;
	u32 depth = around != CFG_NONE ? b->loops[around].depth : 0;

	b->blocks[block].order = place;
	b->blocks[block].loop = around;
	if ((b->blocks[block].flags & CFG_LOOP_HEAD) != 0) {
		depth++;
		b->blocks[block].loop = b->cfg->loop_count++;
		b->loops[b->blocks[block].loop] = (struct cfg_loop){
			.head = block, .parent = around, .start = place, .depth = depth
		};
	}
	b->order[place] = (struct cfg_order){ block, parent, depth, place + 1 };
}

static void leave(struct nest *n, u32 block)
{
	struct cfg_builder *b = n->b;

	if ((b->blocks[block].flags & CFG_LOOP_HEAD) == 0)
		return;
	b->order[b->blocks[block].order].end = b->cfg->order_count;
	b->loops[b->blocks[block].loop].end = b->cfg->order_count;
}

/* Writes the order from block, its siblings and all below them. */
static void emit(struct nest *n, u32 block)
{
	while (block != CFG_NONE) {
		enter(n, block);
		if (n->first[block] != CFG_NONE) {
			block = n->first[block];
			continue;
		}
		leave(n, block);
		while (block != CFG_NONE && n->next[block] == CFG_NONE) {
			block = n->members[block].parent;
			if (block != CFG_NONE)
				leave(n, block);
		}
		if (block != CFG_NONE)
			block = n->next[block];
	}
}

/* An edge into the middle of one component enters all around it up to the outermost that does not
 * have the edge's source. least: scratch, by block. */
static void mark_irreducible(struct nest *n, u32 *least)
{
	struct cfg_builder *b = n->b;

	for (u32 i = 0; i < b->cfg->block_count; i++)
		least[i] = CFG_NONE;
	for (u32 place = b->cfg->order_count; place-- > 0;) {
		const struct cfg_order *at = &b->order[place];
		const struct cfg_block *block = &b->blocks[at->block];
		u32 outermost = n->outermost[at->block], depth = least[at->block];

		if ((block->flags & CFG_LOOP_HEAD) != 0)
			b->loops[block->loop].is_irreducible = depth <= at->depth;
		if (outermost != CFG_NONE)
			depth = MIN(depth, b->order[b->blocks[outermost].order].depth);
		if (at->head != CFG_NONE)
			least[at->head] = MIN(least[at->head], depth);
	}
}

static int alloc(struct nest *n)
{
	struct cfg_builder *b = n->b;
	u32 count = b->cfg->block_count;

	n->members = cfg_scratch(b, count, sizeof(*n->members));
	n->found = cfg_scratch(b, count, sizeof(u32));
	n->outermost = cfg_scratch(b, count, sizeof(u32));
	n->first = cfg_scratch(b, count, sizeof(u32));
	n->next = cfg_scratch(b, count, sizeof(u32));
	if (n->members == NULL || n->found == NULL || n->outermost == NULL || n->first == NULL ||
	    n->next == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < count; i++) {
		n->members[i] = (struct member){ i, b->nodes[i].parent, CFG_NONE, CFG_NONE };
		n->outermost[i] = CFG_NONE;
		n->first[i] = CFG_NONE;
	}
	return 0;
}

static int alloc_result(struct cfg_builder *b)
{
	u32 heads = 0;

	for (u32 i = 0; i < b->cfg->block_count; i++) {
		heads += (b->blocks[i].flags & CFG_LOOP_HEAD) != 0;
		b->blocks[i].order = CFG_NONE;
		b->blocks[i].loop = CFG_NONE;
	}
	b->order = arena_array(b->arena, b->reached, sizeof(*b->order));
	b->loops = arena_array(b->arena, heads, sizeof(*b->loops));
	b->cfg->order = b->order;
	b->cfg->loops = b->loops;
	return b->order != NULL && b->loops != NULL ? 0 : ERR_NOMEM;
}

int cfg_loops(struct cfg_builder *b)
{
	struct nest n = { .b = b };
	int status = alloc(&n);

	if (status != 0)
		return status;
	for (u32 number = b->reached; number > 0 && !cfg_is_late(b); number--) {
		count_edges(&n, b->by_number[number]);
		make_component(&n, b->by_number[number]);
	}
	if (cfg_is_late(b))
		return ERR_TIME;
	status = alloc_result(b);
	if (status != 0)
		return status;
	for (u32 i = 0; i < b->prog->subprog_count; i++) {
		struct cfg_subprog *subprog = &b->subprogs[i];

		subprog->order = b->cfg->order_count;
		subprog->loop = b->cfg->loop_count;
		emit(&n, list_children(&n, &b->postorder[subprog->order], subprog->order_count));
		subprog->loop_count = b->cfg->loop_count - subprog->loop;
	}
	mark_irreducible(&n, n.found);
	return 0;
}
