/* SPDX-License-Identifier: MIT */
/* The steps of a proof that a run makes: what check_proof() walks through once on all paths, here
 * made lazily for the paths that are gone, and kept. Written again rather than shared: a mistake
 * there is to be seen here. */
#include "base/str.h"
#include "machine.h"

/* To another instruction of the same path, or to a point. */
struct step {
	struct node *node; /* NULL: no execution goes there, or the proof has nothing there */
	u32 point;	   /* + 1 */
	bool is_made, is_missing;
};

/* At a call: what of the proof it leads to. */
struct call_node {
	u32 instance;
	struct call_link link;
	struct state_map map;
	const struct state *after; /* the caller's */
	struct step *returns;	   /* by exit */
};

/* One instruction on one path from a point. */
struct node {
	u32 slot, instance;
	const struct state *state;
	bool is_expanded;
	struct step next, taken;
	u32 exit; /* of the instance's; UINT32_MAX: none includes it */
	struct call_node *call;
	u64 run, visits; /* in run number `run` of all */
};

struct entry {
	const struct state *state;
	struct step first;
};

struct claims {
	struct arena *arena;
	const struct prog *prog;
	const struct cfg *cfg;
	const struct proof *proof;
	struct transfer t;
	struct entry *entries; /* by instance */
	struct node ***points; /* by instance and point */
	struct state *work, *other, *target;
	struct state_map *map;
	u32 hint; /* of state_may_leq() */
};

static const struct state *keep(struct claims *c, const struct state *state)
{
	struct state *copy = arena_alloc(c->arena, offsetof(struct state, cells) +
							   state->cell_count * sizeof(struct cell));

	if (copy != NULL)
		state_copy(copy, state);
	return copy;
}

static struct node *new_node(struct claims *c, u32 instance, u32 slot, const struct state *state)
{
	struct node *node = arena_alloc(c->arena, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->slot = slot;
	node->instance = instance;
	node->state = keep(c, state);
	node->exit = UINT32_MAX;
	return node->state != NULL ? node : NULL;
}

static struct node *point_node(struct claims *c, u32 instance, u32 at)
{
	struct node **node = &c->points[instance][at];

	if (*node == NULL) {
		const struct proof_point *point = &c->proof->instances[instance].points[at];

		state_unpack(point->state, c->target);
		*node = new_node(c, instance, c->cfg->blocks[point->block].start, c->target);
	}
	return *node;
}

static struct value *rank_value(struct state *state, const struct proof_rank *rank)
{
	struct cell *cell;

