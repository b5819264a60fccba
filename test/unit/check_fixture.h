/* SPDX-License-Identifier: MIT */
/* A program with a type, and a small search for proofs: every way is walked, what arrives where
 * ways meet becomes a point of its own, and loops are widened as a test says. It is slow and finds
 * little, and that is enough to give check_proof() something to check. */
#pragma once

#include "cfg_fixture.h"
#include "check/check.h"
#include "spec/spec.h"

#define SEARCH_POINTS	 200
#define SEARCH_INSTANCES 12
#define SEARCH_EXITS	 16
#define SEARCH_WALKS	 4000

/* How to treat the loop heads: their points are widened from the first arrival on, and these
 * registers count. */
struct search_rank {
	u8 direction, reg;
};

struct search_instance {
	struct proof_instance proof;
	struct proof_point points[SEARCH_POINTS];
	const struct packed *exits[SEARCH_EXITS];
	u32 pending; /* points from here on are not walked yet */
};

struct search {
	struct cfg_fixture f;
	struct check_policy policy;
	struct transfer t;
	struct search_instance *instances;
	u32 instance_count, current, walks;
	struct state *target; /* scratch */
	struct state_map *map;
	struct search_rank ranks[4];
	u32 rank_count;
	/* May be NULL: sees each state at an EXIT. */
	void (*at_exit)(struct search *s, u32 slot, const struct state *state);
	void *at_exit_data;
	struct proof proof;
	struct finding finding;
	struct budget budget; /* that is not spent; what the check took of it */
	struct prog_facts facts;
	struct prog_fact rows[300];
};

static inline void search_fini(struct search *s)
{
	fixture_fini(&s->f);
	mem_free(s->instances);
	memset(s, 0, sizeof(*s));
}

/* One from mem_zalloc, or none. */
static inline void search_drop(struct search **s)
{
	if (*s != NULL)
		search_fini(*s);
	mem_free(*s);
	*s = NULL;
}

static inline const struct packed *search_keep(struct search *s, struct state *state)
{
	void *buf;

	state_canonical(state);
	buf = arena_alloc(&s->f.arena, state_pack_size(state));
	return buf != NULL ? state_pack(state, buf) : NULL;
}

static inline struct state *search_state(struct search *s)
{
	return arena_alloc(&s->f.arena, sizeof(struct state));
}

/* Bounds of a that b lacks are dropped, those that it has larger raised. */
static inline void search_diffs(struct diff *a, const struct diff *b)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		for (u32 k = 0; k < DIFF_ROWS && a->sym[i] != 0; k++) {
			s64 c = DIFF_NONE;

			if (k == i || a->sym[k] == 0)
				continue;
			if (diff_bound(b, a->sym[i], a->sym[k], &c))
				a->bound[i][k] = MAX(a->bound[i][k], c);
			else
				a->bound[i][k] = DIFF_NONE;
		}
	}
}

/* What both have, without relations but those to the packet's length. */
static inline void search_join(struct state *a, const struct state *b, bool widen)
{
	static const s64 thresholds[] = { 0, 1, 7, 10, 16, 64, 100, 255, 1000, 4096, 65535 };

	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		struct value *v = &a->regs[reg];
		const struct value *w = &b->regs[reg];
		struct scalar n = scalar_join(&v->n, &w->n);

		if (v->type != w->type || v->region != w->region || v->id != w->id) {
			*v = value_none;
			continue;
		}
		if (v->type == VALUE_NONE)
			continue;
		v->n = widen ? scalar_widen(&v->n, &n, thresholds, ARRAY_COUNT(thresholds)) : n;
		(void)!scalar_reduce(&v->n);
		if (v->sym != w->sym || v->sym >= SYM_FREE || v->dlo != w->dlo || v->dhi != w->dhi)
			value_forget(v);
		value_fix(v);
	}
	for (u32 i = 0; i < a->cell_count;) {
		struct cell *cell = &a->cells[i];
		const struct cell *other = state_cell_const(b, cell->frame, cell->off, cell->size);

		if (other == NULL ||
		    memcmp(&other->value, &cell->value, sizeof(cell->value)) != 0) {
			if (cell->value.type == VALUE_NUMBER && other != NULL)
				state_havoc(a, cell->frame, cell->off, cell->size, true);
			else
				state_clear(a, cell->frame, cell->off, cell->size);
			continue;
		}
		if (cell->value.sym >= SYM_FREE)
			value_forget(&cell->value);
		i++;
	}
	for (u32 f = 0; f < a->frame_count; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++)
			a->frames[f].init[w] &= b->frames[f].init[w];
	}
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		if (a->diff.sym[row] >= SYM_FREE)
			diff_forget(&a->diff, a->diff.sym[row]);
	}
	search_diffs(&a->diff, &b->diff);
}

