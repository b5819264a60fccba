/* SPDX-License-Identifier: MIT */
/* Calls in arm64: of helpers, of the program's functions, of what is ours. */
#include "jit/arm64/a64.h"

#define ARGS 5

/* Through a register; where what is called is near, that becomes BL. */
void a64_call_host(struct a64 *a, u64 address)
{
	struct jit_sites *sites = &a->sites;
	struct jit_fixup fixup = { .at = sites->out.len,
				   .kind = FIX_HOST,
				   .form = A64_BL,
				   .target = jit_add_host(sites, address) };

	a64_const(a, IP, address);
	a64_put(&sites->out, A64_BLR, 64, 0, IP, 0, 0);
	fixup.size = (u8)(sites->out.len - fixup.at);
	jit_add_fixup(sites, fixup);
}

/* r1 to r5 that are read after the call, and that the host's function may change. */
static u32 live_list(u16 live, u8 list[ARGS])
{
	u32 count = 0;

	for (u8 reg = 1; reg <= ARGS; reg++)
		if ((live >> reg & 1) != 0)
			list[count++] = a64_host(reg);
	return count;
}

static u16 kept(const struct a64 *a, const struct jit_op *op)
{
	return a->j->exact || op->code == JIT_PACKET ? op->live & 0x3e : 0;
}

static void keep_budget(struct a64 *a)
{
	if (a->checked)
		a64_keep_exec(a, BUDGET, EXEC_BUDGET, 8);
}

static void fetch_budget(struct a64 *a)
{
	if (a->checked)
		a64_fetch_exec(a, BUDGET, EXEC_BUDGET, 8);
}

void a64_check_ended(struct a64 *a)
{
	a64_fetch_exec(a, T0, offsetof(struct exec, ended), 1);
	a64_jump_to(a, a64_if_zero(T0, 32, false), FIX_COMMON, COMMON_END);
}

/* What a helper may have done but for returning. flags: enum helper_flag. */
static void after_call(struct a64 *a, u32 slot, u32 flags)
{
	a64_fetch_exec(a, T0, offsetof(struct exec, fault.status), 4);
	a64_stub(a, a64_if_zero(T0, 32, false),
		 (struct jit_stub){ .kind = STUB_HELPER, .value = slot });
	if ((flags & HELPER_TAIL_CALL) != 0) {
		a64_fetch_exec(a, T0, offsetof(struct exec, tail_call), 8);
		a64_jump_to(a, a64_if_zero(T0, 64, false), FIX_COMMON, COMMON_END);
	}
}

/* fn: 0: its address is in IP. */
static void call_prepared(struct a64 *a, const struct jit_op *op, u64 fn, u32 flags)
{
	u8 list[ARGS];
	u32 count = live_list(kept(a, op), list);

	keep_budget(a);
	if ((flags & HELPER_CALLBACK) != 0)
		a64_keep_exec(a, FP, (size_t)ENGINE_OFFSET(ENGINE_FRAME), 8);
	a64_push_list(a, list, count);
	a64_fetch_exec(a, ARGS, (size_t)ENGINE_OFFSET(ENGINE_CTX), 8);
	if (fn != 0)
		a64_call_host(a, fn);
	else
		a64_put(&a->sites.out, A64_BLR, 64, 0, IP, 0, 0);
	a64_mov(a, 64, R0, 0);
	a64_pop_list(a, list, count);
	fetch_budget(a);
	after_call(a, op->slot, flags);
	if ((flags & HELPER_CALLBACK) != 0)
		a64_check_ended(a);
	if (flags != 0 && a->checked)
		a64_call_to(a, FIX_COMMON, COMMON_FORGET);
}

void a64_call(struct a64 *a, const struct jit_op *op)
{
	a64_pay(a, 1, op->slot);
	call_prepared(a, op, (u64)op->imm, (u32)op->disp);
}

/* A function of ours, with r1 to r5 put aside that are in live; its result in d. arg is no
 * argument's register but the second's. */
static void call_support(struct a64 *a, u64 address, u8 arg, u32 third, u16 live, u8 d)
{
	u8 list[ARGS];
	u32 count = live_list(live, list);

	a64_push_list(a, list, count);
	if (arg != 1)
		a64_mov(a, 64, 1, arg);
	a64_const(a, 2, third);
	a64_mov(a, 64, 0, EXEC);
	a64_call_host(a, address);
	a64_mov(a, 64, d, 0);
	a64_pop_list(a, list, count);
}

void a64_callx(struct a64 *a, const struct jit_op *op)
{
	a64_pay(a, 1, op->slot);
	keep_budget(a);
	/* The arguments of what is found are put aside whatever is read after it. */
	call_support(a, a->support.find, a64_host(op->a), 0, 0x3e, IP);
	fetch_budget(a);
	a64_stop_if(a, a64_if_zero(IP, 64, true), op->slot, ERR_NOTSUP);
	call_prepared(a, op, 0, HELPER_TAIL_CALL | HELPER_CALLBACK);
}

void a64_call_func(struct a64 *a, const struct jit_op *op)
{
	const struct jit_func *func = &a->j->funcs[op->imm];
	size_t depth = (size_t)ENGINE_OFFSET(ENGINE_DEPTH);

	if (a->j->counts_depth) {
		a64_fetch_exec(a, T0, depth, 4);
		a64_cmp(a, 32, T0, PROG_MAX_FRAMES - 1, T1);
		a64_stop_if(a, a64_if(CC_HS), op->slot, ERR_LOOP);
	}
	a64_pay(a, func->charge, op->slot);
	if (a->j->counts_depth) {
		a64_add(a, 32, T0, T0, 1, T1);
		a64_keep_exec(a, T0, depth, 8);
	}
	if (func->framed && a->j->zero_frames)
		a64_call_to(a, FIX_COMMON, COMMON_PUSH);
	else if (func->framed)
		a64_add(a, 64, FP, FP, -PROG_FRAME_SIZE, T1);
	a64_call_to(a, FIX_FUNC, (u32)op->imm);
	if (func->framed && a->checked)
		a64_call_to(a, FIX_COMMON, COMMON_POP);
	else if (func->framed)
		a64_add(a, 64, FP, FP, PROG_FRAME_SIZE, T1);
	if (a->j->counts_depth) {
		a64_fetch_exec(a, T0, depth, 4);
		a64_add(a, 32, T0, T0, -1, T1);
		a64_keep_exec(a, T0, depth, 8);
	}
}

/* The program ends with 0 when it asks for what is outside of the packet. */
void a64_packet(struct a64 *a, const struct jit_op *op)
{
	u16 live = op->live & 0x3e;

	keep_budget(a);
	if (op->a != JIT_NONE)
		a64_add(a, 32, T0, a64_host(op->a), op->imm, T1);
	else
		a64_const(a, T0, (u32)op->imm);
	call_support(a, a->support.packet, T0, op->size, live, R0);
	fetch_budget(a);
	/* -1: outside; -2: there is no packet. */
	a64_cmp(a, 64, R0, -1, T1);
	a64_jump_to(a, a64_if(CC_EQ), FIX_COMMON, COMMON_END);
	a64_cmp(a, 64, R0, -2, T1);
	a64_stop_if(a, a64_if(CC_EQ), op->slot, ERR_NOTSUP);
}
