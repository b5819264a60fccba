/* SPDX-License-Identifier: MIT */
/* Instances: the program, and each function under the states in which it is called. */
#include "base/error.h"
#include "verify/note.h"
#include "verify/search.h"

#include "base/str.h"

#define MAX_OF_ONE    64 /* instances of one subprogram */
#define FIRST_JOINED  8	 /* instance that starts from more than the state it is called with */
#define CALLBACK_RUNS 20

u32 tag_new(struct search *s, struct tag tag)
{
	if (s->tag_count == s->tag_cap) {
		u32 cap = s->tag_cap == 0 ? 64 : s->tag_cap * 2;
		struct tag *tags = arena_array(s->arena, cap, sizeof(*tags));

		if (tags == NULL) {
			search_over(s, ERR_NOMEM);
			return 0;
		}
		if (s->tag_count > 0)
			memcpy(tags, s->tags, s->tag_count * sizeof(*tags));
		s->tags = tags;
		s->tag_cap = cap;
		if (s->tag_count == 0)
			s->tag_count = 1; /* 0: none */
	}
	s->tags[s->tag_count] = tag;
	return s->tag_count++;
}

static struct instance *instance_new(struct search *s, u32 kind, u32 subprog, u32 func)
{
	const struct cfg_subprog *sub = &s->cfg->subprogs[subprog];
	struct instance *instance = arena_alloc(s->arena, sizeof(*instance));
	struct instance **all;

	if (instance == NULL)
		return NULL;
	if (s->instance_count == s->instance_cap) {
		u32 cap = s->instance_cap == 0 ? 16 : s->instance_cap * 2;

		all = arena_array(s->arena, cap, sizeof(struct instance *));
		if (all == NULL)
			return NULL;
		if (s->instance_count > 0)
			memcpy(all, s->instances, s->instance_count * sizeof(struct instance *));
		s->instances = all;
		s->instance_cap = cap;
	}
	*instance = (struct instance){ .kind = kind, .subprog = subprog, .func = func };
	instance->points =
		arena_array(s->arena, (size_t)sub->block_count + 1, sizeof(struct point));
	if (instance->points == NULL)
		return NULL;
	s->instances[s->instance_count++] = instance;
	if (s->record != NULL)
		note_instance(s, instance);
	return instance;
}

static struct walk *walk_new(struct search *s)
{
	struct walk *w = arena_array_raw(s->arena, 1, sizeof(*w));

	if (w != NULL) {
		memset(w, 0, offsetof(struct walk, first));
		w->now = &w->first;
	}
	return w;
}

static struct walk *walk_at(struct search *s, u32 depth)
{
	struct walk *w;

	if (s->walks[depth] == NULL)
		s->walks[depth] = walk_new(s);
	w = s->walks[depth];
	if (w != NULL) {
		w->search = s;
		w->quiet = 0;
		w->has_failed = false;
		w->unrolling = 0;
		w->is_aborted = false;
		w->pending_count = 0;
		w->next_anchor = SYM_ANCHOR;
		w->last_trial = SYM_ENTRY - 1;
		transfer_init(&w->transfer, s->prog, s->cfg, s->policy, &w->callee);
	}
	return w;
}

static void clear_points(struct walk *w)
{
	struct search *s = w->search;
	struct instance *instance = w->instance;
	u32 count = s->cfg->subprogs[instance->subprog].block_count;

	for (u32 i = 0; i < count; i++)
		point_clear(&instance->points[i]);
	for (u32 i = 0; i < count && s->record != NULL; i++)
		note_clear(w, s->cfg->subprogs[instance->subprog].block + i);
	instance->exits.parts.count = 0;
}

