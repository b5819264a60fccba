/* SPDX-License-Identifier: MIT */
/* Loops, outermost first, in the weak topological order: iteration by iteration while that closes
 * soon; otherwise widening until nothing moves, one pass that takes back what was too much and
 * tries candidates for ranks, and a last one with the result, in which failures count. */
#include "base/error.h"
#include "verify/note.h"
#include "verify/search.h"

#include "base/str.h"

#define STEPS_A_ROUND 500 /* of a loop that is looked at iteration by iteration */
#define MAX_ROUNDS    2000

static void clear_range(struct walk *w, u32 from, u32 to)
{
	const struct cfg *cfg = w->search->cfg;

	for (u32 pos = from; pos < to; pos++) {
		point_clear(point_of(w, cfg->order[pos].block));
		if (w->search->record != NULL)
			note_clear(w, cfg->order[pos].block);
	}
}

static bool has_dirty(const struct point *point)
{
	for (u32 i = 0; i < point->parts.count; i++) {
		if (point->parts.at[i].is_dirty)
			return true;
	}
	return false;
}

static bool is_stopped(const struct walk *w)
{
	return w->search->is_over || w->has_failed || w->is_aborted;
}

/* The head and what it contains, once. */
static void round_of(struct walk *w, u32 pos)
{
	const struct cfg_order *order = &w->search->cfg->order[pos];

	walk_parts(w, order->block);
	walk_range(w, pos + 1, order->end);
}

static bool copy_parts(struct walk *w, const struct parts *from, struct parts *to)
{
	to->count = 0;
	for (u32 i = 0; i < from->count; i++) {
		if (!parts_push(w->search, to, &from->at[i]))
			return false;
	}
	return true;
}

/* The head's entries become iterations, the first ones. */
static void start_unroll(struct walk *w, u32 pos, const struct parts *entry)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);

	clear_range(w, pos, order->end);
	point->mode = POINT_UNROLL;
	point->is_open = false;
	for (u32 i = 0; i < entry->count; i++) {
		struct part part = entry->at[i];

		part.tag = tag_new(s, (struct tag){ .loop = s->cfg->blocks[order->block].loop,
						    .parent = part.tag });
		part.is_dirty = true;
		if (!parts_push(s, &point->parts, &part))
			return;
	}
}

/* In a loop around that is unrolled, too, what was seen in its iterations before stays. */
static bool unroll_rounds(struct walk *w, u32 pos, const struct parts *entry)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);
	u64 limit = s->steps + (u64)s->unroll * STEPS_A_ROUND;

	if (w->unrolling == 1 || point->mode != POINT_UNROLL)
		start_unroll(w, pos, entry);
	point->most = point->parts.count + s->unroll;
	while (has_dirty(point) && !is_stopped(w)) {
		if (point->is_open || s->steps > limit)
			return false;
		round_of(w, pos);
	}
	point->most = UINT32_MAX; /* what comes in the next iteration around */
	return !point->is_open;
}

/* Whether the loop closed, iteration by iteration. Not when one inside of it has to be widened:
 * that one would have to be settled again for each iteration. */
static bool unroll(struct walk *w, u32 pos, const struct parts *entry)
{
	bool is_closed;

	w->unrolling++;
	is_closed = unroll_rounds(w, pos, entry);
	w->unrolling--;
	if (w->is_aborted) {
		w->is_aborted = false;
		return false;
	}
	return is_closed;
}

/* Returns what to give to stop_quiet(). */
static u32 start_quiet(struct walk *w, u32 loop)
{
	u32 outer = w->quiet_loop;

	w->quiet++;
	w->quiet_loop = loop;
	return outer;
}

static void stop_quiet(struct walk *w, u32 outer)
{
	w->quiet--;
	w->quiet_loop = outer;
}

static void widen(struct walk *w, u32 pos, const struct parts *entry)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);

	clear_range(w, pos, order->end);
	point->mode = POINT_WIDEN;
	for (u32 i = 0; i < entry->count && !is_stopped(w); i++) {
		state_unpack(entry->at[i].state, &w->spare);
		point_arrive(w, order->block, &w->spare, entry->at[i].tag);
	}
	for (u32 round = 0; has_dirty(point) && !is_stopped(w); round++) {
		if (round == MAX_ROUNDS) {
			search_over(s, ERR_RANGE);
			return;
		}
		/* What is inside starts anew, from what has changed. */
		clear_range(w, pos + 1, order->end);
		round_of(w, pos);
	}
}

