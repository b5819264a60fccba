/* SPDX-License-Identifier: MIT */
/* Backwards from a finding: sets of registers and of granules of the stack that matter at the end
 * of each block grow until nothing changes; a block that matters brings the branches that guard it.
 */
#include "verify/slice.h"

#include "base/error.h"
#include "check/value.h"
#include "verify/effect.h"

#define CALL_REGS    0x3f /* r0 to r5 */
#define UNKNOWN_SIZE 64	  /* bytes that a call is taken to reach from an address on */

struct needs {
	u16 regs;
	u64 stack;
};

struct slicer {
	const struct record *record;
	const struct prog *prog;
	const struct cfg *cfg;
	const struct finding *finding;
	bool *slots;
	struct needs *ends;    /* by block */
	u16 *call_regs;	       /* by subprogram: arguments that matter */
	bool *needs_result;    /* by subprogram */
	u32 *work, work_count; /* blocks */
	bool *is_queued;
};

static void queue(struct slicer *s, u32 block)
{
	if (s->is_queued[block])
		return;
	s->is_queued[block] = true;
	s->work[s->work_count++] = block;
}

static u16 reg_bit(u32 reg)
{
	return reg < BPF_REG_FP ? (u16)(1u << reg) : 0;
}

/* Granules that [lo, hi + size) touches. */
static u64 granules(const struct record_pointer *at, u32 size)
{
	s32 span = at->hi - at->lo;

	return at->is_stack ? cfg_granules(at->lo, (u32)span + size) : 0;
}

static u16 source_bit(const struct insn *insn)
{
	return (insn->flags & INSN_IMM) != 0 ? 0 : reg_bit(insn->src);
}

/* A block in which something matters: so do the branches of which one side alone leads to it. */
static void mark(struct slicer *s, u32 slot)
{
	u32 block = s->cfg->slot_blocks[slot];

	if (s->slots[slot])
		return;
	s->slots[slot] = true;
	for (u32 above = s->cfg->blocks[block].idom, below = block; above != CFG_NONE;
	     below = above, above = s->cfg->blocks[above].idom) {
		const struct cfg_block *b = &s->cfg->blocks[above];
		u32 branch = b->start + b->count - 1;

		if ((b->flags & CFG_ENDS_BRANCH) == 0 || s->slots[branch] ||
		    b->succ[0] == b->succ[1])
			continue;
		for (u32 i = 0; i < 2; i++) {
			if (b->succ[i] != below || s->cfg->blocks[below].pred_count != 1)
				continue;
			s->slots[branch] = true;
			queue(s, above);
		}
	}
}

static void call_effect(const struct slicer *s, u32 slot, struct cfg_effect *effect)
{
	const struct record_slot *seen = &s->record->slots[slot];
	struct cfg_value args[CFG_MAX_ARGS] = { 0 };

	*effect = (struct cfg_effect){ .arg_count = CFG_MAX_ARGS };
	for (u32 i = 0; i < CFG_MAX_ARGS; i++) {
		effect->reads[i] = effect->writes[i] = CFG_SIZE_UNKNOWN;
		if (seen->pointers[i].is_stack)
			args[i] = (struct cfg_value){ CFG_VALUE_STACK, seen->pointers[i].lo };
		else if (seen->pointers[i].is_map)
			args[i] = (struct cfg_value){ CFG_VALUE_MAP, seen->pointers[i].map };
	}
	verify_call_effect(NULL, s->prog, slot, args, effect);
}

static void step_helper(struct slicer *s, u32 slot, struct needs *needs)
{
	const struct record_pointer *at = s->record->slots[slot].pointers;
	struct cfg_effect effect;
	u64 written = 0, read = 0;
	u16 args = 0;

	call_effect(s, slot, &effect);
	for (u32 i = 0; i < effect.arg_count; i++) {
		args |= reg_bit(BPF_REG_1 + i);
		if (effect.writes[i] != 0)
			written |= granules(&at[i], MIN(effect.writes[i], UNKNOWN_SIZE));
		if (effect.reads[i] != 0)
			read |= granules(&at[i], MIN(effect.reads[i], UNKNOWN_SIZE));
	}
	if ((needs->regs & CALL_REGS) == 0 && (needs->stack & written) == 0 && !s->slots[slot])
		return;
	mark(s, slot);
	needs->regs = (u16)((needs->regs & ~CALL_REGS) | args);
	needs->stack |= read;
}

