/* SPDX-License-Identifier: MIT */
#include "cfg/cfg_internal.h"

int cfg_liveness(struct cfg_builder *b)
{
	u16 *live = arena_array(b->arena, b->prog->insn_count, sizeof(*live));

	if (live == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < b->prog->insn_count; i++)
		live[i] = CFG_ALL_REGS;
	for (u32 i = 0; i < b->cfg->block_count; i++) {
		b->blocks[i].live_regs = CFG_ALL_REGS;
		b->blocks[i].live_stack = CFG_ALL_GRANULES;
	}
	for (u32 i = 0; i < b->cfg->loop_count; i++) {
		b->loops[i].mod_regs = CFG_ALL_REGS;
		b->loops[i].mod_stack = CFG_ALL_GRANULES;
	}
	b->cfg->live = live;
	return 0;
}

int cfg_thresholds(struct cfg_builder *b)
{
	s64 *thresholds = arena_alloc(b->arena, sizeof(*thresholds));

	b->cfg->thresholds = thresholds;
	return thresholds != NULL ? 0 : ERR_NOMEM;
}
