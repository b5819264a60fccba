/* SPDX-License-Identifier: MIT */
/* Functions, calls and jumps in x86-64. */
#include "jit/x86_64/x86.h"

#define ARGS 5

/* --- functions ---------------------------------------------------------------------------------
 */

/* Registers of the host that a function has to keep, by what it writes. */
static u32 saved_list(const struct x86 *x, u16 saves, bool is_entry, u8 list[8])
{
	u32 count = 0;

	for (u8 reg = 6; reg < 10; reg++)
		if ((saves >> reg & 1) != 0)
			list[count++] = x86_host(reg);
	if (!is_entry)
		return count;
	if (x->j->has_frames || x->j->has_callbacks)
		list[count++] = FP;
	if (x->j->has_state)
		list[count++] = EXEC;
	if (x->ms) {
		list[count++] = RDI;
		list[count++] = RSI;
	}
	return count;
}

static u16 entry_saves(const struct x86 *x)
{
	u16 saves = x->j->slots[0].live; /* those are set to 0 */

	for (u32 i = 0; i < x->j->func_count; i++)
		saves |= x->j->funcs[i].reached ? x->j->funcs[i].saves : 0;
	return saves;
}

static bool entry_calls(const struct x86 *x)
{
	return x->j->funcs[0].calls || x->j->main_is_called || x->j->calls_support;
}

static void push_all(struct x86 *x, const u8 *list, u32 count, bool align)
{
	for (u32 i = 0; i < count; i++)
		x86_ri(&x->sites.out, X86_PUSH_O, 64, list[i], 0);
	if (align && count % 2 == 0)
		x86_ri(&x->sites.out, X86_SUB_I8, 64, RSP, 8);
}

static void pop_all(struct x86 *x, const u8 *list, u32 count, bool align)
{
	if (align && count % 2 == 0)
		x86_ri(&x->sites.out, X86_ADD_I8, 64, RSP, 8);
	while (count-- > 0)
		x86_ri(&x->sites.out, X86_POP_O, 64, list[count], 0);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);
}

static void store(struct x86 *x, struct x86_rm to, u8 reg)
{
	x86_put(&x->sites.out, X86_MOV_MR, 64, reg, to, 0);
}

static void fetch(struct x86 *x, u8 reg, struct x86_rm from)
{
	x86_put(&x->sites.out, X86_MOV_RM, 64, reg, from, 0);
}

/* What the program needs to find while it runs. exec and ctx: where they are. */
static void make_state(struct x86 *x, u8 exec, u8 ctx)
{
	struct jit *j = x->j;

	x86_put(&x->sites.out, X86_LEA_RM, 64, EXEC, x86_m(exec, EXEC_AT), 0);
	if (j->needs_ctx)
		store(x, x86_engine(ENGINE_CTX), ctx);
	store(x, x86_engine(ENGINE_SP), RSP);
	if (j->has_callbacks) {
		x86_byte(&x->sites.out, 0x4c); /* lea r11, [rip + COMMON_LEAVE] */
		x86_byte(&x->sites.out, 0x8d);
		x86_byte(&x->sites.out, 0x1d);
		x86_jump_to(x, CC_NO_JUMP, FIX_COMMON, COMMON_LEAVE);
		store(x, x86_engine(ENGINE_RESUME), T0);
		x86_put(&x->sites.out, X86_MOV8_I8, 32, 0, x86_exec(offsetof(struct exec, ended)),
			0);
	}
	if (j->has_loops)
		x86_put(&x->sites.out, X86_MOV_I32, 32, 0, x86_engine(ENGINE_LOOPS), JIT_LOOPS);
	if (j->counts_depth)
		x86_put(&x->sites.out, X86_MOV_I32, 32, 0, x86_engine(ENGINE_DEPTH), 0);
}

static void call_start(struct x86 *x)
{
	const struct jit_func *main = &x->j->funcs[0];

	x86_put(&x->sites.out, X86_LEA_RM, 64, x->ms ? RCX : RDI, x86_m(EXEC, -EXEC_AT), 0);
	x86_ri(&x->sites.out, X86_MOV_O, 32, x->ms ? RDX : RSI, main->framed ? PROG_FRAME_SIZE : 0);
	if (x->ms)
		x86_ri(&x->sites.out, X86_SUB_I8, 64, RSP, 32);
	x86_call_host(x, x->support.start);
	if (x->ms)
		x86_ri(&x->sites.out, X86_ADD_I8, 64, RSP, 32);
	fetch(x, RDI, x86_engine(ENGINE_CTX));
	fetch(x, RSI, x86_exec(offsetof(struct exec, arg2)));
}