static void step_call(struct slicer *s, u32 slot, struct needs *needs)
{
	u32 callee = s->cfg->blocks[s->cfg->slot_blocks[slot]].callee;

	if ((needs->regs & CALL_REGS) == 0 && !s->slots[slot])
		return;
	mark(s, slot);
	if (callee == CFG_NONE)
		return;
	if ((needs->regs & 1) != 0 && !s->needs_result[callee]) {
		const struct cfg_subprog *sub = &s->cfg->subprogs[callee];

		s->needs_result[callee] = true;
		for (u32 i = 0; i < sub->block_count; i++)
			if ((s->cfg->blocks[sub->block + i].flags & CFG_ENDS_EXIT) != 0)
				queue(s, sub->block + i);
	}
	needs->regs = (u16)((needs->regs & ~CALL_REGS) | s->call_regs[callee]);
}

/* An instruction with one result, in dst. */
static void step_dst(struct slicer *s, u32 slot, struct needs *needs, u16 uses, u64 stack)
{
	u16 dst = reg_bit(s->prog->insns[slot].dst);

	if ((needs->regs & dst) == 0 && !s->slots[slot])
		return;
	mark(s, slot);
	needs->regs = (u16)((needs->regs & ~dst) | uses);
	needs->stack |= stack;
}

static void step_store(struct slicer *s, u32 slot, struct needs *needs)
{
	const struct insn *insn = &s->prog->insns[slot];
	const struct record_pointer *at = &s->record->slots[slot].pointers[0];
	u64 written = granules(at, insn->size);

	if ((needs->stack & written) == 0 && !s->slots[slot])
		return;
	mark(s, slot);
	if (insn->kind == INSN_STORE && at->lo == at->hi)
		needs->stack &= ~cfg_whole_granules(at->lo, insn->size);
	needs->regs |= (u16)(source_bit(insn) | reg_bit(insn->dst));
}

static void step_back(struct slicer *s, u32 slot, struct needs *needs)
{
	const struct insn *insn = &s->prog->insns[slot];
	u16 dst = reg_bit(insn->dst), src = source_bit(insn);

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
		step_dst(s, slot, needs, (u16)(src | (insn->op == ALU_MOV ? 0 : dst)), 0);
		break;
	case INSN_NEG:
	case INSN_SWAP: step_dst(s, slot, needs, dst, 0); break;
	case INSN_MOVSX: step_dst(s, slot, needs, reg_bit(insn->src), 0); break;
	case INSN_LDDW: step_dst(s, slot, needs, 0, 0); break;
	case INSN_LOAD:
	case INSN_LOAD_ACQ:
		step_dst(s, slot, needs, reg_bit(insn->src),
			 granules(&s->record->slots[slot].pointers[0], insn->size));
		break;
	case INSN_STORE:
	case INSN_STORE_REL:
	case INSN_ATOMIC: step_store(s, slot, needs); break;
	case INSN_LD_PACKET:
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: step_helper(s, slot, needs); break;
	case INSN_CALL_LOCAL: step_call(s, slot, needs); break;
	case INSN_JUMP_IF:
		if (s->slots[slot])
			needs->regs |= (u16)(src | dst);
		break;
	case INSN_EXIT:
		if (s->needs_result[s->cfg->blocks[s->cfg->slot_blocks[slot]].subprog])
			needs->regs |= 1;
		break;
	case INSN_LDDW_HIGH:
	case INSN_JUMP:
	case INSN_MAY_GOTO: break;
	}
}

