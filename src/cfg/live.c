/* SPDX-License-Identifier: MIT */
/* Liveness, backward over blocks, callees before callers. It is used to forget facts only: what is
 * called dead by mistake costs a proof and can make none wrong. A block is looked at again only
 * when more is live after it, so no more often than there are registers and granules. */
#include "cfg/values.h"

#include "base/str.h"

enum {
	CALL_WRITES = 0x3f, /* r0 to r5 */
	ARG_REGS = 0x3e,
};

u16 cfg_insn_reads(const struct insn *insn)
{
	u16 dst = (u16)(1u << insn->dst);
	u16 src = (insn->flags & INSN_IMM) != 0 ? 0 : (u16)(1u << insn->src);

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return insn->op == ALU_MOV ? src : dst | src;
	case INSN_NEG:
	case INSN_SWAP:
	case INSN_CALLX: return dst;
	case INSN_MOVSX:
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return src;
	case INSN_STORE:
	case INSN_STORE_REL:
	case INSN_JUMP_IF: return dst | src;
	case INSN_ATOMIC: return insn->op == ATOMIC_CMPXCHG ? dst | src | 1 : dst | src;
	case INSN_LD_PACKET: return src | 1u << 6; /* the context, by convention */
	case INSN_EXIT: return 1;
	case INSN_LDDW:
	case INSN_LDDW_HIGH:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC: break;
	}
	return 0;
}

u16 cfg_insn_writes(const struct insn *insn)
{
	u16 dst = (u16)(1u << insn->dst);

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP:
	case INSN_LDDW:
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return dst;
	case INSN_ATOMIC:
		if ((insn->flags & INSN_FETCH) == 0)
			return 0;
		return insn->op == ATOMIC_CMPXCHG ? 1 : (u16)(1u << insn->src);
	case INSN_LD_PACKET: return 1;
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: return CALL_WRITES;
	case INSN_STORE:
	case INSN_STORE_REL:
	case INSN_JUMP_IF:
	case INSN_LDDW_HIGH:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_EXIT: break;
	}
	return 0;
}

struct liveness {
	struct cfg_builder *b;
	struct cfg_values values;
	u16 *live; /* the graph's */
	/* Blocks to look at: a ring with room for all of one subprogram's. */
	u32 *queue;
	u8 *is_queued;
	u32 first, count, size;
};

static void push(struct liveness *l, u32 block)
{
	u32 place = l->first + l->count;

	if (l->is_queued[block])
		return;
	l->is_queued[block] = true;
	l->queue[place < l->size ? place : place - l->size] = block;
	l->count++;
}

static u32 pop(struct liveness *l)
{
	u32 block = l->queue[l->first];

	if (++l->first == l->size)
		l->first = 0;
	l->count--;
	l->is_queued[block] = false;
	return block;
}

/* What is live after a block. */
static void live_out(const struct liveness *l, const struct cfg_block *block, u16 *ret_regs,
		     u64 *ret_stack)
{
	u16 regs = 0;
	u64 stack = 0;

	for (u32 k = 0; k < 2; k++) {
		if (block->succ[k] == CFG_NONE)
			continue;
		regs |= l->b->blocks[block->succ[k]].live_regs;
		stack |= l->b->blocks[block->succ[k]].live_stack;
	}
	*ret_regs = regs;
	*ret_stack = stack;
}

static void update(struct liveness *l, u32 idx)
{
	struct cfg_block *block = &l->b->blocks[idx];
	const struct cfg_uses *uses = &l->values.uses[idx];
	u16 regs;
	u64 stack;

	live_out(l, block, &regs, &stack);
	regs = uses->read_regs | (regs & (u16)~uses->written_regs);
	stack = uses->read_stack | (stack & ~uses->written_stack);
	if (regs == block->live_regs && stack == block->live_stack)
		return;
	block->live_regs = regs;
	block->live_stack = stack;
	for (u32 i = 0; i < block->pred_count; i++) {
		u32 pred = l->b->cfg->preds[block->preds + i];

		if ((l->b->blocks[pred].flags & CFG_REACHABLE) != 0)
			push(l, pred);
	}
}

