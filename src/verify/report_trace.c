/* SPDX-License-Identifier: MIT */
/* Back through blocks, the nearest first, along copies and the stack. */
#include "verify/report_trace.h"

#include "check/value.h"
#include "prog/exec.h"
#include "spec/spec.h"

#define TAKES (HELPER_RELEASES | HELPER_MOVES_PACKET)

/* What is looked for: a register, or the 8 bytes of the frame that it was loaded from. */
struct trace {
	u32 reg, taker;
	s32 spill;
	bool is_spilled;
	bool is_number; /* which may be cut on the way */
};

/* A block that waits, with what is looked for at its end. */
#define MAX_WAITING 64
struct way {
	u32 block;
	struct trace trace;
};
struct ways {
	struct way at[MAX_WAITING];
	u32 count, done;
};

/* TRACE_LOST: end. Otherwise on, with STEP_ON. */
#define STEP_ON (-1)

static int step_move(struct trace *trace, const struct insn *insn)
{
	if (insn->dst != trace->reg || insn->op != ALU_MOV)
		return STEP_ON; /* moved within the same thing */
	if ((insn->flags & INSN_IMM) != 0 || (insn->width != 64 && !trace->is_number))
		return TRACE_LOST;
	trace->reg = insn->src;
	return STEP_ON;
}

static int step_stack(struct trace *trace, const struct insn *insn)
{
	if (insn->kind != INSN_STORE || insn->dst != BPF_REG_FP || insn->off >= trace->spill + 8 ||
	    insn->off + insn->size <= trace->spill)
		return STEP_ON;
	if (insn->size != 8 || insn->off != trace->spill)
		return TRACE_TORN;
	if ((insn->flags & INSN_IMM) != 0)
		return TRACE_LOST;
	trace->reg = insn->src;
	trace->is_spilled = false;
	return STEP_ON;
}

static int step_call(const struct prog *prog, struct trace *trace, u32 slot)
{
	const struct insn *insn = &prog->insns[slot];
	const struct spec_helper *helper = NULL;

	if (!trace->is_spilled && trace->reg == BPF_REG_0)
		return TRACE_CALL;
	if (!trace->is_spilled && trace->reg <= 5)
		return TRACE_OVERWRITTEN;
	if (insn->kind == INSN_CALL)
		helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
	if (helper != NULL && (helper->flags & TAKES) != 0 && trace->taker == PROG_NO_INDEX)
		trace->taker = slot;
	return STEP_ON;
}

static int step_back(const struct prog *prog, struct trace *trace, u32 slot)
{
	const struct insn *insn = &prog->insns[slot];

	switch ((enum insn_kind)insn->kind) {
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALL_LOCAL:
	case INSN_CALLX: return step_call(prog, trace, slot);
	case INSN_STORE:
	case INSN_STORE_REL: return trace->is_spilled ? step_stack(trace, insn) : STEP_ON;
	default: break;
	}
	if (trace->is_spilled)
		return STEP_ON;
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return step_move(trace, insn);
	case INSN_LOAD:
		if (insn->dst != trace->reg)
			return STEP_ON;
		if (insn->src != BPF_REG_FP || insn->size != 8)
			return TRACE_LOAD;
		trace->spill = insn->off;
		trace->is_spilled = true;
		return STEP_ON;
	case INSN_LD_PACKET: return trace->reg == BPF_REG_0 ? TRACE_LOST : STEP_ON;
	case INSN_ATOMIC:
		return insn->src == trace->reg || trace->reg == BPF_REG_0 ? TRACE_LOST : STEP_ON;
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP:
	case INSN_LDDW:
	case INSN_LOAD_ACQ: return insn->dst == trace->reg ? TRACE_LOST : STEP_ON;
	default: break;
	}
	return STEP_ON;
}

static void add_ways(struct ways *ways, const struct cfg *cfg, u32 block, const struct trace *trace)
{
	const struct cfg_block *b = &cfg->blocks[block];

	for (u32 i = 0; i < b->pred_count; i++) {
		u32 pred = cfg->preds[b->preds + i], k = 0;

		while (k < ways->count && ways->at[k].block != pred)
			k++;
		if (k == ways->count && k < MAX_WAITING)
			ways->at[ways->count++] = (struct way){ pred, *trace };
	}
}

