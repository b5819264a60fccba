/* SPDX-License-Identifier: MIT */
/* What the files of map/ share among themselves. */
#pragma once

#include "map/map.h"

extern const struct map_ops map_array_ops;
extern const struct map_ops map_hash_ops;
extern const struct map_ops map_prog_array_ops;

/* 0, or ERR_INVAL for flags that no update takes. */
int map_check_update_flags(u64 flags) MUST_CHECK;

/* Iteration of maps whose key is an index. */
int map_next_index(const struct map *map, const void *key, void *ret_key);

static inline u64 map_round8(u64 size)
{
	return (size + 7) & ~7ull;
}