/* live[] has, for calls, what they read of the arguments. */
static void live_slots(struct liveness *l, const struct cfg_block *block)
{
	u64 stack;
	u16 regs;

	live_out(l, block, &regs, &stack);
	for (u32 i = block->count; i-- > 0;) {
		const struct insn *insn = &l->b->prog->insns[block->start + i];
		u16 args = l->live[block->start + i];

		l->live[block->start + i] = regs;
		regs = (regs & (u16)~cfg_insn_writes(insn)) | cfg_insn_reads(insn) | args;
	}
}

static void live_subprog(struct liveness *l, u32 idx)
{
	struct cfg_builder *b = l->b;
	struct cfg_subprog *subprog = &b->subprogs[idx];
	const struct cfg_order *order = &b->order[subprog->order];

	cfg_values_subprog(&l->values, idx);
	l->first = 0;
	l->size = subprog->order_count;
	for (u32 i = subprog->order_count; i-- > 0;)
		push(l, order[i].block);
	while (l->count > 0 && !cfg_is_late(b))
		update(l, pop(l));
	subprog->args = b->blocks[subprog->block].live_regs & ARG_REGS;
	for (u32 i = 0; i < subprog->order_count; i++) {
		struct cfg_block *block = &b->blocks[order[i].block];

		live_slots(l, block);
		if (subprog->is_stack_lost)
			block->live_stack = CFG_ALL_GRANULES;
	}
}

static void live_subprogs(struct liveness *l)
{
	struct cfg_builder *b = l->b;

	cfg_values_begin(&l->values);
	memset(l->live, 0, b->prog->insn_count * sizeof(*l->live));
	for (u32 i = 0; i < b->cfg->block_count; i++) {
		b->blocks[i].live_regs = 0;
		b->blocks[i].live_stack = 0;
	}
	for (u32 i = 0; i < b->prog->subprog_count; i++) {
		b->subprogs[i].args = 0;
		b->subprogs[i].is_stack_lost = false;
	}
	for (u32 i = 0; i < b->prog->subprog_count; i++)
		live_subprog(l, b->callees_first[i]);
}

/* Nobody should ask about code that is not reachable; nothing is claimed of it. */
static void fill_unreachable(struct liveness *l)
{
	for (u32 i = 0; i < l->b->cfg->block_count; i++) {
		struct cfg_block *block = &l->b->blocks[i];

		if ((block->flags & CFG_REACHABLE) != 0)
			continue;
		block->live_regs = CFG_ALL_REGS;
		block->live_stack = CFG_ALL_GRANULES;
		for (u32 slot = block->start; slot < block->start + block->count; slot++)
			l->live[slot] = CFG_ALL_REGS;
	}
}

static void sum_up_loops(struct liveness *l)
{
	struct cfg_builder *b = l->b;

	for (u32 i = 0; i < b->cfg->order_count; i++) {
		const struct cfg_block *block = &b->blocks[b->order[i].block];
		const struct cfg_uses *uses = &l->values.uses[b->order[i].block];
		struct cfg_loop *loop;

		if (block->loop == CFG_NONE)
			continue;
		loop = &b->loops[block->loop];
		loop->mod_regs |= uses->written_regs;
		loop->mod_stack |= uses->changed_stack;
		if (b->subprogs[block->subprog].is_stack_lost)
			loop->mod_stack = CFG_ALL_GRANULES;
	}
	for (u32 i = b->cfg->loop_count; i-- > 0;) {
		struct cfg_loop *parent;

		if (b->loops[i].parent == CFG_NONE)
			continue;
		parent = &b->loops[b->loops[i].parent];
		parent->mod_regs |= b->loops[i].mod_regs;
		parent->mod_stack |= b->loops[i].mod_stack;
	}
}

int cfg_liveness(struct cfg_builder *b)
{
	struct liveness l = { .b = b };
	int status, known;

	l.live = arena_array(b->arena, b->prog->insn_count, sizeof(*l.live));
	l.queue = cfg_scratch(b, b->cfg->block_count, sizeof(*l.queue));
	l.is_queued = cfg_scratch(b, b->cfg->block_count, sizeof(*l.is_queued));
	if (l.live == NULL || l.queue == NULL || l.is_queued == NULL)
		return ERR_NOMEM;
	status = cfg_values_init(&l.values, b, l.live);
	if (status != 0)
		return status;
	do {
		known = l.values.code_escapes + l.values.addresses_shared;
		live_subprogs(&l);
	} while (known != l.values.code_escapes + l.values.addresses_shared);
	fill_unreachable(&l);
	sum_up_loops(&l);
	b->cfg->live = l.live;
	return 0;
}
