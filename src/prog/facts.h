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
	FACT_DIVISOR_NONZERO = 8,
	FACT_MAP = 16, /* map: the only one that r1 (or the map argument) of the call can be */
	FACT_KEY = 32, /* key_const: the constant u32 key of an array's lookup */
	FACT_KEY_BELOW = 64,  /* the array's key is below max_entries */
	FACT_DST_CONST = 128, /* dst holds the constant `value` after the instruction */
};

struct prog_fact {
	u16 flags; /* enum fact_flag */
	u16 pad;
	u32 map;    /* FACT_MAP: index into prog->maps */
	u64 value;  /* FACT_DST_CONST; FACT_KEY: the key */
	u64 lo, hi; /* ALU, LOAD: unsigned range of dst after the instruction; all: 0, UINT64_MAX */
	u16 nonnull;	/* bit i: register i is a pointer that is not null before the instruction */
	u16 consts;	/* bit i: register i holds the same constant whenever this is reached */
	u32 iterations; /* loop heads: visits per entry of the loop, 0: no bound known */
};

struct prog_facts {
	struct prog_fact *rows; /* one a slot, of the caller's memory */
	u32 count;
	u32 stack_depth; /* bytes in the longest chain of calls */
	u64 max_visits;	 /* of any one loop head in one run; 0: no bound */
};

/* Nothing reached. rows has prog->insn_count entries. */
void facts_init(struct prog_facts *facts, struct prog_fact *rows, u32 count);
