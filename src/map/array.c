/* SPDX-License-Identifier: MIT */
/* Arrays: all values in one block, there from the start and zero; per-CPU arrays: a block a CPU, so
 * that no two CPUs write to one cache line. */
#include "base/mem.h"
#include "map/stride.h"
#include "os/os.h"
#include "spec/spec.h"
#include "map/types.h"
#include "map/word.h"

#define BLOCK_ALIGN 128 /* processors fetch cache lines in pairs */

struct map_array {
	struct map map;
	struct stride stride;
	u64 block; /* bytes from a CPU's values to the next one's */
	u8 *values;
	struct os_shm shared; /* what values are in, if others may map them */
};

static int share_values(struct map_array *array, u64 total, struct error *err)
{
	int r = map_charge(&array->map, total, err);

	if (r < 0)
		return r;
	if (os_shm_alloc(total, &array->shared) < 0)
		return error_set(err, ERR_NOMEM, "no memory to share for an array of %llu bytes",
				 total);
	array->values = array->shared.mem;
	return 0;
}

static int array_init(struct map *map, struct error *err)
{
	struct map_array *array = (struct map_array *)map;
	u64 stride = map_round8(map->def.value_size);
	u64 total;
	void *mem;
	int r;

	if (__builtin_mul_overflow(stride, (u64)map->def.max_entries, &total) ||
	    total > MAP_MAX_MEMORY - BLOCK_ALIGN)
		return error_set(err, ERR_TOOBIG,
				 "an array of %u values of %u bytes is over the limit of 4 GiB",
				 map->def.max_entries, map->def.value_size);
	array->stride = stride_of((u32)stride);
	array->block = map->cpus == 1 ? total : (total + BLOCK_ALIGN - 1) & ~(BLOCK_ALIGN - 1ull);
	if ((map->def.flags & MAP_F_MMAPABLE) != 0 || map->def.is_global)
		return share_values(array, total, err);
	r = map_alloc(map, map->cpus, array->block, &mem, err);
	if (r == 0)
		array->values = mem;
	return r;
}

static void array_fini(struct map *map)
{
	struct map_array *array = (struct map_array *)map;

	if (array->shared.mem == NULL)
		mem_free(array->values);
	os_shm_free(&array->shared);
}

static const struct os_shm *array_shm(const struct map *map)
{
	const struct map_array *array = (const struct map_array *)map;

	return array->shared.mem == NULL ? NULL : &array->shared;
}

static void *array_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	struct map_array *array = (struct map_array *)map;
	u32 index;

	memcpy(&index, key, sizeof(index));
	if (index >= map->def.max_entries)
		return NULL;
	return array->values + cpu * array->block + (size_t)index * array->stride.size;
}

static void *array_lookup(struct map *map, const void *key)
{
	return array_lookup_cpu(map, key, 0);
}

static int check_update(const struct map *map, const void *slot, u64 flags)
{
	int r = map_check_update_flags(flags);

	if (r < 0)
		return r;
	if (slot == NULL)
		return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_TOOBIG;
	/* Every index exists. */
	if (flags == MAP_NOEXIST)
		return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_EXIST;
	return 0;
}

static int array_update_cpu(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	void *slot = array_lookup_cpu(map, key, cpu);
	int r = check_update(map, slot, flags);

	if (r == 0)
		words_move(slot, value, map->def.value_size);
	return r;
}

static int array_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return array_update_cpu(map, key, value, flags, 0);
}

/* Elements of an array cannot go: Linux refuses, Windows zeroes the value. */
static int array_remove(struct map *map, const void *key)
{
	if (map->dialect != DIALECT_WINDOWS || array_lookup(map, key) == NULL)
		return ERR_INVAL;
	for (u32 cpu = 0; cpu < map->cpus; cpu++)
		words_zero(array_lookup_cpu(map, key, cpu), map->def.value_size);
	return 0;
}

static int array_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

static int array_walk(struct map *map, u32 cpu, u32 *cursor, void *ret_key, void **ret_value)
{
	u32 index = *cursor;

	if (index >= map->def.max_entries)
		return ERR_NOENT;
	memcpy(ret_key, &index, sizeof(index));
	*ret_value = array_lookup_cpu(map, &index, map->cpus == 1 ? 0 : cpu);
	*cursor = index + 1;
	return 0;
}

static bool array_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_array *array = (const struct map_array *)map;
	u64 off = addr - (u64)(uintptr_t)array->values;
	u32 inside;

	if (off >= array->block * map->cpus)
		return false;
	if (map->cpus > 1)
		off %= array->block;
	if (off >= (u64)array->stride.size * map->def.max_entries)
		return false;
	inside = (u32)off - stride_index(array->stride, (u32)off) * array->stride.size;
	return inside < map->def.value_size && size <= map->def.value_size - inside;
}

static int array_read(struct map *map, const void *key, void *ret_value)
{
	u64 step = map_round8(map->def.value_size);
	u8 *to = ret_value;

	for (u32 cpu = 0; cpu < map->cpus; cpu++) {
		const void *value = array_lookup_cpu(map, key, cpu);

		if (value == NULL)
			return ERR_NOENT;
		words_load(to + cpu * step, value, (u32)step);
	}
	return 0;
}

static int array_write(struct map *map, const void *key, const void *value, u64 flags)
{
	u64 step = map_round8(map->def.value_size);

	for (u32 cpu = 0; cpu < map->cpus; cpu++) {
		int r = array_update_cpu(map, key, (const u8 *)value + cpu * step, flags, cpu);

		if (r < 0)
			return r;
	}
	return 0;
}

static int array_take(UNUSED struct map *map, UNUSED const void *key, UNUSED void *ret_value)
{
	return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_NOTSUP;
}

const struct map_ops map_array_ops = {
	.size = sizeof(struct map_array),
	.flags = MAP_FLAGS_BOTH | MAP_F_MMAPABLE | MAP_F_INNER_MAP,
	.init = array_init,
	.fini = array_fini,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.next_key = array_next_key,
	.walk = array_walk,
	.contains = array_contains,
	.take = array_take,
	.shm = array_shm,
};

const struct map_ops map_percpu_array_ops = {
	.size = sizeof(struct map_array),
	.flags = MAP_FLAGS_BOTH,
	.init = array_init,
	.fini = array_fini,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.next_key = array_next_key,
	.walk = array_walk,
	.contains = array_contains,
	.lookup_cpu = array_lookup_cpu,
	.update_cpu = array_update_cpu,
	.read = array_read,
	.write = array_write,
	.take = array_take,
};

struct prog_array map_array_of(const struct map *map)
{
	const struct map_array *array = (const struct map_array *)map;

	if (map->ops != &map_array_ops && map->ops != &map_percpu_array_ops)
		return (struct prog_array){ 0 };
	return (struct prog_array){ .values = (u64)(uintptr_t)array->values,
				    .block = map->cpus == 1 ? 0 : array->block,
				    .stride = array->stride.size,
				    .entries = map->def.max_entries };
}