/* The next anchored register of the head of a loop. */
static inline void search_anchor(struct search *s, struct proof_point *point, struct state *state)
{
	u32 loop = s->f.cfg->blocks[point->block].loop;
	const struct search_rank *rank;
	struct value *v;

	point->rank = (struct proof_rank){ 0 };
	if (loop >= s->rank_count)
		return;
	rank = &s->ranks[loop];
	v = &state->regs[rank->reg];
	if (rank->direction == RANK_NONE || v->type == VALUE_NONE)
		return;
	point->rank = (struct proof_rank){ .direction = rank->direction,
					   .reg = rank->reg,
					   .anchor = (u16)(SYM_ANCHOR + loop) };
	v->sym = SYM_ANCHOR + loop;
	v->dlo = 0;
	v->dhi = 0;
}

static inline bool search_includes(struct search *s, struct state *state,
				   const struct proof_point *point)
{
	struct leq_anchor anchor = { 0 };

	/* One for all comparisons: there are many. */
	if (s->target == NULL)
		s->target = search_state(s);
	if (s->map == NULL)
		s->map = arena_alloc(&s->f.arena, sizeof(*s->map));
	if (s->target == NULL || s->map == NULL)
		return false;
	state_unpack(point->state, s->target);
	if (point->rank.direction != RANK_NONE) {
		anchor.sym = point->rank.anchor;
		anchor.value = &state->regs[point->rank.reg];
	}
	return state_leq(state, s->target, LEQ_INSIDE, &anchor, s->map);
}

static inline int search_walk(struct search *s, u32 slot, struct state *state);

static inline int search_arrive(struct search *s, u32 block, struct state *state)
{
	struct search_instance *in = &s->instances[s->current];
	const struct cfg_block *b = &s->f.cfg->blocks[block];
	bool is_join = b->pred_count + ((b->flags & CFG_ENTRY) != 0) > 1;
	bool is_head = (b->flags & CFG_LOOP_HEAD) != 0 && s->rank_count > 0;
	struct proof_point *point;
	struct state *kept;

	if (!is_join)
		return search_walk(s, b->start, state);
	for (u32 i = 0; i < in->proof.point_count; i++) {
		point = &in->points[i];
		if (point->block != block)
			continue;
		if (search_includes(s, state, point))
			return 0;
		if (!is_head)
			continue;
		/* One point a head: wider, until it is included. */
		kept = search_state(s);
		if (kept == NULL || ++s->walks > SEARCH_WALKS)
			return ERR_NOMEM;
		state_unpack(point->state, kept);
		search_join(kept, state, true);
		search_anchor(s, point, kept);
		point->state = search_keep(s, kept);
		return point->state != NULL ? search_walk(s, b->start, kept) : ERR_NOMEM;
	}
	if (in->proof.point_count == SEARCH_POINTS)
		return ERR_NOSPC;
	point = &in->points[in->proof.point_count++];
	kept = search_state(s);
	if (kept == NULL)
		return ERR_NOMEM;
	state_copy(kept, state);
	point->block = block;
	point->rank = (struct proof_rank){ 0 };
	if (is_head)
		search_anchor(s, point, kept);
	point->state = search_keep(s, kept);
	if (point->state == NULL)
		return ERR_NOMEM;
	return search_walk(s, b->start, kept);
}

static inline int search_instance(struct search *s, u32 index);

/* The instance; for a callback with a state of entry that includes how it is entered again. */
static inline int search_callee(struct search *s, u32 at, struct state *entry)
{
	struct search_instance *in = &s->instances[at];
	struct state *again = search_state(s), *exit = search_state(s);
	struct state_map *map = arena_alloc(&s->f.arena, sizeof(*map));
	int status;

	if (again == NULL || exit == NULL || map == NULL)
		return ERR_NOMEM;
	for (u32 round = 0; round < 8; round++) {
		bool is_included = true;

		in->proof.point_count = 0;
		in->proof.exit_count = 0;
		status = search_instance(s, at);
		if (status != 0 || in->proof.kind != INSTANCE_CALLBACK)
			return status;
		for (u32 i = 0; i < in->proof.exit_count; i++) {
			state_unpack(in->exits[i], exit);
			transfer_again(&s->t, entry, exit, again);
			if (state_leq(again, entry, LEQ_AGAIN, NULL, map))
				continue;
			search_join(entry, again, false);
			for (u32 k = 0; k < state_value_count(entry); k++) {
				if (state_value(entry, k)->sym != SYM_NONE)
					value_forget(state_value(entry, k));
			}
			is_included = false;
		}
		if (is_included)
			return 0;
		in->proof.entry = search_keep(s, entry);
		if (in->proof.entry == NULL)
			return ERR_NOMEM;
	}
	return ERR_TIME;
}