/* What the finding itself is about. */
static void start(struct slicer *s, struct needs *needs)
{
	const struct finding *f = s->finding;
	const struct insn *insn = &s->prog->insns[f->slot];
	const struct record_pointer at = { .lo = (s16)MAX(f->lo, -PROG_FRAME_SIZE),
					   .hi = (s16)MIN(MAX(f->lo, -PROG_FRAME_SIZE), -1),
					   .is_stack = f->lo < 0 };

	if (f->reg < BPF_REG_COUNT)
		needs->regs |= reg_bit(f->reg);
	else
		needs->regs |= (u16)(source_bit(insn) | reg_bit(insn->dst));
	if (f->id == FINDING_UNINIT_STACK || f->id == FINDING_ARG_UNINIT)
		needs->stack |= granules(&at, MIN(f->size, PROG_FRAME_SIZE));
}

static void enter(struct slicer *s, u32 subprog, u16 regs)
{
	bool is_new = (regs & ~s->call_regs[subprog]) != 0;

	s->call_regs[subprog] |= regs & CALL_REGS;
	for (u32 i = 0; i < s->cfg->call_count; i++) {
		const struct cfg_call *call = &s->cfg->calls[i];

		if (call->callee != subprog || call->is_reference ||
		    (s->slots[call->slot] && !is_new))
			continue;
		mark(s, call->slot);
		queue(s, s->cfg->slot_blocks[call->slot]);
	}
}

static void walk_block(struct slicer *s, u32 block)
{
	const struct cfg_block *b = &s->cfg->blocks[block];
	struct needs needs = s->ends[block];
	bool matters = false;

	for (u32 slot = b->start + b->count; slot-- > b->start;) {
		if (slot == s->finding->slot)
			start(s, &needs);
		else
			step_back(s, slot, &needs);
		matters |= s->slots[slot];
	}
	if ((b->flags & CFG_ENTRY) != 0 && (matters || needs.regs != 0))
		enter(s, b->subprog, needs.regs);
	for (u32 i = 0; i < b->pred_count; i++) {
		u32 pred = s->cfg->preds[b->preds + i];
		struct needs *to = &s->ends[pred];

		if ((needs.regs & ~to->regs) == 0 && (needs.stack & ~to->stack) == 0)
			continue;
		to->regs |= needs.regs;
		to->stack |= needs.stack;
		queue(s, pred);
	}
}

int slice_make(struct arena *arena, const struct record *record, const struct finding *finding,
	       bool **ret_slots)
{
	const struct cfg *cfg = record->cfg;
	struct slicer s = {
		.record = record, .prog = record->prog, .cfg = cfg, .finding = finding
	};

	s.slots = arena_array(arena, record->prog->insn_count, sizeof(*s.slots));
	if (s.slots == NULL)
		return ERR_NOMEM;
	*ret_slots = s.slots;
	if (finding->slot >= record->prog->insn_count)
		return 0;
	s.slots[finding->slot] = true;
	if (cfg == NULL)
		return 0;
	s.slots[finding->slot] = false;
	s.ends = arena_array(arena, cfg->block_count, sizeof(*s.ends));
	s.work = arena_array(arena, cfg->block_count, sizeof(*s.work));
	s.is_queued = arena_array(arena, cfg->block_count, sizeof(*s.is_queued));
	s.call_regs = arena_array(arena, record->prog->subprog_count, sizeof(*s.call_regs));
	s.needs_result = arena_array(arena, record->prog->subprog_count, sizeof(*s.needs_result));
	if (s.ends == NULL || s.work == NULL || s.is_queued == NULL || s.call_regs == NULL ||
	    s.needs_result == NULL)
		return ERR_NOMEM;
	mark(&s, finding->slot);
	queue(&s, cfg->slot_blocks[finding->slot]);
	if (finding->id == FINDING_LEAKED_REFERENCE && finding->other < record->prog->insn_count) {
		mark(&s, finding->other);
		queue(&s, cfg->slot_blocks[finding->other]);
	}
	while (s.work_count > 0) {
		u32 block = s.work[--s.work_count];

		s.is_queued[block] = false;
		walk_block(&s, block);
	}
	return 0;
}
