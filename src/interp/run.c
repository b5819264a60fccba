/* SPDX-License-Identifier: MIT */
/* A handler for each operation of ops.def, made from the instruction tables' expressions, and the
 * entry. handler.h says how they work together. */
#include "interp/handler.h"

#define MAY_GOTO_LOOPS 8388608 /* as Linux has it */

static COLD u64 stop(const struct op *op, struct state *st, u64 budget, int status)
{
	st->exec->budget = budget;
	return state_fault(st, op, status);
}

COLD u64 interp_out_of_budget(const struct op *op, struct state *st, UNUSED u64 budget)
{
	return stop(op, st, 0, ERR_TIME);
}

static COLD u64 bad_access(const struct op *op, struct state *st, u64 budget, u64 addr, u32 size,
			   bool write)
{
	st->exec->budget = budget;
	return state_fault_access(st, op, addr, size, write);
}

#define ALU(NAME, name, code, off, group, symbol, expr)                      \
	HANDLER(ALU64_R_##NAME)                                              \
	{                                                                    \
		R(op->dst) = alu64_##name(R(op->dst), R(op->src));           \
		NEXT(1);                                                     \
	}                                                                    \
	HANDLER(ALU64_I_##NAME)                                              \
	{                                                                    \
		R(op->dst) = alu64_##name(R(op->dst), IMM(op));              \
		NEXT(1);                                                     \
	}                                                                    \
	HANDLER(ALU32_R_##NAME)                                              \
	{                                                                    \
		R(op->dst) = alu32_##name((u32)R(op->dst), (u32)R(op->src)); \
		NEXT(1);                                                     \
	}                                                                    \
	HANDLER(ALU32_I_##NAME)                                              \
	{                                                                    \
		R(op->dst) = alu32_##name((u32)R(op->dst), (u32)op->imm);    \
		NEXT(1);                                                     \
	}
#include "isa/alu.def"
#undef ALU

#define COND(LABEL, GO_ON, cond)        \
	HANDLER(LABEL)                  \
	{                               \
		if (cond)               \
			GO_ON(op->off); \
		NEXT(1);                \
	}
#define CONDS(PREFIX, GO_ON, NAME, name)                                                  \
	COND(PREFIX##64_R_##NAME, GO_ON, jump64_##name(R(op->dst), R(op->src)))           \
	COND(PREFIX##64_I_##NAME, GO_ON, jump64_##name(R(op->dst), IMM(op)))              \
	COND(PREFIX##32_R_##NAME, GO_ON, jump32_##name((u32)R(op->dst), (u32)R(op->src))) \
	COND(PREFIX##32_I_##NAME, GO_ON, jump32_##name((u32)R(op->dst), (u32)op->imm))
#define JUMP(NAME, name, code, symbol, expr) \
	CONDS(JUMP, GO, NAME, name)          \
	CONDS(BACK, GO_BACK, NAME, name)
#include "isa/jump.def"
#undef JUMP

/* MISS decides whether to take the long way: the same access after access_slow has agreed. */
#define LOAD_OP(NAME, SUFFIX, MISS, TYPE, WIDE)            \
	HANDLER(NAME##_##SUFFIX)                           \
	{                                                  \
		u64 addr = R(op->src) + (u64)(s64)op->off; \
		TYPE value;                                \
                                                           \
		MISS(NAME, addr, sizeof(TYPE), false);     \
		memcpy(&value, PTR(addr), sizeof(TYPE));   \
		R(op->dst) = (u64)(WIDE)value;             \
		NEXT(1);                                   \
	}
#define STORE_OP(NAME, SUFFIX, MISS, TYPE, operand)        \
	HANDLER(NAME##_##SUFFIX)                           \
	{                                                  \
		u64 addr = R(op->dst) + (u64)(s64)op->off; \
		TYPE value = (TYPE)(operand);              \
                                                           \
		MISS(NAME, addr, sizeof(TYPE), true);      \
		memcpy(PTR(addr), &value, sizeof(TYPE));   \
		NEXT(1);                                   \
	}
/* The long way is not in ops.def: prepare does not choose it. */
#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE) \
	static HANDLER(LOAD_##NAME##_SLOW);           \
	static HANDLER(LOADS_##NAME##_SLOW);          \
	static HANDLER(STORE_R_##NAME##_SLOW);        \
	static HANDLER(STORE_I_##NAME##_SLOW);
#include "isa/mem.def"
#undef SIZE

#define ASK(NAME, addr, size, write)             \
	if (!access_slow(st, addr, size, write)) \
	return bad_access(op, st, budget, addr, size, write)
#define TRY_REGION(NAME, addr, size, write) \
	if (MISS_REGION(addr, size, write)) \
	TAIL op_##NAME##_SLOW(op, st, budget)
#define TRY_STACK(NAME, addr, size, write) \
	if (MISS_STACK(addr, size, write)) \
	TAIL op_##NAME##_SLOW(op, st, budget)
#define TRUST(NAME, addr, size, write)
#define MEM_OPS(NAME, SUFFIX, MISS, UTYPE, STYPE)                 \
	LOAD_OP(LOAD_##NAME, SUFFIX, MISS, UTYPE, u64)            \
	LOAD_OP(LOADS_##NAME, SUFFIX, MISS, STYPE, s64)           \
	STORE_OP(STORE_R_##NAME, SUFFIX, MISS, UTYPE, R(op->src)) \
	STORE_OP(STORE_I_##NAME, SUFFIX, MISS, UTYPE, op->imm)
#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE)   \
	MEM_OPS(NAME, SLOW, ASK, UTYPE, STYPE)          \
	MEM_OPS(NAME, REGION, TRY_REGION, UTYPE, STYPE) \
	MEM_OPS(NAME, STACK, TRY_STACK, UTYPE, STYPE)   \
	MEM_OPS(NAME, FRAME, TRUST, UTYPE, STYPE)       \
	MEM_OPS(NAME, PLAIN, TRUST, UTYPE, STYPE)
#include "isa/mem.def"
#undef SIZE

/* Alignment also for programs that were verified: the host's instructions need it. */
ALWAYS_INLINE bool atomic_allowed(struct state *st, u64 addr, u32 size, bool write)
{
	if (UNLIKELY((addr & (size - 1)) != 0))
		return false;
	if (st->exec->unchecked || !MISS_REGION(addr, size, write))
		return true;
	return access_slow(st, addr, size, write);
}

#define ATOMIC_OP(NAME, TYPE, base, write, BODY)                                      \
	HANDLER(NAME)                                                                 \
	{                                                                             \
		u64 addr = R(base) + (u64)(s64)op->off;                               \
		TYPE *p = PTR(addr);                                                  \
                                                                                      \
		if (!atomic_allowed(st, addr, sizeof(TYPE), write))                   \
			return bad_access(op, st, budget, addr, sizeof(TYPE), write); \
		BODY;                                                                 \
		NEXT(1);                                                              \
	}
/* By the operation's name; T is the type, s the source register's value. */
#define SEQ		   __ATOMIC_SEQ_CST
#define FETCH_ADD(p, s)	   __atomic_fetch_add(p, s, SEQ)
#define FETCH_OR(p, s)	   __atomic_fetch_or(p, s, SEQ)
#define FETCH_AND(p, s)	   __atomic_fetch_and(p, s, SEQ)
#define FETCH_XOR(p, s)	   __atomic_fetch_xor(p, s, SEQ)
#define FETCH_XCHG(p, s)   __atomic_exchange_n(p, s, SEQ)
#define ADD(T, p, s)	   FETCH_ADD(p, s)
#define OR(T, p, s)	   FETCH_OR(p, s)
#define AND(T, p, s)	   FETCH_AND(p, s)
#define XOR(T, p, s)	   FETCH_XOR(p, s)
#define XCHG(T, p, s)	   R(op->src) = FETCH_XCHG(p, s)
#define CMPXCHG(T, p, s)   COMPARE(T, p, s)
#define F_ADD(T, p, s)	   R(op->src) = FETCH_ADD(p, s)
#define F_OR(T, p, s)	   R(op->src) = FETCH_OR(p, s)
#define F_AND(T, p, s)	   R(op->src) = FETCH_AND(p, s)
#define F_XOR(T, p, s)	   R(op->src) = FETCH_XOR(p, s)
#define F_XCHG(T, p, s)	   R(op->src) = FETCH_XCHG(p, s)
#define F_CMPXCHG(T, p, s) COMPARE(T, p, s)
#define COMPARE(T, p, s)   R(0) = compare_##T(p, (T)R(0), s)
#define ATOMIC(NAME, name, imm, symbol, expr)                                                   \
	ATOMIC_OP(ATOMIC32_##NAME, u32, op->dst, true, NAME(u32, p, (u32)R(op->src)))           \
	ATOMIC_OP(ATOMIC64_##NAME, u64, op->dst, true, NAME(u64, p, R(op->src)))                \
	ATOMIC_OP(ATOMIC32_FETCH_##NAME, u32, op->dst, true, F_##NAME(u32, p, (u32)R(op->src))) \
	ATOMIC_OP(ATOMIC64_FETCH_##NAME, u64, op->dst, true, F_##NAME(u64, p, R(op->src)))

static u32 compare_u32(u32 *p, u32 expected, u32 value)
{
	__atomic_compare_exchange_n(p, &expected, value, false, SEQ, SEQ);
	return expected;
}

static u64 compare_u64(u64 *p, u64 expected, u64 value)
{
	__atomic_compare_exchange_n(p, &expected, value, false, SEQ, SEQ);
	return expected;
}

#include "isa/atomic.def"
#undef ATOMIC

#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE)                \
	ATOMIC_OP(LOAD_ACQ_##NAME, UTYPE, op->src, false,            \
		  R(op->dst) = __atomic_load_n(p, __ATOMIC_ACQUIRE)) \
	ATOMIC_OP(STORE_REL_##NAME, UTYPE, op->dst, true,            \
		  __atomic_store_n(p, (UTYPE)R(op->src), __ATOMIC_RELEASE))
#include "isa/mem.def"
#undef SIZE

/* d and s: the registers' values. */
#define UNARY(NAME, value)                                 \
	HANDLER(NAME)                                      \
	{                                                  \
		UNUSED u64 d = R(op->dst), s = R(op->src); \
		R(op->dst) = value;                        \
		NEXT(1);                                   \
	}
UNARY(NEG64, 0 - d)
UNARY(NEG32, 0 - (u32)d)
UNARY(MOVSX64_1, sign_extend(s, 1))
UNARY(MOVSX64_2, sign_extend(s, 2))
UNARY(MOVSX64_4, sign_extend(s, 4))
UNARY(MOVSX32_1, (u32)sign_extend(s, 1))
UNARY(MOVSX32_2, (u32)sign_extend(s, 2))
UNARY(LE_2, swap_eval(SWAP_LE, 2, d))
UNARY(LE_4, swap_eval(SWAP_LE, 4, d))
UNARY(LE_8, swap_eval(SWAP_LE, 8, d))
UNARY(BE_2, swap_eval(SWAP_BE, 2, d))
UNARY(BE_4, swap_eval(SWAP_BE, 4, d))
UNARY(BE_8, swap_eval(SWAP_BE, 8, d))

HANDLER(LDDW)
{
	R(op->dst) = op[1].value;
	NEXT(2);
}

HANDLER(JUMP)
{
	GO(op->imm);
}

HANDLER(BACK)
{
	GO_BACK(op->imm);
}

HANDLER(MAY_GOTO)
{
	if (st->loops_left != 0) {
		st->loops_left--;
		NEXT(1);
	}
	if (op->imm < 0)
		GO_BACK(op->imm);
	GO(op->imm);
}

HANDLER(NONE)
{
	return stop(op, st, budget, ERR_NOTSUP);
}

HANDLER(CALL_ABSENT)
{
	return stop(op, st, budget, ERR_NOTSUP);
}

/* off is the size; src the index register, or BPF_REG_COUNT for none. */
HANDLER(LD_PACKET)
{
	const struct exec_packet *packet = st->exec->packet;
	s32 at = op->imm;
	u32 size = (u32)op->off;

	if (packet == NULL)
		return stop(op, st, budget, ERR_NOTSUP);
	if (op->src != BPF_REG_COUNT)
		at = (s32)((u32)R(op->src) + (u32)at);
	if (at < 0 || size > packet->len || (u32)at > packet->len - size) {
		st->exec->budget = budget;
		return 0;
	}
	R(0) = 0;
	for (u32 i = 0; i < size; i++)
		R(0) = R(0) << 8 | packet->data[(u32)at + i];
	NEXT(1);
}

/* A helper ended the program by filling exec->fault, all but the slot. */
static COLD u64 helper_fault(const struct op *op, struct state *st, u64 budget)
{
	st->exec->budget = budget;
	if (!st->exec->ended)
		st->exec->fault.slot = (u32)(op - st->ops);
	return 0;
}

/* After a helper that may have asked for a tail call or moved what regions[] describes. */
static HANDLER(AFTER_CALL)
{
	if (UNLIKELY(st->exec->fault.status != 0))
		return helper_fault(op, st, budget);
	if (st->exec->tail_call != NULL || UNLIKELY(st->exec->ended)) {
		st->exec->budget = budget;
		return 0;
	}
	memset(&st->region, 0, sizeof(st->region));
	NEXT(1);
}

#define CALL_FN(fn) R(0) = (fn)(R(1), R(2), R(3), R(4), R(5), st->ctx)
#define PAY(price)                                                           \
	if (UNLIKELY(__builtin_sub_overflow(budget, (u64)(price), &budget))) \
	TAIL interp_out_of_budget(op, st, budget)

HANDLER(CALL)
{
	PAY(1);
	CALL_FN(op->fn);
	if (UNLIKELY(st->exec->fault.status != 0))
		return helper_fault(op, st, budget);
	NEXT(1);
}

/* The helper may call back. */
#define CALL_BACK_FN(fn)                   \
	do {                               \
		st->exec->budget = budget; \
		st->exec->activation = st; \
		CALL_FN(fn);               \
		budget = st->exec->budget; \
	} while (0)

HANDLER(CALL_FLAGS)
{
	PAY(1);
	CALL_BACK_FN(op->fn);
	TAIL op_AFTER_CALL(op, st, budget);
}

HANDLER(CALLX)
{
	struct helper_binding binding = { 0 };

	PAY(1);
	if (R(op->dst) <= UINT32_MAX)
		binding = st->code->helper(st->code->arg, (u32)R(op->dst));
	if (binding.fn == NULL)
		return stop(op, st, budget, ERR_NOTSUP);
	CALL_BACK_FN(binding.fn);
	TAIL op_AFTER_CALL(op, st, budget);
}

HANDLER(CALL_LOCAL)
{
	struct frame *frame = &st->frames[st->depth];

	if (UNLIKELY(st->depth == PROG_MAX_FRAMES - 1))
		return stop(op, st, budget, ERR_LOOP);
	PAY(op->charge >> 1);
	frame->ret = op + 1;
	memcpy(frame->saved, &R(6), sizeof(frame->saved));
	frame->live = st->live;
	st->depth++;
	if ((op->charge & 1) != 0)
		state_push_frame(st);
	GO(op->target);
}

HANDLER(EXIT)
{
	const struct frame *frame;

	if (st->depth == 0) {
		st->exec->budget = budget;
		return R(0);
	}
	frame = &st->frames[--st->depth];
	memcpy(&R(6), frame->saved, sizeof(frame->saved));
	if (st->live != frame->live)
		state_pop_frame(st);
	op = frame->ret;
	NEXT(0);
}

/* Where a callback's function returns to. */
static HANDLER(CALLBACK_END)
{
	(void)op;
	st->exec->budget = budget;
	return R(0);
}

static const struct op callback_end = { .handler = op_CALLBACK_END };

/* NULL: func is no function of the program. */
static const struct interp_subprog *find_subprog(const struct interp_code *code, u64 func)
{
	u32 low = 0, high = code->subprog_count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (code->subprogs[middle].start < func)
			low = middle + 1;
		else
			high = middle;
	}
	return low < code->subprog_count && code->subprogs[low].start == func ? &code->subprogs[low]
									      : NULL;
}

/* 0, or why the callback cannot run. */
static int enter_callback(struct state *st, const struct interp_subprog *subprog)
{
	struct frame *frame = &st->frames[st->depth];

	if (subprog == NULL)
		return ERR_INVAL;
	if (st->depth == PROG_MAX_FRAMES - 1)
		return ERR_LOOP;
	if (__builtin_sub_overflow(st->exec->budget, (u64)(subprog->charge >> 1),
				   &st->exec->budget)) {
		st->exec->budget = 0;
		return ERR_TIME;
	}
	frame->ret = &callback_end;
	memcpy(frame->saved, &R(6), sizeof(frame->saved));
	frame->live = st->live;
	st->depth++;
	if ((subprog->charge & 1) != 0)
		state_push_frame(st);
	return 0;
}

/* The handlers run in the same state, a frame further down, until EXIT finds callback_end. When
 * they end otherwise, that frame is still there. */
bool interp_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result)
{
	struct state *st = exec->activation;
	const struct interp_subprog *subprog = find_subprog(st->code, func);
	const struct op *op;
	u32 depth = st->depth;
	u64 saved[6];
	int r = enter_callback(st, subprog);

	if (r < 0) {
		exec->fault =
			(struct exec_fault){ .status = r, .slot = PROG_NO_INDEX, .addr = func };
		return false;
	}
	memcpy(saved, st->regs, sizeof(saved));
	memcpy(&R(1), args, 5 * sizeof(u64));
	memset(&st->region, 0, sizeof(st->region));
	op = st->ops + subprog->start;
	*ret_result = op->handler(op, st, exec->budget);
	memcpy(st->regs, saved, sizeof(saved));
	if (st->depth == depth)
		return true;
	exec->ended = true;
	return false;
}

const op_handler interp_handlers[] = {
#define OP(NAME) op_##NAME,
#include "interp/ops.def"
#undef OP
};

static void state_init(struct state *st, const struct interp_code *code, struct exec *exec,
		       void *ctx)
{
	memset(st->regs, 0, sizeof(st->regs));
	st->regs[1] = (u64)(uintptr_t)ctx;
	st->regs[2] = exec->arg2;
	st->regs[BPF_REG_FP] = (u64)(uintptr_t)exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	memset(&st->region, 0, sizeof(st->region));
	memset(&st->stack, 0, sizeof(st->stack));
	st->live = 0;
	st->depth = 0;
	st->loops_left = MAY_GOTO_LOOPS;
	st->exec = exec;
	exec->ended = false;
	st->ctx = ctx;
	st->code = code;
	st->ops = code->ops + (exec->unchecked ? code->count : 0);
	if (code->needs_frame)
		state_push_frame(st);
	if (exec->region_count != 0)
		window_set(&st->region, exec->regions[0].base, exec->regions[0].size,
			   exec->regions[0].writable);
}

u64 interp_entry(struct exec *exec, void *ctx)
{
	struct state st;

	state_init(&st, (const struct interp_code *)exec->code, exec, ctx);
	return st.ops->handler(st.ops, &st, exec->budget);
}
