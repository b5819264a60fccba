/* SPDX-License-Identifier: MIT */
/* Arithmetic in arm64. */
#include "jit/arm64/a64.h"

void a64_rrr(struct a64 *a, enum a64_insn insn, u32 width, u8 d, u8 n, u8 m)
{
	a64_put(&a->sites.out, insn, width, d, n, m, 0);
}

void a64_mov(struct a64 *a, u32 width, u8 d, u8 n)
{
	if (d != n || width == 32)
		a64_rrr(a, A64_ORR, width, d, ZR, n);
}

/* --- constants ---------------------------------------------------------------------------------
 */

static u32 chunk(u64 value, u32 i)
{
	return (u32)(value >> 16 * i) & 0xffff;
}

static void move_wide(struct a64 *a, enum a64_insn insn, u32 width, u8 d, u32 bits, u32 i)
{
	a64_put(&a->sites.out, insn, width, d, 0, 0, (s64)(i << 16 | bits));
}

void a64_const(struct a64 *a, u8 d, u64 value)
{
	u32 width = value <= UINT32_MAX ? 32 : 64, zeros = 0, ones = 0, fill, mask;
	bool inverts, first = true;

	for (u32 i = 0; i < width / 16; i++) {
		zeros += chunk(value, i) != 0;
		ones += chunk(value, i) != 0xffff;
	}
	if (MIN(zeros, ones) > 1 && a64_mask(value, width, &mask)) {
		a64_put(&a->sites.out, A64_ORR_I, width, d, ZR, 0, mask);
		return;
	}
	inverts = ones < zeros;
	fill = inverts ? 0xffff : 0;
	for (u32 i = 0; i < width / 16; i++) {
		u32 bits = chunk(value, i);

		if (bits == fill)
			continue;
		if (first)
			move_wide(a, inverts ? A64_MOVN : A64_MOVZ, width, d,
				  inverts ? bits ^ 0xffff : bits, i);
		else
			move_wide(a, A64_MOVK, width, d, bits, i);
		first = false;
	}
	if (first)
		move_wide(a, inverts ? A64_MOVN : A64_MOVZ, width, d, 0, 0);
}

/* As many instructions whatever the value: those that measure and those that write have others. */
static void const_in_full(struct a64 *a, u8 d, u64 value, u32 width)
{
	for (u32 i = 0; i < width / 16; i++)
		move_wide(a, i == 0 ? A64_MOVZ : A64_MOVK, width, d, chunk(value, i), i);
}

bool a64_may_show(const struct a64 *a, s64 imm)
{
	return !a->blind || (imm >= -128 && imm <= 127);
}

void a64_prog_const(struct a64 *a, u8 d, u64 value, u8 scratch)
{
	u32 width = value <= UINT32_MAX ? 32 : 64;
	u64 random;

	if (a64_may_show(a, (s64)value)) {
		a64_const(a, d, value);
		return;
	}
	random = jit_random(a->j);
	if (width == 64)
		random |= (u64)jit_random(a->j) << 32;
	const_in_full(a, d, value ^ random, width);
	const_in_full(a, scratch, random, width);
	a64_rrr(a, A64_EOR, width, d, d, scratch);
}

/* --- sums --------------------------------------------------------------------------------------
 */

/* Of 12 bits, shifted or not; false: it is none of those. */
static bool imm12(u64 value, s64 *ret_bits)
{
	if (value < 1u << 12) {
		*ret_bits = (s64)value;
		return true;
	}
	*ret_bits = (s64)(value >> 12 | 1u << 12);
	return (value & 0xfff) == 0 && value < 1u << 24;
}

void a64_add(struct a64 *a, u32 width, u8 d, u8 n, s64 imm, u8 scratch)
{
	u64 magnitude = imm < 0 ? -(u64)imm : (u64)imm;
	enum a64_insn insn = imm < 0 ? A64_SUB_I : A64_ADD_I;
	s64 bits;

	if (imm == 0 && d != SP && n != SP) {
		a64_mov(a, width, d, n);
	} else if (imm12(magnitude, &bits)) {
		a64_put(&a->sites.out, insn, width, d, n, 0, bits);
	} else if (magnitude < 1u << 24) {
		a64_put(&a->sites.out, insn, width, d, n, 0, (s64)(magnitude >> 12 | 1u << 12));
		a64_put(&a->sites.out, insn, width, d, d, 0, (s64)(magnitude & 0xfff));
	} else {
		a64_const(a, scratch, width == 32 ? (u32)imm : (u64)imm);
		a64_rrr(a, A64_ADD, width, d, n, scratch);
	}
}

