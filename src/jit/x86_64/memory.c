/* SPDX-License-Identifier: MIT */
/* Loads, stores and atomics in x86-64, and the checks before them. */
#include "jit/x86_64/x86.h"

static u32 log2_of(u32 size)
{
	return (u32)__builtin_ctz(size);
}

struct x86_rm x86_memory(const struct jit_op *op)
{
	u8 base = op->a == JIT_NONE ? X86_NONE : x86_host(op->a);
	u8 index = op->index == JIT_NONE ? X86_NONE : x86_host(op->index);

	return x86_mx(base, index, op->scale, op->disp);
}

static void stub_access(struct x86 *x, enum x86_cc cc, const struct jit_op *op, bool write,
			bool atomic)
{
	x86_stub(
		x, cc,
		(struct jit_stub){ .kind = STUB_ACCESS,
				   .value = JIT_WHAT(op->slot, log2_of(op->size), write, atomic) });
}

/* Compares with the window that is likelier, and asks when it is outside. The address is in T0
 * afterwards, and what this returns stands for it. */
static struct x86_rm checked(struct x86 *x, const struct jit_op *op, bool write)
{
	bool stack = (op->flags & OP_STACK) != 0;
	u32 base = stack ? ENGINE_STACK_BASE : ENGINE_REGION_BASE;
	u32 limit = (stack ? ENGINE_STACK_LIMIT : ENGINE_REGION_LIMIT + (write ? 4u : 0u)) +
		    log2_of(op->size);
	struct x86_rm mem = x86_memory(op);

	if (!x->checked || (op->flags & OP_FRAME) != 0)
		return mem;
	x86_put(&x->sites.out, X86_LEA_RM, 64, T0, mem, 0);
	x86_mov(x, 64, T1, T0);
	x86_put(&x->sites.out, X86_SUB_RM, 64, T1, x86_engine(base), 0);
	x86_put(&x->sites.out, X86_CMP_RM, 64, T1, x86_engine(limit), 0);
	stub_access(x, CC_AE, op, write, false);
	return x86_m(T0, 0);
}

/* For atomics: alignment is checked in every mode. */
static struct x86_rm checked_atomic(struct x86 *x, const struct jit_op *op, bool write)
{
	struct x86_rm mem = x86_memory(op);

	if ((op->flags & OP_ALIGNED) == 0 && op->size > 1) {
		x86_put(&x->sites.out, X86_LEA_RM, 64, T0, mem, 0);
		x86_ri(&x->sites.out, X86_TEST8_I8, 32, T0, op->size - 1);
		stub_access(x, CC_NE, op, write, true);
		mem = x86_m(T0, 0);
	}
	return x->checked && (op->flags & OP_FRAME) == 0 ? checked(x, op, write) : mem;
}

static void load_plain(struct x86 *x, const struct jit_op *op, struct x86_rm mem)
{
	u8 dst = x86_host(op->dst);
	bool is_signed = (op->flags & OP_SIGNED) != 0;

	switch (op->size) {
	case 1:
		x86_put(&x->sites.out, is_signed ? X86_MOVSX8_RM : X86_MOVZX8_RM,
			is_signed ? 64 : 32, dst, mem, 0);
		return;
	case 2:
		x86_put(&x->sites.out, is_signed ? X86_MOVSX16_RM : X86_MOVZX16_RM,
			is_signed ? 64 : 32, dst, mem, 0);
		return;
	case 4:
		x86_put(&x->sites.out, is_signed ? X86_MOVSXD_RM : X86_MOV_RM, is_signed ? 64 : 32,
			dst, mem, 0);
		return;
	default: x86_put(&x->sites.out, X86_MOV_RM, 64, dst, mem, 0); return;
	}
}

/* Whether a byte compares with the constant as it does when it is extended by zeros. */
static bool is_byte_test(const struct jit_op *op)
{
	bool is_signed = op->op == JUMP_SGT || op->op == JUMP_SGE || op->op == JUMP_SLT ||
			 op->op == JUMP_SLE;

	return !is_signed && (op->flags & OP_IMM) != 0 && op->imm >= 0 && op->imm <= 127;
}

