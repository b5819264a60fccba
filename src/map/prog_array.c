/* SPDX-License-Identifier: MIT */
/* Arrays of programs for tail calls. The values are pointers that only the runtime sets and reads:
 * programs can neither look them up nor change them. */
#include "base/mem.h"
#include "map/types.h"
#include "spec/spec.h"

struct map_prog_array {
	struct map map;
	const void **progs;
};

static int prog_array_init(struct map *map, struct error *err)
{
	struct map_prog_array *array = (struct map_prog_array *)map;
	void *mem;
	int r;

	if (map->def.value_size != sizeof(u32))
		return error_set(err, ERR_INVAL, "value_size of a prog_array must be 4, not %u",
				 map->def.value_size);
	if (map->def.max_entries > MAP_MAX_MEMORY / sizeof(*array->progs))
		return error_set(err, ERR_TOOBIG,
				 "a prog_array of %u entries is over the limit of 4 GiB",
				 map->def.max_entries);
	r = map_alloc(map, map->def.max_entries, sizeof(*array->progs), &mem, err);
	if (r == 0)
		array->progs = mem;
	return r;
}

static void prog_array_fini(struct map *map)
{
	mem_free(((struct map_prog_array *)map)->progs);
}

static int prog_array_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

int prog_array_set(struct map *map, u32 index, const void *prog)
{
	struct map_prog_array *array = (struct map_prog_array *)map;

	if (map->ops != &map_prog_array_ops)
		return ERR_INVAL;
	if (index >= map->def.max_entries)
		return ERR_RANGE;
	__atomic_store_n(&array->progs[index], prog, __ATOMIC_RELEASE);
	return 0;
}

const void *prog_array_get(const struct map *map, u32 index)
{
	const struct map_prog_array *array = (const struct map_prog_array *)map;

	if (map->ops != &map_prog_array_ops || index >= map->def.max_entries)
		return NULL;
	return __atomic_load_n(&array->progs[index], __ATOMIC_ACQUIRE);
}

const struct map_ops map_prog_array_ops = {
	.size = sizeof(struct map_prog_array),
	.flags = MAP_F_NUMA_NODE | MAP_F_RDONLY | MAP_F_WRONLY,
	.init = prog_array_init,
	.fini = prog_array_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.next_key = prog_array_next_key,
	.contains = map_no_values,
};
