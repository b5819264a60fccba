/* SPDX-License-Identifier: MIT */
/* What the operations compute, as functions over the tables' expressions. The interpreter, constant
 * folding and the tests' oracles share these. */
#pragma once

#include "isa/insn.h"

#define U     u32
#define S     s32
#define WIDTH 32
#define ALU(NAME, name, code, off, group, symbol, expr)     \
	ALWAYS_INLINE u32 alu32_##name(UNUSED u32 d, u32 s) \
	{                                                   \
		return (expr);                              \
	}
#include "isa/alu.def"
#undef ALU
#define JUMP(NAME, name, code, symbol, expr)           \
	ALWAYS_INLINE bool jump32_##name(u32 d, u32 s) \
	{                                              \
		return (expr);                         \
	}
#include "isa/jump.def"
#undef JUMP
#undef U
#undef S
#undef WIDTH

#define U     u64
#define S     s64
#define WIDTH 64
#define ALU(NAME, name, code, off, group, symbol, expr)     \
	ALWAYS_INLINE u64 alu64_##name(UNUSED u64 d, u64 s) \
	{                                                   \
		return (expr);                              \
	}
#include "isa/alu.def"
#undef ALU
#define JUMP(NAME, name, code, symbol, expr)           \
	ALWAYS_INLINE bool jump64_##name(u64 d, u64 s) \
	{                                              \
		return (expr);                         \
	}
#include "isa/jump.def"
#undef JUMP
#undef U
#undef S
#undef WIDTH

/* By operation at run time. A 32-bit operation reads the low halves and zero-extends its result. */
static inline u64 alu_eval(enum alu_op op, unsigned width, u64 d, u64 s)
{
	switch (op) {
#define ALU(NAME, name, code, off, group, symbol, expr) \
	case ALU_##NAME:                                \
		return width == 64 ? alu64_##name(d, s) : alu32_##name((u32)d, (u32)s);
#include "isa/alu.def"
#undef ALU
	case ALU_OP_COUNT: break;
	}
	return 0;
}

static inline bool jump_eval(enum jump_op op, unsigned width, u64 d, u64 s)
{
	switch (op) {
#define JUMP(NAME, name, code, symbol, expr) \
	case JUMP_##NAME:                    \
		return width == 64 ? jump64_##name(d, s) : jump32_##name((u32)d, (u32)s);
#include "isa/jump.def"
#undef JUMP
	case JUMP_OP_COUNT: break;
	}
	return false;
}

/* value sign-extended from its low size bytes. */
static inline u64 sign_extend(u64 value, unsigned size)
{
	unsigned shift = 64 - 8 * size;

	return (u64)((s64)(value << shift) >> shift);
}

static inline u64 swap_eval(enum swap_op op, unsigned size, u64 d)
{
	if (op == SWAP_LE)
		return size == 2 ? (u16)d : size == 4 ? (u32)d : d;
	return size == 2   ? __builtin_bswap16((u16)d)
	       : size == 4 ? __builtin_bswap32((u32)d)
			   : __builtin_bswap64(d);
}