/* Starts from each of the head's states, with anchors, and keeps what comes back. */
static void collect(struct walk *w, u32 pos, const struct parts *head, struct trial *trials)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);
	u32 loop = s->cfg->blocks[order->block].loop;

	clear_range(w, pos, order->end);
	point->mode = POINT_COLLECT;
	point->trials = trials;
	for (u32 i = 0; i < head->count && !is_stopped(w); i++) {
		struct part part = head->at[i];

		state_unpack(part.state, &w->spare);
		candidates_find(w, &s->cfg->loops[loop], &w->spare, &trials[i]);
		part.tag = trials[i].tag =
			tag_new(s, (struct tag){ .loop = loop, .parent = part.tag });
		part.is_dirty = true;
		part.state = keep(w, &w->spare);
		if (part.state == NULL || !parts_push(s, &point->parts, &part))
			return;
	}
	round_of(w, pos);
}

void loop_arrive(struct walk *w, u32 block, struct state *state, u32 tag)
{
	struct point *point = point_of(w, block);
	struct part part = { .tag = tag };

	if (point->mode == POINT_COLLECT) {
		for (u32 i = 0; i < point->parts.count; i++) {
			if (point->trials[i].tag != tag)
				continue;
			candidates_see(state, &point->trials[i]);
			candidates_strip(state, point->trials, point->parts.count);
			point_forget_dead(w, block, state);
			part.state = keep(w, state);
			if (part.state != NULL)
				parts_push(w->search, &point->trials[i].arrivals, &part);
			return;
		}
		return;
	}
	point_forget_dead(w, block, state);
	for (u32 i = 0; i < point->parts.count; i++) {
		const struct part *at = &point->parts.at[i];
		struct candidate c = { .reg = at->rank.reg,
				       .frame = at->rank.frame,
				       .size = at->rank.size,
				       .off = at->rank.off };
		struct leq_anchor anchor = { .sym = SYM_NONE };

		if (!state_may_leq(state, at->state, &w->hint))
			continue;
		if (at->rank.direction != RANK_NONE) {
			anchor.sym = at->rank.anchor;
			anchor.value = candidate_value(state, &c);
			if (anchor.value == NULL || anchor.value->type == VALUE_NONE)
				continue;
		}
		state_unpack(at->state, &w->other);
		if (state_leq(state, &w->other, LEQ_INSIDE, &anchor, &w->map))
			return;
	}
	point->is_open = true;
}

/* Adds what is in `from` to *joined where the head's state `in` includes it. */
static bool narrow_by(struct walk *w, const struct packed *from, const struct packed *in,
		      bool *is_first)
{
	const struct join_options options = { .is_head = true };

	search_spend(w->search, LEQ_WORK);
	if (w->search->is_over)
		return false;
	state_unpack(from, &w->spare);
	state_unpack(in, &w->other);
	if (!state_leq(&w->spare, &w->other, LEQ_INSIDE, NULL, &w->map))
		return false;
	if (*is_first) {
		state_copy(&w->taken, &w->spare);
	} else {
		if (!join_possible(&w->taken, &w->spare))
			return false;
		state_join(&w->taken, &w->spare, &options, &w->joined);
		state_copy(&w->taken, &w->joined);
	}
	*is_first = false;
	return true;
}

/* What is at the head when only what really comes there is joined, of the states that part i of
 * head includes. */
static const struct packed *narrow(struct walk *w, const struct parts *entry,
				   const struct parts *head, const struct trial *trials, u32 i)
{
	bool is_first = true;

	for (u32 e = 0; e < entry->count; e++)
		narrow_by(w, entry->at[e].state, head->at[i].state, &is_first);
	for (u32 t = 0; t < head->count; t++) {
		for (u32 a = 0; a < trials[t].arrivals.count; a++)
			narrow_by(w, trials[t].arrivals.at[a].state, head->at[i].state, &is_first);
	}
	if (is_first)
		return head->at[i].state;
	return keep(w, &w->taken);
}

static u64 range_of(struct state *state, const struct candidate *c)
{
	const struct value *v = candidate_value(state, c);

	return v != NULL ? (u64)v->n.smax - (u64)v->n.smin : UINT64_MAX;
}

