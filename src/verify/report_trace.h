/* SPDX-License-Identifier: MIT */
/* Where a register's value came from, and what became of it on the way: on one of the ways to an
 * instruction, which is good enough for a text and serves nothing else. */
#pragma once

#include "cfg/cfg.h"
#include "check/finding.h"

enum trace_end {
	TRACE_LOST,	   /* computed, or not known */
	TRACE_CALL,	   /* the result of the call at slot */
	TRACE_LOAD,	   /* read from memory at slot, not from the own frame */
	TRACE_OVERWRITTEN, /* the call at slot left nothing in it */
	TRACE_TORN,	   /* the store at slot changed a part of it on the stack */
};

struct traced {
	enum trace_end end;
	u32 slot;
	/* The last call on the way that takes things back: a reference, or the packet's addresses.
	 * PROG_NO_INDEX: none. */
	u32 taker;
};

/* cfg NULL: LOST. */
struct traced trace_value(const struct prog *prog, const struct cfg *cfg, u32 slot, u32 reg);
/* The same for the number that was added to the address in reg before slot; LOST as well when none
 * was, or that does not tell. base: what the address itself was traced to. */
struct traced trace_index(const struct prog *prog, const struct cfg *cfg, u32 slot, u32 reg,
			  const struct traced *base);
/* The call that gave what the finding is about; PROG_NO_INDEX: that is not known. */
u32 trace_origin(const struct prog *prog, const struct cfg *cfg, const struct finding *finding);