/* r1 and r2 from the host's arguments. */
static void take_arguments(struct x86 *x, u8 exec, u8 ctx, u16 live)
{
	bool crossed = (live & 6) == 6 && exec == RDI && ctx == RSI;

	if (crossed)
		x86_rr(&x->sites.out, X86_XCHG_MR, 64, exec, ctx);
	else if ((live & 2) != 0)
		x86_mov(x, 64, RDI, ctx);
	if ((live & 4) != 0)
		fetch(x, RSI, x86_m(crossed ? RSI : exec, offsetof(struct exec, arg2)));
}

static void entry(struct x86 *x)
{
	struct jit *j = x->j;
	u8 list[8], exec = x->ms ? RCX : RDI, ctx = x->ms ? RDX : RSI;
	u32 count = saved_list(x, entry_saves(x), true, list);
	u16 live = j->slots[0].live;

	push_all(x, list, count, entry_calls(x));
	if (j->has_state)
		make_state(x, exec, ctx);
	if (j->has_frames || j->has_callbacks) {
		/* What has no frame leaves a callback the first one. */
		u32 size = PROG_MAX_FRAMES * PROG_FRAME_SIZE +
			   (j->funcs[0].framed ? 0 : PROG_FRAME_SIZE);

		x86_put(&x->sites.out, X86_MOV_RM, 64, FP,
			x86_m(exec, offsetof(struct exec, stack)), 0);
		x86_ri(&x->sites.out, X86_ADD_I32, 64, FP, size);
	}
	if (j->calls_support)
		call_start(x);
	else
		take_arguments(x, exec, ctx, live);
	if (x->checked)
		fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	for (u8 reg = 0; reg < 10; reg++)
		if (reg != 1 && reg != 2 && (live >> reg & 1) != 0)
			x86_const(x, x86_host(reg), 0);
}

static void leave(struct x86 *x)
{
	u8 list[8];
	u32 count = saved_list(x, entry_saves(x), true, list);

	if (x->checked)
		store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	pop_all(x, list, count, entry_calls(x));
}

static bool is_entry(const struct x86 *x, u32 func)
{
	return func == 0 && !x->j->main_is_called;
}

void x86_func(struct x86 *x, const struct jit_op *op)
{
	const struct jit_func *func = &x->j->funcs[op->imm];
	u8 list[8];

	x->func = (u32)op->imm;
	if (op->imm == 0)
		entry(x);
	if (op->imm == 0 && x->j->main_is_called) {
		x86_call_to(x, FIX_FUNC, 0);
		leave(x);
	}
	x->sites.funcs[op->imm] = jit_here(&x->sites);
	if (!is_entry(x, (u32)op->imm))
		push_all(x, list, saved_list(x, func->saves, false, list), func->calls);
}

void x86_exit(struct x86 *x)
{
	const struct jit_func *func = &x->j->funcs[x->func];
	u8 list[8];

	if (is_entry(x, x->func))
		leave(x);
	else
		pop_all(x, list, saved_list(x, func->saves, false, list), func->calls);
}

/* --- calls -------------------------------------------------------------------------------------
 */

/* r1 to r5 that are read after the call, and that the host's function may change. */
static u32 push_live(struct x86 *x, u16 live)
{
	u32 count = 0;

	for (u8 reg = 1; reg <= ARGS; reg++)
		if ((live >> reg & 1) != 0) {
			x86_ri(&x->sites.out, X86_PUSH_O, 64, x86_host(reg), 0);
			count++;
		}
	if (count % 2 == 1 || x->ms)
		x86_ri(&x->sites.out, X86_SUB_I8, 64, RSP,
		       (count % 2 == 1 ? 8 : 0) + (x->ms ? 48 : 0));
	return count;
}

