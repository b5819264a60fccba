/* SPDX-License-Identifier: MIT */
/* The dispatch loop: a handler for each operation of ops.def, made from the instruction tables'
 * expressions. Jumps from handler to handler (computed goto), so each has its own branch
 * prediction. */
#include "interp/access.h"
#include "isa/semantics.h"

#define MAY_GOTO_LOOPS 8388608 /* as Linux has it */

/* Programs race on map values by design; that is not for the thread sanitizer to report. */
#if defined(__clang__) || defined(__GNUC__)
#define NO_TSAN __attribute__((no_sanitize("thread")))
#endif

#define R(i)   st.regs[i]
#define PTR(u) ((void *)(uintptr_t)(u))
#define IMM(o) ((u64)(s64)(o)->imm)
#define NEXT(n)                     \
	do {                        \
		op += (n);          \
		goto * op->handler; \
	} while (0)

/* A taken jump over `slots`. Backward ones pay for what they may execute again. */
#define GO(slots)                       \
	do {                            \
		op += 1 + (s64)(slots); \
		goto * op->handler;     \
	} while (0)
#define GO_BACK(slots)                                                                     \
	do {                                                                               \
		/* A sum that does not carry went below zero: slots is negative. */        \
		if (UNLIKELY(!__builtin_add_overflow(budget, (u64)(s64)(slots), &budget))) \
			goto out_of_budget;                                                \
		GO(slots);                                                                 \
	} while (0)

#define LOG2(size) ((size) == 1 ? 0 : (size) == 2 ? 1 : (size) == 4 ? 2 : 3)
#define OUTSIDE(window, addr, size, write) \
	((addr)-st.window.base >= st.window.limit[write][LOG2(size)])
#define CHECK_SLOW(o, addr, size, write)                                            \
	do {                                                                        \
		if (!access_slow(&st, (addr), (size), (write))) {                   \
			bad = (struct exec_fault){ 0, 0, (addr), (size), (write) }; \
			op = (o);                                                   \
			goto bad_access;                                            \
		}                                                                   \
	} while (0)
#define CHECK_REGION(o, addr, size, write)                                                     \
	if (UNLIKELY(OUTSIDE(region, addr, size, write)) && OUTSIDE(stack, addr, size, write)) \
	CHECK_SLOW(o, addr, size, write)
#define CHECK_STACK(o, addr, size, write)                                                      \
	if (UNLIKELY(OUTSIDE(stack, addr, size, write)) && OUTSIDE(region, addr, size, write)) \
	CHECK_SLOW(o, addr, size, write)
#define CHECK_FRAME(o, addr, size, write)
#define CHECK_PLAIN(o, addr, size, write)

/* Bodies, without going on to the next operation; o is the operation. */
#define DO_LOAD(o, TYPE, WIDE, CHECK)                        \
	do {                                                 \
		u64 addr = R((o)->src) + (u64)(s64)(o)->off; \
		TYPE value;                                  \
		CHECK(o, addr, sizeof(TYPE), false);         \
		memcpy(&value, PTR(addr), sizeof(TYPE));     \
		R((o)->dst) = (u64)(WIDE)value;              \
	} while (0)
#define DO_STORE(o, TYPE, operand, CHECK)                    \
	do {                                                 \
		u64 addr = R((o)->dst) + (u64)(s64)(o)->off; \
		TYPE value = (TYPE)(operand);                \
		CHECK(o, addr, sizeof(TYPE), true);          \
		memcpy(PTR(addr), &value, sizeof(TYPE));     \
	} while (0)

/* Also for programs that were verified: the host's instructions need the alignment. */
#define CHECK_ATOMIC(o, addr, size, write)                                          \
	do {                                                                        \
		if (UNLIKELY(((addr) & ((size)-1)) != 0)) {                         \
			bad = (struct exec_fault){ 0, 0, (addr), (size), (write) }; \
			goto bad_access;                                            \
		}                                                                   \
		if (!st.exec->unchecked)                                            \
			CHECK_REGION(o, addr, size, write);                         \
	} while (0)
