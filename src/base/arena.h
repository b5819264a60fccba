/* SPDX-License-Identifier: MIT */
/* Memory that is released all at once. An arena holds what lives as long as one object file, one
 * translation, one verification. */
#pragma once

#include "base/compiler.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	size_t used, cap;	    /* of the newest chunk */
	size_t total, limit;	    /* bytes taken from the system, and the most that may be */
	bool is_full;		    /* the limit was what an allocation failed for */
};

/* limit 0: none. No memory is taken before the first allocation. */
void arena_init(struct arena *arena, size_t limit);
/* Accepts a zeroed arena; leaves it empty and usable. */
void arena_fini(struct arena *arena);

/* Zeroed, 16-byte aligned; NULL when out of memory or over the limit. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/* Not zeroed: for what is large and written before it is read. */
void *arena_array_raw(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/* A terminated copy of len bytes. */
char *arena_strndup(struct arena *arena, const char *s, size_t len) MUST_CHECK;
