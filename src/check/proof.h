/* SPDX-License-Identifier: MIT */
/* The claim that a program is safe: invariants for the places where paths meet. Plain data, made by
 * whoever likes to; check_proof() decides what it is worth. */
#pragma once

#include "check/state.h"
#include "check/transfer.h"

enum rank_direction {
	RANK_NONE,
	RANK_UP,   /* the location's value grows from visit to visit */
	RANK_DOWN, /* and here it falls */
};

/* The register or cell whose value (a number, or the offset of a pointer) says that the loop ends.
 * In the point's state that value is exactly the symbol `anchor` (SYM_ANCHOR to SYM_ENTRY - 1; d =
 * 0), which stands for the value at the last visit of this point. No two ranked points of an
 * instance have the same anchor. */
struct proof_rank {
	u8 direction; /* enum rank_direction */
	u8 reg;	      /* FINDING_NO_REG: a cell */
	u8 frame;
	u8 size; /* of the cell, in bytes */
	s16 off;
	u16 anchor;
};

struct proof_point {
	u32 block; /* at its start */
	struct proof_rank rank;
	const struct packed *state;
};

/* A subprogram under one state of entry: its summary. [0] of a proof is the program; calls go to
 * instances of higher index, so that there is no recursion. */
struct proof_instance {
	u32 kind; /* enum instance_kind */
	u32 subprog;
	u32 func;		    /* CALLBACK: enum spec_arg of the helper's argument */
	const struct packed *entry; /* MAIN: NULL, it is transfer_entry()'s */
	const struct proof_point
		*points; /* by rising block; several states of one block follow each other */
	u32 point_count;
	const struct packed *const
		*exits; /* CALL and callbacks: the states in which it may be left */
	u32 exit_count;
};

struct proof {
	const struct proof_instance *instances;
	u32 instance_count;
};