#define DO_CMPXCHG(TYPE, p)                                                                  \
	do {                                                                                 \
		TYPE expected = (TYPE)R(0);                                                  \
		__atomic_compare_exchange_n((TYPE *)(p), &expected, (TYPE)R(op->src), false, \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
		R(0) = expected;                                                             \
	} while (0)
/* By the operation's name. Without FETCH the old value is not wanted. */
#define FETCH_ADD(p, s)	 __atomic_fetch_add(p, s, __ATOMIC_SEQ_CST)
#define FETCH_OR(p, s)	 __atomic_fetch_or(p, s, __ATOMIC_SEQ_CST)
#define FETCH_AND(p, s)	 __atomic_fetch_and(p, s, __ATOMIC_SEQ_CST)
#define FETCH_XOR(p, s)	 __atomic_fetch_xor(p, s, __ATOMIC_SEQ_CST)
#define FETCH_XCHG(p, s) __atomic_exchange_n(p, s, __ATOMIC_SEQ_CST)

static u64 packet_load(const struct exec_packet *packet, s64 at, u32 size, bool *ret_inside)
{
	u64 value = 0;

	*ret_inside = at >= 0 && size <= packet->len && (u64)at <= packet->len - size;
	for (u32 i = 0; *ret_inside && i < size; i++)
		value = value << 8 | packet->data[at + i];
	return value;
}

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
	st->ctx = ctx;
	st->code = code;
	st->ops = code->ops + (exec->unchecked ? code->count : 0);
	if (code->needs_frame)
		state_push_frame(st);
	if (exec->region_count != 0)
		window_set(&st->region, exec->regions[0].base, exec->regions[0].size,
			   exec->regions[0].writable);
}