static void pop_live(struct x86 *x, u16 live, u32 count)
{
	if (count % 2 == 1 || x->ms)
		x86_ri(&x->sites.out, X86_ADD_I8, 64, RSP,
		       (count % 2 == 1 ? 8 : 0) + (x->ms ? 48 : 0));
	for (u8 reg = ARGS; reg >= 1; reg--)
		if ((live >> reg & 1) != 0)
			x86_ri(&x->sites.out, X86_POP_O, 64, x86_host(reg), 0);
}

static u16 kept(const struct x86 *x, const struct jit_op *op)
{
	return x->j->exact || op->code == JIT_PACKET ? op->live & 0x3e : 0;
}

/* r1 to r5 and the context become the host's arguments. */
static void set_arguments(struct x86 *x)
{
	if (!x->ms) {
		x86_mov(x, 64, RCX, R10);
		fetch(x, R9, x86_engine(ENGINE_CTX));
		return;
	}
	fetch(x, T0, x86_engine(ENGINE_CTX));
	store(x, x86_m(RSP, 32), R8);
	store(x, x86_m(RSP, 40), T0);
	x86_mov(x, 64, R8, RDX);
	x86_mov(x, 64, RDX, RSI);
	x86_mov(x, 64, RCX, RDI);
	x86_mov(x, 64, R9, R10);
}

static void pay(struct x86 *x, u32 price, u32 slot)
{
	if (!x->checked)
		return;
	x86_ri(&x->sites.out, price <= 127 ? X86_SUB_I8 : X86_SUB_I32, 64, BUDGET, price);
	x86_stub(x, CC_B, (struct jit_stub){ .kind = STUB_TIME, .value = slot });
}

/* What a helper may have done but for returning. flags: enum helper_flag. */
static void after_call(struct x86 *x, u32 slot, u32 flags)
{
	x86_put(&x->sites.out, X86_CMP_I8, 32, 0, x86_exec(offsetof(struct exec, fault.status)), 0);
	x86_stub(x, CC_NE, (struct jit_stub){ .kind = STUB_HELPER, .value = slot });
	if ((flags & HELPER_TAIL_CALL) != 0) {
		x86_put(&x->sites.out, X86_CMP_I8, 64, 0,
			x86_exec(offsetof(struct exec, tail_call)), 0);
		x86_jump_to(x, CC_NE, FIX_COMMON, COMMON_END);
	}
}

static void check_ended(struct x86 *x)
{
	struct x86_rm ended = x86_exec(offsetof(struct exec, ended));

	x86_put(&x->sites.out, X86_TEST8_I8, 32, 0, ended, 1);
	x86_jump_to(x, CC_NE, FIX_COMMON, COMMON_END);
}

static void call_prepared(struct x86 *x, const struct jit_op *op, u64 fn, u32 flags)
{
	u16 live = kept(x, op);
	u32 count;

	if (x->checked)
		store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	if ((flags & HELPER_CALLBACK) != 0)
		store(x, x86_engine(ENGINE_FRAME), FP);
	count = push_live(x, live);
	set_arguments(x);
	if (fn != 0)
		x86_call_host(x, fn);
	else
		x86_put(&x->sites.out, X86_CALL_M, 64, 0, x86_r(RAX), 0);
	pop_live(x, live, count);
	if (x->checked)
		fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	after_call(x, op->slot, flags);
	if ((flags & HELPER_CALLBACK) != 0)
		check_ended(x);
	if (flags != 0 && x->checked)
		x86_call_to(x, FIX_COMMON, COMMON_FORGET);
}

void x86_call(struct x86 *x, const struct jit_op *op)
{
	pay(x, 1, op->slot);
	call_prepared(x, op, (u64)op->imm, (u32)op->disp);
}

static void stop(struct x86 *x, u32 cc, u32 slot, int status)
{
	x86_stub(x, (enum x86_cc)cc,
		 (struct jit_stub){ .kind = STUB_FAULT, .status = (s8)-status, .value = slot });
}

/* A function of ours, with r1 to r5 put aside; its result in rax. a2: a host register, or a
 * constant when that is X86_NONE. */
