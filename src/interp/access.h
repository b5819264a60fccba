/* SPDX-License-Identifier: MIT */
/* The state of one invocation, and the slow path of access checks. */
#pragma once

#include "base/str.h"
#include "interp/code.h"

/* A range that accesses are compared with inline: an access at addr passes when addr - base is less
 * than limit[write][log2 of its size]. Limits of 0 let nothing pass. */
struct window {
	u64 base;
	u64 limit[2][4];
};

struct frame {
	const struct op *ret; /* the caller's, to go on with */
	u64 saved[5];	      /* r6 to r10 */
	u32 live;	      /* the caller's struct state's live */
};

struct state {
	u64 regs[BPF_REG_COUNT];
	struct window region; /* the one used last */
	struct window stack;  /* frames in use */
	u32 live;	      /* bytes of stack in use, at its end */
	u32 depth;
	u32 loops_left; /* of may_goto */
	struct exec *exec;
	void *ctx;
	const struct op *ops; /* the program's first operation */
	const struct interp_code *code;
	struct frame frames[PROG_MAX_FRAMES - 1];
};

/* limit for [base, base + len); a window that is not writable lets no write pass. */
void window_set(struct window *window, u64 base, u64 len, bool writable);

/* Takes a zeroed frame more of the stack and points r10 at its end; gives it back. */
void state_push_frame(struct state *st);
void state_pop_frame(struct state *st);

/* Whether the program may touch the bytes. Remembers the region. */
bool access_slow(struct state *st, u64 addr, u32 size, bool write);

/* Ends the invocation: fills exec->fault; returns 0, the result. */
u64 state_fault(const struct state *st, const struct op *op, int status);
u64 state_fault_access(const struct state *st, const struct op *op, u64 addr, u32 size, bool write);
