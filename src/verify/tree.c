/* SPDX-License-Identifier: MIT */
/* Walking: from a point's state through the blocks that only it leads to, until points are reached.
 */
#include "base/error.h"
#include "verify/note.h"
#include "verify/search.h"

#include "base/str.h"

bool is_point(const struct walk *w, u32 block)
{
	const struct cfg_block *b = &w->search->cfg->blocks[block];

	return b->pred_count != 1 || (b->flags & CFG_LOOP_HEAD) != 0;
}

struct point *point_of(const struct walk *w, u32 block)
{
	return &w->instance->points[block - w->search->cfg->subprogs[w->instance->subprog].block];
}

static bool grow_pending(struct walk *w)
{
	u32 cap = w->pending_cap == 0 ? 32 : w->pending_cap * 2;
	struct pending *at = arena_array(w->search->arena, cap, sizeof(*at));

	if (at == NULL)
		return false;
	if (w->pending_cap > 0)
		memcpy(at, w->pending, w->pending_cap * sizeof(*at));
	w->pending = at;
	w->pending_cap = cap;
	return true;
}

/* The state of the next path that will wait, to be filled in; NULL: out of memory, and the search
 * is over. */
static struct state *next_state(struct walk *w)
{
	struct pending *item;

	if (w->pending_count == w->pending_cap && !grow_pending(w)) {
		search_over(w->search, ERR_NOMEM);
		return NULL;
	}
	item = &w->pending[w->pending_count];
	if (item->state == NULL)
		item->state = arena_array_raw(w->search->arena, 1, sizeof(*item->state));
	if (item->state == NULL)
		search_over(w->search, ERR_NOMEM);
	return item->state;
}

/* next_state() was filled in. */
static void push(struct walk *w, u32 block, u32 tag)
{
	struct pending *item = &w->pending[w->pending_count++];

	item->block = block;
	item->tag = tag;
}

/* An edge that is not gone at once, with next_state(). */
static void flow(struct walk *w, struct state *state, u32 block, u32 tag)
{
	if (is_point(w, block))
		point_arrive(w, block, state, tag);
	else
		push(w, block, tag);
}

/* After a call, from each of the ways in which the function ends. */
static void return_all(struct walk *w, struct instance *callee, const struct call_link *link,
		       u32 next, u32 tag)
{
	for (u32 i = 0; i < callee->exits.parts.count; i++) {
		struct state *state = next_state(w);

		if (state == NULL)
			return;
		state_copy(state, w->now);
		state_unpack(callee->exits.parts.at[i].state, &w->other);
		switch (transfer_return(&w->transfer, state, &w->other, &w->call_map, link)) {
		case TRANSFER_OK: flow(w, state, next, tag); break;
		case TRANSFER_FAIL: walk_fail(w); break;
		case TRANSFER_DEAD:
		case TRANSFER_CALL: break;
		}
	}
}

/* True: w->now goes on behind the call. */
static bool call(struct walk *w, u32 block, u32 slot, u32 tag)
{
	const struct cfg_block *b = &w->search->cfg->blocks[block];
	struct call_link link = w->transfer.link;
	struct instance *callee;

	callee = search_instance(w->search, link.kind, link.subprog, link.func, &w->callee,
				 &w->call_map);
	if (callee == NULL)
		return false;
	if (callee->status != 0 || !callee->is_done) {
		w->transfer.finding = callee->finding;
		walk_fail(w);
		return false;
	}
	if (link.kind == INSTANCE_CALL) {
		(void)slot;
		if (b->succ[CFG_NEXT] != CFG_NONE)
			return_all(w, callee, &link, b->succ[CFG_NEXT], tag);
		return false;
	}
	state_unpack(callee->entry, &w->other);
	switch (transfer_return(&w->transfer, w->now, &w->other, &w->call_map, &link)) {
	case TRANSFER_OK: return true;
	case TRANSFER_FAIL: walk_fail(w); return false;
	case TRANSFER_DEAD:
	case TRANSFER_CALL: break;
	}
	return false;
}

