/* SPDX-License-Identifier: MIT */
/* The check of a proof: from each of its points the program is run, once, up to the next points,
 * whose states have to include what arrives. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "check/exact.h"
#include "check/prove.h"

/* Paths of one point that wait to be walked. */
struct pending {
	struct pending *next;
	u32 slot;
	bool is_budgeted;
	struct state state; /* as much as is in use */
};

#define MAX_STEPS (1ull << 27) /* instructions: only a proof that explodes gets there */

static int fail_proof(struct prover *p, enum finding_id id, u32 slot, u32 other)
{
	p->t.finding = (struct finding){
		.id = (u16)id, .reg = FINDING_NO_REG, .slot = slot, .other = other
	};
	return ERR_ACCES;
}

static int fail_memory(struct prover *p)
{
	(void)fail_proof(p, FINDING_NO_MEMORY, 0, 0);
	return ERR_NOMEM;
}

static int push(struct prover *p, u32 slot, const struct state *state, bool is_budgeted)
{
	struct pending *item;

	if (state == p->state && !p->goes_on) {
		p->goes_on = true;
		p->slot = slot;
		p->is_budgeted = is_budgeted;
		return 0;
	}
	item = mem_alloc(offsetof(struct pending, state) + offsetof(struct state, cells) +
			 state->cell_count * sizeof(struct cell));

	if (item == NULL)
		return fail_memory(p);
	item->slot = slot;
	item->is_budgeted = is_budgeted;
	item->next = p->pending;
	state_copy(&item->state, state);
	p->pending = item;
	return 0;
}

static bool pop(struct prover *p, u32 *ret_slot, bool *ret_is_budgeted)
{
	struct pending *item = p->pending;

	if (p->goes_on) {
		p->goes_on = false;
		*ret_slot = p->slot;
		*ret_is_budgeted = p->is_budgeted;
		return true;
	}
	if (item == NULL)
		return false;
	p->pending = item->next;
	*ret_slot = item->slot;
	*ret_is_budgeted = item->is_budgeted;
	state_copy(p->state, &item->state);
	mem_free(item);
	return true;
}

static void drop_pending(struct prover *p)
{
	u32 slot;
	bool is_budgeted;

	while (pop(p, &slot, &is_budgeted))
		;
}

