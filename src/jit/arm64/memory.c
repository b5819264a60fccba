/* SPDX-License-Identifier: MIT */
/* Loads and stores in arm64, and the checks before them. */
#include "jit/arm64/a64.h"

static u32 log2_of(u32 size)
{
	return (u32)__builtin_ctz(size);
}

void a64_fetch(struct a64 *a, u8 reg, u8 base, u32 offset, u32 size)
{
	a64_put(&a->sites.out,
		size == 8   ? A64_LDR8
		: size == 4 ? A64_LDR4
			    : A64_LDR1,
		64, reg, base, 0, offset / size);
}

void a64_keep(struct a64 *a, u8 reg, u8 base, u32 offset, u32 size)
{
	a64_put(&a->sites.out,
		size == 8   ? A64_STR8
		: size == 4 ? A64_STR4
			    : A64_STR1,
		64, reg, base, 0, offset / size);
}

/* --- addresses ---------------------------------------------------------------------------------
 */

/* What one instruction can have: base + disp, or base + (index << scale). */
struct place {
	u8 base, index; /* NO_REG: none */
	bool shifted;	/* the index, by the size */
	s64 disp;
};

static bool fits(s64 disp, u32 size)
{
	return (disp >= -256 && disp <= 255) ||
	       (disp >= 0 && disp % size == 0 && disp / size < 4096);
}

/* Of an operation; what is too much for one instruction goes to T0. */
static struct place place_of(struct a64 *a, const struct jit_op *op)
{
	struct place p = { .base = op->a == JIT_NONE ? NO_REG : a64_host(op->a),
			   .index = op->index == JIT_NONE ? NO_REG : a64_host(op->index),
			   .shifted = op->scale != 0,
			   .disp = op->disp };

	if (p.index != NO_REG && p.base != NO_REG && p.disp == 0 &&
	    (op->scale == 0 || op->scale == log2_of(op->size)))
		return p;
	if (p.index != NO_REG) {
		if (p.base == NO_REG)
			a64_lsl(a, 64, T0, p.index, op->scale);
		else
			a64_put(&a->sites.out, A64_ADD, 64, T0, p.base, p.index, op->scale);
		p.base = T0;
		p.index = NO_REG;
	} else if (p.base == NO_REG) {
		a64_const(a, T0, (u64)p.disp);
		p.base = T0;
		p.disp = 0;
	}
	if (!fits(p.disp, op->size)) {
		a64_add(a, 64, T0, p.base, p.disp, T1);
		p.base = T0;
		p.disp = 0;
	}
	return p;
}

/* The same in T0. */
static void address_in_t0(struct a64 *a, const struct jit_op *op)
{
	struct jit_op lea = *op;
	u8 n = op->a == JIT_NONE ? NO_REG : a64_host(op->a);

	if (lea.index != JIT_NONE) {
		u8 m = a64_host(lea.index);

		if (n == NO_REG)
			a64_lsl(a, 64, T0, m, op->scale);
		else
			a64_put(&a->sites.out, A64_ADD, 64, T0, n, m, op->scale);
		n = T0;
	}
	if (n == NO_REG)
		a64_const(a, T0, (u64)(s64)op->disp);
	else if (n != T0 || op->disp != 0)
		a64_add(a, 64, T0, n, op->disp, T1);
}

void a64_check(struct a64 *a, const struct jit_op *op, bool write)
{
	bool stack = (op->flags & OP_STACK) != 0;
	u32 base = stack ? ENGINE_STACK_BASE : ENGINE_REGION_BASE;
	u32 limit = (stack ? ENGINE_STACK_LIMIT : ENGINE_REGION_LIMIT + (write ? 4u : 0u)) +
		    log2_of(op->size);

	a64_fetch_exec(a, T1, (size_t)ENGINE_OFFSET(base), 8);
	a64_fetch_exec(a, T2, (size_t)ENGINE_OFFSET(limit), 8);
	a64_rrr(a, A64_SUB, 64, T1, T0, T1);
	a64_rrr(a, A64_SUBS, 64, ZR, T1, T2);
	a64_stub(a, a64_if(CC_HS),
		 (struct jit_stub){ .kind = STUB_ACCESS,
				    .value = JIT_WHAT(op->slot, log2_of(op->size), write, false) });
}

