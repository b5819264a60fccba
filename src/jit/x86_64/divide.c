/* SPDX-License-Identifier: MIT */
/* Division in x86-64. The instruction takes rdx:rax and leaves quotient and remainder in them, so
 * what programs have there is put aside where it is still needed. */
#include "jit/x86_64/x86.h"

struct division {
	const struct jit_op *op;
	u8 dst, dividend, divisor;
	bool keeps_rax, keeps_rdx; /* they are in saved_rax, saved_rdx */
	u8 saved_rax, saved_rdx;
	bool is_signed, is_mod;
};

/* Jumps over what comes: the place to be patched by here(). */
static u32 skip(struct x86 *x, u32 cc)
{
	x86_byte(&x->sites.out, cc == CC_ALWAYS ? 0xeb : 0x70 + cc);
	x86_byte(&x->sites.out, 0);
	return x->sites.out.len;
}

static void here(struct x86 *x, u32 from)
{
	if (from - 1 < x->sites.out.cap)
		x->sites.out.bytes[from - 1] = (u8)(x->sites.out.len - from);
	x->sites.failed |= x->sites.out.len - from > 127;
}

/* Where the divisor is, other than in rax and rdx; rcx and r11 are free. */
static void place(struct x86 *x, struct division *d)
{
	u8 b = (d->op->flags & OP_IMM) != 0 ? X86_NONE : x86_host(d->op->b);

	d->saved_rax = T1;
	d->saved_rdx = T0;
	d->divisor = b;
	if (b == X86_NONE) {
		/* It takes rcx, and rax what is left. */
		d->divisor = T1;
		d->saved_rax = X86_NONE;
		x86_prog_const(x, T1, d->op->width == 32 ? (u32)d->op->imm : (u64)d->op->imm, T0);
	} else if (b == RAX) {
		x86_mov(x, 64, T1, RAX);
		d->divisor = T1;
	} else if (b == RDX) {
		x86_mov(x, 64, T1, RDX);
		d->divisor = T1;
		d->saved_rdx = T1;
		d->saved_rax = T0;
	}
	d->keeps_rax = d->dst != RAX && (d->op->live & 1) != 0;
	d->keeps_rdx = d->dst != RDX && (d->op->live & 8) != 0;
}

static void put_aside(struct x86 *x, const struct division *d)
{
	if (d->keeps_rax && d->saved_rax == X86_NONE)
		x86_ri(&x->sites.out, X86_PUSH_O, 64, RAX, 0);
	else if (d->keeps_rax && d->divisor != d->saved_rax)
		x86_mov(x, 64, d->saved_rax, RAX);
	if (d->keeps_rdx && d->divisor != d->saved_rdx)
		x86_mov(x, 64, d->saved_rdx, RDX);
}

static void take_back(struct x86 *x, const struct division *d)
{
	if (d->keeps_rdx)
		x86_mov(x, 64, RDX, d->saved_rdx);
	if (d->keeps_rax && d->saved_rax == X86_NONE)
		x86_ri(&x->sites.out, X86_POP_O, 64, RAX, 0);
	else if (d->keeps_rax)
		x86_mov(x, 64, RAX, d->saved_rax);
}

/* The quotient or the remainder comes to be in rax or rdx. */
static void divide(struct x86 *x, const struct division *d)
{
	u32 width = d->op->width;

	if (d->dividend != RAX)
		x86_mov(x, width, RAX, d->dividend);
	if (d->is_signed) {
		x86_put(&x->sites.out, X86_CDQ, width, 0, x86_r(0), 0);
		x86_ri(&x->sites.out, X86_IDIV_M, width, d->divisor, 0);
	} else {
		x86_rr(&x->sites.out, X86_XOR_MR, 32, RDX, RDX);
		x86_ri(&x->sites.out, X86_DIV_M, width, d->divisor, 0);
	}
}

/* What division by 0 gives, in the register where a result is. */
static void by_zero(struct x86 *x, const struct division *d)
{
	u8 result = d->is_mod ? RDX : RAX;

	if (!d->is_mod)
		x86_rr(&x->sites.out, X86_XOR_MR, 32, RAX, RAX);
	else if (d->dividend != result || d->op->width == 32)
		x86_mov(x, d->op->width, result, d->dividend);
}

/* By -1, where the smallest number has no quotient. */
static void by_minus_one(struct x86 *x, const struct division *d)
{
	if (d->is_mod) {
		x86_rr(&x->sites.out, X86_XOR_MR, 32, RDX, RDX);
		return;
	}
	x86_mov(x, d->op->width, RAX, d->dividend);
	x86_ri(&x->sites.out, X86_NEG_M, d->op->width, RAX, 0);
}

void x86_divide(struct x86 *x, const struct jit_op *op)
{
	struct division d = { .op = op,
			      .dst = x86_host(op->dst),
			      .dividend = x86_host(op->a),
			      .is_signed = op->op == ALU_SDIV || op->op == ALU_SMOD,
			      .is_mod = op->op == ALU_MOD || op->op == ALU_SMOD };
	bool is_const = (op->flags & OP_IMM) != 0;
	bool may_be_zero = is_const ? op->imm == 0 : (op->flags & OP_NONZERO) == 0;
	bool may_be_minus_one = d.is_signed && (!is_const || op->imm == -1);
	u32 zero = 0, minus_one = 0, done = 0, done_too = 0;
	u8 result = d.is_mod ? RDX : RAX;

	if (is_const && x86_divide_const(x, op))
		return;
	place(x, &d);
	put_aside(x, &d);
	if (may_be_zero) {
		x86_rr(&x->sites.out, X86_TEST_MR, op->width, d.divisor, d.divisor);
		zero = skip(x, CC_E);
	}
	if (may_be_minus_one) {
		x86_ri(&x->sites.out, X86_CMP_I8, op->width, d.divisor, -1);
		minus_one = skip(x, CC_E);
	}
	divide(x, &d);
	if (may_be_minus_one) {
		done = skip(x, CC_ALWAYS);
		here(x, minus_one);
		by_minus_one(x, &d);
	}
	if (may_be_zero) {
		done_too = skip(x, CC_ALWAYS);
		here(x, zero);
		by_zero(x, &d);
		here(x, done_too);
	}
	if (done != 0)
		here(x, done);
	if (d.dst != result)
		x86_mov(x, op->width == 32 ? 32 : 64, d.dst, result);
	take_back(x, &d);
}