void a64_cmp(struct a64 *a, u32 width, u8 n, s64 imm, u8 scratch)
{
	s64 bits;

	if (imm >= 0 && imm12((u64)imm, &bits)) {
		a64_put(&a->sites.out, A64_SUBS_I, width, ZR, n, 0, bits);
	} else if (imm < 0 && imm12(-(u64)imm, &bits)) {
		a64_put(&a->sites.out, A64_ADDS_I, width, ZR, n, 0, bits);
	} else {
		a64_const(a, scratch, width == 32 ? (u32)imm : (u64)imm);
		a64_rrr(a, A64_SUBS, width, ZR, n, scratch);
	}
}

/* --- shifts ------------------------------------------------------------------------------------
 */

static void bitfield(struct a64 *a, enum a64_insn insn, u32 width, u8 d, u8 n, u32 turn, u32 last)
{
	a64_put(&a->sites.out, insn, width, d, n, 0, (s64)(turn << 6 | last));
}

void a64_lsl(struct a64 *a, u32 width, u8 d, u8 n, u32 count)
{
	if (count == 0)
		a64_mov(a, width, d, n);
	else
		bitfield(a, A64_UBFM, width, d, n, width - count, width - 1 - count);
}

void a64_lsr(struct a64 *a, u32 width, u8 d, u8 n, u32 count)
{
	if (count == 0)
		a64_mov(a, width, d, n);
	else
		bitfield(a, A64_UBFM, width, d, n, count, width - 1);
}

void a64_asr(struct a64 *a, u32 width, u8 d, u8 n, u32 count)
{
	if (count == 0)
		a64_mov(a, width, d, n);
	else
		bitfield(a, A64_SBFM, width, d, n, count, width - 1);
}

static void shift(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	static const u8 insns[] = {
		[ALU_LSH] = A64_LSLV, [ALU_RSH] = A64_LSRV, [ALU_ARSH] = A64_ASRV
	};
	u32 count = (u32)op->imm & (op->width - 1u);

	if ((op->flags & OP_IMM) == 0)
		a64_rrr(a, (enum a64_insn)insns[op->op], op->width, d, n, a64_host(op->b));
	else if (op->op == ALU_LSH)
		a64_lsl(a, op->width, d, n, count);
	else if (op->op == ALU_RSH)
		a64_lsr(a, op->width, d, n, count);
	else
		a64_asr(a, op->width, d, n, count);
}

/* --- two operands ------------------------------------------------------------------------------
 */

static bool is_reg(const struct jit_op *op)
{
	return (op->flags & OP_IMM) == 0;
}

static s64 imm_of(const struct jit_op *op)
{
	return op->width == 32 ? (s32)op->imm : op->imm;
}

static bool add_imm(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	s64 imm = imm_of(op), bits;

	/* Others are a constant and an operation. */
	if (!imm12(imm < 0 ? -(u64)imm : (u64)imm, &bits))
		return false;
	a64_add(a, op->width, d, n, op->op == ALU_SUB ? -imm : imm, T1);
	return true;
}

static bool multiply_imm(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	s64 imm = imm_of(op);

	if (imm <= 0)
		return false;
	if ((imm & (imm - 1)) == 0) {
		a64_lsl(a, op->width, d, n, (u32)__builtin_ctzll((u64)imm));
		return true;
	}
	if (((imm - 1) & (imm - 2)) != 0)
		return false;
	a64_put(&a->sites.out, A64_ADD, op->width, d, n, n, __builtin_ctzll((u64)imm - 1));
	return true;
}

static bool mask_imm(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	static const u8 insns[] = {
		[ALU_AND] = A64_AND_I, [ALU_OR] = A64_ORR_I, [ALU_XOR] = A64_EOR_I
	};
	s64 imm = imm_of(op);
	u32 bits, width = op->width;

	if (op->op == ALU_AND && imm >= 0)
		width = 32;
	if (op->op == ALU_XOR && imm == -1) {
		a64_rrr(a, A64_ORN, width, d, ZR, n);
		return true;
	}
	if (!a64_mask(width == 32 ? (u32)imm : (u64)imm, width, &bits))
		return false;
	a64_put(&a->sites.out, (enum a64_insn)insns[op->op], width, d, n, 0, bits);
	return true;
}

