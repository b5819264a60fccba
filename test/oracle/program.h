/* SPDX-License-Identifier: MIT */
/* Programs out of choices that lean towards what a verifier lets through and sit at its borders,
 * though nothing here knows what the verifier does. */
#pragma once

#include "choice.h"
#include "prog/prog.h"

#define PROGRAM_SLOTS	 600
#define PROGRAM_SUBPROGS 8
#define PROGRAM_CALLS	 24
#define PROGRAM_FUNCS	 4

enum program_map { PROGRAM_HASH, PROGRAM_ARRAY, PROGRAM_GLOBAL, PROGRAM_CONST, PROGRAM_MAPS = 32 };
enum { PROGRAM_VALUE = 16, PROGRAM_GLOBAL_SIZE = 32 };

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
