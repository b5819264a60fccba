/* SPDX-License-Identifier: MIT */
/* The control flow of a program: blocks and edges, the call graph, dominators, loops as a weak
 * topological order, liveness, and hints for widening. One pass, in time and memory near linear in
 * the program's slots whatever it looks like; a graph has indices and no pointers. */
#pragma once

#include "base/arena.h"
#include "base/budget.h"
#include "prog/prog.h"

#define CFG_NONE	   UINT32_MAX
#define CFG_GRANULE	   8 /* bytes of stack that one bit stands for; bit 0 is the frame's lowest */
#define CFG_GRANULES	   (PROG_FRAME_SIZE / CFG_GRANULE)
#define CFG_ALL_REGS	   ((1u << BPF_REG_COUNT) - 1)
#define CFG_ALL_GRANULES   UINT64_MAX
#define CFG_MAX_THRESHOLDS 64 /* a subprogram */

enum cfg_block_flag {
	CFG_REACHABLE = 1, /* from its subprogram's entry, where calls return */
	CFG_LOOP_HEAD = 2,
	CFG_ENTRY = 4, /* its subprogram's first */
	/* How it ends; none of these: it runs into the next one. */
	CFG_ENDS_BRANCH = 8,	/* jump_if, may_goto */
	CFG_ENDS_JUMP = 16,	/* goto */
	CFG_ENDS_CALL = 32,	/* call of a subprogram, which returns to succ[CFG_NEXT] */
	CFG_ENDS_EXIT = 64,	/* program or subprogram */
	CFG_ENDS_MAY_GOTO = 128 /* with CFG_ENDS_BRANCH */
};

/* Which of a block's two edges. Both of one branch may lead to the same block, which then has it
 * twice as predecessor. */
enum { CFG_NEXT, CFG_TARGET };

/* Slots that are entered at the first and left after the last only, and contain no call of a
 * subprogram but at the end. Calls of helpers (tail calls, which may fail, too) and of outside
 * functions are inside. */
struct cfg_block {
	u32 start, count;	/* slots; the last may be the second half of an lddw */
	u32 succ[2];		/* blocks, or CFG_NONE: fall-through or return, jump target */
	u32 preds, pred_count;	/* in cfg->preds; unreachable ones, too */
	u32 subprog;		/* as in prog->subprogs */
	u32 callee;		/* subprogram that it ends by calling, or CFG_NONE */
	u32 idom;		/* immediate dominator; CFG_NONE: an entry, or unreachable */
	u32 dom_start, dom_end; /* for cfg_dominates() */
	u32 order;		/* place in cfg->order, CFG_NONE when unreachable */
	u32 loop;		/* innermost loop, its own for a head; CFG_NONE outside of loops */
	u16 live_regs;		/* registers that may be read before they are written */
	u16 flags;		/* enum cfg_block_flag */
	u64 live_stack;		/* the same for granules of its own frame */
};
_Static_assert(sizeof(struct cfg_block) == 64, "there may be a block a slot");

/* Bourdoncle's weak topological order, flat: a component is its head and the elements up to the
 * head's end. Each edge goes forward in the order, or to the head of a component that contains
 * its source. Reachable blocks only. */
struct cfg_order {
	u32 block;
	u32 head;  /* block that heads the innermost component around it; a head's own component
		    * does not count; CFG_NONE: none */
	u32 depth; /* components around it, a head's own included */
	u32 end;   /* place after the last element of the component that it heads, or its own
		    * place + 1 */
};

/* A component, in the order of its heads. */
struct cfg_loop {
	u32 head;	     /* block */
	u32 parent;	     /* loop around it, or CFG_NONE */
	u32 start, end;	     /* places in cfg->order; [start] is the head */
	u32 depth;	     /* 1: outermost */
	u16 mod_regs;	     /* written inside, calls included */
	bool is_irreducible; /* entered elsewhere than at its head as well */
	u64 mod_stack;	     /* granules of its own frame that may be written inside */
};

/* A place in reachable code that calls a subprogram or takes its address. */
struct cfg_call {
	u32 slot, callee;
	bool is_reference; /* LDDW_CODE: a callback of whatever function it is passed to */
	bool is_cycle;	   /* references only: the callee leads back here */
};