static bool alu_imm(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	switch ((enum alu_op)op->op) {
	case ALU_ADD:
	case ALU_SUB: return add_imm(a, op, d, n);
	case ALU_MUL: return multiply_imm(a, op, d, n);
	case ALU_AND:
	case ALU_OR:
	case ALU_XOR: return mask_imm(a, op, d, n);
	default: return false;
	}
}

void a64_alu(struct a64 *a, const struct jit_op *op)
{
	static const u8 insns[] = { [ALU_ADD] = A64_ADD,
				    [ALU_SUB] = A64_SUB,
				    [ALU_OR] = A64_ORR,
				    [ALU_AND] = A64_AND,
				    [ALU_XOR] = A64_EOR };
	u8 d = a64_host(op->dst), n = a64_host(op->a), m = T1;

	switch ((enum alu_op)op->op) {
	case ALU_DIV:
	case ALU_SDIV:
	case ALU_MOD:
	case ALU_SMOD: a64_divide(a, op); return;
	case ALU_LSH:
	case ALU_RSH:
	case ALU_ARSH: shift(a, op, d, n); return;
	case ALU_ADD:
	case ALU_SUB:
	case ALU_MUL:
	case ALU_OR:
	case ALU_AND:
	case ALU_XOR: break;
	case ALU_MOV:
	case ALU_OP_COUNT: a->sites.failed = true; return;
	}
	if (is_reg(op)) {
		m = a64_host(op->b);
	} else {
		if (a64_may_show(a, op->imm) && alu_imm(a, op, d, n))
			return;
		a64_prog_const(a, T1, op->width == 32 ? (u32)op->imm : (u64)op->imm, T2);
	}
	if (op->op == ALU_MUL)
		a64_put(&a->sites.out, A64_MADD, op->width, d, n, m, ZR);
	else
		a64_rrr(a, (enum a64_insn)insns[op->op], op->width, d, n, m);
}

/* --- the others --------------------------------------------------------------------------------
 */

void a64_swap(struct a64 *a, u32 size, u8 d, u8 n)
{
	static const u8 insns[] = { [2] = A64_REV16_W, [4] = A64_REV_W, [8] = A64_REV_X };

	a64_rrr(a, (enum a64_insn)insns[size], size == 8 ? 64 : 32, d, n, 0);
}

/* With zeros above it. */
static void swap(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	if (op->size == 2) {
		a64_rrr(a, A64_REV_W, 32, d, n, 0);
		a64_lsr(a, 32, d, d, 16);
	} else {
		a64_swap(a, op->size, d, n);
	}
}

static void extend(struct a64 *a, const struct jit_op *op, u8 d, u8 n)
{
	bool is_signed = op->code == JIT_SEXT;

	if (op->size == 8)
		a64_mov(a, 64, d, n);
	else if (op->size == 4 && (!is_signed || op->width == 32))
		a64_mov(a, 32, d, n);
	else
		bitfield(a, is_signed ? A64_SBFM : A64_UBFM, is_signed ? op->width : 32, d, n, 0,
			 op->size * 8u - 1);
}

void a64_unary(struct a64 *a, const struct jit_op *op)
{
	u8 d = a64_host(op->dst), n = op->a == JIT_NONE ? NO_REG : a64_host(op->a);

	switch ((enum jit_code)op->code) {
	case JIT_MOV: a64_mov(a, op->width, d, n); return;
	case JIT_CONST:
		if ((op->flags & OP_OWN) != 0)
			a64_const(a, d, (u64)op->imm);
		else
			a64_prog_const(a, d, (u64)op->imm, T0);
		return;
	case JIT_NEG: a64_rrr(a, A64_SUB, op->width, d, ZR, n); return;
	case JIT_ROL:
		a64_put(&a->sites.out, A64_EXTR, op->width, d, n, n, op->width - op->imm);
		return;
	case JIT_SEXT:
	case JIT_ZEXT: extend(a, op, d, n); return;
	case JIT_BSWAP: swap(a, op, d, n); return;
	default: a->sites.failed = true; return;
	}
}

void a64_lea(struct a64 *a, const struct jit_op *op)
{
	u8 d = a64_host(op->dst), n = op->a == JIT_NONE ? NO_REG : a64_host(op->a);

	if (op->index != JIT_NONE) {
		u8 m = a64_host(op->index);

		if (n == NO_REG)
			a64_lsl(a, op->width, d, m, op->scale);
		else
			a64_put(&a->sites.out, A64_ADD, op->width, d, n, m, op->scale);
		if (op->disp == 0)
			return;
		n = d;
	}
	if (n == NO_REG)
		a64_const(a, d, (u64)(s64)op->disp);
	else
		a64_add(a, op->width, d, n, op->disp, T1);
}

