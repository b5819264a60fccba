/* SPDX-License-Identifier: MIT */
/* What helpers are called with, whatever engine runs the program: numbers as they are, addresses as
 * places that are the same in each run. */
#pragma once

#include "runtime/runtime.h"

#define RECORD_CALLS   4096 /* of a run that are kept */
#define RECORD_HELPERS 64   /* of a program */

enum logged_place {
	PLACE_NUMBER,
	PLACE_STACK, /* offset in a frame */
	PLACE_CTX,
	PLACE_PACKET,
	PLACE_MAP,     /* a map itself; which one */
	PLACE_ARRAY,   /* values of the map `which` */
	PLACE_RESULT,  /* of call `which` */
	PLACE_UNKNOWN, /* an address of the host's */
};

struct logged_arg {
	u8 place; /* enum logged_place */
	bool has_memory;
	u32 which;
	u64 value;  /* the number, or an offset */
	u64 memory; /* hash of what the helper reads there */
};

struct logged_call {
	u32 id, count; /* arguments that the helper looks at */
	struct logged_arg args[5];
};

struct calls {
	/* The engine that a runtime is given; it prepares programs by `under`. */
	struct engine engine;
	const struct engine *under;
	const struct prog *prog;
	/* Calls that an engine may do itself stay, and are not recorded. */
	bool may_inline;
	/* Some engine lays out frames otherwise: of addresses in one call the first one counts as
	 * 0.
	 */
	bool own_frames;
	/* The engine gets a program whose first constant argument is another one. */
	bool spoil;

	u32 call_count, result_count;
	u32 overflow; /* calls that did not fit */
	struct logged_call calls[RECORD_CALLS];
	u64 results[RECORD_CALLS]; /* pointers that helpers returned; 0: none */

	/* Of the program. */
	exec_entry entry;
	struct helper_binding (*helper)(const void *arg, u32 id);
	const void *arg;
	u64 *maps;
	struct prog_array *arrays;
	struct insn *spoilt;
	struct helper_binding helpers[RECORD_HELPERS];
	const struct spec_helper *rows[RECORD_HELPERS];
	u32 ids[RECORD_HELPERS];
	u32 helper_count;
};

void calls_init(struct calls *record, const struct prog *prog, const struct engine *under);
void calls_fini(struct calls *record);
/* What programs do from now on comes here; forgets the last run. */
void calls_begin(struct calls *record);
/* UINT32_MAX: all calls are the same; else the first one that is not. */
u32 calls_compare(const struct calls *a, const struct calls *b);
void calls_print(const struct calls *record, u32 call);
