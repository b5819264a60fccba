/* SPDX-License-Identifier: MIT */
/* What blocks read and write: registers, and granules of their own frame, by following addresses of
 * the frame forward from r10. For liveness. */
#pragma once

#include "cfg/cfg_internal.h"

/* Of a block, in its direction: read before they are written inside; written for certain; perhaps
 * written. */
struct cfg_uses {
	u64 read_stack, written_stack, changed_stack;
	u16 read_regs, written_regs;
};

enum cfg_summary {
	CFG_KEEPS = 1, /* may store an address of a caller's frame in memory */
	CFG_BELOW = 2, /* may go to lower addresses than those that it was given */
	CFG_CALLED = 4,
};

struct cfg_values {
	struct cfg_builder *b;
	struct cfg_uses *uses; /* by block; reachable ones */
	u16 *live;	       /* by slot: the arguments that a call reads */
	u8 *summaries;	       /* by subprogram, enum cfg_summary: of those that went before */
	u16 *in;	       /* by block: its registers' values on entry, CFG_VALUE_REGS each */
	u8 *state;	       /* by block */
	/* Hoped not to be, found on the way; all has to be done again then.
	 * Addresses of code go elsewhere than straight to a helper: any subprogram that is called
	 * may have one. A subprogram has addresses where a callee may find them. */
	bool code_escapes, addresses_shared;
};

int cfg_values_init(struct cfg_values *v, struct cfg_builder *b, u16 *live) MUST_CHECK;
/* Before the first subprogram, each time. */
void cfg_values_begin(struct cfg_values *v);
/* One subprogram, whose callees went before and have their args. Sets is_stack_lost. */
void cfg_values_subprog(struct cfg_values *v, u32 subprog);

/* Registers, without the arguments of calls. */
u16 cfg_insn_reads(const struct insn *insn);
u16 cfg_insn_writes(const struct insn *insn);
