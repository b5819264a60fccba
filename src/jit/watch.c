/* SPDX-License-Identifier: MIT */
/* What debuggers and profilers ask of a program that has become machine code. */
#include "jit/internal.h"

u32 jit_func_offset(const struct jit *j, u32 subprog)
{
	if (subprog >= j->func_count || !j->funcs[subprog].reached)
		return UINT32_MAX;
	/* The entry comes first, whatever leads to it. */
	return subprog == 0 ? 0 : j->funcs[subprog].offset;
}

u16 jit_live(const struct jit *j, u32 slot)
{
	return slot < j->prog->insn_count ? j->slots[slot].live : 0;
}

u32 jit_dwarf_register(const struct jit *j, u8 reg)
{
	return reg < BPF_REG_COUNT ? j->backend->dwarf_register(reg) : UINT32_MAX;
}
