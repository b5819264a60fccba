/* SPDX-License-Identifier: MIT */
/* Places in machine code: before and after a pass. */
#include "jit/sites.h"

void jit_sites_begin(struct jit *j, struct jit_sites *sites)
{
	sites->stub_count = sites->fixup_count = sites->uses = 0;
	for (u32 i = 0; i < COMMONS; i++)
		sites->common[i] = JIT_UNKNOWN;
	for (u32 i = 0; i <= j->prog->insn_count; i++)
		j->offsets[i] = JIT_UNKNOWN;
	for (u32 i = 0; i < j->func_count; i++)
		j->funcs[i].offset = JIT_UNKNOWN;
}

void jit_sites_end(struct jit *j, u32 len)
{
	u32 count = j->prog->insn_count;

	j->offsets[count] = len;
	for (u32 i = count; i-- > 0;)
		if (j->offsets[i] == JIT_UNKNOWN)
			j->offsets[i] = j->offsets[i + 1];
}

/* A stub has a jump, too. */
int jit_sites_alloc(struct jit *j, struct jit_sites *sites)
{
	sites->stub_cap = sites->stub_count;
	sites->fixup_cap = sites->fixup_count + sites->stub_count;
	sites->stubs = arena_array(j->arena, sites->stub_cap, sizeof(*sites->stubs));
	sites->fixups = arena_array(j->arena, sites->fixup_cap, sizeof(*sites->fixups));
	return sites->stubs == NULL || sites->fixups == NULL ? ERR_NOMEM : 0;
}