static inline int search_call(struct search *s, u32 slot, struct state *state)
{
	struct state *entry = search_state(s), *exit = search_state(s), *next;
	struct state_map *map = arena_alloc(&s->f.arena, sizeof(*map));
	struct call_link *link = arena_alloc(&s->f.arena, sizeof(*link));
	struct state *callee = search_state(s);
	u32 at, own = s->current;
	int status = 0;

	if (entry == NULL || exit == NULL || map == NULL || link == NULL || callee == NULL)
		return ERR_NOMEM;
	*link = s->t.link;
	state_copy(callee, s->t.callee);
	state_copy(entry, callee);
	transfer_entry_names(entry);
	if (s->instance_count == SEARCH_INSTANCES)
		return ERR_NOSPC;
	at = s->instance_count++;
	s->instances[at].proof = (struct proof_instance){ .kind = link->kind,
							  .subprog = link->subprog,
							  .func = link->func };
	s->instances[at].proof.entry = search_keep(s, entry);
	if (s->instances[at].proof.entry == NULL)
		return ERR_NOMEM;
	status = search_callee(s, at, entry);
	s->current = own;
	s->t.kind = (enum instance_kind)s->instances[own].proof.kind;
	s->t.func = s->instances[own].proof.func;
	if (status != 0)
		return status;
	if (!state_leq(callee, entry, LEQ_ENTRY, NULL, map))
		return ERR_INVAL;
	for (u32 i = 0; i < s->instances[at].proof.exit_count && status == 0; i++) {
		if (link->kind == INSTANCE_CALL)
			state_unpack(s->instances[at].exits[i], exit);
		else
			state_copy(exit, entry);
		next = search_state(s);
		if (next == NULL)
			return ERR_NOMEM;
		state_copy(next, state);
		switch (transfer_return(&s->t, next, exit, map, link)) {
		case TRANSFER_OK: break;
		case TRANSFER_DEAD: continue;
		case TRANSFER_FAIL:
		case TRANSFER_CALL: return ERR_ACCES;
		}
		if (s->f.cfg->slot_blocks[slot] != s->f.cfg->slot_blocks[slot + 1])
			status = search_arrive(s, s->f.cfg->slot_blocks[slot + 1], next);
		else
			status = search_walk(s, slot + 1, next);
		if (link->kind != INSTANCE_CALL)
			break;
	}
	return status;
}

static inline int search_exit(struct search *s, u32 slot, struct state *state)
{
	struct search_instance *in = &s->instances[s->current];
	struct state *target = search_state(s);
	struct state_map *map = arena_alloc(&s->f.arena, sizeof(*map));

	if (target == NULL || map == NULL)
		return ERR_NOMEM;
	if (s->at_exit != NULL)
		s->at_exit(s, slot, state);
	if (transfer_exit(&s->t, state, slot) != TRANSFER_OK)
		return ERR_ACCES;
	if (in->proof.kind == INSTANCE_MAIN)
		return 0;
	for (u32 i = 0; i < in->proof.exit_count; i++) {
		state_unpack(in->exits[i], target);
		if (state_leq(state, target, LEQ_INSIDE, NULL, map))
			return 0;
	}
	if (in->proof.exit_count == SEARCH_EXITS)
		return ERR_NOSPC;
	in->exits[in->proof.exit_count] = search_keep(s, state);
	return in->exits[in->proof.exit_count++] != NULL ? 0 : ERR_NOMEM;
}

static inline int search_branch(struct search *s, u32 slot, const struct cfg_block *block,
				struct state *state)
{
	struct state *taken = search_state(s), *next = search_state(s);
	bool feasible[2];
	int status = 0;

	if (taken == NULL || next == NULL)
		return ERR_NOMEM;
	if (transfer_branch(&s->t, state, slot, taken, feasible) != TRANSFER_OK)
		return ERR_ACCES;
	state_copy(next, state);
	if (feasible[CFG_NEXT])
		status = search_arrive(s, block->succ[CFG_NEXT], next);
	if (status == 0 && feasible[CFG_TARGET])
		status = search_arrive(s, block->succ[CFG_TARGET], taken);
	return status;
}