/* Where the points of block begin; points are ordered by block. */
static u32 first_point(const struct proof_instance *instance, u32 block)
{
	u32 low = 0, high = instance->point_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (instance->points[mid].block < block)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct value *prove_rank_value(struct state *state, const struct proof_rank *rank)
{
	struct cell *cell;

	if (rank->reg < BPF_REG_COUNT)
		return &state->regs[rank->reg];
	if (rank->frame >= state->frame_count || rank->off < -PROG_FRAME_SIZE ||
	    rank->off > -rank->size)
		return NULL;
	cell = state_cell(state, rank->frame, rank->off, rank->size);
	return cell != NULL ? &cell->value : NULL;
}

/* How often an edge into point can be gone before the point is entered otherwise; 0: no bound.
 * state arrives; target is the point's. */
static u64 edge_bound(struct prover *p, struct state *state, const struct proof_rank *rank)
{
	const struct value *v, *at;
	s64 step;
	u64 range;

	if (rank->direction == RANK_NONE)
		return 0;
	v = prove_rank_value(state, rank);
	at = prove_rank_value(p->target, rank);
	if (v == NULL || at == NULL || v->type == VALUE_NONE || (v->flags & VALUE_NULLABLE) != 0)
		return 0;
	if (rank->direction == RANK_UP) {
		/* anchor - v <= -step */
		step = exact_sub(state_sym_bound(state, rank->anchor, v->sym), v->dlo);
	} else {
		/* v - anchor <= -step */
		step = exact_add(state_sym_bound(state, v->sym, rank->anchor), v->dhi);
	}
	/* At most half of what it was, and less, or not 0. */
	if ((v->flags & VALUE_HALVED) != 0 && v->sym == rank->anchor &&
	    (v->n.smin > 0 || step < 0) && rank->direction == RANK_DOWN)
		return 64;
	if (step >= 0)
		return 0;
	range = (u64)at->n.smax - (u64)at->n.smin;
	return step == INT64_MIN ? 2 : range / (u64)-step + 1;
}

static int add_edge(struct prover *p, u32 to, u64 bound)
{
	struct rank_edge edge = { .from = p->node, .to = to, .bound = bound };

	return vec_push(&p->edges, edge) == 0 ? 0 : fail_memory(p);
}

/* *state arrives at point number `at`: whether the point includes it. */
static bool point_includes(struct prover *p, struct state *state, u32 at, u64 *ret_bound)
{
	const struct proof_point *point = &p->instance->points[at];
	struct leq_anchor anchor = { .sym = SYM_NONE };

	if (!state_may_leq(state, point->state, &p->hint))
		return false;
	state_unpack(point->state, p->target);
	*ret_bound = edge_bound(p, state, &point->rank);
	if (point->rank.direction != RANK_NONE) {
		anchor.sym = point->rank.anchor;
		anchor.value = prove_rank_value(state, &point->rank);
		if (anchor.value == NULL || anchor.value->type == VALUE_NONE)
			return false;
	}
	return state_leq(state, p->target, LEQ_INSIDE, &anchor, p->map);
}

/* Whether ways meet at the start of block: then it has to have points. */
static bool is_join(const struct prover *p, u32 block)
{
	const struct cfg_block *b = &p->t.cfg->blocks[block];

	return b->pred_count + ((b->flags & CFG_ENTRY) != 0 ? 1 : 0) > 1;
}

/* *state arrives at the start of block: it is included in a point there, or waits to be walked on.
 */
static int arrive(struct prover *p, u32 block, struct state *state, bool is_budgeted)
{
	u32 first = first_point(p->instance, block), end = first_point(p->instance, block + 1);
	u32 slot = p->t.cfg->blocks[block].start;
	/* In the order in which the search looked: outside of loops the latest first. */
	bool is_latest_first = p->t.cfg->blocks[block].loop == CFG_NONE;

	if (first == end) {
		if (is_join(p, block))
			return fail_proof(p, FINDING_PROOF_POINT, slot, block);
		return push(p, slot, state, is_budgeted);
	}
	for (u32 i = first; i < end; i++) {
		u32 at = is_latest_first ? first + end - 1 - i : i;
		u64 bound = 0;

		if (budget_use(p->budget, 1))
			return fail_proof(p, FINDING_TOO_COMPLEX, slot, 0);
		if (!point_includes(p, state, at, &bound))
			continue;
		/* What the run time counts cannot go on for ever. */
		p->is_open |= is_budgeted;
		return is_budgeted ? 0 : add_edge(p, at + 1, bound);
	}
	return fail_proof(p, FINDING_PROOF_POINT, slot, block);
}

/* The instance that includes the callee's state; UINT32_MAX: none does. */
static u32 find_instance(struct prover *p, const struct call_link *link)
{
	for (u32 i = p->instance_index + 1; i < p->proof->instance_count; i++) {
		const struct proof_instance *instance = &p->proof->instances[i];

		if (instance->kind != link->kind || instance->subprog != link->subprog ||
		    instance->func != link->func ||
		    !state_may_leq(p->t.callee, instance->entry, &p->hint))
			continue;
		state_unpack(instance->entry, p->target);
		if (state_leq(p->t.callee, p->target, LEQ_ENTRY, NULL, p->call_map))
			return i;
	}
	return UINT32_MAX;
}

/* One way in which a call comes back; p->state is the caller's, p->target how it was left. */
static int return_from(struct prover *p, const struct call_link *link, u32 slot, bool is_budgeted)
{
	state_copy(p->other, p->state);
	switch (transfer_return(&p->t, p->other, p->target, p->call_map, link)) {
	case TRANSFER_OK: break;
	case TRANSFER_DEAD: return 0;
	case TRANSFER_FAIL:
	case TRANSFER_CALL: return ERR_ACCES;
	}
	if (p->t.cfg->slot_blocks[slot] != p->t.cfg->slot_blocks[slot + 1])
		return arrive(p, p->t.cfg->slot_blocks[slot + 1], p->other, is_budgeted);
	return push(p, slot + 1, p->other, is_budgeted);
}

static int walk_call(struct prover *p, u32 slot, bool is_budgeted)
{
	const struct call_link *link = &p->t.link;
	u32 callee = find_instance(p, link);
	const struct proof_instance *instance;

	if (callee == UINT32_MAX)
		return fail_proof(p, FINDING_PROOF_INSTANCE, slot, link->subprog);
	prove_called(p, callee, link);
	if (link->kind != INSTANCE_CALL)
		return return_from(p, link, slot, is_budgeted);
	instance = &p->proof->instances[callee];
	for (u32 i = 0; i < instance->exit_count; i++) {
		int status;

		state_unpack(instance->exits[i], p->target);
		status = return_from(p, link, slot, is_budgeted);
		if (status != 0)
			return status;
	}
	return 0;
}

static int walk_branch(struct prover *p, u32 slot, const struct cfg_block *block, bool is_budgeted)
{
	bool feasible[2], is_counted = p->t.prog->insns[slot].kind == INSN_MAY_GOTO;
	int status = 0;

	if (transfer_branch(&p->t, p->state, slot, p->other, feasible) != TRANSFER_OK)
		return ERR_ACCES;
	prove_branch(p, slot, feasible);
	if (feasible[CFG_TARGET])
		status = arrive(p, block->succ[CFG_TARGET], p->other, is_budgeted);
	if (status == 0 && feasible[CFG_NEXT])
		status = arrive(p, block->succ[CFG_NEXT], p->state, is_budgeted || is_counted);
	return status;
}

static int walk_exit(struct prover *p, u32 slot)
{
	if (transfer_exit(&p->t, p->state, slot) != TRANSFER_OK)
		return ERR_ACCES;
	if (p->t.kind == INSTANCE_MAIN)
		return 0;
	for (u32 i = 0; i < p->instance->exit_count; i++) {
		if (!state_may_leq(p->state, p->instance->exits[i], &p->hint))
			continue;
		state_unpack(p->instance->exits[i], p->target);
		if (state_leq(p->state, p->target, LEQ_INSIDE, NULL, p->map))
			return 0;
	}
	return fail_proof(p, FINDING_PROOF_EXIT, slot, p->instance_index);
}

/* From slot to the end of its block. */
static int walk(struct prover *p, u32 slot, bool is_budgeted)
{
	const struct cfg_block *block = &p->t.cfg->blocks[p->t.cfg->slot_blocks[slot]];

	for (; slot < block->start + block->count; slot++) {
		if (++p->steps > MAX_STEPS || budget_use(p->budget, 1))
			return fail_proof(p, FINDING_TOO_COMPLEX, slot, 0);
		switch ((enum insn_kind)p->t.prog->insns[slot].kind) {
		case INSN_JUMP_IF:
		case INSN_MAY_GOTO: return walk_branch(p, slot, block, is_budgeted);
		case INSN_JUMP:
			prove_reached(p, slot);
			return arrive(p, block->succ[CFG_TARGET], p->state, is_budgeted);
		case INSN_EXIT: prove_reached(p, slot); return walk_exit(p, slot);
		case INSN_ALU:
		case INSN_NEG:
		case INSN_MOVSX:
		case INSN_SWAP:
		case INSN_LDDW:
		case INSN_LDDW_HIGH:
		case INSN_LOAD:
		case INSN_STORE:
		case INSN_ATOMIC:
		case INSN_LOAD_ACQ:
		case INSN_STORE_REL:
		case INSN_LD_PACKET:
		case INSN_CALL:
		case INSN_CALL_LOCAL:
		case INSN_CALL_KFUNC:
		case INSN_CALLX: break;
		}
		prove_before(p, slot);
		switch (transfer_insn(&p->t, p->state, slot)) {
		case TRANSFER_OK: break;
		case TRANSFER_DEAD: return 0;
		case TRANSFER_FAIL: return ERR_ACCES;
		case TRANSFER_CALL: return walk_call(p, slot, is_budgeted);
		}
		prove_after(p, slot);
	}
	return arrive(p, block->succ[CFG_NEXT], p->state, is_budgeted);
}

static int walk_pending(struct prover *p)
{
	u32 slot;
	bool is_budgeted;
	int status = 0;

	while (status == 0 && pop(p, &slot, &is_budgeted))
		status = walk(p, slot, is_budgeted);
	return status;
}

/* The state of entry, in p->state. */
static int enter(struct prover *p)
{
	if (p->instance->kind != INSTANCE_MAIN) {
		state_unpack(p->instance->entry, p->state);
		return 0;
	}
	return transfer_entry(&p->t, p->state) == TRANSFER_OK ? 0 : ERR_ACCES;
}

/* A callback may run again after it ended: how it is entered then has to be included, too. */
static int check_again(struct prover *p)
{
	const struct proof_instance *instance = p->instance;

	for (u32 i = 0; i < instance->exit_count; i++) {
		state_unpack(instance->entry, p->target);
		state_unpack(instance->exits[i], p->other);
		transfer_again(&p->t, p->target, p->other, p->state);
		if (!state_leq(p->state, p->target, LEQ_AGAIN, NULL, p->map))
			return fail_proof(p, FINDING_PROOF_EXIT,
					  p->t.prog->subprogs[instance->subprog].start,
					  p->instance_index);
	}
	return 0;
}

static int check_points(struct prover *p)
{
	for (u32 i = 0; i < p->instance->point_count; i++) {
		const struct proof_point *point = &p->instance->points[i];
		int status;

		p->node = i + 1;
		p->walk++;
		state_unpack(point->state, p->state);
		status = walk(p, p->t.cfg->blocks[point->block].start, false);
		if (status == 0)
			status = walk_pending(p);
		if (status != 0)
			return status;
	}
	return 0;
}

int prove_instance(struct prover *p)
{
	const struct prog_subprog *subprog = &p->t.prog->subprogs[p->instance->subprog];
	u32 entry = p->t.cfg->slot_blocks[subprog->start];
	int status;

	p->t.kind = (enum instance_kind)p->instance->kind;
	p->t.func = p->instance->func;
	p->edges.count = 0;
	p->node = 0;
	p->walk++;
	p->is_open = false;
	p->call_visits = arena_array(p->arena, (size_t)p->instance->point_count + 1, sizeof(u64));
	if (p->call_visits == NULL)
		return fail_memory(p);
	status = enter(p);
	if (status == 0)
		status = arrive(p, entry, p->state, false);
	if (status == 0)
		status = walk_pending(p);
	if (status == 0)
		status = check_points(p);
	if (status == 0 && p->t.kind == INSTANCE_CALLBACK)
		status = check_again(p);
	drop_pending(p);
	return status;
}
