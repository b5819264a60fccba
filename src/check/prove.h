/* SPDX-License-Identifier: MIT */
/* What the steps of check_proof() share. */
#pragma once

#include "base/vec.h"
#include "check/check.h"
#include "check/internal.h"
#include "check/rank.h"

struct pending;

/* By instance, worked out from the last one down. */
struct prover_instance {
	u32 frames;		/* in the longest chain of calls from here, its own included */
	u32 stack;		/* bytes in it */
	u32 used[STATE_FRAMES]; /* bytes of each frame that it gets */
	u64 visits;		/* of any loop head, in one run of this, by what is counted */
};

/* By slot: a call, on the walk from one node. */
struct prover_call {
	u64 visits;
	u32 walk, pad;
};

struct prover {
	struct transfer t;
	struct arena *arena;
	const struct proof *proof;
	struct prog_facts *facts; /* may be NULL */
	struct prover_instance *instances;
	/* The one that is walked. */
	const struct proof_instance *instance;
	u32 instance_index;
	u32 node; /* 0: its entry; else point + 1: where the walk began */
	u32 walk; /* counts the nodes of all instances */
	VEC(struct rank_edge) edges;
	struct prover_call *calls;
	u64 *call_visits; /* by node: of loop heads in what it calls, when it is visited once */
	struct pending *pending;
	/* What is walked goes on there, before what is pending. */
	bool goes_on, is_budgeted;
	u32 slot;
	u32 hint; /* of state_may_leq() */
	u64 steps;
	struct budget *budget; /* may be NULL */
	/* Something ends because the run time sees to that: in this instance, in any. */
	bool is_open, has_open;
	bool is_first_fact; /* the instruction is walked for the first time */
	/* Working states: what is walked, its second half, what it is compared with. */
	struct state *state, *other, *target;
	struct state_map *map;
	struct state_map *call_map; /* of the call that is walked */
};

/* Walks p->instance. 0; ERR_ACCES with p->t.finding; ERR_NOMEM. */
int prove_instance(struct prover *p) MUST_CHECK;

/* The value that a rank speaks of; NULL: there is none. */
struct value *prove_rank_value(struct state *state, const struct proof_rank *rank);

/* Called on the way: a call of instance number callee; facts. */
void prove_called(struct prover *p, u32 callee, const struct call_link *link);
void prove_reached(struct prover *p, u32 slot);
void prove_before(struct prover *p, u32 slot);
void prove_after(struct prover *p, u32 slot);
/* Bounds by node, when all are known. */
void prove_visits(struct prover *p, const u64 *visits);
void prove_branch(struct prover *p, u32 slot, const bool feasible[2]);
