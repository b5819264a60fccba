/* SPDX-License-Identifier: MIT */
/* Slots to blocks, their successors and predecessors. */
#include "cfg/cfg_internal.h"

/* Flags of a block that ends with insn; 0: insn ends none. */
static u16 end_flags(const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_JUMP_IF: return CFG_ENDS_BRANCH;
	case INSN_MAY_GOTO: return CFG_ENDS_BRANCH | CFG_ENDS_MAY_GOTO;
	case INSN_JUMP: return CFG_ENDS_JUMP;
	case INSN_CALL_LOCAL: return CFG_ENDS_CALL;
	case INSN_EXIT: return CFG_ENDS_EXIT;
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
	case INSN_CALL_KFUNC:
	case INSN_CALLX: break;
	}
	return 0;
}

static u32 target_of(const struct prog *prog, u32 slot)
{
	return (u32)((s64)slot + 1 + prog->insns[slot].off);
}

/* Sets slot_blocks to 1 where a block starts, and numbers those places then. */
static u32 number_blocks(const struct prog *prog, u32 *slot_blocks)
{
	u32 count = 0;

	for (u32 i = 0; i < prog->subprog_count; i++)
		slot_blocks[prog->subprogs[i].start] = 1;
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		u16 flags = end_flags(&prog->insns[slot]);

		if (flags != 0 && slot + 1 < prog->insn_count)
			slot_blocks[slot + 1] = 1;
		if ((flags & (CFG_ENDS_BRANCH | CFG_ENDS_JUMP)) != 0)
			slot_blocks[target_of(prog, slot)] = 1;
	}
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		count += slot_blocks[slot];
		slot_blocks[slot] = count - 1;
	}
	return count;
}

static void set_edges(struct cfg_block *block, u32 idx, const struct prog *prog,
		      const u32 *slot_blocks)
{
	u32 last = block->start + block->count - 1;

	block->flags = end_flags(&prog->insns[last]);
	block->succ[CFG_NEXT] = CFG_NONE;
	block->succ[CFG_TARGET] = CFG_NONE;
	block->callee = CFG_NONE;
	/* A subprogram's last instruction is an exit or a jump, so there is a next block. */
	if ((block->flags & (CFG_ENDS_EXIT | CFG_ENDS_JUMP)) == 0)
		block->succ[CFG_NEXT] = idx + 1;
	if ((block->flags & (CFG_ENDS_BRANCH | CFG_ENDS_JUMP)) != 0)
		block->succ[CFG_TARGET] = slot_blocks[target_of(prog, last)];
	if ((block->flags & CFG_ENDS_CALL) != 0)
		block->callee =
			(u32)(prog_subprog_at(prog, target_of(prog, last)) - prog->subprogs);
}

static int set_preds(struct cfg_builder *b)
{
	u32 count = b->cfg->block_count, edges = 0;
	u32 *preds;

	for (u32 i = 0; i < count; i++)
		for (unsigned k = 0; k < 2; k++)
			if (b->blocks[i].succ[k] != CFG_NONE)
				b->blocks[b->blocks[i].succ[k]].pred_count++;
	for (u32 i = 0; i < count; i++) {
		b->blocks[i].preds = edges;
		edges += b->blocks[i].pred_count;
		b->blocks[i].pred_count = 0;
	}
	preds = arena_array(b->arena, edges, sizeof(*preds));
	if (preds == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < count; i++) {
		for (unsigned k = 0; k < 2; k++) {
			u32 succ = b->blocks[i].succ[k];

			if (succ != CFG_NONE)
				preds[b->blocks[succ].preds + b->blocks[succ].pred_count++] = i;
		}
	}
	b->cfg->preds = preds;
	return 0;
}

int cfg_blocks(struct cfg_builder *b)
{
	const struct prog *prog = b->prog;
	u32 *slot_blocks = arena_array(b->arena, prog->insn_count, sizeof(*slot_blocks));
	u32 count;

	b->subprogs = arena_array(b->arena, prog->subprog_count, sizeof(*b->subprogs));
	if (slot_blocks == NULL || b->subprogs == NULL)
		return ERR_NOMEM;
	count = number_blocks(prog, slot_blocks);
	b->blocks = arena_array(b->arena, count, sizeof(*b->blocks));
	if (b->blocks == NULL)
		return ERR_NOMEM;
	b->cfg->slot_blocks = slot_blocks;
	b->cfg->subprogs = b->subprogs;
	b->cfg->blocks = b->blocks;
	b->cfg->block_count = count;
	for (u32 slot = prog->insn_count; slot-- > 0;) {
		b->blocks[slot_blocks[slot]].start = slot;
		b->blocks[slot_blocks[slot]].count++;
	}
	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct prog_subprog *subprog = &prog->subprogs[i];
		u32 first = slot_blocks[subprog->start];
		u32 last = slot_blocks[subprog->start + subprog->count - 1];

		b->subprogs[i].block = first;
		b->subprogs[i].block_count = last - first + 1;
		for (u32 k = first; k <= last; k++) {
			b->blocks[k].subprog = i;
			set_edges(&b->blocks[k], k, prog, slot_blocks);
		}
		b->blocks[first].flags |= CFG_ENTRY;
	}
	return set_preds(b);
}
