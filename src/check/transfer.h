/* SPDX-License-Identifier: MIT */
/* What one instruction does to a state, and whether it is safe: shared by the checker, whose word
 * counts, and by the search. Nothing here allocates; states are the caller's. */
#pragma once

#include "cfg/cfg.h"
#include "check/finding.h"
#include "check/state.h"
#include "spec/spec.h"

/* Options of the verdict. check_policy_default() has the usual ones. */
struct check_policy {
	bool no_termination;	  /* programs need not end */
	bool no_division_by_zero; /* a divisor has to be proven non-zero; otherwise x / 0 = 0 */
	bool strict;		  /* keys of array maps have to be below max_entries */
	bool unprivileged;	  /* no leaks even for types that may, no pointer comparisons */
	bool allow_leaks;	  /* addresses may become numbers, as for privileged types */
	bool strict_alignment;	  /* all accesses aligned; otherwise only atomics */
	bool allow_uninit_stack;  /* helpers may read stack that was not written */
	u32 max_stack;		  /* bytes in a chain of calls; 0: the dialect's */
	u64 max_steps;		  /* visits of one loop head */
	u64 raw_size;		  /* bytes that the raw type's context has at least */
};
void check_policy_default(struct check_policy *ret_policy);

/* What an instance stands for: how it is entered and left. */
enum instance_kind {
	INSTANCE_MAIN,	   /* the program */
	INSTANCE_CALL,	   /* a function, called */
	INSTANCE_CALLBACK, /* a function that a helper calls, by the contract spec_callback_of() */
	INSTANCE_COUNT
};

/* The caller's side of a call: what of it went into the callee's state. Plain data. */
#define CALL_NAMES 64
struct call_link {
	u32 kind;		  /* enum instance_kind */
	u32 subprog;		  /* that is called */
	u32 func;		  /* CALLBACK: enum spec_arg of the argument */
	u32 slot;		  /* of the call */
	u32 times;		  /* runs of it, at most; 0: the run time sees to its end */
	u32 frame_count;	  /* of the caller's that went along */
	u32 frames[STATE_FRAMES]; /* their indices in the caller's state */
	u32 ref_count;		  /* references that went along */
	u32 refs[STATE_REFS];
	u32 sym_count, id_count;
	/* The caller's symbols and ids (to) that would mean something else in the callee, under
	 * free numbers (from). */
	struct diff_name syms[CALL_NAMES], ids[CALL_NAMES];
};

/* In and out of the functions below. One per analysis; owner keeps it. */
struct transfer {
	const struct prog *prog;
	const struct cfg *cfg;
	const struct check_policy *policy;
	enum instance_kind kind; /* of the instance that is walked */
	u32 func;		 /* CALLBACK: enum spec_arg */
	/* Bytes of each frame of its states that were accessed, from the top; they grow. */
	u32 stack_used[STATE_FRAMES];
	struct finding finding; /* set by TRANSFER_FAIL */
	/* Set by TRANSFER_CALL: the callee's state of entry, and what to give to transfer_return().
	 */
	struct state *callee;
	struct call_link link;
};

enum transfer_result {
	TRANSFER_OK,
	TRANSFER_DEAD, /* no execution gets beyond this */
	TRANSFER_FAIL, /* not safe, or not modelled: t->finding says why; the state is spoilt */
	/* A call of a function of the program, by call or as callback: the caller has to find an
	 * instance of link.kind and link.subprog whose entry includes *callee, then go on from
	 * transfer_return() for each of its exits (INSTANCE_CALL), or for the state of entry itself
	 * (callbacks: the frames as they are after any number of runs). */
	TRANSFER_CALL,
};

/* Points t at a program. callee is storage for TRANSFER_CALL. */
void transfer_init(struct transfer *t, const struct prog *prog, const struct cfg *cfg,
		   const struct check_policy *policy, struct state *callee);

/* The state in which the program starts. FAIL: it is not a program that could be started. */
enum transfer_result transfer_entry(struct transfer *t, struct state *ret_state);

/* Any instruction but jumps and EXIT: OK, FAIL, DEAD, CALL. For two-slot instructions the slot of
 * the first half; the second half is OK and changes nothing. */
enum transfer_result transfer_insn(struct transfer *t, struct state *state, u32 slot);

/* JUMP_IF and MAY_GOTO: *state becomes what falls through, *ret_taken what jumps; ret_feasible is
 * by CFG_NEXT and CFG_TARGET, and where it is false the state there is spoilt. OK or FAIL. */
enum transfer_result transfer_branch(struct transfer *t, struct state *state, u32 slot,
				     struct state *ret_taken, bool ret_feasible[2]);

/* EXIT, by the rules of t->kind; what is left is the instance's state of exit: only r0, the
 * callers' frames and what is acquired (for INSTANCE_CALL), nothing else. */
enum transfer_result transfer_exit(struct transfer *t, struct state *state, u32 slot);

/* After TRANSFER_CALL: state is the caller's as transfer_insn() left it, exit one of the instance's
 * states of exit (callbacks: the state of entry), map what state_leq(callee, entry, LEQ_ENTRY)
 * said. *state becomes the caller's state after the call. DEAD: it cannot come back this way. */
enum transfer_result transfer_return(struct transfer *t, struct state *state,
				     const struct state *exit, const struct state_map *map,
				     const struct call_link *link);

/* The state of entry that an instance has which is to include *callee: symbols and ids that are
 * free in it get numbers that keep their meaning inside the instance. For the search. */
void transfer_entry_names(struct state *callee);

/* For callbacks: the state in which the callback is entered again, made from one in which it was
 * left and the state of entry. It has to be included in the state of entry. */
void transfer_again(const struct transfer *t, const struct state *entry, const struct state *exit,
		    struct state *ret_state);