static void call_support(struct x86 *x, u64 address, u8 arg, s64 value, u32 third, u16 live)
{
	u32 count = push_live(x, live);
	u8 second = x->ms ? RDX : RSI;

	if (arg != X86_NONE)
		x86_mov(x, 64, second, arg);
	else
		x86_const(x, second, (u64)value);
	x86_const(x, x->ms ? R8 : RDX, third);
	x86_put(&x->sites.out, X86_LEA_RM, 64, x->ms ? RCX : RDI, x86_m(EXEC, -EXEC_AT), 0);
	x86_call_host(x, address);
	pop_live(x, live, count);
}

void x86_callx(struct x86 *x, const struct jit_op *op)
{
	pay(x, 1, op->slot);
	if (x->checked)
		store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	/* The arguments of what is found are put aside whatever is read after it. */
	call_support(x, x->support.find, x86_host(op->a), 0, 0, 0x3e);
	if (x->checked)
		fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	x86_rr(&x->sites.out, X86_TEST_MR, 64, RAX, RAX);
	stop(x, CC_E, op->slot, ERR_NOTSUP);
	call_prepared(x, op, 0, HELPER_TAIL_CALL | HELPER_CALLBACK);
}

void x86_call_func(struct x86 *x, const struct jit_op *op)
{
	const struct jit_func *func = &x->j->funcs[op->imm];
	struct x86_rm depth = x86_engine(ENGINE_DEPTH);

	if (x->j->counts_depth) {
		x86_put(&x->sites.out, X86_CMP_I8, 32, 0, depth, PROG_MAX_FRAMES - 1);
		stop(x, CC_AE, op->slot, ERR_LOOP);
	}
	pay(x, func->charge, op->slot);
	if (x->j->counts_depth)
		x86_put(&x->sites.out, X86_INC_M, 32, 0, depth, 0);
	if (func->framed && x->j->zero_frames)
		x86_call_to(x, FIX_COMMON, COMMON_PUSH);
	else if (func->framed)
		x86_ri(&x->sites.out, X86_SUB_I32, 64, FP, PROG_FRAME_SIZE);
	x86_call_to(x, FIX_FUNC, (u32)op->imm);
	if (func->framed && x->checked)
		x86_call_to(x, FIX_COMMON, COMMON_POP);
	else if (func->framed)
		x86_ri(&x->sites.out, X86_ADD_I32, 64, FP, PROG_FRAME_SIZE);
	if (x->j->counts_depth)
		x86_put(&x->sites.out, X86_DEC_M, 32, 0, depth, 0);
}

/* The program ends with 0 when it asks for what is outside of the packet. */
void x86_packet(struct x86 *x, const struct jit_op *op)
{
	u16 live = op->live & 0x3e;

	if (x->checked)
		store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	if (op->a != JIT_NONE)
		x86_put(&x->sites.out, X86_LEA_RM, 32, T0, x86_m(x86_host(op->a), (s32)op->imm), 0);
	else
		x86_const(x, T0, (u32)op->imm);
	call_support(x, x->support.packet, T0, 0, op->size, live);
	if (x->checked)
		fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	/* -1: outside; -2: there is no packet. */
	x86_ri(&x->sites.out, X86_CMP_I8, 64, RAX, -1);
	x86_jump_to(x, CC_E, FIX_COMMON, COMMON_END);
	x86_ri(&x->sites.out, X86_CMP_I8, 64, RAX, -2);
	stop(x, CC_E, op->slot, ERR_NOTSUP);
}

void x86_stop(struct x86 *x, const struct jit_op *op)
{
	stop(x, CC_ALWAYS, op->slot, ERR_NOTSUP);
}

/* --- jumps -------------------------------------------------------------------------------------
 */

/* A jump that is taken; backwards it costs its distance. */
static void go(struct x86 *x, const struct jit_op *op)
{
	if (op->target <= op->slot && x->checked) {
		pay(x, op->slot + 1 - op->target, op->slot);
	}
	x86_jump_to(x, CC_ALWAYS, FIX_SLOT, op->target);
}

/* Whether nothing is between here and there. */
static bool is_next(const struct x86 *x, u32 target)
{
	for (u32 i = x->op + 1; i < x->j->op_count; i++) {
		const struct jit_op *op = &x->j->ops[i];

		if (op->code == JIT_LABEL && op->slot == target)
			return true;
		if (op->code != JIT_LABEL && op->code != JIT_NOP)
			break;
	}
	return false;
}

