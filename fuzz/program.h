/* SPDX-License-Identifier: MIT */
/* Programs out of bytes: each byte is a choice, and the choices lean towards what a verifier lets
 * through, though nothing here knows what that is. */
#pragma once

#include "prog/prog.h"

#define PROGRAM_SLOTS	 400
#define PROGRAM_SUBPROGS 5
#define PROGRAM_CALLS	 8

enum program_maps { PROGRAM_HASH, PROGRAM_ARRAY, PROGRAM_GLOBAL, PROGRAM_CONST, PROGRAM_MAPS };
enum { PROGRAM_VALUE = 16, PROGRAM_GLOBAL_SIZE = 32 };

struct program {
	struct insn insns[PROGRAM_SLOTS];
	struct prog_subprog subprogs[PROGRAM_SUBPROGS];
	struct prog_map maps[PROGRAM_MAPS];
	struct prog prog;
};

/* Takes bytes off the front of *data. The result may well not pass prog_check(). */
void program_make(const u8 **data, size_t *len, struct program *ret_program);
