/* SPDX-License-Identifier: MIT */
/* Growable array: VEC(struct thing) things = {0}; ... vec_push(&things, thing) ...
 * vec_free(&things). */
#pragma once

#include "base/compiler.h"

#define VEC(T)                     \
	struct {                   \
		union {            \
			T *items;  \
			void *raw; \
		};                 \
		size_t count, cap; \
	}

/* Room for extra more items; 0 or ERR_NOMEM. */
#define vec_reserve(v, extra) \
	vec_reserve_raw(&(v)->raw, &(v)->cap, (v)->count, (extra), sizeof(*(v)->items))

/* 0 or ERR_NOMEM, which leaves the vector as it was. */
#define vec_push(v, ...) \
	(vec_reserve((v), 1) != 0 ? vec_no_memory() : ((v)->items[(v)->count++] = (__VA_ARGS__), 0))

#define vec_free(v)                      \
	do {                             \
		vec_free_raw(&(v)->raw); \
		(v)->count = 0;          \
		(v)->cap = 0;            \
	} while (0)

int vec_reserve_raw(void **raw, size_t *cap, size_t count, size_t extra,
		    size_t item_size) MUST_CHECK;
void vec_free_raw(void **raw);
int vec_no_memory(void);
