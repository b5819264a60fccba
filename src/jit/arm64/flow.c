/* SPDX-License-Identifier: MIT */
/* Functions and jumps in arm64. */
#include "jit/arm64/a64.h"

/* --- functions ---------------------------------------------------------------------------------
 */

void a64_push_list(struct a64 *a, const u8 *list, u32 count)
{
	s64 words = (count + 1) & ~1u;

	if (count == 1)
		a64_put(&a->sites.out, A64_STR_PRE, 64, list[0], SP, 0, -16);
	for (u32 i = 0; i + 1 < count; i += 2)
		a64_put(&a->sites.out, i == 0 ? A64_STP_PRE : A64_STP, 64, list[i], SP, list[i + 1],
			i == 0 ? -words : (s64)i);
	if (count > 1 && count % 2 != 0)
		a64_keep(a, list[count - 1], SP, 8 * (count - 1), 8);
}

void a64_pop_list(struct a64 *a, const u8 *list, u32 count)
{
	s64 words = (count + 1) & ~1u;

	if (count > 1 && count % 2 != 0)
		a64_fetch(a, list[count - 1], SP, 8 * (count - 1), 8);
	for (u32 i = count & ~1u; i >= 2; i -= 2)
		a64_put(&a->sites.out, i == 2 ? A64_LDP_POST : A64_LDP, 64, list[i - 2], SP,
			list[i - 1], i == 2 ? words : (s64)i - 2);
	if (count == 1)
		a64_put(&a->sites.out, A64_LDR_POST, 64, list[0], SP, 0, 16);
}

static bool entry_calls(const struct a64 *a)
{
	return a->j->funcs[0].calls || a->j->main_is_called || a->j->calls_support;
}

/* Registers of the host that a function has to keep, by what it writes. */
static u32 saved_list(const struct a64 *a, u16 saves, bool is_entry, bool calls, u8 list[12])
{
	u32 count = 0;

	if (calls) {
		list[count++] = LR_FP;
		list[count++] = LR;
	}
	for (u8 reg = 6; reg < 10; reg++)
		if ((saves >> reg & 1) != 0)
			list[count++] = a64_host(reg);
	if (!is_entry)
		return count;
	if (a->j->has_frames || a->j->has_callbacks)
		list[count++] = FP;
	if (a->j->has_state)
		list[count++] = EXEC;
	if (a->checked)
		list[count++] = BUDGET;
	return count;
}

static u32 entry_list(const struct a64 *a, u8 list[12])
{
	u16 saves = a->j->slots[0].live; /* those are set to 0 */

	for (u32 i = 0; i < a->j->func_count; i++)
		saves |= a->j->funcs[i].reached ? a->j->funcs[i].saves : 0;
	return saved_list(a, saves, true, entry_calls(a), list);
}

static void enter(struct a64 *a, const u8 *list, u32 count, bool calls)
{
	a64_push_list(a, list, count);
	if (calls)
		a64_put(&a->sites.out, A64_ADD_I, 64, LR_FP, SP, 0, 0);
}

static void pop_and_return(struct a64 *a, const u8 *list, u32 count)
{
	a64_pop_list(a, list, count);
	a64_put(&a->sites.out, A64_RET, 64, 0, 0, 0, 0);
}

/* What the program needs to find while it runs. */
static void make_state(struct a64 *a)
{
	struct jit *j = a->j;

	a64_mov(a, 64, EXEC, 0);
	a64_keep_exec(a, 1, (size_t)ENGINE_OFFSET(ENGINE_CTX), 8);
	a64_put(&a->sites.out, A64_ADD_I, 64, T0, SP, 0, 0);
	a64_keep_exec(a, T0, (size_t)ENGINE_OFFSET(ENGINE_SP), 8);
	if (j->has_callbacks) {
		a64_address_of(a, T0, FIX_COMMON, COMMON_LEAVE);
		a64_keep_exec(a, T0, (size_t)ENGINE_OFFSET(ENGINE_RESUME), 8);
		a64_keep_exec(a, ZR, offsetof(struct exec, ended), 1);
	}
	a64_const(a, T0, JIT_LOOPS);
	a64_keep_exec(a, T0, (size_t)ENGINE_OFFSET(ENGINE_LOOPS), 8);
	if (j->counts_depth)
		a64_keep_exec(a, ZR, (size_t)ENGINE_OFFSET(ENGINE_DEPTH), 8);
}

static void call_start(struct a64 *a)
{
	const struct jit_func *main = &a->j->funcs[0];

	a64_mov(a, 64, 0, EXEC);
	a64_const(a, 1, main->framed ? PROG_FRAME_SIZE : 0);
	a64_call_host(a, a->support.start);
	a64_fetch_exec(a, 0, (size_t)ENGINE_OFFSET(ENGINE_CTX), 8);
	a64_fetch_exec(a, 1, offsetof(struct exec, arg2), 8);
}

/* r1 and r2 from the host's arguments. */
static void take_arguments(struct a64 *a, u16 live)
{
	if ((live & 4) != 0)
		a64_fetch(a, T0, 0, offsetof(struct exec, arg2), 8);
	if ((live & 2) != 0)
		a64_mov(a, 64, 0, 1);
	if ((live & 4) != 0)
		a64_mov(a, 64, 1, T0);
}

