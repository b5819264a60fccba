/* SPDX-License-Identifier: MIT */
/* A proof as a whole: its form, each instance, then what spans instances: termination, depth of
 * calls and of stack. */
#include "check/check.h"

#include "base/error.h"
#include "base/str.h"
#include "check/prove.h"

static int fail_form(struct prover *p, u32 other)
{
	p->t.finding =
		(struct finding){ .id = FINDING_PROOF_FORM, .reg = FINDING_NO_REG, .other = other };
	return ERR_ACCES;
}

static bool packed_is_valid(struct prover *p, const struct packed *packed, bool is_exit)
{
	if (packed == NULL || packed->frames > STATE_FRAMES || packed->refs > STATE_REFS ||
	    packed->cells > STATE_CELLS || packed->syms > DIFF_ROWS || packed->has_lock > 1)
		return false;
	state_unpack(packed, p->target);
	return state_is_valid(p->target, p->t.prog, is_exit);
}

static bool rank_is_valid(const struct proof_instance *instance, u32 at, struct state *state)
{
	const struct proof_rank *rank = &instance->points[at].rank;
	const struct value *v;

	if (rank->direction == RANK_NONE)
		return true;
	if (rank->direction > RANK_DOWN || rank->anchor < SYM_ANCHOR || rank->anchor >= SYM_ENTRY)
		return false;
	for (u32 i = 0; i < at; i++) {
		if (instance->points[i].rank.direction != RANK_NONE &&
		    instance->points[i].rank.anchor == rank->anchor)
			return false;
	}
	v = prove_rank_value(state, rank);
	return v != NULL && v->type != VALUE_NONE && (v->flags & VALUE_NULLABLE) == 0 &&
	       v->sym == rank->anchor && v->dlo == 0 && v->dhi == 0;
}

static bool instance_is_valid(struct prover *p, u32 index)
{
	const struct proof_instance *instance = &p->proof->instances[index];
	const struct cfg *cfg = p->t.cfg;

	if ((index == 0) != (instance->kind == INSTANCE_MAIN) || instance->kind >= INSTANCE_COUNT ||
	    instance->subprog >= p->t.prog->subprog_count || (index == 0 && instance->subprog != 0))
		return false;
	if (index != 0 && !packed_is_valid(p, instance->entry, false))
		return false;
	for (u32 i = 0; i < instance->point_count; i++) {
		const struct proof_point *point = &instance->points[i];

		if (point->block >= cfg->block_count ||
		    cfg->blocks[point->block].subprog != instance->subprog ||
		    (i > 0 && point->block < instance->points[i - 1].block) ||
		    !packed_is_valid(p, point->state, false) ||
		    !rank_is_valid(instance, i, p->target))
			return false;
	}
	for (u32 i = 0; index != 0 && i < instance->exit_count; i++) {
		if (!packed_is_valid(p, instance->exits[i], true) ||
		    instance->exits[i]->frames + 1 != instance->entry->frames)
			return false;
	}
	return true;
}

/* Calls of one point add up, but for a place that is walked on several paths: a run takes one. */
static void add_visits(struct prover *p, u32 slot, u64 visits)
{
	struct prover_call *call = &p->calls[slot];
	u64 *sum = &p->call_visits[p->node];

	if (call->walk != p->walk)
		*call = (struct prover_call){ .walk = p->walk };
	if (visits <= call->visits)
		return;
	if (__builtin_add_overflow(*sum, visits - call->visits, sum))
		*sum = UINT64_MAX;
	call->visits = visits;
}

void prove_called(struct prover *p, u32 callee, const struct call_link *link)
{
	struct prover_instance *own = &p->instances[p->instance_index];
	const struct prover_instance *other = &p->instances[callee];
	u64 visits;

	own->frames = MAX(own->frames, other->frames);
	own->stack = MAX(own->stack, other->stack);
	for (u32 i = 0; i < link->frame_count; i++) {
		u32 *used = &p->t.stack_used[link->frames[i]];

		*used = MAX(*used, other->used[i]);
	}
	p->has_open |= link->times == 0;
	if (__builtin_mul_overflow(other->visits, MAX(link->times, 1u), &visits))
		visits = UINT64_MAX;
	add_visits(p, link->slot, visits);
}

static int fail_limit(struct prover *p, enum finding_id id, u32 slot, u64 value, u64 limit)
{
	p->t.finding = (struct finding){
		.id = (u16)id,
		.reg = FINDING_NO_REG,
		.slot = slot,
		.lo = (s64)MIN(value, (u64)INT64_MAX),
		.limit = (s64)MIN(limit, (u64)INT64_MAX),
		.instance = p->instance_index,
	};
	return ERR_ACCES;
}

