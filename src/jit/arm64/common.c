/* SPDX-License-Identifier: MIT */
/* What a program's instructions share, in arm64: behind them, and only what is in use. */
#include "jit/arm64/a64.h"

static void fetch(struct a64 *a, u8 reg, enum jit_engine i)
{
	a64_fetch_exec(a, reg, (size_t)ENGINE_OFFSET(i), 8);
}

static void keep(struct a64 *a, u8 reg, enum jit_engine i)
{
	a64_keep_exec(a, reg, (size_t)ENGINE_OFFSET(i), 8);
}

static void ret(struct a64 *a)
{
	a64_put(&a->sites.out, A64_RET, 64, 0, 0, 0, 0);
}

static void fault_code(struct a64 *a)
{
	if (jit_uses(&a->sites, 1u << COMMON_TIME)) {
		jit_common_here(&a->sites, COMMON_TIME);
		a64_const(a, BUDGET, 0);
		a64_const(a, T1, (u32)ERR_TIME);
	}
	jit_common_here(&a->sites, COMMON_FAULT);
	a64_keep_exec(a, T1, offsetof(struct exec, fault.status), 4);
	a64_keep_exec(a, ZR, offsetof(struct exec, fault.addr), 8);
	a64_keep_exec(a, ZR, offsetof(struct exec, fault.size), 4);
	a64_keep_exec(a, ZR, offsetof(struct exec, fault.write), 1);
	a64_keep_exec(a, T2, offsetof(struct exec, fault.slot), 4);
	a64_jump_to(a, a64_always(), FIX_COMMON, COMMON_END);
}

static void end_code(struct a64 *a)
{
	if (jit_uses(&a->sites, 1u << COMMON_HELPER)) {
		jit_common_here(&a->sites, COMMON_HELPER);
		if (a->j->has_callbacks)
			a64_check_ended(a);
		a64_keep_exec(a, T2, offsetof(struct exec, fault.slot), 4);
	}
	jit_common_here(&a->sites, COMMON_END);
	a64_const(a, R0, 0);
	fetch(a, T0, ENGINE_SP);
	a64_put(&a->sites.out, A64_ADD_I, 64, SP, T0, 0, 0);
	if (a->j->has_callbacks) {
		fetch(a, IP, ENGINE_RESUME);
		a64_put(&a->sites.out, A64_BR, 64, 0, IP, 0, 0);
	}
	jit_common_here(&a->sites, COMMON_LEAVE);
	a64_leave(a);
}

static void access_code(struct a64 *a)
{
	static const u8 kept[] = { LR, R0, 0, 1, 2, 3, 4, T0 };

	jit_common_here(&a->sites, COMMON_ACCESS);
	if (a->checked)
		a64_keep_exec(a, BUDGET, EXEC_BUDGET, 8);
	a64_push_list(a, kept, ARRAY_COUNT(kept));
	a64_mov(a, 64, 0, EXEC);
	a64_mov(a, 64, 1, T0);
	a64_mov(a, 64, 2, T2);
	a64_call_host(a, a->support.access);
	a64_mov(a, 64, T1, 0);
	a64_pop_list(a, kept, ARRAY_COUNT(kept));
	if (a->checked)
		a64_fetch_exec(a, BUDGET, EXEC_BUDGET, 8);
	a64_jump_to(a, a64_if_zero(T1, 64, true), FIX_COMMON, COMMON_END);
	ret(a);
}

static void move_window(struct a64 *a, s64 by)
{
	fetch(a, T0, ENGINE_STACK_BASE);
	a64_add(a, 64, T0, T0, by, T1);
	keep(a, T0, ENGINE_STACK_BASE);
	for (u32 i = 0; i < 4; i++) {
		fetch(a, T0, (enum jit_engine)(ENGINE_STACK_LIMIT + i));
		a64_add(a, 64, T0, T0, -by, T1);
		keep(a, T0, (enum jit_engine)(ENGINE_STACK_LIMIT + i));
	}
}

