/* SPDX-License-Identifier: MIT */
/* Inside of the interpreter: the pre-decoded form, shared by prepare.c, fuse.c and run.c. */
#pragma once

#include "interp/interp.h"

enum op_code {
#define OP(NAME) OP_##NAME,
#include "interp/ops.def"
#undef OP
	OP_CODE_COUNT
};

/* What follows an operation of a family in the enum, see ops.def. */
enum {
	MEM_REGION,
	MEM_STACK,
	MEM_FRAME,
	MEM_PLAIN,
	MEM_VARIANTS,
};

struct op;
struct state;

/* Executes op and all that follows; returns the program's result. */
typedef u64 (*op_handler)(const struct op *op, struct state *st, u64 budget);

/* One a slot, at the slot's index, also where two are fused: the first one's handler then executes
 * both and the second stays as it was. So nobody needs to know where jumps land, and the slot of an
 * error is a subtraction. */
struct op {
	op_handler handler;
	union {
		struct {
			u8 dst, src;
			s16 off; /* of memory and of conditional jumps */
			s32 imm; /* operand; other jumps: slots after the next one */
		};
		struct {
			s32 target; /* CALL_LOCAL: slots after the next one */
			u32 charge; /* of the budget, times two; plus 1 when the callee needs its
				       frame */
		};
		u64 value;    /* second slot of LDDW */
		helper_fn fn; /* CALL, CALL_FLAGS */
	};
};
_Static_assert(sizeof(struct op) == 16, "four to a cache line");

/* What a callback may be: any subprogram, by the slot it starts at. */
struct interp_subprog {
	u32 start;
	u32 charge; /* as in struct op */
};

struct interp_code {
	struct prog_code base;
	struct helper_binding (*helper)(const void *arg, u32 id);
	const void *arg;
	const struct interp_subprog *subprogs; /* in order of their slots; behind ops */
	u32 subprog_count;
	u32 count;
	bool needs_frame; /* the entry's r10 is used, or there are local calls */
	/* The same program twice: with access checks, and after `count` operations without. */
	struct op ops[];
};

enum interp_option {
	INTERP_NO_FUSE = 1,
};

/* interp_prepare with options, for the tests. */
int interp_prepare_with(const struct prog *prog, const struct prog_binding *binding, u32 options,
			struct prog_code **ret_code, struct error *err) MUST_CHECK;

/* The handler of every op_code, for any registers. */
extern const op_handler interp_handlers[OP_CODE_COUNT];
/* The handler made for just these registers, NULL when there is none. */
op_handler interp_special_handler(u32 code, u8 dst, u8 src);
u64 interp_entry(struct exec *exec, void *ctx);
bool interp_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result);

/* Replaces codes of operations that go together by the code of a pair. ops and codes have count
 * entries. */
void interp_fuse(const struct op *ops, u16 *codes, u32 count);
