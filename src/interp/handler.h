/* SPDX-License-Identifier: MIT */
/* How handlers are written. Each operation's handler is a function that ends with a call of the
 * next operation's. These calls are jumps: by attribute where the compiler knows it, else because
 * the files with handlers are always optimised (see CMakeLists.txt; a test would overflow the
 * stack). As with computed goto each handler has its own indirect jump, but there can be thousands
 * of them without the compiler's time growing with the square, so the common ones exist once per
 * register: then the processor sees constant addresses and forwards values between handlers far
 * quicker. */
#pragma once

#include "interp/access.h"
#include "isa/semantics.h"

#if defined(__clang__)
#define TAIL __attribute__((musttail)) return
#else
#define TAIL return
#endif
/* Programs race on map values by design; that is not for the thread sanitizer to report. */
#define HANDLER(NAME)                          \
	__attribute__((no_sanitize("thread"))) \
	u64 op_##NAME(const struct op *op, struct state *st, u64 budget)
#define OP(NAME) HANDLER(NAME);
#include "interp/ops.def"
#undef OP
#define COLD __attribute__((noinline, cold))

#define R(i)   st->regs[i]
#define PTR(u) ((void *)(uintptr_t)(u))
#define IMM(o) ((u64)(s64)(o)->imm)

/* The empty asm makes it an add and an indirect jump through memory; compilers would rather
 * load the address with an offset and move the sum in place. */
#define NEXT(n)                                   \
	do {                                      \
		op += (n);                        \
		__asm__("" : "+r"(op));           \
		TAIL op->handler(op, st, budget); \
	} while (0)
/* A taken jump. Backward ones pay for what they may execute again. */
#define GO(slots) NEXT(1 + (s64)(slots))
#define GO_BACK(slots)                                                                     \
	do {                                                                               \
		/* A sum that does not carry went below zero: slots is negative. */        \
		if (UNLIKELY(!__builtin_add_overflow(budget, (u64)(s64)(slots), &budget))) \
			TAIL interp_out_of_budget(op, st, budget);                         \
		GO(slots);                                                                 \
	} while (0)

#define LOG2(size) ((size) == 1 ? 0 : (size) == 2 ? 1 : (size) == 4 ? 2 : 3)
#define OUTSIDE(window, addr, size, write) \
	((addr)-st->window.base >= st->window.limit[write][LOG2(size)])
/* True when the inline checks do not let the access pass. */
#define MISS_REGION(addr, size, write) \
	(UNLIKELY(OUTSIDE(region, addr, size, write)) && OUTSIDE(stack, addr, size, write))
#define MISS_STACK(addr, size, write) \
	(UNLIKELY(OUTSIDE(stack, addr, size, write)) && OUTSIDE(region, addr, size, write))

u64 interp_out_of_budget(const struct op *op, struct state *st, u64 budget);