/* Whether the load is for the next operation alone, which can have it as an operand. */
static bool joins(const struct x86 *x, const struct jit_op *load)
{
	u32 i = x->op + 1;
	const struct jit_op *next;
	bool imm;

	while (i < x->j->op_count && x->j->ops[i].code == JIT_NOP)
		i++;
	if (i == x->j->op_count || load->code != JIT_LOAD ||
	    (load->flags & (OP_SIGNED | OP_SWAP)) != 0)
		return false;
	next = &x->j->ops[i];
	imm = (next->flags & OP_IMM) != 0;
	if ((next->live >> load->dst & 1) != 0 ||
	    (load->size * 8u != next->width && load->size != 1))
		return false;
	if (next->code == JIT_ALU)
		return (next->op == ALU_ADD || next->op == ALU_SUB || next->op == ALU_OR ||
			next->op == ALU_AND || next->op == ALU_XOR) &&
		       load->size != 1 && !imm && next->b == load->dst && next->a == next->dst &&
		       next->dst != load->dst;
	/* A choice has its other value in a register that checks of the address need. */
	if (next->code != JIT_BRANCH &&
	    (next->code != JIT_SELECT || x->checked || next->index == load->dst))
		return false;
	if (next->a != load->dst || (imm && !x86_may_show(x, next->imm)))
		return false;
	return load->size == 1 ? is_byte_test(next)
			       : next->op != JUMP_SET && (imm || next->b != load->dst);
}

struct x86_rm x86_pending(struct x86 *x)
{
	const struct jit_op *load = x->pending;

	x->pending = NULL;
	return checked(x, load, false);
}

void x86_load(struct x86 *x, const struct jit_op *op)
{
	bool acquires = op->code == JIT_LOAD_ACQ;
	u8 dst = x86_host(op->dst);
	struct x86_rm mem;

	if (joins(x, op)) {
		x->pending = op;
		return;
	}
	mem = acquires ? checked_atomic(x, op, false) : checked(x, op, false);
	load_plain(x, op, mem);
	if ((op->flags & OP_SWAP) == 0)
		return;
	if (op->size == 2) {
		x86_ri(&x->sites.out, X86_ROL16_I8, 32, dst, 8);
		return;
	}
	x86_put(&x->sites.out, X86_BSWAP_O, op->size == 8 ? 64 : 32, 0, x86_r(dst), 0);
}

static void store_imm(struct x86 *x, const struct jit_op *op, struct x86_rm mem)
{
	static const u8 insns[] = { X86_MOV8_I8, X86_MOV16_I16, X86_MOV_I32, X86_MOV_I32 };

	x86_put(&x->sites.out, (enum x86_insn)insns[log2_of(op->size)], op->size == 8 ? 64 : 32, 0,
		mem, op->imm);
}

static void store_reg(struct x86 *x, const struct jit_op *op, struct x86_rm mem, u8 reg)
{
	static const u8 insns[] = { X86_MOV8_MR, X86_MOV16_MR, X86_MOV_MR, X86_MOV_MR };

	x86_put(&x->sites.out, (enum x86_insn)insns[log2_of(op->size)], op->size == 8 ? 64 : 32,
		reg, mem, 0);
}

/* Where nobody needs it as it was, the register itself. */
static u8 swapped(struct x86 *x, const struct jit_op *op, u8 reg)
{
	if ((op->live >> op->b & 1) != 0 || op->b == op->a || op->b == op->index) {
		x86_mov(x, 32, T1, reg);
		reg = T1;
	}
	x86_ri(&x->sites.out, X86_ROL16_I8, 32, reg, 8);
	return reg;
}

void x86_store(struct x86 *x, const struct jit_op *op)
{
	bool releases = op->code == JIT_STORE_REL;
	struct x86_rm mem = releases ? checked_atomic(x, op, true) : checked(x, op, true);
	u8 reg = X86_NONE;

	if ((op->flags & OP_IMM) != 0 && x86_may_show(x, op->imm)) {
		store_imm(x, op, mem);
		return;
	}
	if ((op->flags & OP_IMM) != 0) {
		reg = T1;
		x86_prog_const(x, T1, (u64)op->imm, T1);
	} else {
		reg = x86_host(op->b);
	}
	if ((op->flags & OP_SWAP) != 0)
		reg = swapped(x, op, reg);
	store_reg(x, op, mem, reg);
}