/* From its state of entry through all of it, once. */
static void run_once(struct walk *w, const struct packed *entry)
{
	struct search *s = w->search;
	const struct cfg_subprog *sub = &s->cfg->subprogs[w->instance->subprog];

	clear_points(w);
	if (s->cfg->blocks[sub->block].pred_count == 0) {
		walk_from(w, entry, sub->block, 0);
	} else { /* a loop starts with it */
		state_unpack(entry, w->now);
		point_arrive(w, sub->block, w->now, 0);
	}
	walk_range(w, sub->order, sub->order + sub->order_count);
}

/* Whether the callback may be entered again from each of its ends; *state becomes what includes its
 * entry and what comes then. */
static bool enters_again(struct walk *w, bool is_widening)
{
	struct instance *instance = w->instance;
	const struct join_options options = { .is_head = true,
					      .is_widening = is_widening,
					      .is_again = true };
	bool is_included = true;

	state_unpack(instance->entry, w->now);
	for (u32 i = 0; i < instance->exits.parts.count; i++) {
		state_unpack(instance->entry, &w->other);
		state_unpack(instance->exits.parts.at[i].state, &w->taken);
		transfer_again(&w->transfer, &w->other, &w->taken, &w->spare);
		if (state_leq(&w->spare, &w->other, LEQ_AGAIN, NULL, &w->map))
			continue;
		is_included = false;
		if (!join_possible(w->now, &w->spare))
			continue;
		state_join(w->now, &w->spare, &options, &w->joined);
		state_copy(w->now, &w->joined);
	}
	return is_included;
}

static void run_callback(struct walk *w)
{
	for (u32 run = 0; run < CALLBACK_RUNS && !w->search->is_over && !w->has_failed; run++) {
		run_once(w, w->instance->entry);
		if (w->has_failed || w->search->is_over || enters_again(w, run > 2))
			return;
		transfer_entry_names(w->now);
		w->instance->entry = keep(w, w->now);
		if (w->instance->entry == NULL)
			return;
	}
	if (!w->has_failed) {
		w->transfer.finding =
			(struct finding){ .id = FINDING_TOO_COMPLEX, .reg = FINDING_NO_REG };
		walk_fail(w);
	}
}

/* MAIN: entry is NULL. */
static void search_run(struct search *s, struct instance *instance)
{
	struct walk *w = walk_at(s, s->depth);
	const struct packed *entry = instance->entry;

	if (w == NULL) {
		search_over(s, ERR_NOMEM);
		return;
	}
	w->instance = instance;
	w->block = s->cfg->subprogs[instance->subprog].block;
	w->transfer.kind = (enum instance_kind)instance->kind;
	w->transfer.func = instance->func;
	if (instance->kind == INSTANCE_MAIN) {
		switch (transfer_entry(&w->transfer, w->now)) {
		case TRANSFER_OK: entry = keep(w, w->now); break;
		case TRANSFER_FAIL: walk_fail(w); break;
		case TRANSFER_DEAD:
		case TRANSFER_CALL: break;
		}
	}
	if (!w->has_failed && entry != NULL) {
		if (instance->kind == INSTANCE_CALLBACK)
			run_callback(w);
		else
			run_once(w, entry);
	}
	instance->status = w->has_failed ? ERR_ACCES : s->status;
	instance->is_done = true;
}

static struct instance *find(struct search *s, u32 kind, u32 subprog, u32 func,
			     struct state *callee, struct state *scratch, struct state_map *map,
			     u32 *ret_count)
{
	u32 hint = 0;

	*ret_count = 0;
	for (u32 i = 0; i < s->instance_count; i++) {
		struct instance *instance = s->instances[i];

		if (instance->kind != kind || instance->subprog != subprog ||
		    instance->func != func)
			continue;
		++*ret_count;
		if (!instance->is_done || instance->status != 0 ||
		    !state_may_leq(callee, instance->entry, &hint))
			continue;
		state_unpack(instance->entry, scratch);
		if (state_leq(callee, scratch, LEQ_ENTRY, NULL, map))
			return instance;
	}
	return NULL;
}