static inline int search_walk(struct search *s, u32 slot, struct state *state)
{
	const struct cfg_block *block = &s->f.cfg->blocks[s->f.cfg->slot_blocks[slot]];

	if (++s->walks > SEARCH_WALKS)
		return ERR_TIME;
	for (; slot < block->start + block->count; slot++) {
		const struct insn *insn = &s->f.prog.insns[slot];

		if (insn->kind == INSN_JUMP_IF || insn->kind == INSN_MAY_GOTO)
			return search_branch(s, slot, block, state);
		if (insn->kind == INSN_EXIT)
			return search_exit(s, slot, state);
		if (insn->kind == INSN_JUMP)
			return search_arrive(s, block->succ[CFG_TARGET], state);
		switch (transfer_insn(&s->t, state, slot)) {
		case TRANSFER_OK: break;
		case TRANSFER_DEAD: return 0;
		case TRANSFER_FAIL: return ERR_ACCES;
		case TRANSFER_CALL: return search_call(s, slot, state);
		}
	}
	return search_arrive(s, block->succ[CFG_NEXT], state);
}

static inline int search_instance(struct search *s, u32 index)
{
	struct search_instance *in = &s->instances[index];
	struct state *state = search_state(s);

	if (state == NULL)
		return ERR_NOMEM;
	s->current = index;
	s->t.kind = (enum instance_kind)in->proof.kind;
	s->t.func = in->proof.func;
	if (index == 0) {
		if (transfer_entry(&s->t, state) != TRANSFER_OK)
			return ERR_ACCES;
	} else {
		state_unpack(in->proof.entry, state);
	}
	return search_arrive(s, s->f.cfg->slot_blocks[s->f.prog.subprogs[in->proof.subprog].start],
			     state);
}

static inline void search_sort(struct search_instance *in)
{
	for (u32 i = 1; i < in->proof.point_count; i++) {
		struct proof_point point = in->points[i];
		u32 at = i;

		for (; at > 0 && in->points[at - 1].block > point.block; at--)
			in->points[at] = in->points[at - 1];
		in->points[at] = point;
	}
	in->proof.points = in->points;
	in->proof.exits = in->exits;
}

/* Assembles text as a program of that type and with these maps (may be NULL). */
static inline int search_load(struct search *s, enum dialect dialect, const char *type,
			      const struct prog_map *maps, u32 map_count, const char *text)
{
	int status;

	check_policy_default(&s->policy);
	status = fixture_text(&s->f, text);
	if (status != 0)
		return status;
	s->f.prog.dialect = dialect;
	s->f.prog.type = spec_prog_type_by_name(dialect, type);
	s->f.prog.maps = maps;
	s->f.prog.map_count = map_count;
	return 0;
}

/* 0, and s->proof is a proof to be checked; ERR_ACCES: s->t.finding. */
static inline int search_run(struct search *s)
{
	struct state *callee = search_state(s);
	struct proof_instance *list;
	int status;

	s->instances = mem_zalloc_array(SEARCH_INSTANCES, sizeof(*s->instances));
	if (s->instances == NULL || callee == NULL)
		return ERR_NOMEM;
	memset(&s->t, 0x5a, sizeof(s->t));
	transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, callee);
	s->instance_count = 1;
	status = search_instance(s, 0);
	list = arena_array(&s->f.arena, SEARCH_INSTANCES, sizeof(*list));
	if (list == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < s->instance_count; i++) {
		search_sort(&s->instances[i]);
		list[i] = s->instances[i].proof;
	}
	s->proof = (struct proof){ .instances = list, .instance_count = s->instance_count };
	return status;
}

static inline int search_check(struct search *s)
{
	facts_init(&s->facts, s->rows, s->f.prog.insn_count);
	return check_proof(&s->f.arena, &s->f.prog, s->f.cfg, &s->policy, &s->proof, &s->budget,
			   s->f.prog.insn_count <= ARRAY_COUNT(s->rows) ? &s->facts : NULL,
			   &s->finding);
}

/* Both: 0 accepted; ERR_ACCES, and s->finding says why. */
static inline int search_verdict(struct search *s)
{
	int status = search_run(s);

	if (status == ERR_ACCES)
		s->finding = s->t.finding;
	return status == 0 ? search_check(s) : status;
}
