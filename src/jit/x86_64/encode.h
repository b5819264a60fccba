/* SPDX-License-Identifier: MIT */
/* Encoding of x86-64 instructions, by the table in insns.def. */
#pragma once

#include "base/le.h"
#include "jit/out.h"

enum x86_reg {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	X86_REGS,
	X86_NONE = X86_REGS,
};

enum x86_insn {
#define X86(NAME, text, prefix, map, opcode, digit, form, imm) X86_##NAME,
#include "jit/x86_64/insns.def"
#undef X86
	X86_INSNS
};

/* The numbers that conditions have in opcodes. */
enum x86_cc {
	CC_B = 2,
	CC_AE = 3,
	CC_E = 4,
	CC_NE = 5,
	CC_BE = 6,
	CC_A = 7,
	CC_L = 12,
	CC_GE = 13,
	CC_LE = 14,
	CC_G = 15,
};

/* A register, or memory at base + (index << scale) + disp. */
struct x86_rm {
	u8 is_mem;
	u8 base;  /* the register; of memory X86_NONE: none */
	u8 index; /* X86_NONE: none; not RSP */
	u8 scale; /* 0 to 3 */
	s32 disp;
};

static inline struct x86_rm x86_r(u8 reg)
{
	return (struct x86_rm){ .base = reg, .index = X86_NONE };
}

static inline struct x86_rm x86_m(u8 base, s32 disp)
{
	return (struct x86_rm){ .is_mem = 1, .base = base, .index = X86_NONE, .disp = disp };
}

static inline struct x86_rm x86_mx(u8 base, u8 index, u8 scale, s32 disp)
{
	return (struct x86_rm){ 1, base, index, scale, disp };
}

static inline void x86_byte(struct jit_out *out, u32 byte)
{
	if (out->len < out->cap)
		out->bytes[out->len] = (u8)byte;
	out->len++;
}

static inline void x86_bytes(struct jit_out *out, u64 value, u32 count)
{
	/* All eight at once where there is room: what is too much is written over. */
	if (out->len + 8 <= out->cap)
		le64_store(out->bytes + out->len, value);
	else
		for (u32 i = 0; i < count && out->len + i < out->cap; i++)
			out->bytes[out->len + i] = (u8)(value >> 8 * i);
	out->len += count;
}

/* width: 32 or 64. reg and imm where the form has them. */
void x86_put(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm, s64 imm);
/* Of two registers, whatever the form: dst is written (or compared with), src read. */
void x86_rr(struct jit_out *out, enum x86_insn insn, u32 width, u8 dst, u8 src);
/* Of one register, and maybe an immediate. */
void x86_ri(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, s64 imm);
/* Those that the table has not: with a condition in the opcode. */
void x86_cmov(struct jit_out *out, enum x86_cc cc, u32 width, u8 dst, u8 src);
