/* SPDX-License-Identifier: MIT */
/* What is known of a verified program, instruction by instruction, for code generators. Each row
 * holds in every execution; what is not known is left out. */
#pragma once

#include "base/compiler.h"
#include "prog/prog.h"

enum fact_flag {
	FACT_REACHED = 1,   /* some execution may get here; without it the slot is dead code */
	FACT_TAKEN = 2,	    /* conditional jumps: may be taken */
	FACT_NOT_TAKEN = 4, /* may fall through */
	FACT_DIVISOR_NONZERO = 8, /* in the width of the division */
	FACT_MAP = 16,		  /* map: the only one that the call can get */
	FACT_KEY = 32,		  /* value: the constant key of an array */
	FACT_KEY_BELOW = 64,	  /* the array's key is below max_entries */
	FACT_DST_CONST = 128,	  /* dst holds the constant `value` afterwards */
	FACT_OWN_MEMORY = 256, /* loads and stores: of the stack, the context or the packet, which
				  nobody changes while the program runs */
};

struct prog_fact {
	u16 flags; /* enum fact_flag */
	/* Bit i: register i is a pointer that is not null, before the instruction. Not for jumps.
	 */
	u16 nonnull;
	u32 map;    /* FACT_MAP: index into prog->maps */
	u64 value;  /* FACT_DST_CONST, FACT_KEY */
	u64 lo, hi; /* arithmetic and loads: what dst holds afterwards, unsigned */
	u64 visits; /* first slots of blocks that have points: how often in one run of its function,
		       at most; 0: not known */
};

struct prog_facts {
	struct prog_fact *rows; /* one a slot, of the caller's memory */
	u32 count;
	/* It loads pointers to the host's objects from its context, and takes them for what the
	 * context's fields promise. */
	bool needs_objects;
	/* Helpers may read stack that the program did not write. */
	bool uninit_stack;
	/* What it may load of its context: bit i, of the four bytes from 4 * i on; the last one:
	 * of all that is behind. */
	u64 ctx_loads;
	u32 stack_depth; /* bytes in the longest chain of calls */
	/* Of any one state of a proof's point in one run; 0: no bound, or the run time's. A loop
	 * that is proven iteration by iteration has many; rows have the sum. */
	u64 max_visits;
};

/* Nothing reached. rows has prog->insn_count entries. */
void facts_init(struct prog_facts *facts, struct prog_fact *rows, u32 count);