/* The candidate that goes one way and has the least room, anchored in *state. */
static struct proof_rank choose_rank(struct walk *w, struct point *point, u32 part,
				     const struct trial *trial, struct state *state)
{
	struct proof_rank rank = { .direction = RANK_NONE };
	const struct candidate *best = NULL;

	for (u32 i = 0; i < trial->candidate_count; i++) {
		const struct candidate *c = &trial->candidates[i];

		if ((c->grows || c->falls) &&
		    (best == NULL || range_of(state, c) < range_of(state, best)))
			best = c;
	}
	if (best == NULL || part >= ARRAY_COUNT(point->anchors))
		return rank;
	if (point->anchors[part] == 0) {
		if (w->next_anchor >= w->last_trial)
			return rank;
		point->anchors[part] = w->next_anchor++;
	}
	if (!candidate_anchor(state, best, point->anchors[part]))
		return rank;
	rank.direction = best->grows ? RANK_UP : RANK_DOWN;
	rank.reg = best->reg;
	rank.frame = best->frame;
	rank.size = best->size;
	rank.off = best->off;
	rank.anchor = (u16)point->anchors[part];
	return rank;
}

/* Walks from the given states of the head, which have to include what comes there. */
static void close(struct walk *w, u32 pos, const struct parts *entry, const struct parts *head,
		  const struct trial *trials)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);

	clear_range(w, pos, order->end);
	point->mode = POINT_CLOSED;
	point->is_open = false;
	for (u32 i = 0; i < head->count; i++) {
		struct part part = head->at[i];

		state_unpack(part.state, &w->spare);
		part.rank = choose_rank(w, point, i, &trials[i], &w->spare);
		part.is_dirty = true;
		part.state = keep(w, &w->spare);
		if (part.state == NULL || !parts_push(s, &point->parts, &part))
			return;
	}
	for (u32 e = 0; e < entry->count; e++) {
		state_unpack(entry->at[e].state, &w->spare);
		loop_arrive(w, order->block, &w->spare, entry->at[e].tag);
	}
	if (!is_stopped(w))
		round_of(w, pos);
}

static void settle(struct walk *w, u32 pos, const struct parts *entry)
{
	struct search *s = w->search;
	const struct cfg_order *order = &s->cfg->order[pos];
	struct point *point = point_of(w, order->block);
	u32 loop = s->cfg->blocks[order->block].loop, last_trial = w->last_trial, outer;
	struct parts head = { 0 }, narrowed = { 0 };
	struct trial *trials;

	if (w->unrolling > 0) {
		w->is_aborted = true;
		return;
	}
	outer = start_quiet(w, loop);
	widen(w, pos, entry);
	trials = arena_array(s->arena, point->parts.count + 1, sizeof(*trials));
	if (trials == NULL)
		search_over(s, ERR_NOMEM);
	if (trials != NULL && !is_stopped(w) && copy_parts(w, &point->parts, &head))
		collect(w, pos, &head, trials);
	stop_quiet(w, outer);
	w->last_trial = last_trial;
	for (u32 i = 0; i < head.count && !is_stopped(w); i++) {
		struct part part = head.at[i];

		part.state = narrow(w, entry, &head, trials, i);
		if (part.state == NULL || !parts_push(s, &narrowed, &part))
			return;
	}
	if (is_stopped(w))
		return;
	/* What leaves the loop must not be seen twice: the first try is quiet. */
	outer = start_quiet(w, loop);
	close(w, pos, entry, &narrowed, trials);
	stop_quiet(w, outer);
	if (is_stopped(w))
		return;
	close(w, pos, entry, point->is_open ? &head : &narrowed, trials);
	if (point->is_open && !is_stopped(w)) {
		w->transfer.finding = (struct finding){
			.id = FINDING_TOO_COMPLEX,
			.reg = FINDING_NO_REG,
			.slot = s->cfg->blocks[order->block].start,
		};
		walk_fail(w);
	}
}

static void run_loop(struct walk *w, u32 pos)
{
	const struct cfg_order *order = &w->search->cfg->order[pos];
	struct point *point = point_of(w, order->block);
	struct parts entry = { 0 };
	u32 known = note_count(w->search);

	if (point->parts.count == 0 || !copy_parts(w, &point->parts, &entry))
		return;
	if (!point->is_long) {
		if (unroll(w, pos, &entry) || is_stopped(w))
			return;
		/* What was found wrong round by round would only be found again, with more about it
		 * that is not so. */
		if (note_count(w->search) != known)
			return;
		w->search->has_long_loop = true;
		if (w->unrolling == 0)
			point->is_long = true;
	}
	settle(w, pos, &entry);
}

void walk_range(struct walk *w, u32 from, u32 to)
{
	const struct cfg *cfg = w->search->cfg;

	for (u32 pos = from; pos < to && !is_stopped(w);) {
		u32 block = cfg->order[pos].block;

		if ((cfg->blocks[block].flags & CFG_LOOP_HEAD) != 0) {
			run_loop(w, pos);
			pos = cfg->order[pos].end;
		} else {
			walk_parts(w, block);
			pos++;
		}
	}
}