static void lock(struct x86 *x, enum x86_insn insn, u32 width, u8 reg, struct x86_rm mem)
{
	x86_byte(&x->sites.out, 0xf0);
	x86_put(&x->sites.out, insn, width, reg, mem, 0);
}

/* Fetching or, and, xor: a loop around a compare and exchange, which wants rax. */
static void fetch_loop(struct x86 *x, const struct jit_op *op, struct x86_rm mem, u32 width)
{
	static const u8 insns[] = {
		[ATOMIC_OR] = X86_OR_MR, [ATOMIC_AND] = X86_AND_MR, [ATOMIC_XOR] = X86_XOR_MR
	};
	u8 src = x86_host(op->b), operand = src;
	u32 loop;

	/* The address has to be in a register that the loop leaves as it is, and is not rax. */
	if (mem.base != T0) {
		x86_put(&x->sites.out, X86_LEA_RM, 64, T0, mem, 0);
		mem = x86_m(T0, 0);
	}
	/* r0 is the result's when it is the source, else it is kept. */
	if (src == RAX) {
		operand = RDX;
		x86_ri(&x->sites.out, X86_PUSH_O, 64, RDX, 0);
		x86_mov(x, 64, RDX, RAX);
	} else {
		x86_ri(&x->sites.out, X86_PUSH_O, 64, RAX, 0);
	}
	x86_put(&x->sites.out, X86_MOV_RM, width, RAX, mem, 0);
	loop = x->sites.out.len;
	x86_mov(x, width, T1, RAX);
	x86_rr(&x->sites.out, (enum x86_insn)insns[op->op], width, T1, operand);
	lock(x, X86_CMPXCHG_MR, width, T1, mem);
	x86_byte(&x->sites.out, 0x70 + CC_NE);
	x86_byte(&x->sites.out, loop - x->sites.out.len - 1);
	if (src == RAX) {
		x86_ri(&x->sites.out, X86_POP_O, 64, RDX, 0);
		if (width == 32)
			x86_mov(x, 32, RAX, RAX);
		return;
	}
	x86_mov(x, width, src, RAX);
	x86_ri(&x->sites.out, X86_POP_O, 64, RAX, 0);
}

void x86_atomic(struct x86 *x, const struct jit_op *op)
{
	static const u8 plain[] = { [ATOMIC_ADD] = X86_ADD_MR,
				    [ATOMIC_OR] = X86_OR_MR,
				    [ATOMIC_AND] = X86_AND_MR,
				    [ATOMIC_XOR] = X86_XOR_MR };
	struct x86_rm mem = checked_atomic(x, op, true);
	u32 width = op->size == 8 ? 64 : 32;
	u8 src = x86_host(op->b);
	bool fetch = (op->flags & OP_FETCH) != 0;

	switch ((enum atomic_op)op->op) {
	case ATOMIC_XCHG: x86_put(&x->sites.out, X86_XCHG_MR, width, src, mem, 0); return;
	case ATOMIC_CMPXCHG:
		lock(x, X86_CMPXCHG_MR, width, src, mem);
		if (width == 32)
			x86_mov(x, 32, RAX, RAX); /* when it was equal, nothing was written */
		return;
	case ATOMIC_ADD: lock(x, fetch ? X86_XADD_MR : X86_ADD_MR, width, src, mem); return;
	case ATOMIC_OR:
	case ATOMIC_AND:
	case ATOMIC_XOR:
		if (fetch && (op->live >> op->b & 1) != 0)
			fetch_loop(x, op, mem, width);
		else
			lock(x, (enum x86_insn)plain[op->op], width, src, mem);
		return;
	case ATOMIC_OP_COUNT: break;
	}
	x->sites.failed = true;
}
