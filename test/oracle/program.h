/* SPDX-License-Identifier: MIT */
/* Programs out of choices that lean towards what a verifier lets through and sit at its borders,
 * though nothing here knows what the verifier does. */
#pragma once

#include "check/transfer.h"
#include "choice.h"
#include "prog/prog.h"

#define PROGRAM_SLOTS	 600
#define PROGRAM_SUBPROGS 10
#define PROGRAM_CALLS	 24

enum program_map { PROGRAM_HASH, PROGRAM_ARRAY, PROGRAM_GLOBAL, PROGRAM_CONST, PROGRAM_MAPS = 32 };
/* Indices of program.prog.funcs. */
enum program_func {
	PROGRAM_ITER_NEW,
	PROGRAM_ITER_NEXT,
	PROGRAM_ITER_DESTROY,
	PROGRAM_MEMSET,
	PROGRAM_MEMCPY,
	PROGRAM_MEMMOVE,
	PROGRAM_MEMCMP,
	PROGRAM_NO_CONTRACT, /* known by name only */
	PROGRAM_NO_FUNC,     /* nobody has it */
	PROGRAM_FUNCS
};
enum { PROGRAM_LOCKS = 26, PROGRAM_TIMERS = 27, PROGRAM_LOCK_MAPS = 28 };
enum { PROGRAM_VALUE = 16, PROGRAM_GLOBAL_SIZE = 32 };
/* Values with what is the host's in them. */
enum { PROGRAM_LOCKED = 24, PROGRAM_TIMED = 40, PROGRAM_LOCK_AT = 4, PROGRAM_TIMER_AT = 16 };

/* Variables: PROGRAM_CONFIG is one of the kernel's configuration. */
enum { PROGRAM_VARIABLE, PROGRAM_CONFIG, PROGRAM_VARS };

/* What a policy has otherwise than by default. */
enum program_rule {
	RULE_UNPRIVILEGED = 1,
	RULE_STRICT = 2,
	RULE_LEAKS = 4,
	RULE_ALIGNED = 8,
	RULE_DIVISOR = 16,
	RULE_NO_END = 32,
	RULE_UNINIT = 64,
};
void program_policy(u32 rules, struct check_policy *policy);

struct program {
	struct insn insns[PROGRAM_SLOTS];
	struct prog_subprog subprogs[PROGRAM_SUBPROGS];
	struct prog_map maps[PROGRAM_MAPS];
	struct prog prog;
	bool is_bad;   /* made to be refused, most likely */
	u32 rules;     /* enum program_rule, for it to be judged by */
	u64 max_steps; /* of the search; 0: as many as others have */
};

enum program_form {
	PROGRAM_ANY,
	PROGRAM_PLAIN, /* only what the run time offers */
	PROGRAM_SMALL, /* few statements */
};

/* finding: what it is to be refused for; FINDING_NONE: nothing, most likely. The result may well
 * not pass prog_check(). */
void program_make(struct choice *choice, enum program_form form, u32 finding,
		  struct program *ret_program);
/* Whether some program is refused for that: those about proofs are not. */
bool program_can_provoke(u32 finding);