/* Compares with the window that is likelier, and asks when it is outside. */
static struct place checked(struct a64 *a, const struct jit_op *op, bool write)
{
	if (!a->checked || (op->flags & OP_FRAME) != 0)
		return place_of(a, op);
	address_in_t0(a, op);
	a64_check(a, op, write);
	return (struct place){ .base = T0, .index = NO_REG };
}

/* The three forms of an access. */
struct forms {
	u8 scaled, unscaled, indexed;
};

static void put_access(struct a64 *a, const struct forms *forms, u32 size, u8 reg, struct place p)
{
	if (p.index != NO_REG)
		a64_put(&a->sites.out, (enum a64_insn)forms->indexed, 64, reg, p.base, p.index,
			p.shifted);
	else if (p.disp >= 0 && p.disp % size == 0)
		a64_put(&a->sites.out, (enum a64_insn)forms->scaled, 64, reg, p.base, 0,
			p.disp / size);
	else
		a64_put(&a->sites.out, (enum a64_insn)forms->unscaled, 64, reg, p.base, 0, p.disp);
}

/* --- loads and stores --------------------------------------------------------------------------
 */

static void acquire(struct a64 *a, const struct jit_op *op, u8 d)
{
	static const u8 insns[] = { A64_LDAR1, A64_LDAR2, A64_LDAR4, A64_LDAR8 };

	a64_put(&a->sites.out, (enum a64_insn)insns[log2_of(op->size)], 64, d,
		a64_atomic_address(a, op, false), 0, 0);
}

void a64_load(struct a64 *a, const struct jit_op *op)
{
	static const struct forms zero[] = { { A64_LDR1, A64_LDUR1, A64_LDRX1 },
					     { A64_LDR2, A64_LDUR2, A64_LDRX2 },
					     { A64_LDR4, A64_LDUR4, A64_LDRX4 },
					     { A64_LDR8, A64_LDUR8, A64_LDRX8 } };
	static const struct forms sign[] = { { A64_LDRS1, A64_LDURS1, A64_LDRXS1 },
					     { A64_LDRS2, A64_LDURS2, A64_LDRXS2 },
					     { A64_LDRS4, A64_LDURS4, A64_LDRXS4 },
					     { A64_LDR8, A64_LDUR8, A64_LDRX8 } };
	bool is_signed = (op->flags & OP_SIGNED) != 0;
	u8 d = a64_host(op->dst);

	if (op->code == JIT_LOAD_ACQ)
		acquire(a, op, d);
	else
		put_access(a, &(is_signed ? sign : zero)[log2_of(op->size)], op->size, d,
			   checked(a, op, false));
	if ((op->flags & OP_SWAP) != 0 && op->size > 1)
		a64_swap(a, op->size, d, d);
}

static void release(struct a64 *a, const struct jit_op *op, u8 reg)
{
	static const u8 insns[] = { A64_STLR1, A64_STLR2, A64_STLR4, A64_STLR8 };

	a64_put(&a->sites.out, (enum a64_insn)insns[log2_of(op->size)], 64, reg,
		a64_atomic_address(a, op, true), 0, 0);
}

/* What is stored: a register, with other scratch ones than addresses have. */
static u8 stored(struct a64 *a, const struct jit_op *op)
{
	u64 imm = (u64)op->imm;
	u8 reg;

	if ((op->flags & OP_IMM) != 0) {
		/* What is cut off need not be made. */
		if (op->size < 8)
			imm &= (1ull << 8 * op->size) - 1;
		if (imm == 0)
			return ZR;
		if (a64_may_show(a, op->imm))
			a64_const(a, T3, imm);
		else
			a64_prog_const(a, T3, imm, T2);
		reg = T3;
	} else {
		reg = a64_host(op->b);
	}
	if ((op->flags & OP_SWAP) == 0 || op->size == 1)
		return reg;
	a64_swap(a, op->size, T3, reg);
	return T3;
}

void a64_store(struct a64 *a, const struct jit_op *op)
{
	static const struct forms forms[] = { { A64_STR1, A64_STUR1, A64_STRX1 },
					      { A64_STR2, A64_STUR2, A64_STRX2 },
					      { A64_STR4, A64_STUR4, A64_STRX4 },
					      { A64_STR8, A64_STUR8, A64_STRX8 } };
	struct place p;

	if (op->code == JIT_STORE_REL) {
		release(a, op, stored(a, op));
		return;
	}
	/* The value comes last: asking leaves no scratch register but T0 as it was. */
	p = checked(a, op, true);
	put_access(a, &forms[log2_of(op->size)], op->size, stored(a, op), p);
}