void x86_jump(struct x86 *x, const struct jit_op *op)
{
	if (!is_next(x, op->target))
		go(x, op);
}

/* Conditional and, when checked, backwards: around the payment. */
static void go_if(struct x86 *x, const struct jit_op *op, u32 cc)
{
	u32 around = x->sites.fixup_count;

	if (op->target > op->slot || !x->checked) {
		x86_jump_to(x, cc, FIX_SLOT, op->target);
		return;
	}
	x86_byte(&x->sites.out, 0x70 + (cc ^ 1));
	x86_jump_to(x, CC_INSIDE, FIX_BEHIND, 0);
	go(x, op);
	if (!x->sites.no_memory)
		x->sites.fixups[around].target = x->sites.fixup_count - 1;
}

void x86_branch(struct x86 *x, const struct jit_op *op)
{
	enum x86_cc cc = x86_compare(x, op);

	go_if(x, op, (op->flags & OP_INVERT) != 0 ? cc ^ 1u : cc);
}

void x86_may_goto(struct x86 *x, const struct jit_op *op)
{
	struct x86_rm loops = x86_engine(ENGINE_LOOPS);

	x86_put(&x->sites.out, X86_CMP_I8, 32, 0, loops, 0);
	go_if(x, op, CC_E);
	x86_put(&x->sites.out, X86_DEC_M, 32, 0, loops, 0);
}

/* --- what a program's instructions share ---------------------------------------------------------
 */

static void fault_code(struct x86 *x)
{
	if (jit_uses(&x->sites, 1u << COMMON_TIME)) {
		jit_common_here(&x->sites, COMMON_TIME);
		x86_rr(&x->sites.out, X86_XOR_MR, 32, BUDGET, BUDGET);
		x86_const(x, RAX, (u32)ERR_TIME);
	}
	jit_common_here(&x->sites, COMMON_FAULT);
	x86_put(&x->sites.out, X86_MOV_MR, 32, RAX, x86_exec(offsetof(struct exec, fault.status)),
		0);
	x86_put(&x->sites.out, X86_MOV_I32, 64, 0, x86_exec(offsetof(struct exec, fault.addr)), 0);
	x86_put(&x->sites.out, X86_MOV_I32, 32, 0, x86_exec(offsetof(struct exec, fault.size)), 0);
	x86_put(&x->sites.out, X86_MOV8_I8, 32, 0, x86_exec(offsetof(struct exec, fault.write)), 0);
	x86_put(&x->sites.out, X86_MOV_MR, 32, RCX, x86_exec(offsetof(struct exec, fault.slot)), 0);
	x86_jump_to(x, CC_ALWAYS, FIX_COMMON, COMMON_END);
}

static void end_code(struct x86 *x)
{
	if (jit_uses(&x->sites, 1u << COMMON_HELPER)) {
		jit_common_here(&x->sites, COMMON_HELPER);
		if (x->j->has_callbacks)
			check_ended(x);
		x86_put(&x->sites.out, X86_MOV_MR, 32, RCX,
			x86_exec(offsetof(struct exec, fault.slot)), 0);
	}
	jit_common_here(&x->sites, COMMON_END);
	x86_rr(&x->sites.out, X86_XOR_MR, 32, RAX, RAX);
	fetch(x, RSP, x86_engine(ENGINE_SP));
	if (x->j->has_callbacks)
		x86_put(&x->sites.out, X86_JMP_M, 64, 0, x86_engine(ENGINE_RESUME), 0);
	jit_common_here(&x->sites, COMMON_LEAVE);
	leave(x);
}

/* Without checks it is asked for what is not aligned, to be refused. */
static void refusal_code(struct x86 *x)
{
	jit_common_here(&x->sites, COMMON_ACCESS);
	x86_ri(&x->sites.out, X86_PUSH_O, 64, RAX, 0); /* aligns the stack */
	if (x->ms) {
		x86_mov(x, 64, R8, RCX);
		x86_mov(x, 64, RDX, T0);
		x86_put(&x->sites.out, X86_LEA_RM, 64, RCX, x86_m(EXEC, -EXEC_AT), 0);
		x86_ri(&x->sites.out, X86_SUB_I8, 64, RSP, 32);
	} else {
		x86_mov(x, 64, RDX, RCX);
		x86_mov(x, 64, RSI, T0);
		x86_put(&x->sites.out, X86_LEA_RM, 64, RDI, x86_m(EXEC, -EXEC_AT), 0);
	}
	x86_call_host(x, x->support.access);
	x86_jump_to(x, CC_ALWAYS, FIX_COMMON, COMMON_END);
}

