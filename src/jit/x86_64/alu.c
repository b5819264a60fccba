/* SPDX-License-Identifier: MIT */
/* Arithmetic in x86-64. */
#include "jit/x86_64/x86.h"

void x86_mov(struct x86 *x, u32 width, u8 dst, u8 src)
{
	if (dst != src || width == 32)
		x86_rr(&x->sites.out, X86_MOV_MR, width, dst, src);
}

void x86_const(struct x86 *x, u8 dst, u64 value)
{
	if (value == 0)
		x86_rr(&x->sites.out, X86_XOR_MR, 32, dst, dst);
	else if (value <= UINT32_MAX)
		x86_ri(&x->sites.out, X86_MOV_O, 32, dst, (s64)value);
	else if ((s64)value >= INT32_MIN && (s64)value < 0)
		x86_ri(&x->sites.out, X86_MOV_I32, 64, dst, (s64)value);
	else
		x86_ri(&x->sites.out, X86_MOVABS_O, 64, dst, (s64)value);
}

bool x86_may_show(const struct x86 *x, s64 imm)
{
	return !x->blind || (imm >= -128 && imm <= 127);
}

void x86_prog_const(struct x86 *x, u8 dst, u64 value, u8 scratch)
{
	u32 random;

	if (x86_may_show(x, (s64)value)) {
		x86_const(x, dst, value);
		return;
	}
	random = jit_random(x->j);
	if (value <= UINT32_MAX) {
		x86_ri(&x->sites.out, X86_MOV_O, 32, dst, (s64)(value ^ random));
		x86_ri(&x->sites.out, X86_XOR_I32, 32, dst, random);
	} else if ((s64)value >= INT32_MIN && (s64)value < 0) {
		x86_ri(&x->sites.out, X86_MOV_I32, 64, dst, (s64)(value ^ (random & 0x7fffffff)));
		x86_ri(&x->sites.out, X86_XOR_I32, 64, dst, random & 0x7fffffff);
	} else {
		u64 wide = (u64)jit_random(x->j) << 32 | random;

		x86_ri(&x->sites.out, X86_MOVABS_O, 64, dst, (s64)(value ^ wide));
		x86_ri(&x->sites.out, X86_MOVABS_O, 64, scratch, (s64)wide);
		x86_rr(&x->sites.out, X86_XOR_MR, 64, dst, scratch);
	}
}

/* --- two operands ------------------------------------------------------------------------------
 */

struct alu_row {
	u8 mr, rm, i8, i32;
	bool commutes;
};

/* Those that are one instruction of the common kind. */
static const struct alu_row *alu_row(u8 op)
{
	static const struct alu_row rows[] = {
		[ALU_ADD] = { X86_ADD_MR, X86_ADD_RM, X86_ADD_I8, X86_ADD_I32, true },
		[ALU_SUB] = { X86_SUB_MR, X86_SUB_RM, X86_SUB_I8, X86_SUB_I32, false },
		[ALU_OR] = { X86_OR_MR, X86_OR_RM, X86_OR_I8, X86_OR_I32, true },
		[ALU_AND] = { X86_AND_MR, X86_AND_RM, X86_AND_I8, X86_AND_I32, true },
		[ALU_XOR] = { X86_XOR_MR, X86_XOR_RM, X86_XOR_I8, X86_XOR_I32, true },
	};

	return &rows[op];
}

static bool fits8(s64 imm)
{
	return imm >= -128 && imm <= 127;
}

static bool is_reg(const struct jit_op *op)
{
	return (op->flags & OP_IMM) == 0;
}

/* The last instruction's flags tell whether its result is 0. */
static void note_flags(struct x86 *x, u32 width, u8 reg)
{
	x->flags_at = x->sites.out.len;
	x->flags_reg = reg;
	x->flags_width = (u8)width;
}

/* dst = a OP b, with b in a register that is not dst unless it is a. */
static void simple_reg(struct x86 *x, const struct jit_op *op, u8 dst, u8 a, u8 b)
{
	const struct alu_row *row = alu_row(op->op);

	if (dst == b && dst != a) {
		if (row->commutes) {
			x86_rr(&x->sites.out, row->mr, op->width, dst, a);
			note_flags(x, op->width, dst);
			return;
		}
		x86_mov(x, 64, T0, b);
		b = T0;
	}
	if (op->op == ALU_ADD && dst != a) {
		x86_put(&x->sites.out, X86_LEA_RM, op->width, dst, x86_mx(a, b, 0, 0), 0);
		return;
	}
	if (dst != a)
		x86_mov(x, op->width, dst, a);
	x86_rr(&x->sites.out, row->mr, op->width, dst, b);
	note_flags(x, op->width, dst);
}

