/* SPDX-License-Identifier: MIT */
/* Arrays: all values in one block, there from the start and zero. */
#include "base/mem.h"
#include "base/str.h"
#include "map/stride.h"
#include "map/types.h"

struct map_array {
	struct map map;
	struct stride stride;
	u8 *values;
};

static int array_init(struct map *map, struct error *err)
{
	struct map_array *array = (struct map_array *)map;
	u64 stride = map_round8(map->def.value_size);
	u64 total;

	if (__builtin_mul_overflow(stride, (u64)map->def.max_entries, &total) ||
	    total > MAP_MAX_MEMORY || total > SIZE_MAX)
		return error_set(err, ERR_TOOBIG,
				 "an array of %u values of %u bytes is over the limit of 4 GiB",
				 map->def.max_entries, map->def.value_size);
	array->stride = stride_of((u32)stride);
	array->values = mem_zalloc((size_t)total);
	if (array->values == NULL)
		return error_set(err, ERR_NOMEM, "no memory for an array of %llu bytes", total);
	return 0;
}

static void array_fini(struct map *map)
{
	mem_free(((struct map_array *)map)->values);
}

static void *array_lookup(struct map *map, const void *key)
{
	struct map_array *array = (struct map_array *)map;
	u32 index;

	memcpy(&index, key, sizeof(index));
	if (index >= map->def.max_entries)
		return NULL;
	return array->values + (size_t)index * array->stride.size;
}

static int array_update(struct map *map, const void *key, const void *value, u64 flags)
{
	void *slot = array_lookup(map, key);
	int r = map_check_update_flags(flags);

	if (r < 0)
		return r;
	if (slot == NULL)
		return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_TOOBIG;
	/* Every index exists. */
	if (flags == MAP_NOEXIST)
		return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_EXIST;
	/* The new value may be (part of) another value, or this one. */
	memmove(slot, value, map->def.value_size);
	return 0;
}

/* Elements of an array cannot go: Linux refuses, Windows zeroes the value. */
static int array_remove(struct map *map, const void *key)
{
	void *slot = array_lookup(map, key);

	if (map->dialect != DIALECT_WINDOWS || slot == NULL)
		return ERR_INVAL;
	memset(slot, 0, map->def.value_size);
	return 0;
}

static int array_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

static bool array_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_array *array = (const struct map_array *)map;
	u64 off = addr - (u64)(uintptr_t)array->values;
	u32 inside;

	if (off >= (u64)array->stride.size * map->def.max_entries)
		return false;
	inside = (u32)off - stride_index(array->stride, (u32)off) * array->stride.size;
	return inside < map->def.value_size && size <= map->def.value_size - inside;
}

const struct map_ops map_array_ops = {
	.size = sizeof(struct map_array),
	.flags = MAP_F_NUMA_NODE | MAP_F_RDONLY | MAP_F_WRONLY | MAP_F_RDONLY_PROG |
		 MAP_F_MMAPABLE | MAP_F_INNER_MAP,
	.init = array_init,
	.fini = array_fini,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.next_key = array_next_key,
	.contains = array_contains,
};
