/* SPDX-License-Identifier: MIT */
/* What becomes of a state that arrives at a point: which part takes it. */
#include "base/error.h"
#include "verify/note.h"
#include "verify/search.h"

#include "base/str.h"

#define FIRST_WIDENING	 2 /* joins at a loop head before bounds are widened */
#define UNROLL_LOOK_BACK 16
#define MAX_PARTS	 4096 /* whatever happens */

void search_over(struct search *s, int status)
{
	s->is_over = true;
	if (s->status == 0)
		s->status = status;
}

void search_spend(struct search *s, u32 work)
{
	if (budget_use(s->budget, work))
		search_over(s, ERR_TIME);
}

/* Where it went wrong, the loops around it included. */
static void note_place(const struct walk *w)
{
	const struct cfg *cfg = w->search->cfg;
	const struct cfg_block *b = &cfg->blocks[w->block];
	u32 end = b->order != CFG_NONE ? b->order + 1 : 0;

	if (w->search->ret_failed == NULL)
		return;
	for (u32 loop = b->loop; loop != CFG_NONE; loop = cfg->loops[loop].parent)
		end = MAX(end, cfg->loops[loop].end);
	w->search->ret_failed[b->subprog] = MAX(w->search->ret_failed[b->subprog], end);
}

/* The path ends here; the first reason is the instance's. */
void walk_fail(struct walk *w)
{
	if (w->quiet > 0)
		return;
	if (w->search->record != NULL) {
		note_finding(w);
		return;
	}
	if (!w->has_failed) {
		w->has_failed = true;
		note_place(w);
		w->instance->finding = w->transfer.finding;
	}
}

void point_clear(struct point *point)
{
	point->parts.count = 0;
	point->mode = POINT_JOIN;
	point->widenings = 0;
}

bool parts_push(struct search *s, struct parts *parts, const struct part *part)
{
	if (parts->count == parts->cap) {
		u32 cap = parts->cap == 0 ? 4 : parts->cap * 2;
		struct part *at = arena_array(s->arena, cap, sizeof(*at));

		if (at == NULL) {
			search_over(s, ERR_NOMEM);
			return false;
		}
		if (parts->count > 0)
			memcpy(at, parts->at, parts->count * sizeof(*at));
		parts->at = at;
		parts->cap = cap;
	}
	parts->at[parts->count++] = *part;
	return true;
}

/* NULL: out of memory, and the search is over. */
static void *kept_room(struct walk *w, const struct state *state)
{
	void *buf = arena_array_raw(w->search->arena, 1, state_pack_size(state));

	if (buf == NULL)
		search_over(w->search, ERR_NOMEM);
	return buf;
}

/* state is canonical. */
static const struct packed *keep_canonical(struct walk *w, const struct state *state)
{
	void *buf = kept_room(w, state);

	return buf != NULL ? state_pack(state, buf) : NULL;
}

/* NULL: out of memory, and the search is over. */
const struct packed *keep(struct walk *w, struct state *state)
{
	state_canonical(state);
	return keep_canonical(w, state);
}

/* Granules with bytes that are initialised. */
static u64 written(const struct frame *frame)
{
	u64 granules = 0;

	for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++) {
		u64 x = frame->init[w];

		for (u32 i = 0; x != 0; i++, x >>= CFG_GRANULE)
			granules |= (u64)((x & 0xff) != 0) << (w * (64 / CFG_GRANULE) + i);
	}
	return granules;
}

/* What nothing reads any more is forgotten. */
void point_forget_dead(struct walk *w, u32 block, struct state *state)
{
	const struct cfg_block *b = &w->search->cfg->blocks[block];
	u32 own = state->frame_count - 1;

	for (u32 reg = 0; reg < BPF_REG_FP; reg++) {
		if ((b->live_regs & 1u << reg) == 0)
			state->regs[reg] = value_none;
	}
	/* Where nothing was written there is nothing to forget. */
	for (u64 dead = written(&state->frames[own]) & ~b->live_stack; dead != 0;) {
		u32 at = (u32)__builtin_ctzll(dead);
		u64 rest = ~(dead >> at); /* from the first one behind on */
		u32 count = rest != 0 ? (u32)__builtin_ctzll(rest) : CFG_GRANULES;

		state_clear(state, own, (s32)(at * CFG_GRANULE) - PROG_FRAME_SIZE,
			    count * CFG_GRANULE);
		dead = at + count < CFG_GRANULES ? dead >> (at + count) << (at + count) : 0;
	}
	state_forget_unused(state);
	state_forget_distances(state, w->search->kept_distances);
}

static bool is_included(struct walk *w, struct state *state, const struct packed *in)
{
	if (!state_may_leq(state, in, &w->hint))
		return false;
	search_spend(w->search, LEQ_WORK);
	state_unpack(in, &w->other);
	return state_leq(state, &w->other, LEQ_INSIDE, NULL, &w->map);
}

/* The part that takes the state; NULL: a new one. The first half of the parts is for whatever
 * differs, the other for what differs in registers; then types decide, and at last nothing. */
static struct part *choose(struct point *point, const struct part *new, u32 most)
{
	u32 same_tag = 0;
	struct part *medium = NULL, *coarse = NULL, *any = NULL;