struct cfg_subprog {
	u32 block, block_count;		/* the first one is the entry */
	u32 order, order_count;		/* in cfg->order */
	u32 loop, loop_count;		/* in cfg->loops */
	u32 call, call_count;		/* in cfg->calls, by slot */
	u32 threshold, threshold_count; /* in cfg->thresholds */
	u16 args;			/* registers of r1 to r5 that it may read */
	bool is_reachable;		/* from the program's entry by calls and references */
	bool is_stack_lost; /* addresses in its frame went where they cannot be followed: all
			     * granules are live everywhere */
};

struct cfg {
	const struct prog *prog;
	const struct cfg_block *blocks; /* in the order of their slots */
	u32 block_count;
	const struct cfg_subprog *subprogs; /* as prog->subprogs */
	const u32 *slot_blocks;		    /* the block of each slot */
	const u32 *preds;
	const struct cfg_order *order; /* subprogram by subprogram */
	u32 order_count;
	const struct cfg_loop *loops;
	u32 loop_count;
	const struct cfg_call *calls;
	u32 call_count;
	/* All subprograms, callees before those that call or refer to them; a reference that
	 * closes a cycle does not count. */
	const u32 *callees_first;
	/* By subprogram, rising: constants that code with loops compares with, for widening. */
	const s64 *thresholds;
	const u16 *live; /* registers that are live after each slot */
};

/* What an argument of a call is, as far as the code before it in the block tells. */
enum cfg_value_kind {
	CFG_VALUE_UNKNOWN,
	CFG_VALUE_NUMBER,
	CFG_VALUE_STACK, /* value: offset from r10 */
	CFG_VALUE_MAP,	 /* value: index into prog->maps; its address, not its value's */
};

struct cfg_value {
	enum cfg_value_kind kind;
	s64 value;
};

#define CFG_MAX_ARGS	 5
#define CFG_SIZE_UNKNOWN UINT32_MAX

/* What a helper or outside function does; sizes are bytes from each argument on, for those that are
 * addresses. */
struct cfg_effect {
	u32 arg_count;		      /* r1 ... are read */
	u32 reads[CFG_MAX_ARGS];      /* at most, CFG_SIZE_UNKNOWN */
	u32 writes[CFG_MAX_ARGS];     /* at most, CFG_SIZE_UNKNOWN */
	u32 overwrites[CFG_MAX_ARGS]; /* for certain, whatever the call returns */
};

struct cfg_options {
	/* Replaces what *effect has: r1 to r5 are read, and memory from them on read and
	 * written. NULL: nothing better is known. */
	void (*call_effect)(void *arg, const struct prog *prog, u32 slot,
			    const struct cfg_value args[CFG_MAX_ARGS], struct cfg_effect *effect);
	void *arg;
	u32 *ret_cycle;	       /* with ERR_LOOP: the slot of a call in the circle; may be NULL */
	struct budget *budget; /* may be NULL */
};

/* prog passed prog_check(). Everything is in the arena: 6 bytes a slot, 88 a block, 40 a loop, 12 a
 * call, 52 a subprogram, 512 at most for its thresholds; in all, at most 160 a slot. What is needed
 * on the way, at most 70 bytes a slot, has the arena's limit, too. options may be NULL. ERR_LOOP
 * when subprograms call each other in a circle, with the names in it; ERR_TIME: the budget is
 * spent; ERR_NOMEM, and arena->is_full when it was a limit. */
struct error;
int cfg_build(struct arena *arena, const struct prog *prog, const struct cfg_options *options,
	      const struct cfg **ret_cfg, struct error *err) MUST_CHECK;

/* Whether each way from the subprogram's entry to b leads through a; a block dominates itself.
 * False when one is unreachable or they are of two subprograms. */
static inline bool cfg_dominates(const struct cfg *cfg, u32 a, u32 b)
{
	const struct cfg_block *above = &cfg->blocks[a], *below = &cfg->blocks[b];

	return below->dom_start >= above->dom_start && below->dom_start < above->dom_end;
}

static inline bool cfg_loop_contains(const struct cfg *cfg, u32 loop, u32 block)
{
	const struct cfg_loop *around = &cfg->loops[loop];
	u32 place = cfg->blocks[block].order;

	return place != CFG_NONE && place >= around->start && place < around->end;
}

/* Bits of the granules that bytes [off, off + size) of a frame touch, off counted from r10; those
 * outside of the frame have none. */
u64 cfg_granules(s64 off, u32 size);
/* Of those that they cover whole. */
u64 cfg_whole_granules(s64 off, u32 size);
