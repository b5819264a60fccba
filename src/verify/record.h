/* SPDX-License-Identifier: MIT */
/* What a program looks like to the search: each place's states, and all that is wrong, not only
 * the first. Found by going through it once more after the verdict, which this has no part in. */
#pragma once

#include "verify/verify.h"

#define RECORD_FINDINGS 20
#define RECORD_STATES	4 /* of a block in an instance */

/* What a register or an argument pointed to, whenever the instruction was met: the own frame, from
 * lo to hi. */
struct record_pointer {
	s16 lo, hi;
	bool is_stack, is_map;
	u32 map; /* index, of the map itself */
};

struct record_slot {
	bool is_reached;
	/* LOAD, STORE and the like: [0] is the address; calls: r1 to r5. */
	struct record_pointer pointers[5];
};

struct record_block {
	const struct packed *states[RECORD_STATES]; /* as they were at its start */
	u32 count;				    /* of all that were there */
};

/* A function, under one state of entry. */
struct record_instance {
	u32 kind, subprog, func;     /* as in struct proof_instance */
	struct record_block *blocks; /* of the subprogram */
	const void *source;	     /* the search's */
};

struct record {
	const struct prog *prog;
	const struct cfg *cfg;			  /* NULL: of recursion there is none */
	struct finding findings[RECORD_FINDINGS]; /* by slot; each has a cause of its own */
	u32 finding_count;
	u32 more; /* that there was no room for */
	struct record_slot *slots;
	struct record_instance *instances;
	u32 instance_count, instance_cap;
	struct arena arena;
};

/* options and result are those of verify_prog(), which went before. 0 or an error as there;
 * *ret_record is to be given to record_fini() in any case. */
int record_make(const struct prog *prog, const struct verify_options *options,
		const struct verify_result *result, struct record *ret_record,
		struct error *err) MUST_CHECK;
void record_fini(struct record *record); /* accepts a zeroed one */
