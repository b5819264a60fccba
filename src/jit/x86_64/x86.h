/* SPDX-License-Identifier: MIT */
/* Inside of the x86-64 target.
 *
 * Registers of eBPF have fixed ones of the host: r0 to r5 such that a helper's arguments are in
 * place by the System V convention but for r4, because shifts need rcx. r11 and rcx are scratch, r9
 * too unless it is the budget; r13 is struct exec, 120 bytes on, so that short displacements reach
 * what is used most. */
#pragma once

#include "jit/sites.h"
#include "jit/x86_64/encode.h"

#define T0	R11
#define T1	RCX
#define BUDGET	R9
#define EXEC	R13
#define FP	RBP
#define EXEC_AT 120

struct x86 {
	struct jit *j;
	bool ms, blind, checked;
	struct jit_support support;

	struct jit_sites sites; /* forms: enum x86_fixup_form; common code has ecx, eax, r11 */
	u32 *slots;		/* by host: offset of its address, behind the code */
	u32 op, func;		/* now */
	u32 loops;		/* that begin with room for alignment */
	const struct jit_op *pending; /* a load that is to be an operand of the next operation */
	/* When out.len is flags_at, flags tell whether flags_reg is 0, all or half of it. */
	u32 flags_at;
	u8 flags_reg, flags_width;
};

enum x86_fixup_form {
	FORM_DISTANCE, /* 4 bytes, from their end on */
	FORM_SHORT,    /* 1 byte, likewise */
	FORM_JUMP,     /* 5 bytes or 2 */
	FORM_BRANCH,   /* 6 bytes or 2 */
	FORM_CALL,     /* of the host: 6 bytes, through memory, or 5 */
	FORM_PAD,
};

static inline u8 x86_host(u8 reg)
{
	static const u8 map[] = { RAX, RDI, RSI, RDX, R10, R8, RBX, R14, R15, R12, RBP };

	return map[reg];
}

static inline struct x86_rm x86_exec(size_t offset)
{
	return x86_m(EXEC, (s32)offset - EXEC_AT);
}

static inline struct x86_rm x86_engine(u32 i)
{
	return x86_exec((size_t)ENGINE_OFFSET(i));
}

/* dst = src, nothing if they are one and width is 64. */
void x86_mov(struct x86 *x, u32 width, u8 dst, u8 src);
void x86_const(struct x86 *x, u8 dst, u64 value);
/* An instruction's constant, blinded if need be. scratch: for the 64-bit ones. */
void x86_prog_const(struct x86 *x, u8 dst, u64 value, u8 scratch);
/* Whether a constant of the program may stand in an instruction. */
bool x86_may_show(const struct x86 *x, s64 imm);

void x86_alu(struct x86 *x, const struct jit_op *op);
void x86_unary(struct x86 *x, const struct jit_op *op);
void x86_lea(struct x86 *x, const struct jit_op *op);
void x86_divide(struct x86 *x, const struct jit_op *op);
/* False: it does not pay. */
bool x86_divide_const(struct x86 *x, const struct jit_op *op);
/* What a, index, scale and disp address. */
struct x86_rm x86_memory(const struct jit_op *op);
void x86_lookup(struct x86 *x, const struct jit_op *op);
void x86_slot(struct x86 *x);
void x86_load(struct x86 *x, const struct jit_op *op);
/* The operand that x->pending is; it is not pending any more. */
struct x86_rm x86_pending(struct x86 *x);
void x86_store(struct x86 *x, const struct jit_op *op);
void x86_atomic(struct x86 *x, const struct jit_op *op);
/* Sets flags; the condition under which op, one of a branch, holds. */
enum x86_cc x86_compare(struct x86 *x, const struct jit_op *op);
void x86_select(struct x86 *x, const struct jit_op *op);

void x86_func(struct x86 *x, const struct jit_op *op);
void x86_exit(struct x86 *x);
void x86_call(struct x86 *x, const struct jit_op *op);
void x86_callx(struct x86 *x, const struct jit_op *op);
void x86_call_func(struct x86 *x, const struct jit_op *op);
void x86_packet(struct x86 *x, const struct jit_op *op);
void x86_branch(struct x86 *x, const struct jit_op *op);
void x86_jump(struct x86 *x, const struct jit_op *op);
void x86_may_goto(struct x86 *x, const struct jit_op *op);
void x86_stop(struct x86 *x, const struct jit_op *op);
void x86_common_code(struct x86 *x);

/* A conditional jump to a stub that is written later. */
void x86_stub(struct x86 *x, enum x86_cc cc, struct jit_stub stub);
#define CC_ALWAYS  16
#define CC_NO_JUMP 17 /* the 4 bytes of the displacement alone */
#define CC_INSIDE  18 /* a byte of it, likewise */
void x86_jump_to(struct x86 *x, u32 cc, enum jit_fixup_kind kind, u32 target);
void x86_call_to(struct x86 *x, enum jit_fixup_kind kind, u32 target);
/* Calls an address of the host. */
void x86_call_host(struct x86 *x, u64 address);

/* --- align.c --- */

/* Before a loop's label. */
void x86_loop_begins(struct x86 *x);
/* Before the fixup of a jump to the slot, if that is backwards. */
void x86_loop_ends(struct x86 *x, u32 slot);
/* Chooses what loops begin with, once all other fixups have their gains. */
void x86_place_loops(struct x86 *x, u64 address);
void x86_put_nops(u8 *out, u32 len);