	for (u32 i = 0; i < point->parts.count; i++) {
		struct part *part = &point->parts.at[i];

		if (part->tag != new->tag)
			continue;
		same_tag++;
		if (part->keys.held != new->keys.held)
			continue;
		if (part->keys.fine == new->keys.fine && point->mode == POINT_JOIN)
			return part;
		if (part->keys.medium == new->keys.medium && medium == NULL)
			medium = part;
		if (part->keys.coarse == new->keys.coarse && coarse == NULL)
			coarse = part;
		if (any == NULL)
			any = part;
	}
	if (point->mode == POINT_WIDEN && coarse != NULL)
		return coarse;
	if (same_tag < (most + 1) / 2 || (same_tag < most && medium == NULL))
		return NULL;
	if (medium != NULL && most > 1)
		return medium;
	return coarse != NULL ? coarse : any;
}

static void join_into(struct walk *w, struct point *point, struct part *part, struct state *state,
		      u32 subprog)
{
	const struct cfg_subprog *sub = &w->search->cfg->subprogs[subprog];
	bool is_head = point->mode == POINT_WIDEN;
	const struct join_options options = {
		.is_head = is_head,
		.is_widening = is_head && point->widenings++ >= FIRST_WIDENING,
		.thresholds = w->search->thresholds + sub->threshold * 3,
		.threshold_count = sub->threshold_count * 3,
	};
	void *buf = (void *)(uintptr_t)part->state;

	state_unpack(part->state, &w->other);
	state_join(&w->other, state, &options, &w->joined);
	state_forget_distances(&w->joined, w->search->kept_distances);
	state_canonical(&w->joined);
	/* Nobody else has what was kept since the point was cleared. */
	if (state_pack_size(&w->joined) > part->state->bytes)
		buf = kept_room(w, &w->joined);
	if (buf == NULL)
		return;
	part->state = state_pack(&w->joined, buf);
	part->keys = state_keys(&w->joined);
	part->is_dirty = true;
}

/* Whether an iteration came from that one. */
static bool is_behind(const struct search *s, u32 tag, u32 earlier)
{
	do
		tag = s->tags[tag].before;
	while (tag != 0 && tag != earlier);
	return tag != 0;
}

static u32 most_parts(const struct search *s, u32 block)
{
	const struct cfg_block *b = &s->cfg->blocks[block];

	return s->failed_before != NULL && b->order < s->failed_before[b->subprog] ? s->parts_before
										   : s->max_parts;
}

static void take(struct walk *w, struct point *point, struct state *state, u32 tag, u32 block)
{
	struct part new = { .tag = tag, .is_dirty = true }, *part;

	search_spend(w->search, 1 + point->parts.count / 16);
	for (u32 i = point->parts.count; i > 0; i--) {
		part = &point->parts.at[i - 1];
		if (point->mode == POINT_UNROLL ? point->parts.count - i < UNROLL_LOOK_BACK
						: part->tag == tag) {
			if (is_included(w, state, part->state)) {
				/* Where it has been, it can be again: that it ends has to be
				 * shown otherwise. */
				if (point->mode == POINT_UNROLL &&
				    is_behind(w->search, tag, part->tag))
					point->is_open = true;
				return;
			}
		}
	}
	state_canonical(state);
	new.keys = state_keys(state);
	part = point->mode == POINT_UNROLL ? NULL
					   : choose(point, &new, most_parts(w->search, block));
	if (part != NULL) {
		join_into(w, point, part, state, w->search->cfg->blocks[block].subprog);
		return;
	}
	if (point->mode == POINT_UNROLL && point->parts.count >= point->most) {
		point->is_open = true; /* then not one by one */
		return;
	}
	if (point->parts.count >= MAX_PARTS) {
		search_over(w->search, ERR_RANGE);
		return;
	}
	new.state = keep_canonical(w, state);
	if (new.state != NULL)
		parts_push(w->search, &point->parts, &new);
}

/* The iteration that a state belongs to when it gets to block. */
static u32 tag_at(struct walk *w, u32 block, u32 tag)
{
	const struct search *s = w->search;

	while (tag != 0 && !cfg_loop_contains(s->cfg, s->tags[tag].loop, block))
		tag = s->tags[tag].parent;
	return tag;
}

static u32 tag_at_head(struct walk *w, const struct point *point, u32 loop, u32 tag)
{
	struct search *s = w->search;
	struct tag new = { .loop = loop, .parent = tag };

	if (tag != 0 && s->tags[tag].loop == loop) {
		new.before = tag;
		new.parent = s->tags[tag].parent;
	}
	return point->mode == POINT_UNROLL ? tag_new(s, new) : new.parent;
}

void point_arrive(struct walk *w, u32 block, struct state *state, u32 tag)
{
	const struct cfg_block *b = &w->search->cfg->blocks[block];
	struct point *point = point_of(w, block);

	if (w->quiet > 0 && !cfg_loop_contains(w->search->cfg, w->quiet_loop, block))
		return;
	tag = tag_at(w, block, tag);
	if ((b->flags & CFG_LOOP_HEAD) != 0 && b->loop != CFG_NONE) {
		if (point->mode == POINT_COLLECT || point->mode == POINT_CLOSED) {
			loop_arrive(w, block, state, tag);
			return;
		}
		tag = tag_at_head(w, point, b->loop, tag);
	}
	point_forget_dead(w, block, state);
	take(w, point, state, tag, block);
}

void point_add_exit(struct walk *w, struct state *state)
{
	if (w->quiet > 0)
		return;
	take(w, &w->instance->exits, state, 0,
	     w->search->cfg->subprogs[w->instance->subprog].block);
}