/* Straight-line instructions; false: w->now goes no further. */
static bool straight(struct walk *w, u32 block, u32 slot, u32 tag)
{
	enum transfer_result result;

	do {
		result = transfer_insn(&w->transfer, w->now, slot);
		if (result == TRANSFER_FAIL)
			walk_fail(w);
	} while (result == TRANSFER_FAIL && w->search->record != NULL && note_repair(w));
	switch (result) {
	case TRANSFER_OK: return true;
	case TRANSFER_CALL: return call(w, block, slot, tag);
	case TRANSFER_FAIL:
	case TRANSFER_DEAD: break;
	}
	return false;
}

static void leave(struct walk *w, u32 slot)
{
	switch (transfer_exit(&w->transfer, w->now, slot)) {
	case TRANSFER_OK:
		if (w->instance->kind != INSTANCE_MAIN)
			point_add_exit(w, w->now);
		break;
	case TRANSFER_FAIL: walk_fail(w); break;
	case TRANSFER_DEAD:
	case TRANSFER_CALL: break;
	}
}

/* The end of a block: CFG_NONE, or the block to go on with, in w->now. */
static u32 branch(struct walk *w, const struct cfg_block *b, u32 slot, u32 tag)
{
	struct state *taken = next_state(w);
	bool feasible[2];

	if (taken == NULL)
		return CFG_NONE;
	if (transfer_branch(&w->transfer, w->now, slot, taken, feasible) != TRANSFER_OK) {
		walk_fail(w);
		return CFG_NONE;
	}
	if (feasible[CFG_TARGET])
		flow(w, taken, b->succ[CFG_TARGET], tag);
	return feasible[CFG_NEXT] ? b->succ[CFG_NEXT] : CFG_NONE;
}

static u32 walk_block(struct walk *w, u32 block, u32 tag)
{
	const struct cfg_block *b = &w->search->cfg->blocks[block];
	const struct prog *prog = w->search->prog;
	u32 end = b->start + b->count;

	w->block = block;
	w->search->steps += b->count;
	search_spend(w->search, b->count);
	if (w->search->record != NULL)
		note_block(w, block);
	for (u32 slot = b->start; slot < end; slot++) {
		if (w->search->record != NULL)
			note_insn(w, slot);
		switch ((enum insn_kind)prog->insns[slot].kind) {
		case INSN_JUMP: return b->succ[CFG_TARGET];
		case INSN_JUMP_IF:
		case INSN_MAY_GOTO: return branch(w, b, slot, tag);
		case INSN_EXIT: leave(w, slot); return CFG_NONE;
		default:
			if (!straight(w, block, slot, tag))
				return CFG_NONE;
			break;
		}
	}
	return b->succ[CFG_NEXT];
}

/* w->now from the start of block on, as far as there are no other paths. */
static void walk_path(struct walk *w, u32 block, u32 tag)
{
	struct search *s = w->search;

	while (block != CFG_NONE && !s->is_over && !w->has_failed) {
		if (s->steps > s->max_steps)
			search_over(s, ERR_RANGE);
		block = walk_block(w, block, tag);
		if (block != CFG_NONE && is_point(w, block)) {
			point_arrive(w, block, w->now, tag);
			block = CFG_NONE;
		}
	}
}

void walk_from(struct walk *w, const struct packed *state, u32 block, u32 tag)
{
	u32 base = w->pending_count;

	state_unpack(state, w->now);
	walk_path(w, block, tag);
	while (w->pending_count > base && !w->search->is_over && !w->has_failed) {
		struct pending *from = &w->pending[--w->pending_count];
		struct state *next = from->state;

		from->state = w->now;
		w->now = next;
		walk_path(w, from->block, from->tag);
	}
	w->pending_count = base;
}

void walk_parts(struct walk *w, u32 block)
{
	struct point *point = point_of(w, block);

	for (u32 i = 0; i < point->parts.count && !w->search->is_over && !w->has_failed; i++) {
		struct part *part = &point->parts.at[i];

		if (!part->is_dirty)
			continue;
		part->is_dirty = false;
		walk_from(w, part->state, block, part->tag);
	}
}
