/* SPDX-License-Identifier: MIT */
/* The search for invariants: what its files share. Nothing here decides a verdict; what it finds is
 * a proof, which check_proof() accepts or not. */
#pragma once

#include "base/arena.h"
#include "check/proof.h"
#include "verify/join.h"

#define LEQ_WORK  4  /* to compare two states, in instructions */
#define MAX_DEPTH 10 /* of calls: more than any program may have */

/* What a state is called by while it is on its way: which unrolled iteration of a loop it belongs
 * to. */
struct tag {
	u32 loop;
	u32 parent; /* of a loop around */
	u32 before; /* the iteration before; 0: none */
};

/* States with the same key are alike enough to be joined without losing what matters: types and
 * nullness of values (coarse), constants in registers as well (medium), in cells and what is
 * initialised on the stack (fine). Only those that hold the same can be joined at all. */
struct keys {
	u64 fine, medium, coarse, held;
};

/* One state that a point keeps. */
struct part {
	const struct packed *state;
	struct keys keys;
	u32 tag;
	bool is_dirty; /* what is behind it has not been walked since it changed */
	struct proof_rank rank;
};

enum point_mode {
	POINT_JOIN,    /* states join those with the same key, up to the search's number of parts */
	POINT_UNROLL,  /* a loop head: each state is a part of its own, unless it is included in one
			*/
	POINT_WIDEN,   /* a loop head: like JOIN, and bounds that still move go to thresholds */
	POINT_COLLECT, /* a loop head: what arrives is kept apart */
	POINT_CLOSED,  /* a loop head: what arrives has to be included already */
};

struct parts {
	struct part *at;
	u32 count, cap;
};

#define MAX_CANDIDATES 16
struct candidate {
	u8 reg, frame, size; /* FINDING_NO_REG: a cell */
	s16 off;
	u16 anchor;	   /* while it is tried */
	bool grows, falls; /* on each edge back so far */
};

/* A head's state while what comes back to it is collected. */
struct trial {
	u32 tag; /* of what starts from it */
	u32 candidate_count;
	struct candidate candidates[MAX_CANDIDATES];
	struct parts arrivals;
};

struct point {
	struct parts parts;
	enum point_mode mode;
	u32 widenings;
	u32 most; /* UNROLL: parts */
	/* CLOSED: something arrived that was not included. UNROLL: more than is allowed did, or
	 * what had been there before. */
	bool is_open;
	bool is_long;	      /* did not close iteration by iteration */
	struct trial *trials; /* COLLECT: a part */
	u32 anchors[4];	      /* of its first parts, 0: none yet */
};

struct instance {
	u32 kind, subprog, func;
	const struct packed *entry;
	struct point *points; /* by block of the subprogram */
	struct point exits;
	int status; /* 0: its parts are a proof; else finding says why not */
	bool is_done;
	struct finding finding;
};

/* A path that waits. The state is as the checker has it there: naming its symbols anew would make
 * room for more than the checker can know. */
struct pending {
	struct state *state;
	u32 block, tag;
};

struct walk;
struct record;
struct verify_options;

struct search {
	const struct prog *prog;
	const struct cfg *cfg;
	const struct check_policy *policy;
	struct arena *arena;
	u32 max_parts;	  /* of a point */
	u32 parts_before; /* of one on the way to where the round before failed */
	/* By subprogram: the end of that way, in cfg->order; NULL: nobody asks. */
	const u32 *failed_before;
	u32 *ret_failed;       /* the same of this round, for the next */
	u64 steps, max_steps;  /* instructions walked */
	struct budget *budget; /* may be NULL */
	bool is_over;	       /* out of memory or steps */
	int status;
	struct instance **instances;
	u32 instance_count, instance_cap;
	u32 depth;	    /* of calls */
	u32 unroll;	    /* iterations that may be looked at one by one */
	bool has_long_loop; /* with more of them */
	/* Symbols with differences that a point's state may have, unless they are about the packet:
	 * what is claimed has to be shown by each state that arrives. */
	u32 kept_distances;
	s64 *thresholds; /* those of cfg, each with its neighbours: loops leave at one or the other
			  */
	struct walk *walks[MAX_DEPTH];
	struct tag *tags;
	u32 tag_count, tag_cap;
	struct record *record; /* takes notes; NULL: nobody does */
};

/* One instance while it is looked at: working states are big, so they are here and not on the
 * stack. */
struct walk {
	struct search *search;
	struct instance *instance;
	struct transfer transfer;
	u32 quiet; /* > 0: failures end a path and are not reported: invariants are still growing */
	u32 quiet_loop; /* the innermost one that is looked at so: nothing leaves it meanwhile */
	/* Numbers for ranks, from below, and for candidates, from above. */
	u32 next_anchor, last_trial;
	bool has_failed;
	u32 block;	 /* that is gone through */
	u32 hint;	 /* of state_may_leq() */
	u32 unrolling;	 /* loops around that are looked at iteration by iteration */
	bool is_aborted; /* and cannot be */
	struct pending
		*pending; /* entries behind pending_count keep their state for the next one */
	u32 pending_count, pending_cap;
	struct state *now; /* changes places with those that wait */
	struct state first, taken, callee, other, joined, spare;
	struct state_map map, call_map;
};

/* verify.c */
/* Within the options' limits; rounds count from 0. NULL: out of memory. */
struct search *search_new(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
			  const struct verify_options *options, u32 round);
/* The round that finds as much without what another one told it. */
u32 search_round_alone(u32 round);
void search_arena(struct arena *arena, const struct verify_options *options);

/* tree.c */
void walk_from(struct walk *w, const struct packed *state, u32 block, u32 tag);
void walk_parts(struct walk *w, u32 block);
bool is_point(const struct walk *w, u32 block);
struct point *point_of(const struct walk *w, u32 block);

/* points.c */
/* As it was before anything arrived. */
void point_clear(struct point *point);
void point_arrive(struct walk *w, u32 block, struct state *state, u32 tag);
void point_forget_dead(struct walk *w, u32 block, struct state *state);
void point_add_exit(struct walk *w, struct state *state);
bool parts_push(struct search *s, struct parts *parts, const struct part *part);
const struct packed *keep(struct walk *w, struct state *state);
void walk_fail(struct walk *w);
void search_over(struct search *s, int status);
/* Work that is no instruction: about as much as so many take. */
void search_spend(struct search *s, u32 work);

/* loop.c */
void walk_range(struct walk *w, u32 from, u32 to);
/* COLLECT, CLOSED: a state at a loop's head. */
void loop_arrive(struct walk *w, u32 block, struct state *state, u32 tag);

/* candidates.c: what may show that a loop ends */
void candidates_find(struct walk *w, const struct cfg_loop *loop, struct state *state,
		     struct trial *trial);
void candidates_see(struct state *state, struct trial *trial);
struct value *candidate_value(struct state *state, const struct candidate *c);
/* Symbol of the value at c becomes anchor, which stands for that value. */
bool candidate_anchor(struct state *state, const struct candidate *c, u32 anchor);
/* Anchors of these trials become free symbols. */
void candidates_strip(struct state *state, const struct trial *trials, u32 count);

/* search.c */
struct instance *search_instance(struct search *s, u32 kind, u32 subprog, u32 func,
				 struct state *callee, struct state_map *map);
u32 tag_new(struct search *s, struct tag tag);
/* The program, and what it calls; false: out of memory. */
bool search_main(struct search *s);

/* key.c */
struct keys state_keys(const struct state *state);
