/* SPDX-License-Identifier: MIT */
/* Programs out of choices that lean towards what a verifier lets through and sit at its borders,
 * though nothing here knows what the verifier does. */
#pragma once

#include "choice.h"
#include "prog/prog.h"

#define PROGRAM_SLOTS	 600
#define PROGRAM_SUBPROGS 8
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
	PROGRAM_NO_FUNC, /* nobody has it */
	PROGRAM_FUNCS
};
enum { PROGRAM_LOCKS = 26, PROGRAM_TIMERS = 27, PROGRAM_LOCK_MAPS = 28 };
enum { PROGRAM_VALUE = 16, PROGRAM_GLOBAL_SIZE = 32 };
/* Values with what is the host's in them. */
enum { PROGRAM_LOCKED = 24, PROGRAM_TIMED = 40, PROGRAM_LOCK_AT = 4, PROGRAM_TIMER_AT = 16 };

struct program {
	struct insn insns[PROGRAM_SLOTS];
	struct prog_subprog subprogs[PROGRAM_SUBPROGS];
	struct prog_map maps[PROGRAM_MAPS];
	struct prog prog;
	bool is_bad; /* made to be refused, most likely */
};

enum program_form {
	PROGRAM_ANY,
	PROGRAM_PLAIN, /* only what the run time offers */
};

/* The result may well not pass prog_check(). */
void program_make(struct choice *choice, enum program_form form, struct program *ret_program);
