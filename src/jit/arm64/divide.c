/* SPDX-License-Identifier: MIT */
/* Division in arm64. The host's own gives what eBPF wants by 0 and by -1: quotients of 0, and of
 * the smallest number itself; so remainders come out right as well. By constants it multiplies. */
#include "jit/arm64/a64.h"
#include "jit/magic.h"

struct quotient {
	const struct jit_op *op;
	u8 d, n; /* result and dividend */
	s64 by;
	bool is_signed, is_mod;
	u32 width;
};

/* The result, of the quotient in q. */
static void finish(struct a64 *a, const struct quotient *c, u8 q)
{
	if (!c->is_mod)
		return;
	a64_const(a, T1, c->width == 32 ? (u32)c->by : (u64)c->by);
	a64_put(&a->sites.out, A64_MSUB, c->width, c->d, q, T1, c->n);
}

/* Where the quotient goes: what has its remainder taken from still has to be there. */
static u8 quotient_reg(const struct quotient *c)
{
	return c->is_mod ? T0 : c->d;
}

static void power_of_two(struct a64 *a, const struct quotient *c, u64 by)
{
	u32 mask;

	if (!c->is_mod)
		a64_lsr(a, c->width, c->d, c->n, (u32)__builtin_ctzll(by));
	else if (by == 1)
		a64_const(a, c->d, 0);
	else if (a64_mask(by - 1, c->width, &mask))
		a64_put(&a->sites.out, A64_AND_I, c->width, c->d, c->n, 0, mask);
	else
		a->sites.failed = true;
}

static void by_unsigned(struct a64 *a, const struct quotient *c)
{
	struct jit_magic m = jit_magic_unsigned((u64)c->by, c->width);
	u8 q = quotient_reg(c);

	a64_const(a, T1, m.factor);
	if (c->width == 32 && !m.add) {
		a64_rrr(a, A64_UMULL, 64, T0, c->n, T1);
		a64_lsr(a, 64, q, T0, 32 + m.shift);
		finish(a, c, q);
		return;
	}
	if (c->width == 32) {
		a64_rrr(a, A64_UMULL, 64, T0, c->n, T1);
		a64_lsr(a, 64, T0, T0, 32);
	} else {
		a64_rrr(a, A64_UMULH, 64, T0, c->n, T1);
	}
	if (m.add) {
		a64_rrr(a, A64_SUB, c->width, T1, c->n, T0);
		a64_put(&a->sites.out, A64_ADD_LSR, c->width, T0, T0, T1, 1);
		a64_lsr(a, c->width, q, T0, m.shift - 1);
	} else {
		a64_lsr(a, c->width, q, T0, m.shift);
	}
	finish(a, c, q);
}

static void by_signed(struct a64 *a, const struct quotient *c)
{
	struct jit_magic m = jit_magic_signed(c->by, c->width);
	u8 q = quotient_reg(c);

	if (c->width == 32) {
		a64_const(a, T1, (u32)m.factor);
		a64_rrr(a, A64_SMULL, 64, T0, c->n, T1);
		a64_asr(a, 64, T0, T0, 32);
	} else {
		a64_const(a, T1, m.factor);
		a64_rrr(a, A64_SMULH, 64, T0, c->n, T1);
	}
	if (c->by > 0 && (s64)m.factor < 0)
		a64_rrr(a, A64_ADD, c->width, T0, T0, c->n);
	else if (c->by < 0 && (s64)m.factor > 0)
		a64_rrr(a, A64_SUB, c->width, T0, T0, c->n);
	if (m.shift != 0)
		a64_asr(a, c->width, T0, T0, m.shift);
	a64_put(&a->sites.out, A64_ADD_LSR, c->width, q, T0, T0, c->width - 1);
	finish(a, c, q);
}

static bool by_const(struct a64 *a, const struct quotient *c)
{
	u64 by = c->width == 32 ? (u32)c->by : (u64)c->by;

	if (a->blind || c->by == 0)
		return false;
	if (c->is_signed) {
		if (c->by == 1 || c->by == -1 || c->by == INT32_MIN)
			return false;
		by_signed(a, c);
	} else if ((by & (by - 1)) == 0) {
		power_of_two(a, c, by);
	} else if (c->width == 64 && c->by < 0) {
		return false;
	} else {
		struct quotient u = *c;

		u.by = (s64)by;
		by_unsigned(a, &u);
	}
	return true;
}

void a64_divide(struct a64 *a, const struct jit_op *op)
{
	struct quotient c = { .op = op,
			      .d = a64_host(op->dst),
			      .n = a64_host(op->a),
			      .by = op->width == 32 ? (s32)op->imm : op->imm,
			      .width = op->width,
			      .is_signed = op->op == ALU_SDIV || op->op == ALU_SMOD,
			      .is_mod = op->op == ALU_MOD || op->op == ALU_SMOD };
	bool is_const = (op->flags & OP_IMM) != 0;
	u8 m = is_const ? T1 : a64_host(op->b);

	if (is_const && by_const(a, &c))
		return;
	if (is_const)
		a64_prog_const(a, T1, c.width == 32 ? (u32)c.by : (u64)c.by, T2);
	a64_rrr(a, c.is_signed ? A64_SDIV : A64_UDIV, c.width, quotient_reg(&c), c.n, m);
	if (c.is_mod)
		a64_put(&a->sites.out, A64_MSUB, c.width, c.d, T0, m, c.n);
}