/* From before slot `at` back to the start of the block. */
static int trace_block(const struct prog *prog, u32 start, u32 at, struct trace *trace,
		       u32 *ret_slot)
{
	int step = STEP_ON;

	while (step == STEP_ON && at > start)
		step = step_back(prog, trace, --at);
	*ret_slot = at;
	return step;
}

static struct traced trace_from(const struct prog *prog, const struct cfg *cfg, u32 slot,
				struct trace trace)
{
	struct traced lost = { .end = TRACE_LOST, .slot = slot, .taker = PROG_NO_INDEX };
	struct ways ways;
	u32 at, block;
	int step;

	if (cfg == NULL || slot >= prog->insn_count || trace.reg >= BPF_REG_FP)
		return lost;
	ways.count = ways.done = 0;
	block = cfg->slot_blocks[slot];
	step = trace_block(prog, cfg->blocks[block].start, slot, &trace, &at);
	if (step == STEP_ON)
		add_ways(&ways, cfg, block, &trace);
	while ((step == STEP_ON || step == TRACE_LOST) && ways.done < ways.count) {
		const struct cfg_block *b;

		block = ways.at[ways.done].block;
		trace = ways.at[ways.done++].trace;
		b = &cfg->blocks[block];
		step = trace_block(prog, b->start, b->start + b->count, &trace, &at);
		if (step == STEP_ON)
			add_ways(&ways, cfg, block, &trace);
	}
	if (step == STEP_ON)
		return lost;
	return (struct traced){ .end = (enum trace_end)step, .slot = at, .taker = trace.taker };
}

struct traced trace_value(const struct prog *prog, const struct cfg *cfg, u32 slot, u32 reg)
{
	return trace_from(prog, cfg, slot, (struct trace){ .reg = reg, .taker = PROG_NO_INDEX });
}

/* The addition of two registers that made *reg, in this block or those that it alone follows. */
static bool find_sum(const struct prog *prog, const struct cfg *cfg, u32 *slot, u32 reg)
{
	const struct cfg_block *b = &cfg->blocks[cfg->slot_blocks[*slot]];
	u32 at = *slot;

	for (u32 blocks = 0; blocks < 8; blocks++) {
		while (at > b->start) {
			const struct insn *insn = &prog->insns[--at];
			bool is_copy = insn->kind == INSN_ALU && (insn->flags & INSN_IMM) == 0;

			if (insn->kind == INSN_CALL && reg <= 5)
				return false;
			if (insn->dst != reg || insn->kind != INSN_ALU)
				continue;
			if (is_copy && insn->op == ALU_ADD) {
				*slot = at;
				return true;
			}
			if (is_copy && insn->op == ALU_MOV)
				reg = insn->src;
		}
		if (b->pred_count != 1)
			return false;
		b = &cfg->blocks[cfg->preds[b->preds]];
		at = b->start + b->count;
	}
	return false;
}

struct traced trace_index(const struct prog *prog, const struct cfg *cfg, u32 slot, u32 reg,
			  const struct traced *base)
{
	struct traced traced = { .end = TRACE_LOST, .slot = slot, .taker = PROG_NO_INDEX };
	struct trace trace = { .taker = PROG_NO_INDEX, .is_number = true };

	if (cfg == NULL || slot >= prog->insn_count || !find_sum(prog, cfg, &slot, reg))
		return traced;
	trace.reg = prog->insns[slot].src;
	traced = trace_from(prog, cfg, slot, trace);
	/* Either of the two is the address. */
	if (traced.end != TRACE_LOST && (traced.end != base->end || traced.slot != base->slot))
		return traced;
	trace.reg = prog->insns[slot].dst;
	return trace_from(prog, cfg, slot, trace);
}

/* Only of pointers does the place where they were made say what to do. */
static bool has_origin(const struct finding *f)
{
	return f->reg < BPF_REG_FP && (f->type == VALUE_MAP_VALUE || f->type == VALUE_MEM ||
				       f->type == VALUE_OBJECT || f->type == VALUE_MAP);
}

u32 trace_origin(const struct prog *prog, const struct cfg *cfg, const struct finding *finding)
{
	struct traced traced;

	if (finding->id == FINDING_LEAKED_REFERENCE)
		return finding->other;
	if (!has_origin(finding))
		return PROG_NO_INDEX;
	traced = trace_value(prog, cfg, finding->slot, finding->reg);
	return traced.end == TRACE_CALL ? traced.slot : PROG_NO_INDEX;
}