/* and with a mask that is a move. */
static bool mask_imm(struct x86 *x, const struct jit_op *op, u8 dst, u8 a, s64 imm)
{
	if (op->op != ALU_AND)
		return false;
	if (imm == 0xff || imm == 0xffff) {
		x86_rr(&x->sites.out, imm == 0xff ? X86_MOVZX8_RM : X86_MOVZX16_RM, 32, dst, a);
		return true;
	}
	return false;
}

static void simple_imm(struct x86 *x, const struct jit_op *op, u8 dst, u8 a)
{
	const struct alu_row *row = alu_row(op->op);
	s64 imm = op->width == 32 ? (s32)op->imm : op->imm;
	u32 width = op->width;

	if (mask_imm(x, op, dst, a, imm))
		return;
	if (op->op == ALU_ADD && dst != a) {
		x86_put(&x->sites.out, X86_LEA_RM, op->width, dst, x86_m(a, (s32)imm), 0);
		return;
	}
	if (dst != a)
		x86_mov(x, op->width, dst, a);
	/* Masks without sign need no REX, and clear the upper half. */
	if (op->op == ALU_AND && imm >= 0)
		width = 32;
	if (op->op == ALU_XOR && imm == -1) { /* leaves the flags */
		x86_ri(&x->sites.out, X86_NOT_M, width, dst, 0);
		return;
	}
	if ((imm == 1 || imm == -1) && (op->op == ALU_ADD || op->op == ALU_SUB))
		x86_ri(&x->sites.out, (imm == 1) == (op->op == ALU_ADD) ? X86_INC_M : X86_DEC_M,
		       width, dst, 0);
	else if (imm == 128 && (op->op == ALU_ADD || op->op == ALU_SUB))
		x86_ri(&x->sites.out, op->op == ALU_ADD ? X86_SUB_I8 : X86_ADD_I8, width, dst,
		       -128);
	else
		x86_ri(&x->sites.out, fits8(imm) ? row->i8 : row->i32, width, dst, imm);
	note_flags(x, width, dst);
}

static void multiply(struct x86 *x, const struct jit_op *op, u8 dst, u8 a, u8 b)
{
	if (is_reg(op) || b != X86_NONE) {
		if (dst == b && dst != a) {
			b = a;
		} else if (dst != a) {
			x86_mov(x, op->width, dst, a);
		}
		x86_rr(&x->sites.out, X86_IMUL_RM, op->width, dst, b);
		return;
	}
	if ((op->imm == 3 || op->imm == 5 || op->imm == 9) && a != RSP) {
		x86_put(&x->sites.out, X86_LEA_RM, op->width, dst,
			x86_mx(a, a,
			       op->imm == 3   ? 1
			       : op->imm == 5 ? 2
					      : 3,
			       0),
			0);
		return;
	}
	if (op->imm > 0 && (op->imm & (op->imm - 1)) == 0) {
		if (dst != a || op->imm == 1)
			x86_mov(x, op->width, dst, a);
		if (op->imm > 1)
			x86_ri(&x->sites.out, X86_SHL_I8, op->width, dst,
			       __builtin_ctzll((u64)op->imm));
		return;
	}
	x86_put(&x->sites.out, fits8(op->imm) ? X86_IMUL_RMI8 : X86_IMUL_RMI32, op->width, dst,
		x86_r(a), op->imm);
}

static void shift(struct x86 *x, const struct jit_op *op, u8 dst, u8 a)
{
	static const struct {
		u8 by1, imm, cl;
	} rows[] = { [ALU_LSH] = { X86_SHL_1, X86_SHL_I8, X86_SHL_CL },
		     [ALU_RSH] = { X86_SHR_1, X86_SHR_I8, X86_SHR_CL },
		     [ALU_ARSH] = { X86_SAR_1, X86_SAR_I8, X86_SAR_CL } };
	u32 count = (u32)op->imm & (op->width - 1u);

	if (is_reg(op)) {
		x86_mov(x, 32, T1, x86_host(op->b)); /* its low bits */
		if (dst != a)
			x86_mov(x, op->width, dst, a);
		x86_ri(&x->sites.out, rows[op->op].cl, op->width, dst, 0);
		return;
	}
	if (dst != a || (count == 0 && op->width == 32))
		x86_mov(x, op->width, dst, a);
	if (count == 1)
		x86_ri(&x->sites.out, rows[op->op].by1, op->width, dst, 0);
	else if (count != 0)
		x86_ri(&x->sites.out, rows[op->op].imm, op->width, dst, count);
}