static void access_code(struct x86 *x)
{
	static const u8 kept[] = { RAX, RDI, RSI, RDX, R8, R10, R11 };
	s32 room = x->ms ? 32 : 0;

	jit_common_here(&x->sites, COMMON_ACCESS);
	store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	for (u32 i = 0; i < ARRAY_COUNT(kept); i++)
		x86_ri(&x->sites.out, X86_PUSH_O, 64, kept[i], 0);
	if (room != 0)
		x86_put(&x->sites.out, X86_LEA_RM, 64, RSP, x86_m(RSP, -room), 0);
	if (x->ms) {
		x86_mov(x, 64, R8, RCX);
		x86_mov(x, 64, RDX, T0);
		x86_put(&x->sites.out, X86_LEA_RM, 64, RCX, x86_m(EXEC, -EXEC_AT), 0);
	} else {
		x86_mov(x, 64, RDX, RCX);
		x86_mov(x, 64, RSI, T0);
		x86_put(&x->sites.out, X86_LEA_RM, 64, RDI, x86_m(EXEC, -EXEC_AT), 0);
	}
	x86_call_host(x, x->support.access);
	x86_rr(&x->sites.out, X86_TEST_MR, 64, RAX, RAX);
	if (room != 0)
		x86_put(&x->sites.out, X86_LEA_RM, 64, RSP, x86_m(RSP, room), 0);
	for (u32 i = ARRAY_COUNT(kept); i-- > 0;)
		x86_ri(&x->sites.out, X86_POP_O, 64, kept[i], 0);
	fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	x86_jump_to(x, CC_E, FIX_COMMON, COMMON_END);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);
}

/* A frame more or less, with its part of the stack's window. */
static void frame_code(struct x86 *x)
{
	jit_common_here(&x->sites, COMMON_PUSH);
	x86_ri(&x->sites.out, X86_SUB_I32, 64, FP, PROG_FRAME_SIZE);
	if (x->checked) {
		x86_put(&x->sites.out, X86_SUB_I32, 64, 0, x86_engine(ENGINE_STACK_BASE),
			PROG_FRAME_SIZE);
		for (u32 i = 0; i < 4; i++)
			x86_put(&x->sites.out, X86_ADD_I32, 64, 0,
				x86_engine(ENGINE_STACK_LIMIT + i), PROG_FRAME_SIZE);
	}
	x86_ri(&x->sites.out, X86_PUSH_O, 64, RDI, 0);
	x86_ri(&x->sites.out, X86_PUSH_O, 64, RAX, 0);
	x86_put(&x->sites.out, X86_LEA_RM, 64, RDI, x86_m(FP, -PROG_FRAME_SIZE), 0);
	x86_const(x, RCX, PROG_FRAME_SIZE / 8);
	x86_const(x, RAX, 0);
	x86_put(&x->sites.out, X86_STOS, 64, 0, x86_r(0), 0);
	x86_ri(&x->sites.out, X86_POP_O, 64, RAX, 0);
	x86_ri(&x->sites.out, X86_POP_O, 64, RDI, 0);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);

	jit_common_here(&x->sites, COMMON_POP);
	x86_ri(&x->sites.out, X86_ADD_I32, 64, FP, PROG_FRAME_SIZE);
	x86_put(&x->sites.out, X86_ADD_I32, 64, 0, x86_engine(ENGINE_STACK_BASE), PROG_FRAME_SIZE);
	for (u32 i = 0; i < 4; i++)
		x86_put(&x->sites.out, X86_SUB_I32, 64, 0, x86_engine(ENGINE_STACK_LIMIT + i),
			PROG_FRAME_SIZE);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);
}

static void forget_code(struct x86 *x)
{
	jit_common_here(&x->sites, COMMON_FORGET);
	x86_const(x, T0, 0);
	for (u32 i = 0; i < 8; i++)
		store(x, x86_engine(ENGINE_REGION_LIMIT + i), T0);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);
}

