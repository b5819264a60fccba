/* SPDX-License-Identifier: MIT */
/* What debuggers and profilers ask of a program that has become machine code. */
#include "jit/x86_64/x86.h"

u32 jit_func_offset(const struct jit *j, u32 subprog)
{
	if (subprog >= j->func_count || !j->funcs[subprog].reached)
		return UINT32_MAX;
	/* The entry comes first, whatever leads to it. */
	return subprog == 0 ? 0 : j->funcs[subprog].offset;
}

u16 jit_live(const struct jit *j, u32 slot)
{
	return slot < j->prog->insn_count ? j->live[slot] : 0;
}

u32 jit_dwarf_register(const struct jit *j, u8 reg)
{
	/* DWARF begins with rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp. */
	static const u8 x86[] = { 0, 2, 1, 3, 7, 6, 4, 5 };
	u8 host;

	if (reg >= BPF_REG_COUNT)
		return UINT32_MAX;
	switch (j->options.target) {
	case JIT_X86_64_SYSV:
	case JIT_X86_64_MS: host = x86_host(reg); return host < ARRAY_COUNT(x86) ? x86[host] : host;
	case JIT_ARM64:
	case JIT_TARGETS: break;
	}
	return UINT32_MAX;
}