	if (rank->reg < BPF_REG_COUNT)
		return &state->regs[rank->reg];
	cell = state_cell(state, rank->frame, rank->off, rank->size);
	return cell != NULL ? &cell->value : NULL;
}

/* *state at the start of block: of its points the first that includes it, as the checker takes it.
 */
static void arrive(struct claims *c, u32 instance, u32 block, struct state *state, struct step *ret)
{
	const struct proof_instance *in = &c->proof->instances[instance];
	bool has_points = false;

	ret->is_made = true;
	for (u32 i = 0; i < in->point_count; i++) {
		const struct proof_point *point = &in->points[i];
		struct leq_anchor anchor = { .sym = SYM_NONE };

		if (point->block != block)
			continue;
		has_points = true;
		if (!state_may_leq(state, point->state, &c->hint))
			continue;
		state_unpack(point->state, c->target);
		if (point->rank.direction != RANK_NONE) {
			anchor.sym = point->rank.anchor;
			anchor.value = rank_value(state, &point->rank);
			if (anchor.value == NULL || anchor.value->type == VALUE_NONE)
				continue;
		}
		if (!state_leq(state, c->target, LEQ_INSIDE, &anchor, c->map))
			continue;
		ret->point = i + 1;
		ret->node = point_node(c, instance, i);
		return;
	}
	ret->is_missing = has_points;
	if (!has_points)
		ret->node = new_node(c, instance, c->cfg->blocks[block].start, state);
}

/* *state before slot, which follows another of its block or begins one. */
static void go_on(struct claims *c, u32 instance, u32 from, u32 slot, struct state *state,
		  struct step *ret)
{
	if (c->cfg->slot_blocks[from] != c->cfg->slot_blocks[slot]) {
		arrive(c, instance, c->cfg->slot_blocks[slot], state, ret);
		return;
	}
	ret->is_made = true;
	ret->node = new_node(c, instance, slot, state);
}

static u32 find_exit(struct claims *c, u32 instance, struct state *state)
{
	const struct proof_instance *in = &c->proof->instances[instance];

	for (u32 i = 0; i < in->exit_count; i++) {
		if (!state_may_leq(state, in->exits[i], &c->hint))
			continue;
		state_unpack(in->exits[i], c->target);
		if (state_leq(state, c->target, LEQ_INSIDE, NULL, c->map))
			return i;
	}
	return UINT32_MAX;
}

static bool expand_call(struct claims *c, struct node *node)
{
	const struct call_link *link = &c->t.link;
	struct call_node *call = arena_alloc(c->arena, sizeof(*call));

	if (call == NULL)
		return false;
	for (u32 i = node->instance + 1; i < c->proof->instance_count; i++) {
		const struct proof_instance *in = &c->proof->instances[i];

		if (in->kind != link->kind || in->subprog != link->subprog ||
		    in->func != link->func || !state_may_leq(c->t.callee, in->entry, &c->hint))
			continue;
		state_unpack(in->entry, c->target);
		if (!state_leq(c->t.callee, c->target, LEQ_ENTRY, NULL, &call->map))
			continue;
		call->instance = i;
		call->link = *link;
		call->after = keep(c, c->work);
		call->returns = arena_array(c->arena, in->exit_count + 1, sizeof(struct step));
		node->call = call->after != NULL && call->returns != NULL ? call : NULL;
		return node->call != NULL;
	}
	return false;
}

/* What the checker makes of the instruction. False: nothing that it accepts, or no memory. */
static bool expand(struct claims *c, struct node *node)
{
	const struct insn *insn = &c->prog->insns[node->slot];
	const struct cfg_block *block = &c->cfg->blocks[c->cfg->slot_blocks[node->slot]];
	bool feasible[2];

	node->is_expanded = true;
	c->t.kind = (enum instance_kind)c->proof->instances[node->instance].kind;
	c->t.func = c->proof->instances[node->instance].func;
	state_copy(c->work, node->state);
	switch ((enum insn_kind)insn->kind) {
	case INSN_JUMP_IF:
	case INSN_MAY_GOTO:
		if (transfer_branch(&c->t, c->work, node->slot, c->other, feasible) != TRANSFER_OK)
			return false;
		if (feasible[CFG_TARGET])
			arrive(c, node->instance, block->succ[CFG_TARGET], c->other, &node->taken);
		if (feasible[CFG_NEXT])
			arrive(c, node->instance, block->succ[CFG_NEXT], c->work, &node->next);
		return true;
	case INSN_JUMP:
		arrive(c, node->instance, block->succ[CFG_TARGET], c->work, &node->next);
		return true;
	case INSN_EXIT:
		if (transfer_exit(&c->t, c->work, node->slot) != TRANSFER_OK)
			return false;
		if (c->t.kind != INSTANCE_MAIN)
			node->exit = find_exit(c, node->instance, c->work);
		return true;
	default: break;
	}
	switch (transfer_insn(&c->t, c->work, node->slot)) {
	case TRANSFER_OK:
		go_on(c, node->instance, node->slot, node->slot + insn_slots(insn), c->work,
		      &node->next);
		return true;
	case TRANSFER_DEAD: return true;
	case TRANSFER_CALL: return expand_call(c, node);
	case TRANSFER_FAIL: break;
	}
	return false;
}

static bool expanded(struct claims *c, struct machine *m, struct node *node)
{
	if (node->is_expanded || expand(c, node))
		return true;
	return machine_fail(m, "the checker does not accept this step: %s",
			    finding_text((enum finding_id)c->t.finding.id)->id);
}

static u64 origin_of(const struct machine *m, const struct value *v, const struct word *w)
{
	if (w->tag != TAG_POINTER)
		return 0;
	if (v->type == VALUE_PACKET_END)
		return word_pointer(m, w->obj, (s64)m->len).v;
	if (v->type == VALUE_META)
		return m->objects[w->obj].base;
	return word_pointer(m, w->obj, 0).v;
}

/* The anchor stands for what the place that counts holds now. */
static void set_anchor(struct machine *m, const struct node *node, const struct proof_rank *rank,
		       struct claim_place *place)
{
	struct word w, at;
	const struct value *v;

