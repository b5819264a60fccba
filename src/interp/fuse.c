/* SPDX-License-Identifier: MIT */
/* Operations that one handler executes together: the handlers, and where they apply. What is fused
 * was chosen by measuring (bench/run-interp); the longer form has to save more than a dispatch, as
 * the single operations' handlers exist per register and these do not. */
#include "interp/handler.h"

/* An access that the inline checks do not let pass is left to the single operations. */
#define FALL_BACK TAIL op_ALU64_R_MOV(op, st, budget)
#define TRY_REGION(addr, size)              \
	if (MISS_REGION(addr, size, false)) \
	FALL_BACK
#define TRY_STACK(addr, size)              \
	if (MISS_STACK(addr, size, false)) \
	FALL_BACK
#define TRUST(addr, size)
#define SUM_LOAD(NAME, SUFFIX, TYPE, TRY)                \
	HANDLER(SUM_LOAD_##NAME##_##SUFFIX)              \
	{                                                \
		u64 sum = R(op->src) + R(op[1].src);     \
		u64 addr = sum + (u64)(s64)op[2].off;    \
		TYPE value;                              \
                                                         \
		TRY(addr, sizeof(TYPE));                 \
		memcpy(&value, PTR(addr), sizeof(TYPE)); \
		R(op->dst) = sum;                        \
		R(op[2].dst) = value;                    \
		NEXT(3);                                 \
	}
#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE) \
	SUM_LOAD(NAME, REGION, UTYPE, TRY_REGION)     \
	SUM_LOAD(NAME, STACK, UTYPE, TRY_STACK)       \
	SUM_LOAD(NAME, FRAME, UTYPE, TRUST)           \
	SUM_LOAD(NAME, PLAIN, UTYPE, TRUST)
#include "isa/mem.def"
#undef SIZE

#define LOOP(LABEL, cond)         \
	HANDLER(LABEL)            \
	{                         \
		if (cond)         \
			NEXT(2);  \
		op++;             \
		GO_BACK(op->imm); \
	}
#define JUMP(NAME, name, code, symbol, expr)                    \
	LOOP(LOOP64_##NAME, jump64_##name(R(op->dst), IMM(op))) \
	LOOP(LOOP32_##NAME, jump32_##name((u32)R(op->dst), (u32)op->imm))
#include "isa/jump.def"
#undef JUMP

/* The code of the operations from ops[0] on as one, or codes[0]. */
static u16 fused(const struct op *ops, const u16 *codes, u32 count)
{
	if (count >= 3 && codes[0] == OP_ALU64_R_MOV && codes[1] == OP_ALU64_R_ADD &&
	    ops[1].dst == ops[0].dst && ops[1].src != ops[0].dst && ops[2].src == ops[0].dst) {
		u32 load = codes[2] - OP_LOAD_W_REGION;
		u32 size = load / (u32)(OP_LOAD_H_REGION - OP_LOAD_W_REGION);
		u32 form = load % (u32)(OP_LOAD_H_REGION - OP_LOAD_W_REGION);

		if (codes[2] >= OP_LOAD_W_REGION && codes[2] < OP_SUM_LOAD_W_REGION &&
		    form <= MEM_STACK)
			return (u16)(OP_SUM_LOAD_W_REGION + size * MEM_VARIANTS + form);
	}
	if (count >= 2 && codes[0] >= OP_JUMP64_R_EQ && codes[0] < OP_LOAD_W_REGION &&
	    codes[1] == OP_BACK && ops[0].off == 1) {
		u32 jump = codes[0] - OP_JUMP64_R_EQ;
		u32 per_op = OP_JUMP64_R_GT - OP_JUMP64_R_EQ;

		if (jump % per_op == OP_JUMP64_I_EQ - OP_JUMP64_R_EQ)
			return (u16)(OP_LOOP64_EQ + jump / per_op * 2);
		if (jump % per_op == OP_JUMP32_I_EQ - OP_JUMP64_R_EQ)
			return (u16)(OP_LOOP32_EQ + jump / per_op * 2);
	}
	return codes[0];
}

void interp_fuse(const struct op *ops, u16 *codes, u32 count)
{
	for (u32 i = 0; i < count; i++)
		codes[i] = fused(ops + i, codes + i, count - i);
}