static void fail_instance(struct instance *instance, enum finding_id id, u32 slot)
{
	instance->status = ERR_ACCES;
	instance->is_done = true;
	instance->finding = (struct finding){ .id = (u16)id, .reg = FINDING_NO_REG, .slot = slot };
}

/* Calls that differ each time: w->now becomes what includes it and the latest entry that it can be
 * joined with. */
static void generalise(struct search *s, struct walk *w, const struct instance *instance)
{
	const struct cfg_subprog *caller = &s->cfg->subprogs[s->walks[s->depth]->instance->subprog];
	const struct join_options options = {
		.is_head = true,
		.is_widening = true,
		.thresholds = s->thresholds + caller->threshold * 3,
		.threshold_count = caller->threshold_count * 3,
	};

	for (u32 i = s->instance_count; i-- > 0;) {
		const struct instance *earlier = s->instances[i];

		if (earlier == instance || earlier->kind != instance->kind ||
		    earlier->subprog != instance->subprog || earlier->func != instance->func ||
		    earlier->entry == NULL)
			continue;
		state_unpack(earlier->entry, &w->other);
		if (!join_possible(&w->other, w->now))
			continue;
		state_join(&w->other, w->now, &options, &w->joined);
		state_copy(w->now, &w->joined);
		return;
	}
}

/* map says how the instance's entry is to be read in *callee. NULL: the search is over. */
struct instance *search_instance(struct search *s, u32 kind, u32 subprog, u32 func,
				 struct state *callee, struct state_map *map)
{
	struct walk *w = walk_at(s, s->depth + 1);
	struct instance *instance;
	u32 count;

	if (w == NULL) {
		search_over(s, ERR_NOMEM);
		return NULL;
	}
	instance = find(s, kind, subprog, func, callee, &w->other, map, &count);
	if (instance != NULL)
		return instance;
	instance = instance_new(s, kind, subprog, func);
	if (instance == NULL) {
		search_over(s, ERR_NOMEM);
		return NULL;
	}
	if (s->depth + 2 >= MAX_DEPTH || count >= MAX_OF_ONE) {
		fail_instance(instance,
			      s->depth + 2 >= MAX_DEPTH ? FINDING_CALL_DEPTH : FINDING_TOO_COMPLEX,
			      s->prog->subprogs[subprog].start);
		return instance;
	}
	state_copy(w->now, callee);
	if (count >= FIRST_JOINED)
		generalise(s, w, instance);
	transfer_entry_names(w->now);
	instance->entry = keep(w, w->now);
	if (instance->entry == NULL)
		return NULL;
	s->depth++;
	search_run(s, instance);
	s->depth--;
	if (s->is_over)
		return NULL;
	if (instance->status == 0) {
		state_unpack(instance->entry, &w->other);
		if (!state_leq(callee, &w->other, LEQ_ENTRY, NULL, map))
			fail_instance(instance, FINDING_TOO_COMPLEX,
				      s->prog->subprogs[subprog].start);
	}
	return instance;
}

static bool make_thresholds(struct search *s)
{
	const struct cfg_subprog *last = &s->cfg->subprogs[s->prog->subprog_count - 1];
	u32 count = last->threshold + last->threshold_count;

	s->thresholds = arena_array(s->arena, (size_t)count * 3 + 1, sizeof(s64));
	for (u32 i = 0; i < count && s->thresholds != NULL; i++) {
		s64 c = s->cfg->thresholds[i];

		s->thresholds[i * 3] = c > INT64_MIN ? c - 1 : c;
		s->thresholds[i * 3 + 1] = c;
		s->thresholds[i * 3 + 2] = c < INT64_MAX ? c + 1 : c;
	}
	return s->thresholds != NULL;
}

bool search_main(struct search *s)
{
	struct instance *instance = instance_new(s, INSTANCE_MAIN, 0, 0);

	if (instance == NULL || !make_thresholds(s))
		return false;
	search_run(s, instance);
	return true;
}
