/* SPDX-License-Identifier: MIT */
/* Division by constants in x86-64, without dividing. */
#include "jit/magic.h"
#include "jit/x86_64/x86.h"

struct quotient {
	const struct jit_op *op;
	u8 dst, n; /* n: the dividend, later where it still is */
	s64 d;
	bool is_signed, is_mod;
};

static void ri(struct x86 *x, enum x86_insn insn, u32 width, u8 reg, s64 imm)
{
	if (imm != 0)
		x86_ri(&x->sites.out, insn, width, reg, imm);
}

/* dst = what it is, from the quotient in q; n is still there. free: a register for the rest. */
static void finish(struct x86 *x, const struct quotient *c, u8 q, u8 rest)
{
	u32 width = c->op->width;

	if (!c->is_mod) {
		x86_mov(x, width, c->dst, q);
		return;
	}
	x86_put(&x->sites.out, X86_IMUL_RMI32, width, q, x86_r(q), width == 32 ? (s32)c->d : c->d);
	if (c->dst == c->n) {
		x86_rr(&x->sites.out, X86_SUB_MR, width, c->dst, q);
		return;
	}
	x86_mov(x, width, rest, c->n);
	x86_rr(&x->sites.out, X86_SUB_MR, width, rest, q);
	x86_mov(x, width, c->dst, rest);
}

/* The product of 32 bits each is one of 64. */
static void unsigned32(struct x86 *x, const struct quotient *c)
{
	struct jit_magic m = jit_magic_unsigned((u32)c->d, 32);

	x86_mov(x, 32, T0, c->n);
	x86_const(x, T1, m.factor);
	x86_rr(&x->sites.out, X86_IMUL_RM, 64, T0, T1);
	if (!m.add) {
		ri(x, X86_SHR_I8, 64, T0, 32 + m.shift);
		finish(x, c, T0, T1);
		return;
	}
	ri(x, X86_SHR_I8, 64, T0, 32);
	x86_mov(x, 32, T1, c->n);
	x86_rr(&x->sites.out, X86_SUB_MR, 32, T1, T0);
	x86_ri(&x->sites.out, X86_SHR_1, 32, T1, 0);
	x86_rr(&x->sites.out, X86_ADD_MR, 32, T1, T0);
	ri(x, X86_SHR_I8, 32, T1, (s64)m.shift - 1);
	finish(x, c, T1, T0);
}

static void round_to_zero(struct x86 *x, const struct quotient *c, const struct jit_magic *m, u8 q,
			  u8 n, u8 other)
{
	u32 width = c->op->width;

	if (c->d > 0 && (s64)m->factor < 0)
		x86_rr(&x->sites.out, X86_ADD_MR, width, q, n);
	else if (c->d < 0 && (s64)m->factor > 0)
		x86_rr(&x->sites.out, X86_SUB_MR, width, q, n);
	ri(x, X86_SAR_I8, width, q, m->shift);
	x86_mov(x, width, other, q);
	x86_ri(&x->sites.out, X86_SHR_I8, width, other, width - 1);
	x86_rr(&x->sites.out, X86_ADD_MR, width, q, other);
}

static void signed32(struct x86 *x, const struct quotient *c)
{
	struct jit_magic m = jit_magic_signed(c->d, 32);

	x86_rr(&x->sites.out, X86_MOVSXD_RM, 64, T0, c->n);
	x86_put(&x->sites.out, X86_IMUL_RMI32, 64, T0, x86_r(T0), (s64)m.factor);
	x86_ri(&x->sites.out, X86_SAR_I8, 64, T0, 32);
	round_to_zero(x, c, &m, T0, c->n, T1);
	finish(x, c, T0, T1);
}

/* The upper half comes in rdx, so rax and rdx are put aside: into T1 and T0. */
static void wide(struct x86 *x, struct quotient *c)
{
	struct jit_magic m =
		c->is_signed ? jit_magic_signed(c->d, 64) : jit_magic_unsigned((u64)c->d, 64);
	bool keeps_rax = c->dst != RAX && (c->op->live & 1) != 0;
	bool keeps_rdx = c->dst != RDX && (c->op->live & 8) != 0;

	if (keeps_rax || c->n == RAX)
		x86_mov(x, 64, T1, RAX);
	if (keeps_rdx || c->n == RDX)
		x86_mov(x, 64, T0, RDX);
	c->n = c->n == RAX ? T1 : c->n == RDX ? T0 : c->n;
	x86_const(x, RAX, m.factor);
	x86_ri(&x->sites.out, c->is_signed ? X86_IMUL_M : X86_MUL_M, 64, c->n, 0);
	if (c->is_signed) {
		round_to_zero(x, c, &m, RDX, c->n, RAX);
	} else if (m.add) {
		x86_mov(x, 64, RAX, c->n);
		x86_rr(&x->sites.out, X86_SUB_MR, 64, RAX, RDX);
		x86_ri(&x->sites.out, X86_SHR_1, 64, RAX, 0);
		x86_rr(&x->sites.out, X86_ADD_MR, 64, RDX, RAX);
		ri(x, X86_SHR_I8, 64, RDX, (s64)m.shift - 1);
	} else {
		ri(x, X86_SHR_I8, 64, RDX, m.shift);
	}
	finish(x, c, RDX, RAX);
	if (keeps_rdx)
		x86_mov(x, 64, RDX, T0);
	if (keeps_rax)
		x86_mov(x, 64, RAX, T1);
}

static void power_of_two(struct x86 *x, const struct quotient *c)
{
	u32 width = c->op->width;
	u64 d = width == 32 ? (u32)c->d : (u64)c->d;

	if (!c->is_mod) {
		if (c->dst != c->n || d == 1)
			x86_mov(x, width, c->dst, c->n);
		ri(x, X86_SHR_I8, width, c->dst, __builtin_ctzll(d));
		return;
	}
	/* The mask of 32 bits is less than half of them all. */
	if (d == 1) {
		x86_const(x, c->dst, 0);
		return;
	}
	x86_mov(x, 32, c->dst, c->n);
	if (d - 1 <= 0x7f)
		x86_ri(&x->sites.out, X86_AND_I8, 32, c->dst, (s64)d - 1);
	else
		x86_ri(&x->sites.out, X86_AND_I32, 32, c->dst, (s64)d - 1);
}

bool x86_divide_const(struct x86 *x, const struct jit_op *op)
{
	struct quotient c = { .op = op,
			      .dst = x86_host(op->dst),
			      .n = x86_host(op->a),
			      .d = op->width == 32 ? (s32)op->imm : op->imm,
			      .is_signed = op->op == ALU_SDIV || op->op == ALU_SMOD,
			      .is_mod = op->op == ALU_MOD || op->op == ALU_SMOD };
	u64 magnitude = op->width == 32 ? (u32)c.d : (u64)c.d;

	if (x->blind || c.d == 0)
		return false;
	if (c.is_signed) {
		if (c.d == 1 || c.d == -1 || c.d == INT32_MIN)
			return false;
		if (op->width == 32)
			signed32(x, &c);
		else
			wide(x, &c);
		return true;
	}
	if ((magnitude & (magnitude - 1)) == 0) {
		if (c.is_mod && op->width == 64 && magnitude > 1ull << 31)
			return false;
		power_of_two(x, &c);
	} else if (op->width == 32) {
		unsigned32(x, &c);
	} else if (c.d > 0) {
		wide(x, &c);
	} else {
		return false;
	}
	return true;
}
