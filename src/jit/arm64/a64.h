/* SPDX-License-Identifier: MIT */
/* Inside of the arm64 target.
 *
 * Registers of eBPF have fixed ones of the host: r1 to r5 are where a helper's arguments are, r6 to
 * r10 are kept by helpers. x9 to x12 are scratch within an operation, x16 is for what is called. */
#pragma once

#include "jit/arm64/encode.h"
#include "jit/sites.h"

#define R0     7
#define T0     9
#define T1     10
#define T2     11
#define T3     12
#define IP     16
#define FP     25
#define EXEC   26
#define BUDGET 27
#define LR_FP  29
#define LR     A64_LR
#define ZR     A64_ZR
#define SP     A64_SP
#define NO_REG A64_NONE

/* How far conditional jumps have to reach: the code is shorter than what TBZ can, than what B.cc
 * can, or neither. */
enum a64_reach { REACH_14, REACH_19, REACH_26 };

/* A conditional jump: the flags' condition, or what a register holds. */
struct a64_when {
	u8 insn; /* B, B_CC, CBZ, CBNZ, TBZ, TBNZ */
	u8 cc;
	u8 reg, width; /* CBZ and the like */
	u8 bit;	       /* TBZ and the like */
};

struct a64 {
	struct jit *j;
	bool blind, checked, lse;
	u8 reach;
	struct jit_support support;

	struct jit_sites sites; /* forms: enum a64_insn; common code has x9, w10, w11 */
	u32 op;			/* now */
	/* The one before, which is done with this one. */
	const struct jit_op *pending;
};

static inline u8 a64_host(u8 reg)
{
	static const u8 map[] = { R0, 0, 1, 2, 3, 4, 19, 20, 21, 22, FP };

	return map[reg];
}

static inline struct a64_when a64_if(enum a64_cc cc)
{
	return (struct a64_when){ .insn = A64_B_CC, .cc = (u8)cc };
}

static inline struct a64_when a64_if_zero(u8 reg, u32 width, bool zero)
{
	return (struct a64_when){ .insn = zero ? A64_CBZ : A64_CBNZ,
				  .reg = reg,
				  .width = (u8)width };
}

static inline struct a64_when a64_always(void)
{
	return (struct a64_when){ .insn = A64_B };
}

/* --- emit.c --- */

void a64_jump_to(struct a64 *a, struct a64_when when, enum jit_fixup_kind kind, u32 target);
void a64_call_to(struct a64 *a, enum jit_fixup_kind kind, u32 target);
/* d = where that is. */
void a64_address_of(struct a64 *a, u8 d, enum jit_fixup_kind kind, u32 target);
/* A jump to a stub that is written later. */
void a64_stub(struct a64 *a, struct a64_when when, struct jit_stub stub);
/* A jump within an operation: what a64_here() makes arrive where it is called. */
u32 a64_skip(struct a64 *a, struct a64_when when);
void a64_here(struct a64 *a, u32 from, struct a64_when when);
struct a64_when a64_not(struct a64_when when);

/* --- alu.c --- */

void a64_rrr(struct a64 *a, enum a64_insn insn, u32 width, u8 d, u8 n, u8 m);
/* d = n, nothing if they are one and width is 64. */
void a64_mov(struct a64 *a, u32 width, u8 d, u8 n);
void a64_const(struct a64 *a, u8 d, u64 value);
/* An instruction's constant, blinded if need be. scratch: another register. */
void a64_prog_const(struct a64 *a, u8 d, u64 value, u8 scratch);
/* Whether a constant of the program may stand in an instruction. */
bool a64_may_show(const struct a64 *a, s64 imm);
/* d = n + imm; scratch, which is not n, for large ones. n and d may be the stack pointer, if imm is
 * small. */
void a64_add(struct a64 *a, u32 width, u8 d, u8 n, s64 imm, u8 scratch);
/* Compares n with imm, of ours. */
void a64_cmp(struct a64 *a, u32 width, u8 n, s64 imm, u8 scratch);
void a64_lsl(struct a64 *a, u32 width, u8 d, u8 n, u32 count);
void a64_lsr(struct a64 *a, u32 width, u8 d, u8 n, u32 count);
void a64_asr(struct a64 *a, u32 width, u8 d, u8 n, u32 count);
void a64_alu(struct a64 *a, const struct jit_op *op);
void a64_unary(struct a64 *a, const struct jit_op *op);
void a64_lea(struct a64 *a, const struct jit_op *op);
void a64_select(struct a64 *a, const struct jit_op *op);
/* When op, one of a branch, holds; sets flags if it needs them. */
struct a64_when a64_compare(struct a64 *a, const struct jit_op *op, bool flags_only);
/* What is above the number is zero if it was, and undefined else. */
void a64_swap(struct a64 *a, u32 size, u8 d, u8 n);

/* --- fuse.c --- */

bool a64_fuses(const struct a64 *a, const struct jit_op *first, const struct jit_op *second);
void a64_fused(struct a64 *a, const struct jit_op *first, const struct jit_op *second);

/* --- divide.c --- */

void a64_divide(struct a64 *a, const struct jit_op *op);

/* --- memory.c --- */

/* Of 8 and 4 bytes, for what is ours. */
void a64_fetch(struct a64 *a, u8 reg, u8 base, u32 offset, u32 size);
void a64_keep(struct a64 *a, u8 reg, u8 base, u32 offset, u32 size);
void a64_load(struct a64 *a, const struct jit_op *op);
void a64_store(struct a64 *a, const struct jit_op *op);

/* --- atomic.c --- */

/* The address in a register; alignment is checked in every mode. */
u8 a64_atomic_address(struct a64 *a, const struct jit_op *op, bool write);
void a64_atomic(struct a64 *a, const struct jit_op *op);

/* For accesses that are checked: the address is in T0. Scratch: T1, T2. */
void a64_check(struct a64 *a, const struct jit_op *op, bool write);

/* --- flow.c --- */

void a64_func(struct a64 *a, const struct jit_op *op);
void a64_exit(struct a64 *a, const struct jit_op *op);
void a64_branch(struct a64 *a, const struct jit_op *op);
void a64_jump(struct a64 *a, const struct jit_op *op);
void a64_may_goto(struct a64 *a, const struct jit_op *op);
void a64_stop(struct a64 *a, const struct jit_op *op);
void a64_leave(struct a64 *a);
void a64_push_list(struct a64 *a, const u8 *list, u32 count);
void a64_pop_list(struct a64 *a, const u8 *list, u32 count);
void a64_pay(struct a64 *a, u32 price, u32 slot);
void a64_stop_if(struct a64 *a, struct a64_when when, u32 slot, int status);

/* --- call.c --- */

void a64_call_host(struct a64 *a, u64 address);
void a64_call(struct a64 *a, const struct jit_op *op);
void a64_callx(struct a64 *a, const struct jit_op *op);
void a64_call_func(struct a64 *a, const struct jit_op *op);
void a64_packet(struct a64 *a, const struct jit_op *op);
void a64_check_ended(struct a64 *a);

/* --- lookup.c --- */

void a64_lookup(struct a64 *a, const struct jit_op *op);
void a64_slot(struct a64 *a);

/* --- common.c --- */

void a64_common_code(struct a64 *a);

static inline void a64_fetch_exec(struct a64 *a, u8 reg, size_t offset, u32 size)
{
	a64_fetch(a, reg, EXEC, (u32)offset, size);
}

static inline void a64_keep_exec(struct a64 *a, u8 reg, size_t offset, u32 size)
{
	a64_keep(a, reg, EXEC, (u32)offset, size);
}

#define EXEC_BUDGET offsetof(struct exec, budget)