void a64_select(struct a64 *a, const struct jit_op *op)
{
	u32 width = (op->flags & OP_HALF) != 0 ? 32 : 64;
	u64 value = op->size == 4 ? (u32)op->disp : (u64)(s64)op->disp;
	u8 d = a64_host(op->dst), n = T0;
	struct a64_when when;

	if (op->index != JIT_NONE)
		n = a64_host(op->index);
	else if (value == 0)
		n = ZR;
	else
		a64_prog_const(a, T0, value, T1);
	if (op->index != JIT_NONE && op->size == 4 && width == 64) {
		a64_mov(a, 32, T0, n);
		n = T0;
	}
	when = a64_compare(a, op, true);
	if ((op->flags & OP_INVERT) != 0)
		when = a64_not(when);
	a64_put(&a->sites.out, A64_CSEL, width, d, n, d, when.cc);
}

/* --- comparisons -------------------------------------------------------------------------------
 */

static const u8 conditions[] = {
	[JUMP_EQ] = CC_EQ,  [JUMP_NE] = CC_NE,	[JUMP_SET] = CC_NE, [JUMP_GT] = CC_HI,
	[JUMP_GE] = CC_HS,  [JUMP_LT] = CC_LO,	[JUMP_LE] = CC_LS,  [JUMP_SGT] = CC_GT,
	[JUMP_SGE] = CC_GE, [JUMP_SLT] = CC_LT, [JUMP_SLE] = CC_LE,
};

static struct a64_when if_bit(u8 reg, u32 bit, bool set)
{
	return (struct a64_when){ .insn = set ? A64_TBNZ : A64_TBZ, .reg = reg, .bit = (u8)bit };
}

/* What needs no flags; false: nothing like that. */
static bool compare_itself(const struct a64 *a, const struct jit_op *op, u8 n,
			   struct a64_when *ret_when)
{
	u64 imm = op->width == 32 ? (u32)op->imm : (u64)op->imm;
	bool near = a->reach == REACH_14;

	if (is_reg(op) || !a64_may_show(a, imm_of(op)))
		return false;
	switch ((enum jump_op)op->op) {
	case JUMP_EQ:
	case JUMP_LE:
	case JUMP_NE:
	case JUMP_GT:
		*ret_when = a64_if_zero(n, op->width, op->op == JUMP_EQ || op->op == JUMP_LE);
		return imm == 0;
	case JUMP_LT:
	case JUMP_GE: *ret_when = a64_if_zero(n, op->width, op->op == JUMP_LT); return imm == 1;
	case JUMP_SLT:
	case JUMP_SGE:
		*ret_when = if_bit(n, op->width - 1u, op->op == JUMP_SLT);
		return near && imm == 0;
	case JUMP_SET:
		if (imm == 0 || (imm & (imm - 1)) != 0)
			return false;
		*ret_when = if_bit(n, (u32)__builtin_ctzll(imm), true);
		return near;
	case JUMP_SGT:
	case JUMP_SLE:
	case JUMP_OP_COUNT: break;
	}
	return false;
}

struct a64_when a64_compare(struct a64 *a, const struct jit_op *op, bool flags_only)
{
	enum a64_insn insn = op->op == JUMP_SET ? A64_ANDS : A64_SUBS;
	struct a64_when when = a64_if((enum a64_cc)conditions[op->op]);
	u8 n = a64_host(op->a), m = T1;
	s64 imm = imm_of(op);
	u32 bits;

	if (!flags_only && compare_itself(a, op, n, &when))
		return when;
	when = a64_if((enum a64_cc)conditions[op->op]);
	if (is_reg(op)) {
		m = a64_host(op->b);
	} else if (a64_may_show(a, imm) && op->op != JUMP_SET) {
		a64_cmp(a, op->width, n, imm, T1);
		return when;
	} else if (a64_may_show(a, imm) &&
		   a64_mask(op->width == 32 ? (u32)imm : (u64)imm, op->width, &bits)) {
		a64_put(&a->sites.out, A64_ANDS_I, op->width, ZR, n, 0, bits);
		return when;
	} else {
		a64_prog_const(a, T1, op->width == 32 ? (u32)imm : (u64)imm, T2);
	}
	a64_rrr(a, insn, op->width, ZR, n, m);
	return when;
}
