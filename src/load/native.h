/* SPDX-License-Identifier: MIT */
/* The engine "native" for objects: a program is translated, compiled by the host's C compiler into
 * a shared library, and loaded. For development: nothing of it is signed. */
#pragma once

#include "btf/btf.h"
#include "runtime/runtime.h"

struct native_compiler {
	struct engine engine;  /* what programs are loaded with; outlives them */
	const char *include;   /* the folder of bpf2c.h */
	const char *command;   /* the compiler; NULL: clang, or else cc */
	const char *keep;      /* the folder where modules and their C stay; NULL: nothing stays */
	bool for_debugger;     /* nothing is optimised away */
	const struct btf *btf; /* of the object, for arguments with types; set by loading */
};
void native_compiler_init(struct native_compiler *ret_compiler, const char *include,
			  const char *command);
