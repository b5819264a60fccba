/* SPDX-License-Identifier: MIT */
/* Encoding of arm64 instructions, by the table in insns.def. */
#pragma once

#include "jit/out.h"

#define A64_ZR	 31 /* reads as 0; where addresses are and in ADD_I: the stack pointer */
#define A64_SP	 31
#define A64_LR	 30
#define A64_NONE 32

enum a64_insn {
#define A64(NAME, text, bits, sf, shift, size) A64_##NAME,
#include "jit/arm64/insns.def"
#undef A64
	A64_INSNS
};

enum a64_cc {
	CC_EQ,
	CC_NE,
	CC_HS,
	CC_LO,
	CC_MI,
	CC_PL,
	CC_VS,
	CC_VC,
	CC_HI,
	CC_LS,
	CC_GE,
	CC_LT,
	CC_GT,
	CC_LE,
};

/* What the row has not is 0. imm is cut to the field's bits. */
void a64_put(struct jit_out *out, enum a64_insn insn, u32 width, u32 d, u32 n, u32 m, s64 imm);
/* Puts a distance in bytes into the jump at `at`; false: too far. */
bool a64_patch(struct jit_out *out, u32 at, enum a64_insn insn, s64 distance);
/* How many bits are set. */
u32 a64_ones(u64 value);
/* A mask as logical instructions have it: their 13 bits; false: it is none. */
bool a64_mask(u64 value, u32 width, u32 *ret_bits);