void x86_alu(struct x86 *x, const struct jit_op *op)
{
	u8 dst = x86_host(op->dst), a = x86_host(op->a), b = X86_NONE;

	if (x->pending != NULL) {
		struct x86_rm mem = x86_pending(x);

		x86_put(&x->sites.out, (enum x86_insn)alu_row(op->op)->rm, op->width, dst, mem, 0);
		note_flags(x, op->width, dst);
		return;
	}
	switch ((enum alu_op)op->op) {
	case ALU_DIV:
	case ALU_SDIV:
	case ALU_MOD:
	case ALU_SMOD: x86_divide(x, op); return;
	case ALU_LSH:
	case ALU_RSH:
	case ALU_ARSH: shift(x, op, dst, a); return;
	default: break;
	}
	if (is_reg(op)) {
		b = x86_host(op->b);
	} else if (!x86_may_show(x, op->imm)) {
		b = T1;
		x86_prog_const(x, T1, op->width == 32 ? (u32)op->imm : (u64)op->imm, T0);
	}
	if (op->op == ALU_MUL)
		multiply(x, op, dst, a, b);
	else if (b != X86_NONE)
		simple_reg(x, op, dst, a, b);
	else
		simple_imm(x, op, dst, a);
}

/* --- the others --------------------------------------------------------------------------------
 */

static void extend(struct x86 *x, const struct jit_op *op, u8 dst, u8 a)
{
	bool is_signed = op->code == JIT_SEXT;
	u32 width = is_signed ? op->width : 32;

	switch (op->size) {
	case 1:
		x86_rr(&x->sites.out, is_signed ? X86_MOVSX8_RM : X86_MOVZX8_RM, width, dst, a);
		return;
	case 2:
		x86_rr(&x->sites.out, is_signed ? X86_MOVSX16_RM : X86_MOVZX16_RM, width, dst, a);
		return;
	case 4:
		if (is_signed && width == 64)
			x86_rr(&x->sites.out, X86_MOVSXD_RM, 64, dst, a);
		else
			x86_mov(x, 32, dst, a);
		return;
	default: x86_mov(x, 64, dst, a); return;
	}
}

static void swap(struct x86 *x, const struct jit_op *op, u8 dst, u8 a)
{
	u32 width = op->size == 8 ? 64 : 32;

	if (op->size == 2 && dst != a) {
		x86_rr(&x->sites.out, X86_MOVZX16_RM, 32, dst, a);
		x86_ri(&x->sites.out, X86_ROL16_I8, 32, dst, 8);
		return;
	}
	x86_mov(x, 64, dst, a);
	x86_put(&x->sites.out, X86_BSWAP_O, width, 0, x86_r(dst), 0);
	if (op->size == 2)
		x86_ri(&x->sites.out, X86_SHR_I8, 32, dst, 16);
}

void x86_unary(struct x86 *x, const struct jit_op *op)
{
	u8 dst = x86_host(op->dst), a = op->a == JIT_NONE ? X86_NONE : x86_host(op->a);

	switch (op->code) {
	case JIT_MOV: x86_mov(x, op->width, dst, a); return;
	case JIT_CONST:
		if ((op->flags & OP_OWN) != 0)
			x86_const(x, dst, (u64)op->imm);
		else
			x86_prog_const(x, dst, (u64)op->imm, T0);
		return;
	case JIT_NEG:
		if (dst != a)
			x86_mov(x, op->width, dst, a);
		x86_ri(&x->sites.out, X86_NEG_M, op->width, dst, 0);
		return;
	case JIT_ROL:
		if (dst != a)
			x86_mov(x, op->width, dst, a);
		x86_ri(&x->sites.out, X86_ROL_I8, op->width, dst, op->imm);
		return;
	case JIT_SEXT:
	case JIT_ZEXT: extend(x, op, dst, a); return;
	case JIT_BSWAP: swap(x, op, dst, a); return;
	default: x->sites.failed = true; return;
	}
}

void x86_lea(struct x86 *x, const struct jit_op *op)
{
	u8 base = op->a == JIT_NONE ? X86_NONE : x86_host(op->a);
	u8 index = op->index == JIT_NONE ? X86_NONE : x86_host(op->index);
	u8 dst = x86_host(op->dst);

	if (base == X86_NONE && op->disp == 0) {
		/* Without a base there are 4 bytes of displacement. */
		if (dst != index)
			x86_mov(x, op->width, dst, index);
		x86_ri(&x->sites.out, X86_SHL_I8, op->width, dst, op->scale);
		return;
	}
	if (dst == base && op->disp == 0 && op->scale == 0 && index != X86_NONE) {
		x86_rr(&x->sites.out, X86_ADD_MR, op->width, dst, index);
		return;
	}
	x86_put(&x->sites.out, X86_LEA_RM, op->width, dst, x86_mx(base, index, op->scale, op->disp),
		0);
}