/* code NULL: only tells the handlers' addresses. */
NO_TSAN static u64 run(const struct interp_code *code, struct exec *exec, void *ctx,
		       const void *const **ret_handlers)
{
	static const void *const handlers[] = {
#define OP(NAME) &&op_##NAME,
#include "interp/ops.def"
#undef OP
	};
	struct state st;
	struct exec_fault bad;
	const struct op *op;
	u64 budget;

	if (code == NULL) {
		*ret_handlers = handlers;
		return 0;
	}
	state_init(&st, code, exec, ctx);
	budget = exec->budget;
	op = st.ops;
	goto * op->handler;

#define ALU(NAME, name, code, off, group, symbol, expr)                                  \
	op_ALU64_R_##NAME : R(op->dst) = alu64_##name(R(op->dst), R(op->src));           \
	NEXT(1);                                                                         \
	op_ALU64_I_##NAME : R(op->dst) = alu64_##name(R(op->dst), IMM(op));              \
	NEXT(1);                                                                         \
	op_ALU32_R_##NAME : R(op->dst) = alu32_##name((u32)R(op->dst), (u32)R(op->src)); \
	NEXT(1);                                                                         \
	op_ALU32_I_##NAME : R(op->dst) = alu32_##name((u32)R(op->dst), (u32)op->imm);    \
	NEXT(1);
#include "isa/alu.def"
#undef ALU

#define COND(LABEL, GO_ON, cond) \
	LABEL:                   \
	if (cond)                \
		GO_ON(op->off);  \
	NEXT(1);
#define CONDS(PREFIX, GO_ON, NAME, name)                                                       \
	COND(op_##PREFIX##64_R_##NAME, GO_ON, jump64_##name(R(op->dst), R(op->src)))           \
	COND(op_##PREFIX##64_I_##NAME, GO_ON, jump64_##name(R(op->dst), IMM(op)))              \
	COND(op_##PREFIX##32_R_##NAME, GO_ON, jump32_##name((u32)R(op->dst), (u32)R(op->src))) \
	COND(op_##PREFIX##32_I_##NAME, GO_ON, jump32_##name((u32)R(op->dst), (u32)op->imm))
#define JUMP(NAME, name, code, symbol, expr) \
	CONDS(JUMP, GO, NAME, name)          \
	CONDS(BACK, GO_BACK, NAME, name)
#include "isa/jump.def"
#undef JUMP

#define MEM(NAME, SUFFIX, UTYPE, STYPE)                                                 \
	op_LOAD_##NAME##_##SUFFIX : DO_LOAD(op, UTYPE, u64, CHECK_##SUFFIX);            \
	NEXT(1);                                                                        \
	op_LOADS_##NAME##_##SUFFIX : DO_LOAD(op, STYPE, s64, CHECK_##SUFFIX);           \
	NEXT(1);                                                                        \
	op_STORE_R_##NAME##_##SUFFIX : DO_STORE(op, UTYPE, R(op->src), CHECK_##SUFFIX); \
	NEXT(1);                                                                        \
	op_STORE_I_##NAME##_##SUFFIX : DO_STORE(op, UTYPE, op->imm, CHECK_##SUFFIX);    \
	NEXT(1);
#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE) \
	MEM(NAME, REGION, UTYPE, STYPE)               \
	MEM(NAME, STACK, UTYPE, STYPE)                \
	MEM(NAME, FRAME, UTYPE, STYPE)                \
	MEM(NAME, PLAIN, UTYPE, STYPE)
#include "isa/mem.def"
#undef SIZE

#define ATOMIC_OP(LABEL, TYPE, BODY)                        \
	LABEL : {                                           \
		u64 addr = R(op->dst) + (u64)(s64)op->off;  \
		TYPE *p = PTR(addr);                        \
		CHECK_ATOMIC(op, addr, sizeof(TYPE), true); \
		BODY;                                       \
		NEXT(1);                                    \
	}
#define ATOMIC(NAME, name, imm, symbol, expr)                                          \
	ATOMIC_OP(op_ATOMIC32_##NAME, u32, WITHOUT_##NAME(u32, p, (u32)R(op->src)))    \
	ATOMIC_OP(op_ATOMIC64_##NAME, u64, WITHOUT_##NAME(u64, p, R(op->src)))         \
	ATOMIC_OP(op_ATOMIC32_FETCH_##NAME, u32, WITH_##NAME(u32, p, (u32)R(op->src))) \
	ATOMIC_OP(op_ATOMIC64_FETCH_##NAME, u64, WITH_##NAME(u64, p, R(op->src)))
#define WITH_ADD(T, p, s)	 R(op->src) = FETCH_ADD(p, s)
#define WITH_OR(T, p, s)	 R(op->src) = FETCH_OR(p, s)
#define WITH_AND(T, p, s)	 R(op->src) = FETCH_AND(p, s)
#define WITH_XOR(T, p, s)	 R(op->src) = FETCH_XOR(p, s)
#define WITH_XCHG(T, p, s)	 R(op->src) = FETCH_XCHG(p, s)
#define WITH_CMPXCHG(T, p, s)	 DO_CMPXCHG(T, p)
#define WITHOUT_ADD(T, p, s)	 FETCH_ADD(p, s)
#define WITHOUT_OR(T, p, s)	 FETCH_OR(p, s)
#define WITHOUT_AND(T, p, s)	 FETCH_AND(p, s)
#define WITHOUT_XOR(T, p, s)	 FETCH_XOR(p, s)
#define WITHOUT_XCHG(T, p, s)	 WITH_XCHG(T, p, s)
#define WITHOUT_CMPXCHG(T, p, s) DO_CMPXCHG(T, p)
#include "isa/atomic.def"
#undef ATOMIC

#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE)                               \
	op_LOAD_ACQ_##NAME:                                                         \
	{                                                                           \
		u64 addr = R(op->src) + (u64)(s64)op->off;                          \
		CHECK_ATOMIC(op, addr, sizeof(UTYPE), false);                       \
		R(op->dst) = __atomic_load_n((UTYPE *)PTR(addr), __ATOMIC_ACQUIRE); \
		NEXT(1);                                                            \
	}                                                                           \
	ATOMIC_OP(op_STORE_REL_##NAME, UTYPE,                                       \
		  __atomic_store_n(p, (UTYPE)R(op->src), __ATOMIC_RELEASE))
#include "isa/mem.def"
#undef SIZE

#define UNARY(LABEL, value)         \
	op_##LABEL:                 \
	{                           \
		u64 d = R(op->dst); \
		R(op->dst) = value; \
		NEXT(1);            \
	}
#define MOVSX(LABEL, size, TYPE)                                       \
	op_##LABEL : R(op->dst) = (TYPE)sign_extend(R(op->src), size); \
	NEXT(1);
	UNARY(NEG64, 0 - d)
	UNARY(NEG32, 0 - (u32)d)
	MOVSX(MOVSX64_1, 1, u64)
	MOVSX(MOVSX64_2, 2, u64)
	MOVSX(MOVSX64_4, 4, u64)
	MOVSX(MOVSX32_1, 1, u32)
	MOVSX(MOVSX32_2, 2, u32)
	UNARY(LE_2, swap_eval(SWAP_LE, 2, d))
	UNARY(LE_4, swap_eval(SWAP_LE, 4, d))
	UNARY(LE_8, swap_eval(SWAP_LE, 8, d))
	UNARY(BE_2, swap_eval(SWAP_BE, 2, d))
	UNARY(BE_4, swap_eval(SWAP_BE, 4, d))
	UNARY(BE_8, swap_eval(SWAP_BE, 8, d))

op_LDDW:
	R(op->dst) = op[1].value;
	NEXT(2);
op_JUMP:
	GO(op->imm);
op_BACK:
	GO_BACK(op->imm);
op_MAY_GOTO:
	if (st.loops_left != 0) {
		st.loops_left--;
		NEXT(1);
	}
	if (op->imm < 0)
		GO_BACK(op->imm);
	GO(op->imm);

op_LD_PACKET : { /* off is the size; src the index register or BPF_REG_COUNT; imm */
	bool inside;
	s32 at = op->src == BPF_REG_COUNT ? op->imm : (s32)((u32)R(op->src) + (u32)op->imm);

	if (exec->packet == NULL)
		goto not_offered;
	R(0) = packet_load(exec->packet, at, (u32)op->off, &inside);
	if (!inside) {
		exec->budget = budget;
		return 0;
	}
	NEXT(1);
}

op_CALLX : {
	struct helper_binding binding = { 0 };

	if (R(op->dst) <= UINT32_MAX)
		binding = st.code->helper(st.code->arg, (u32)R(op->dst));
	if (binding.fn == NULL)
		goto not_offered;
	R(0) = binding.fn(R(1), R(2), R(3), R(4), R(5), st.ctx);
	goto after_call;
}
op_CALL_FLAGS:
	R(0) = op->fn(R(1), R(2), R(3), R(4), R(5), st.ctx);
after_call:
	if (UNLIKELY(exec->fault.status != 0))
		goto helper_fault;
	/* The helper may have asked for a tail call or moved what regions[] describes. */
	if (exec->tail_call != NULL) {
		exec->budget = budget;
		return 0;
	}
	memset(&st.region, 0, sizeof(st.region));
	if (UNLIKELY(budget == 0))
		goto out_of_budget;
	budget--;
	NEXT(1);
op_CALL:
	R(0) = op->fn(R(1), R(2), R(3), R(4), R(5), st.ctx);
	if (UNLIKELY(exec->fault.status != 0))
		goto helper_fault;
	if (UNLIKELY(budget == 0))
		goto out_of_budget;
	budget--;
	NEXT(1);

op_CALL_LOCAL : {
	struct frame *frame = &st.frames[st.depth];

	if (UNLIKELY(st.depth == PROG_MAX_FRAMES - 1)) {
		exec->budget = budget;
		return state_fault(&st, op, ERR_LOOP);
	}
	if (UNLIKELY(__builtin_sub_overflow(budget, op->charge >> 1, &budget)))
		goto out_of_budget;
	frame->ret = op + 1;
	memcpy(frame->saved, &st.regs[6], sizeof(frame->saved));
	frame->live = st.live;
	st.depth++;
	if (op->charge & 1) {
		state_push_frame(&st);
		R(BPF_REG_FP) = st.stack.base + PROG_FRAME_SIZE;
	}
	GO(op->target);
}
op_EXIT:
	if (st.depth != 0) {
		const struct frame *frame = &st.frames[--st.depth];

		memcpy(&st.regs[6], frame->saved, sizeof(frame->saved));
		if (st.live != frame->live) {
			st.live = frame->live;
			window_set(&st.stack,
				   (u64)(uintptr_t)exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE -
					   st.live,
				   st.live, true);
		}
		op = frame->ret;
		goto * op->handler;
	}
	exec->budget = budget;
	return R(0);

op_CALL_ABSENT:
op_NONE:
not_offered:
	exec->budget = budget;
	return state_fault(&st, op, ERR_NOTSUP);
helper_fault:
	exec->budget = budget;
	exec->fault.slot = (u32)(op - st.ops);
	return 0;
out_of_budget:
	exec->budget = 0;
	return state_fault(&st, op, ERR_TIME);
bad_access:
	exec->budget = budget;
	return state_fault_access(&st, op, bad.addr, bad.size, bad.write);
}

const void *const *interp_handlers(void)
{
	const void *const *handlers = NULL;

	run(NULL, NULL, NULL, &handlers);
	return handlers;
}

u64 interp_entry(struct exec *exec, void *ctx)
{
	return run((const struct interp_code *)exec->code, exec, ctx, NULL);
}
