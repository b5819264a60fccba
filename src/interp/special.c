/* SPDX-License-Identifier: MIT */
/* Handlers of arithmetic for each register or pair of registers: chains of it are what programs
 * wait for. Conditional jumps by register did not gain anything. */
#include "interp/handler.h"

/* M(register, ...) for each register that a program may write. */
#define REGS(M, ...)      \
	M(0, __VA_ARGS__) \
	M(1, __VA_ARGS__) \
	M(2, __VA_ARGS__) \
	M(3, __VA_ARGS__) \
	M(4, __VA_ARGS__) \
	M(5, __VA_ARGS__) \
	M(6, __VA_ARGS__) \
	M(7, __VA_ARGS__) \
	M(8, __VA_ARGS__) \
	M(9, __VA_ARGS__)
/* The same again, for pairs: a macro does not expand inside itself. */
#define REGS2(M, ...)     \
	M(0, __VA_ARGS__) \
	M(1, __VA_ARGS__) \
	M(2, __VA_ARGS__) \
	M(3, __VA_ARGS__) \
	M(4, __VA_ARGS__) \
	M(5, __VA_ARGS__) \
	M(6, __VA_ARGS__) \
	M(7, __VA_ARGS__) \
	M(8, __VA_ARGS__) \
	M(9, __VA_ARGS__)
#define SPECIAL_REGS 10

#define ALU_I(d, NAME, name)                                  \
	static HANDLER(ALU64_I_##NAME##_##d)                  \
	{                                                     \
		R(d) = alu64_##name(R(d), IMM(op));           \
		NEXT(1);                                      \
	}                                                     \
	static HANDLER(ALU32_I_##NAME##_##d)                  \
	{                                                     \
		R(d) = alu32_##name((u32)R(d), (u32)op->imm); \
		NEXT(1);                                      \
	}
#define ALU_R(s, d, NAME, name)                            \
	static HANDLER(ALU64_R_##NAME##_##d##_##s)         \
	{                                                  \
		R(d) = alu64_##name(R(d), R(s));           \
		NEXT(1);                                   \
	}                                                  \
	static HANDLER(ALU32_R_##NAME##_##d##_##s)         \
	{                                                  \
		R(d) = alu32_##name((u32)R(d), (u32)R(s)); \
		NEXT(1);                                   \
	}
#define ALU_R_FROM(d, NAME, name) REGS2(ALU_R, d, NAME, name)
#define ALU(NAME, name, code, off, group, symbol, expr) \
	REGS(ALU_I, NAME, name)                         \
	REGS(ALU_R_FROM, NAME, name)
#include "isa/alu.def"
#undef ALU

/* By dst, and by dst and src; in the order of the operations in ops.def. */
struct alu_handlers {
	op_handler reg64[SPECIAL_REGS][SPECIAL_REGS], imm64[SPECIAL_REGS];
	op_handler reg32[SPECIAL_REGS][SPECIAL_REGS], imm32[SPECIAL_REGS];
};

#define IMM64(d, NAME)	   op_ALU64_I_##NAME##_##d,
#define IMM32(d, NAME)	   op_ALU32_I_##NAME##_##d,
#define REG64(s, d, NAME)  op_ALU64_R_##NAME##_##d##_##s,
#define REG32(s, d, NAME)  op_ALU32_R_##NAME##_##d##_##s,
#define REG64_ROW(d, NAME) { REGS2(REG64, d, NAME) },
#define REG32_ROW(d, NAME) { REGS2(REG32, d, NAME) },
static const struct alu_handlers alu_handlers[] = {
#define ALU(NAME, name, code, off, group, symbol, expr) \
	{ { REGS(REG64_ROW, NAME) },                    \
	  { REGS(IMM64, NAME) },                        \
	  { REGS(REG32_ROW, NAME) },                    \
	  { REGS(IMM32, NAME) } },
#include "isa/alu.def"
#undef ALU
};

op_handler interp_special_handler(u32 code, u8 dst, u8 src)
{
	if (dst >= SPECIAL_REGS || src >= SPECIAL_REGS)
		return NULL;
	if (code < OP_JUMP64_R_EQ) {
		const struct alu_handlers *alu = &alu_handlers[code / 4];

		switch (code % 4) {
		case 0: return alu->reg64[dst][src];
		case 1: return alu->imm64[dst];
		case 2: return alu->reg32[dst][src];
		default: return alu->imm32[dst];
		}
	}
	return NULL;
}