static void entry(struct a64 *a)
{
	struct jit *j = a->j;
	u8 list[12];
	u32 count = entry_list(a, list);
	u16 live = j->slots[0].live;

	enter(a, list, count, entry_calls(a));
	if (j->has_state)
		make_state(a);
	if (j->has_frames || j->has_callbacks) {
		/* What has no frame leaves a callback the first one. */
		u32 size = PROG_MAX_FRAMES * PROG_FRAME_SIZE +
			   (j->funcs[0].framed ? 0 : PROG_FRAME_SIZE);

		a64_fetch(a, FP, 0, offsetof(struct exec, stack), 8);
		a64_add(a, 64, FP, FP, size, T0);
	}
	if (j->calls_support)
		call_start(a);
	else
		take_arguments(a, live);
	if (a->checked)
		a64_fetch_exec(a, BUDGET, EXEC_BUDGET, 8);
	for (u8 reg = 0; reg < 10; reg++)
		if (reg != 1 && reg != 2 && (live >> reg & 1) != 0)
			a64_const(a, a64_host(reg), 0);
}

void a64_leave(struct a64 *a)
{
	u8 list[12];
	u32 count = entry_list(a, list);

	if (a->checked)
		a64_keep_exec(a, BUDGET, EXEC_BUDGET, 8);
	a64_mov(a, 64, 0, R0);
	pop_and_return(a, list, count);
}

static bool is_entry(const struct a64 *a, u32 func)
{
	return func == 0 && !a->j->main_is_called;
}

void a64_func(struct a64 *a, const struct jit_op *op)
{
	const struct jit_func *func = &a->j->funcs[op->imm];
	u8 list[12];

	if (op->imm == 0)
		entry(a);
	if (op->imm == 0 && a->j->main_is_called) {
		a64_call_to(a, FIX_FUNC, 0);
		a64_leave(a);
	}
	a->sites.funcs[op->imm] = jit_here(&a->sites);
	if (!is_entry(a, (u32)op->imm))
		enter(a, list, saved_list(a, func->saves, false, func->calls, list), func->calls);
}

void a64_exit(struct a64 *a, const struct jit_op *op)
{
	u32 index = jit_func_at(a->j, op->slot);
	const struct jit_func *func = &a->j->funcs[index];
	u8 list[12];

	if (is_entry(a, index))
		a64_leave(a);
	else
		pop_and_return(a, list, saved_list(a, func->saves, false, func->calls, list));
}

/* --- jumps -------------------------------------------------------------------------------------
 */

void a64_pay(struct a64 *a, u32 price, u32 slot)
{
	if (!a->checked)
		return;
	if (price < 1u << 12) {
		a64_put(&a->sites.out, A64_SUBS_I, 64, BUDGET, BUDGET, 0, price);
	} else {
		a64_const(a, T1, price);
		a64_rrr(a, A64_SUBS, 64, BUDGET, BUDGET, T1);
	}
	a64_stub(a, a64_if(CC_LO), (struct jit_stub){ .kind = STUB_TIME, .value = slot });
}

void a64_stop_if(struct a64 *a, struct a64_when when, u32 slot, int status)
{
	a64_stub(a, when,
		 (struct jit_stub){ .kind = STUB_FAULT, .status = (s8)-status, .value = slot });
}

void a64_stop(struct a64 *a, const struct jit_op *op)
{
	a64_stop_if(a, a64_always(), op->slot, ERR_NOTSUP);
}

/* A jump that is taken; backwards it costs its distance. */
void a64_jump(struct a64 *a, const struct jit_op *op)
{
	if (op->target <= op->slot && a->checked)
		a64_pay(a, op->slot + 1 - op->target, op->slot);
	a64_jump_to(a, a64_always(), FIX_SLOT, op->target);
}

/* Conditional and, when checked, backwards: around the payment. */
static void go_if(struct a64 *a, const struct jit_op *op, struct a64_when when)
{
	struct a64_when inverse = a64_not(when);
	u32 from;

	if (op->target > op->slot || !a->checked) {
		a64_jump_to(a, when, FIX_SLOT, op->target);
		return;
	}
	from = a64_skip(a, inverse);
	a64_jump(a, op);
	a64_here(a, from, inverse);
}

void a64_branch(struct a64 *a, const struct jit_op *op)
{
	struct a64_when when = a64_compare(a, op, false);

	go_if(a, op, (op->flags & OP_INVERT) != 0 ? a64_not(when) : when);
}

void a64_may_goto(struct a64 *a, const struct jit_op *op)
{
	size_t loops = (size_t)ENGINE_OFFSET(ENGINE_LOOPS);

	/* The payment leaves T0 as it is, and where it is taken T0 is not used. */
	a64_fetch_exec(a, T0, loops, 8);
	go_if(a, op, a64_if_zero(T0, 64, true));
	a64_add(a, 64, T0, T0, -1, T1);
	a64_keep_exec(a, T0, loops, 8);
}
