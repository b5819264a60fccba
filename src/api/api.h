/* SPDX-License-Identifier: MIT */
/* What the files of the public API share: the handles behind its names, and how its structs cross
 * the border between callers and libraries of different age. */
#pragma once

#include <oriel/object.h>

#include "base/error.h"
#include "object/object.h"

struct oriel_btf {
	u8 *bytes; /* NULL for the caller's own */
	struct arena arena;
	struct btf btf;
	u32 refs;
};

struct oriel_program {
	struct oriel_program *next; /* of the same object */
	const struct prog *prog;
	u32 idx; /* in object.progs */
	const struct spec_prog_type *asked;
	u8 *insns; /* encoded */
};

struct oriel_object {
	struct object *object;
	u8 *bytes;
	struct oriel_btf *target_btf;
	const struct object_global *globals;
	u32 global_count;
	struct oriel_program *programs; /* what was linked */
};

/* Tells the caller of the API about a failure; returns its status. */
int api_fail(const struct error *err, struct oriel_error *ret_err);

/* Takes a caller's options into known, which is zeroed and has its sizeof in `size`. What an older
 * caller does not have stays zero, what a newer one has more must be zero. options NULL: all
 * zero. */
int api_take_options(const void *options, void *known, const char *name,
		     struct error *err) MUST_CHECK;
/* Gives info, whose `size` is its sizeof, to a caller's struct as far as that goes; a longer one
 * ends in zeros. ERR_INVAL when the caller's size is less than the first version's. */
int api_give_info(const void *info, void *ret_info) MUST_CHECK;

void api_btf_ref(struct oriel_btf *btf);
/* A copy for the library to keep. */
int api_copy(const void *bytes, size_t len, u8 **ret_copy, struct error *err) MUST_CHECK;
void api_program_free(struct oriel_program *program);