/* The program's own stack and that of what it calls. */
static int check_depth(struct prover *p)
{
	struct prover_instance *own = &p->instances[p->instance_index];
	u32 slot = p->t.prog->subprogs[p->instance->subprog].start;
	u32 limit = p->t.policy->max_stack;
	u32 frame = p->instance->kind == INSTANCE_MAIN ? 0 : p->instance->entry->frames - 1u;

	memcpy(own->used, p->t.stack_used, sizeof(own->used));
	if (limit == 0)
		limit = p->t.prog->dialect == DIALECT_LINUX ? PROG_FRAME_SIZE
							    : PROG_FRAME_SIZE * PROG_MAX_FRAMES;
	own->frames++;
	/* As Linux counts: by 16, and no frame is free. */
	own->stack += (MAX(own->used[frame], 1u) + 15) & ~15u;
	if (own->frames > PROG_MAX_FRAMES)
		return fail_limit(p, FINDING_CALL_DEPTH, slot, own->frames, PROG_MAX_FRAMES);
	if (own->stack > limit)
		return fail_limit(p, FINDING_STACK_DEPTH, slot, own->stack, limit);
	return 0;
}

/* Of any loop head in one run, those of what is called included; *ret_node: the one visited most.
 */
static u64 count_visits(const struct prover *p, const u64 *visits, u32 *ret_node)
{
	u64 most = 1, called = 0;

	for (u32 i = 0; i <= p->instance->point_count; i++) {
		u64 inner;

		if (__builtin_mul_overflow(visits[i], p->call_visits[i], &inner) ||
		    __builtin_add_overflow(called, inner, &called))
			called = UINT64_MAX;
		if (visits[i] <= most)
			continue;
		most = visits[i];
		*ret_node = i;
	}
	return MAX(most, called);
}

static u32 node_slot(const struct prover *p, u32 node)
{
	return node > 0 ? p->t.cfg->blocks[p->instance->points[node - 1].block].start : 0;
}

static int check_termination(struct prover *p)
{
	struct rank_graph graph = {
		.node_count = p->instance->point_count + 1,
		.edges = p->edges.items,
		.edge_count = (u32)p->edges.count,
	};
	struct prover_instance *own = &p->instances[p->instance_index];
	u64 *visits;
	u32 node = 0;
	int status;

	if (p->t.policy->no_termination)
		return 0;
	visits = arena_array(p->arena, graph.node_count, sizeof(*visits));
	status = visits != NULL ? rank_check(p->arena, &graph, visits, &node) : ERR_NOMEM;
	if (status == ERR_LOOP) {
		return fail_limit(p, FINDING_TERMINATION, node_slot(p, node), node, 0);
	}
	if (status != 0)
		return status;
	own->visits = count_visits(p, visits, &node);
	if (own->visits > p->t.policy->max_steps) {
		return fail_limit(p, FINDING_MAX_STEPS, node_slot(p, node), own->visits,
				  p->t.policy->max_steps);
	}
	p->has_open |= p->is_open;
	prove_visits(p, visits);
	return 0;
}

static int check_instances(struct prover *p)
{
	int status = 0;

	if (p->proof->instance_count == 0)
		return fail_form(p, 0);
	for (u32 i = 0; i < p->proof->instance_count; i++) {
		if (!instance_is_valid(p, i))
			return fail_form(p, i);
	}
	/* What is called comes later in the list, and is known first. */
	for (u32 i = p->proof->instance_count; i-- > 0 && status == 0;) {
		p->instance = &p->proof->instances[i];
		p->instance_index = i;
		memset(p->t.stack_used, 0, sizeof(p->t.stack_used));
		status = prove_instance(p);
		if (status == 0)
			status = check_depth(p);
		if (status == 0)
			status = check_termination(p);
		p->t.finding.instance = i;
	}
	return status;
}

int check_proof(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
		const struct check_policy *policy, const struct proof *proof, struct budget *budget,
		struct prog_facts *facts, struct finding *ret_finding)
{
	struct prover *p = arena_alloc(arena, sizeof(*p));
	struct state *states = arena_array(arena, 4, sizeof(*states));
	int status = ERR_NOMEM;

	*ret_finding = (struct finding){ .id = FINDING_NO_MEMORY, .reg = FINDING_NO_REG };
	if (p == NULL || states == NULL)
		return ERR_NOMEM;
	transfer_init(&p->t, prog, cfg, policy, &states[3]);
	p->arena = arena;
	p->proof = proof;
	p->budget = budget;
	p->facts = facts != NULL && facts->count == prog->insn_count ? facts : NULL;
	p->state = &states[0];
	p->other = &states[1];
	p->target = &states[2];
	p->map = arena_alloc(arena, sizeof(*p->map));
	p->calls = arena_array(arena, prog->insn_count, sizeof(*p->calls));
	p->instances = arena_array(arena, (size_t)proof->instance_count + 1, sizeof(*p->instances));
	p->call_map = arena_alloc(arena, sizeof(*p->call_map));
	if (p->map != NULL && p->call_map != NULL && p->instances != NULL && p->calls != NULL)
		status = check_instances(p);
	vec_free(&p->edges);
	if (status == ERR_ACCES)
		*ret_finding = p->t.finding;
	if (status == 0 && p->facts != NULL) {
		p->facts->stack_depth = p->instances[0].stack;
		p->facts->uninit_stack = policy->allow_uninit_stack;
		p->facts->max_visits =
			policy->no_termination || p->has_open ? 0 : p->instances[0].visits;
	}
	return status;
}
