/* SPDX-License-Identifier: MIT */
/* What the files of the public API share: the handles behind its names, and how its structs cross
 * the border between callers and libraries of different age. */
#pragma once

#include <oriel/load.h>

#include "base/error.h"
#include "load/set.h"
#include "object/object.h"
#include "runtime/hook.h"

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
	u32 refs; /* atomic: its owner and the programs that are loaded */
	struct object *object;
	u8 *bytes;
	struct oriel_btf *target_btf;
	const struct object_global *globals;
	u32 global_count;
	struct oriel_program *programs; /* what was linked */
};

struct oriel_runtime {
	u32 refs; /* atomic: its owner and what was made of it */
	struct runtime *rt;
};

struct oriel_hook {
	struct oriel_runtime *runtime;
	struct hook *hook;
	struct guid attach_type;
	const struct spec_prog_type *type;
};

struct oriel_loaded {
	struct oriel_runtime *runtime;
	struct oriel_object *object;
	struct load_set set;
};

/* A map, program or link is a handle by itself; a link keeps its runtime besides. */
struct oriel_link {
	struct oriel_runtime *runtime;
	struct runtime_link *link;
};
static inline struct map *api_map(struct oriel_map *map)
{
	return (struct map *)(void *)map;
}

void api_runtime_ref(struct oriel_runtime *runtime);
void api_object_ref(void *object); /* a struct oriel_object */
void api_object_put(void *object);

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