/* u64 thunk(exec, function, frame, args); see jit_call. */
static void thunk_code(struct x86 *x)
{
	static const u8 kept[] = { RBX, RBP, R12, R13, R14, R15, RDI, RSI };
	static const u8 zero[] = { RAX, RBX, R12, R14, R15 };
	static const u8 args[] = { RDI, RSI, RDX, R10, R8 };
	u32 count = x->ms ? 8 : 6;
	u32 resume;

	jit_common_here(&x->sites, COMMON_THUNK);
	for (u32 i = 0; i < count; i++)
		x86_ri(&x->sites.out, X86_PUSH_O, 64, kept[i], 0);
	x86_ri(&x->sites.out, X86_SUB_I8, 64, RSP, 8);
	x86_put(&x->sites.out, X86_LEA_RM, 64, EXEC, x86_m(x->ms ? RCX : RDI, EXEC_AT), 0);
	x86_put(&x->sites.out, X86_PUSH_M, 64, 0, x86_engine(ENGINE_SP), 0);
	x86_put(&x->sites.out, X86_PUSH_M, 64, 0, x86_engine(ENGINE_RESUME), 0);
	store(x, x86_engine(ENGINE_SP), RSP);
	x86_mov(x, 64, T0, x->ms ? RDX : RSI);
	x86_mov(x, 64, FP, x->ms ? R8 : RDX);
	x86_mov(x, 64, RAX, x->ms ? R9 : RCX);
	x86_byte(&x->sites.out, 0x48); /* lea rcx, [rip + resume] */
	x86_byte(&x->sites.out, 0x8d);
	x86_byte(&x->sites.out, 0x0d);
	resume = x->sites.out.len;
	x86_bytes(&x->sites.out, 0, 4);
	store(x, x86_engine(ENGINE_RESUME), RCX);
	for (u32 i = 0; i < ARGS; i++)
		fetch(x, args[i], x86_m(RAX, (s32)(8 * i)));
	if (x->checked)
		fetch(x, BUDGET, x86_exec(offsetof(struct exec, budget)));
	for (u32 i = 0; i < ARRAY_COUNT(zero); i++)
		x86_const(x, zero[i], 0);
	x86_put(&x->sites.out, X86_CALL_M, 64, 0, x86_r(T0), 0);
	x86_put(&x->sites.out, X86_MOV_I32, 64, 0, x86_engine(ENGINE_DONE), 1);
	if (resume + 4 <= x->sites.out.cap)
		for (u32 i = 0; i < 4; i++)
			x->sites.out.bytes[resume + i] =
				(u8)((x->sites.out.len - resume - 4) >> 8 * i);
	if (x->checked)
		store(x, x86_exec(offsetof(struct exec, budget)), BUDGET);
	x86_put(&x->sites.out, X86_POP_M, 64, 0, x86_engine(ENGINE_RESUME), 0);
	x86_put(&x->sites.out, X86_POP_M, 64, 0, x86_engine(ENGINE_SP), 0);
	x86_ri(&x->sites.out, X86_ADD_I8, 64, RSP, 8);
	while (count-- > 0)
		x86_ri(&x->sites.out, X86_POP_O, 64, kept[count], 0);
	x86_put(&x->sites.out, X86_RET, 64, 0, x86_r(0), 0);
}

/* What is not jumped to is left out. */
void x86_common_code(struct x86 *x)
{
	jit_make_room(&x->sites);
	if (x->j->has_callbacks)
		thunk_code(x);
	if (jit_uses(&x->sites, 1u << COMMON_TIME | 1u << COMMON_FAULT))
		fault_code(x);
	if (jit_uses(&x->sites, 1u << COMMON_ACCESS) && x->checked)
		access_code(x);
	else if (jit_uses(&x->sites, 1u << COMMON_ACCESS))
		refusal_code(x);
	if (jit_uses(&x->sites, 1u << COMMON_PUSH | 1u << COMMON_POP))
		frame_code(x);
	if (jit_uses(&x->sites, 1u << COMMON_FORGET))
		forget_code(x);
	if (jit_uses(&x->sites, 1u << COMMON_HELPER | 1u << COMMON_END | 1u << COMMON_LEAVE))
		end_code(x);
}