	if (rank->direction == RANK_NONE)
		return;
	if (rank->reg < BPF_REG_COUNT) {
		w = m->r[rank->reg];
		v = &node->state->regs[rank->reg];
	} else {
		const struct cell *cell =
			state_cell_const(node->state, rank->frame, rank->off, rank->size);

		if (cell == NULL)
			return;
		at = word_pointer(m, place->frames[rank->frame], 0);
		w = machine_load(m, &at, rank->off, rank->size);
		v = &cell->value;
	}
	if (v->type == VALUE_ITER && w.tag == TAG_POINTER)
		w.v = m->objects[w.obj].calls;
	else
		w.v -= origin_of(m, v, &w);
	place->anchors[rank->anchor] =
		(struct sym_range){ .is_known = true, .lo = (s64)w.v, .hi = (s64)w.v };
}

static bool go(struct claims *c, struct machine *m, const struct step *step)
{
	struct claim_place *place = &m->active[m->depth].place;

	if (step->is_missing)
		return machine_fail(m, "no point of the proof includes what arrives here");
	if (!step->is_made)
		return machine_fail(m, "this way was told to be impossible");
	if (step->node == NULL) {
		m->claims = NULL; /* no memory for more */
		return true;
	}
	place->node = step->node;
	if (step->point == 0)
		return true;
	if (step->node->run != m->stats->runs)
		step->node->visits = 0;
	step->node->run = m->stats->runs;
	step->node->visits++;
	if (m->facts != NULL && m->facts->max_visits != 0 &&
	    step->node->visits > m->facts->max_visits)
		return machine_fail(m, "a point is visited more than %llu times",
				    m->facts->max_visits);
	set_anchor(m, step->node,
		   &c->proof->instances[place->instance].points[step->point - 1].rank, place);
	return true;
}

static bool enter_instance(struct claims *c, struct machine *m, u32 instance)
{
	struct entry *entry = &c->entries[instance];
	struct claim_place *place = &m->active[m->depth].place;
	const struct prog_subprog *sub = &c->prog->subprogs[c->proof->instances[instance].subprog];

	if (entry->state == NULL) {
		if (instance != 0)
			state_unpack(c->proof->instances[instance].entry, c->work);
		else if (transfer_entry(&c->t, c->work) != TRANSFER_OK)
			return machine_fail(m, "the program cannot be entered");
		entry->state = keep(c, c->work);
		if (entry->state == NULL)
			return machine_fail(m, "out of memory");
		arrive(c, instance, c->cfg->slot_blocks[sub->start], c->work, &entry->first);
	}
	place->instance = instance;
	memset(place->anchors, 0, sizeof(place->anchors));
	memset(place->entry, 0, sizeof(place->entry));
	return claim_holds(m, entry->state, place, true) && go(c, m, &entry->first);
}

struct claims *claims_new(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
			  const struct check_policy *policy, const struct proof *proof)
{
	struct claims *c = arena_alloc(arena, sizeof(*c));
	struct state *states = arena_array(arena, 4, sizeof(*states));

	if (c == NULL || states == NULL)
		return NULL;
	c->arena = arena;
	c->prog = prog;
	c->cfg = cfg;
	c->proof = proof;
	c->work = &states[0];
	c->other = &states[1];
	c->target = &states[2];
	transfer_init(&c->t, prog, cfg, policy, &states[3]);
	c->map = arena_alloc(arena, sizeof(*c->map));
	c->entries = arena_array(arena, proof->instance_count + 1, sizeof(*c->entries));
	c->points = arena_array(arena, proof->instance_count + 1, sizeof(*c->points));
	if (c->map == NULL || c->entries == NULL || c->points == NULL)
		return NULL;
	for (u32 i = 0; i < proof->instance_count; i++) {
		c->points[i] = arena_array(arena, proof->instances[i].point_count + 1,
					   sizeof(struct node *));
		if (c->points[i] == NULL)
			return NULL;
	}
	return c;
}

bool claims_start(struct claims *c, struct machine *m)
{
	struct claim_place *place = &m->active[0].place;

	place->frames[0] = m->active[0].frame;
	place->frame_count = 1;
	c->t.kind = INSTANCE_MAIN;
	return enter_instance(c, m, 0);
}

bool claims_hold(struct claims *c, struct machine *m)
{
	struct claim_place *place = &m->active[m->depth].place;

	(void)c;
	if (place->node->slot != m->pc)
		return machine_fail(m, "the proof is at slot %u", place->node->slot);
	return claim_holds(m, place->node->state, place, false);
}

bool claims_step(struct claims *c, struct machine *m, bool taken)
{
	struct node *node = m->active[m->depth].place.node;

	return expanded(c, m, node) && go(c, m, taken ? &node->taken : &node->next);
}

bool claims_enter(struct claims *c, struct machine *m)
{
	const struct claim_place *caller = &m->active[m->depth - 1].place;
	struct claim_place *place = &m->active[m->depth].place;
	const struct call_node *call;

	if (!expanded(c, m, caller->node))
		return false;
	call = caller->node->call;
	if (call == NULL)
		return machine_fail(m, "the proof has no call here");
	place->frame_count = call->link.frame_count + 1;
	for (u32 i = 0; i < call->link.frame_count; i++)
		place->frames[i] = caller->frames[call->link.frames[i]];
	place->frames[call->link.frame_count] = m->active[m->depth].frame;
	return enter_instance(c, m, call->instance);
}

bool claims_leave(struct claims *c, struct machine *m, u32 *ret_exit)
{
	struct claim_place *place = &m->active[m->depth].place;
	struct node *node = place->node;

	if (!expanded(c, m, node))
		return false;
	if (node->exit == UINT32_MAX)
		return machine_fail(m, "no state of exit of the proof includes this");
	*ret_exit = node->exit;
	state_unpack(c->proof->instances[place->instance].exits[node->exit], c->other);
	return claim_holds(m, c->other, place, false);
}

bool claims_return(struct claims *c, struct machine *m, u32 exit)
{
	struct node *node = m->active[m->depth].place.node;
	const struct call_node *call;
	const struct proof_instance *in;
	struct step *step;

	if (!expanded(c, m, node))
		return false;
	call = node->call;
	if (call == NULL)
		return machine_fail(m, "the proof has no call here");
	in = &c->proof->instances[call->instance];
	step = &call->returns[exit];
	if (!step->is_made && !step->is_missing) {
		state_copy(c->work, call->after);
		if (call->link.kind == INSTANCE_CALL)
			state_unpack(in->exits[exit], c->other);
		else
			state_unpack(in->entry, c->other);
		switch (transfer_return(&c->t, c->work, c->other, &call->map, &call->link)) {
		case TRANSFER_OK:
			go_on(c, node->instance, node->slot, node->slot + 1, c->work, step);
			break;
		case TRANSFER_DEAD: break;
		case TRANSFER_FAIL:
		case TRANSFER_CALL:
			return machine_fail(m, "the checker does not accept this return");
		}
	}
	return go(c, m, step);
}
