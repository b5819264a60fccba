/* SPDX-License-Identifier: MIT */
/* Atomics in arm64: by the instructions of ARMv8.1, or by loops for processors without them. Those
 * that fetch are ordered with all that is before and behind, the others with nothing. */
#include "jit/arm64/a64.h"

u8 a64_atomic_address(struct a64 *a, const struct jit_op *op, bool write)
{
	bool aligned = (op->flags & OP_ALIGNED) != 0 || op->size == 1;
	u8 n = a64_host(op->a);
	u32 log2 = (u32)__builtin_ctz(op->size), mask;

	if (op->disp == 0 && aligned && !a->checked)
		return n;
	a64_add(a, 64, T0, n, op->disp, T1);
	if (!aligned && a64_mask(op->size - 1u, 64, &mask)) {
		a64_put(&a->sites.out, A64_ANDS_I, 64, ZR, T0, 0, mask);
		a64_stub(a, a64_if(CC_NE),
			 (struct jit_stub){ .kind = STUB_ACCESS,
					    .value = JIT_WHAT(op->slot, log2, write, true) });
	}
	if (a->checked && (op->flags & OP_FRAME) == 0)
		a64_check(a, op, write);
	return T0;
}

struct atomic {
	const struct jit_op *op;
	u8 n; /* address */
	u8 s;
	u32 width;
	bool fetch;
};

/* Of the instructions, the register that has the old value is the second one. */
static void by_instruction(struct a64 *a, const struct atomic *c)
{
	static const struct {
		u8 plain, fetch;
	} insns[] = { [ATOMIC_ADD] = { A64_LDADD, A64_LDADDAL },
		      [ATOMIC_OR] = { A64_LDSET, A64_LDSETAL },
		      [ATOMIC_AND] = { A64_LDCLR, A64_LDCLRAL },
		      [ATOMIC_XOR] = { A64_LDEOR, A64_LDEORAL },
		      [ATOMIC_XCHG] = { A64_SWPAL, A64_SWPAL } };
	u8 s = c->s;

	if (c->op->op == ATOMIC_CMPXCHG) {
		a64_put(&a->sites.out, A64_CASAL, c->width, c->s, c->n, R0, 0);
		return;
	}
	if (c->op->op == ATOMIC_AND) {
		a64_rrr(a, A64_ORN, c->width, T1, ZR, c->s);
		s = T1;
	}
	a64_put(&a->sites.out,
		(enum a64_insn)(c->fetch ? insns[c->op->op].fetch : insns[c->op->op].plain),
		c->width, c->fetch ? c->s : ZR, c->n, s, 0);
}

/* T1: the old value; T2: the new one; T3: whether it was stored. */
static void by_loop(struct a64 *a, const struct atomic *c)
{
	static const u8 insns[] = { [ATOMIC_ADD] = A64_ADD,
				    [ATOMIC_OR] = A64_ORR,
				    [ATOMIC_AND] = A64_AND,
				    [ATOMIC_XOR] = A64_EOR };
	enum a64_insn store = c->fetch ? A64_STLXR : A64_STXR;
	struct a64_when differs = a64_if(CC_NE), again = a64_if_zero(T3, 32, false);
	u32 loop = a->sites.out.len, around = 0, back;
	u8 value = c->s;

	a64_put(&a->sites.out, A64_LDXR, c->width, T1, c->n, 0, 0);
	if (c->op->op == ATOMIC_CMPXCHG) {
		a64_rrr(a, A64_SUBS, c->width, ZR, T1, R0);
		around = a64_skip(a, differs);
	} else if (c->op->op != ATOMIC_XCHG) {
		a64_rrr(a, (enum a64_insn)insns[c->op->op], c->width, T2, T1, c->s);
		value = T2;
	}
	a64_put(&a->sites.out, store, c->width, value, c->n, T3, 0);
	back = a64_skip(a, again);
	a->sites.failed |= !a64_patch(&a->sites.out, back, A64_CBNZ, (s64)loop - back);
	if (c->op->op == ATOMIC_CMPXCHG)
		a64_here(a, around, differs);
	if (!c->fetch)
		return;
	a64_put(&a->sites.out, A64_DMB, 64, 0, 0, 0, 0);
	a64_mov(a, c->width, c->op->op == ATOMIC_CMPXCHG ? R0 : c->s, T1);
}

void a64_atomic(struct a64 *a, const struct jit_op *op)
{
	struct atomic c = { .op = op,
			    .s = a64_host(op->b),
			    .width = op->size == 8 ? 64 : 32,
			    .fetch = (op->flags & OP_FETCH) != 0 || op->op == ATOMIC_XCHG ||
				     op->op == ATOMIC_CMPXCHG };

	c.n = a64_atomic_address(a, op, true);
	switch ((enum atomic_op)op->op) {
	case ATOMIC_ADD:
	case ATOMIC_OR:
	case ATOMIC_AND:
	case ATOMIC_XOR:
	case ATOMIC_XCHG:
	case ATOMIC_CMPXCHG:
		if (a->lse)
			by_instruction(a, &c);
		else
			by_loop(a, &c);
		return;
	case ATOMIC_OP_COUNT: break;
	}
	a->sites.failed = true;
}
