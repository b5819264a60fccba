/* SPDX-License-Identifier: MIT */
/* What the files of map/ share among themselves. */
#pragma once

#include "map/map.h"

/* Every type that a row names. */
#define MAP_TYPE(NAME, name, windows, linux, impl, flags) \
	extern const struct map_ops map_##impl##_ops;
#include "spec/map_types.def"
#undef MAP_TYPE
extern const struct map_ops map_custom_ops; /* of types that others provide */

/* Flags that mean something for what applications, and what programs, too, read and write. */
#define MAP_FLAGS_APP  (MAP_F_NUMA_NODE | MAP_F_RDONLY | MAP_F_WRONLY)
#define MAP_FLAGS_BOTH (MAP_FLAGS_APP | MAP_F_RDONLY_PROG | MAP_F_WRONLY_PROG)

/* 0, or ERR_INVAL for flags that no update takes. */
int map_check_update_flags(u64 flags) MUST_CHECK;

/* Iteration of maps whose key is an index. */
int map_next_index(const struct map *map, const void *key, void *ret_key);

/* Zeroed memory for a map's contents, counted; ERR_NOMEM with the reason. What is a multiplication
 * too many is refused, too. */
int map_alloc(struct map *map, u64 count, u64 size, void **ret_mem, struct error *err) MUST_CHECK;
/* Counts memory that comes from elsewhere. map_free gives all of it back. */
int map_charge(struct map *map, u64 size, struct error *err) MUST_CHECK;

/* Programs neither look up, nor change, nor touch what such a map holds. */
void *map_no_lookup(struct map *map, const void *key);
int map_no_update(struct map *map, const void *key, const void *value, u64 flags);
int map_no_remove(struct map *map, const void *key);
bool map_no_values(const struct map *map, u64 addr, u32 size);

static inline u64 map_round8(u64 size)
{
	return (size + 7) & ~7ull;
}