/* A frame more or less, with its part of the stack's window. */
static void frame_code(struct a64 *a)
{
	u32 loop, back;

	jit_common_here(&a->sites, COMMON_PUSH);
	a64_add(a, 64, FP, FP, -PROG_FRAME_SIZE, T1);
	if (a->checked)
		move_window(a, -PROG_FRAME_SIZE);
	a64_add(a, 64, T0, FP, -PROG_FRAME_SIZE, T1);
	loop = a->sites.out.len;
	for (u32 i = 0; i < 4; i++)
		a64_put(&a->sites.out, A64_STP_POST, 64, ZR, T0, ZR, 2);
	a64_rrr(a, A64_SUBS, 64, ZR, T0, FP);
	back = a64_skip(a, a64_if(CC_LO));
	a->sites.failed |= !a64_patch(&a->sites.out, back, A64_B_CC, (s64)loop - back);
	ret(a);

	jit_common_here(&a->sites, COMMON_POP);
	a64_add(a, 64, FP, FP, PROG_FRAME_SIZE, T1);
	move_window(a, PROG_FRAME_SIZE);
	ret(a);
}

static void forget_code(struct a64 *a)
{
	jit_common_here(&a->sites, COMMON_FORGET);
	for (u32 i = 0; i < 8; i++)
		keep(a, ZR, (enum jit_engine)(ENGINE_REGION_LIMIT + i));
	ret(a);
}

/* u64 thunk(exec, function, frame, args); see jit_call. */
static void thunk_code(struct a64 *a)
{
	static const u8 kept[] = { LR_FP, LR, 19, 20, 21, 22, FP, EXEC, BUDGET };
	static const u8 state[] = { T0, T1 };
	u32 resume;

	jit_common_here(&a->sites, COMMON_THUNK);
	a64_push_list(a, kept, ARRAY_COUNT(kept));
	a64_put(&a->sites.out, A64_ADD_I, 64, LR_FP, SP, 0, 0);
	a64_mov(a, 64, EXEC, 0);
	fetch(a, T0, ENGINE_SP);
	fetch(a, T1, ENGINE_RESUME);
	a64_push_list(a, state, ARRAY_COUNT(state));
	a64_put(&a->sites.out, A64_ADD_I, 64, T0, SP, 0, 0);
	keep(a, T0, ENGINE_SP);
	a64_mov(a, 64, IP, 1);
	a64_mov(a, 64, FP, 2);
	a64_mov(a, 64, T1, 3);
	resume = a->sites.out.len;
	a64_put(&a->sites.out, A64_ADR, 64, T0, 0, 0, 0);
	keep(a, T0, ENGINE_RESUME);
	for (u8 i = 0; i < 5; i++)
		a64_fetch(a, i, T1, 8u * i, 8);
	if (a->checked)
		a64_fetch_exec(a, BUDGET, EXEC_BUDGET, 8);
	a64_const(a, R0, 0);
	for (u8 i = 6; i < 10; i++)
		a64_const(a, a64_host(i), 0);
	a64_put(&a->sites.out, A64_BLR, 64, 0, IP, 0, 0);
	a64_const(a, T0, 1);
	keep(a, T0, ENGINE_DONE);
	a->sites.failed |=
		!a64_patch(&a->sites.out, resume, A64_ADR, (s64)a->sites.out.len - resume);
	if (a->checked)
		a64_keep_exec(a, BUDGET, EXEC_BUDGET, 8);
	a64_pop_list(a, state, ARRAY_COUNT(state));
	keep(a, T0, ENGINE_SP);
	keep(a, T1, ENGINE_RESUME);
	a64_mov(a, 64, 0, R0);
	a64_pop_list(a, kept, ARRAY_COUNT(kept));
	ret(a);
}

void a64_common_code(struct a64 *a)
{
	jit_make_room(&a->sites);
	if (a->j->has_callbacks)
		thunk_code(a);
	if (jit_uses(&a->sites, 1u << COMMON_TIME | 1u << COMMON_FAULT))
		fault_code(a);
	if (jit_uses(&a->sites, 1u << COMMON_ACCESS))
		access_code(a);
	if (jit_uses(&a->sites, 1u << COMMON_PUSH | 1u << COMMON_POP))
		frame_code(a);
	if (jit_uses(&a->sites, 1u << COMMON_FORGET))
		forget_code(a);
	if (jit_uses(&a->sites, 1u << COMMON_HELPER | 1u << COMMON_END | 1u << COMMON_LEAVE))
		end_code(a);
}