/* Whether the flags are those that a comparison of reg with 0 would leave. */
static bool has_flags(const struct x86 *x, const struct jit_op *op, u8 reg)
{
	return (op->op == JUMP_EQ || op->op == JUMP_NE) && x->flags_at == x->sites.out.len &&
	       x->flags_reg == reg && (x->flags_width == 32 || op->width == 64);
}

static void compare_memory(struct x86 *x, const struct jit_op *op)
{
	bool is_byte = x->pending->size == 1;
	struct x86_rm mem = x86_pending(x);
	s64 imm = op->width == 32 ? (s32)op->imm : op->imm;

	if (is_byte)
		x86_put(&x->sites.out, op->op == JUMP_SET ? X86_TEST8_I8 : X86_CMP8_I8, 32, 0, mem,
			imm);
	else if (is_reg(op))
		x86_put(&x->sites.out, X86_CMP_MR, op->width, x86_host(op->b), mem, 0);
	else
		x86_put(&x->sites.out, fits8(imm) ? X86_CMP_I8 : X86_CMP_I32, op->width, 0, mem,
			imm);
}

/* A register compared with 0 is tested with itself. */
enum x86_cc x86_compare(struct x86 *x, const struct jit_op *op)
{
	static const u8 conditions[] = {
		[JUMP_EQ] = CC_E,   [JUMP_NE] = CC_NE, [JUMP_SET] = CC_NE, [JUMP_GT] = CC_A,
		[JUMP_GE] = CC_AE,  [JUMP_LT] = CC_B,  [JUMP_LE] = CC_BE,  [JUMP_SGT] = CC_G,
		[JUMP_SGE] = CC_GE, [JUMP_SLT] = CC_L, [JUMP_SLE] = CC_LE,
	};
	bool tests = op->op == JUMP_SET;
	u8 a = x86_host(op->a), b = X86_NONE;
	s64 imm = op->width == 32 ? (s32)op->imm : op->imm;

	if (x->pending != NULL) {
		compare_memory(x, op);
		return conditions[op->op];
	}
	if (is_reg(op)) {
		b = x86_host(op->b);
	} else if (!x86_may_show(x, imm)) {
		b = T1;
		x86_prog_const(x, T1, op->width == 32 ? (u32)imm : (u64)imm, T0);
	}
	if (b != X86_NONE)
		x86_rr(&x->sites.out, tests ? X86_TEST_MR : X86_CMP_MR, op->width, a, b);
	else if (imm == 0 && has_flags(x, op, a))
		;
	else if (!tests && imm == 0)
		x86_rr(&x->sites.out, X86_TEST_MR, op->width, a, a);
	else if (!tests)
		x86_ri(&x->sites.out, fits8(imm) ? X86_CMP_I8 : X86_CMP_I32, op->width, a, imm);
	else if (imm > 0 && imm <= 127)
		x86_ri(&x->sites.out, X86_TEST8_I8, 32, a, imm);
	else
		x86_ri(&x->sites.out, X86_TEST_I32, imm > 0 ? 32 : op->width, a, imm);
	return conditions[op->op];
}

/* A constant for a conditional move, which comes before the comparison; where that has been done
 * already, the flags stay as they are. */
static void selected_const(struct x86 *x, const struct jit_op *op)
{
	u64 value = op->size == 4 ? (u32)op->disp : (u64)(s64)op->disp;
	bool keeps = (op->flags & OP_IMM) != 0 && op->imm == 0 && has_flags(x, op, x86_host(op->a));

	if (keeps && value <= INT32_MAX && x86_may_show(x, (s64)value)) {
		x86_ri(&x->sites.out, X86_MOV_O, 32, T0, (s64)value);
		x->flags_at = x->sites.out.len;
	} else {
		x86_prog_const(x, T0, value, T1);
	}
}

void x86_select(struct x86 *x, const struct jit_op *op)
{
	u32 width = (op->flags & OP_HALF) != 0 ? 32 : 64;
	u8 from = op->index == JIT_NONE ? T0 : x86_host(op->index);
	enum x86_cc cc;

	if (op->index == JIT_NONE) {
		selected_const(x, op);
	} else if (op->size == 4 && width == 64) {
		x86_mov(x, 32, T0, from);
		from = T0;
	}
	cc = x86_compare(x, op);
	if ((op->flags & OP_INVERT) != 0)
		cc ^= 1;
	x86_cmov(&x->sites.out, cc, width, x86_host(op->dst), from);
}
