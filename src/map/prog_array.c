/* SPDX-License-Identifier: MIT */
/* Arrays of programs for tail calls. Programs can neither look values up nor change them,
 * applications read the programs' ids. An array that no application can reach any more lets go of
 * its programs, since they may own it. */
#include "base/mem.h"
#include "base/str.h"
#include "map/types.h"
#include "spec/spec.h"

struct map_prog_array {
	struct map map;
	struct core_object **progs;
};

/* Programs that look up meanwhile are kept safe by their epoch; applications, which have none,
 * exclude one another. */
static struct core_object *exchange(struct map *map, u32 index, struct core_object *prog)
{
	struct map_prog_array *array = (struct map_prog_array *)map;
	u8 state = os_lock_take(&map->inner_lock);
	struct core_object *old = __atomic_exchange_n(&array->progs[index], prog, __ATOMIC_ACQ_REL);

	os_lock_give(&map->inner_lock, state);
	return old;
}

static void let_go(struct map *map)
{
	for (u32 i = 0; i < map->def.max_entries; i++)
		core_put(exchange(map, i, NULL));
}

static void abandon(struct core_object *object)
{
	let_go(CONTAINER_OF(object, struct map, core));
}

static int prog_array_init(struct map *map, struct error *err)
{
	struct map_prog_array *array = (struct map_prog_array *)map;
	void *mem;
	int r;

	if (map->def.value_size != sizeof(u32))
		return error_set(err, ERR_INVAL, "value_size of a prog_array must be 4, not %u",
				 map->def.value_size);
	if (map->def.max_entries > MAP_MAX_MEMORY / sizeof(struct core_object *))
		return error_set(err, ERR_TOOBIG,
				 "a prog_array of %u entries is over the limit of 4 GiB",
				 map->def.max_entries);
	r = map_alloc(map, map->def.max_entries, sizeof(struct core_object *), &mem, err);
	if (r == 0) {
		array->progs = mem;
		map->core.abandon = abandon;
	}
	return r;
}

static void prog_array_fini(struct map *map)
{
	struct map_prog_array *array = (struct map_prog_array *)map;

	if (array->progs == NULL)
		return;
	let_go(map);
	mem_free(array->progs);
}

static int prog_array_read(struct map *map, const void *key, void *ret_value)
{
	const struct core_object *prog;
	u32 index;
	u8 state;

	memcpy(&index, key, sizeof(index));
	state = os_lock_take(&map->inner_lock);
	prog = prog_array_get(map, index);
	if (prog != NULL)
		memcpy(ret_value, &prog->id, sizeof(prog->id));
	os_lock_give(&map->inner_lock, state);
	return prog == NULL ? ERR_NOENT : 0;
}

static int prog_array_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

int prog_array_set(struct map *map, u32 index, struct core_object *prog)
{
	if (map->ops != &map_prog_array_ops)
		return ERR_INVAL;
	if (index >= map->def.max_entries)
		return ERR_RANGE;
	if (prog != NULL)
		core_get(prog);
	core_put(exchange(map, index, prog));
	return 0;
}

struct core_object *prog_array_get(const struct map *map, u32 index)
{
	const struct map_prog_array *array = (const struct map_prog_array *)map;

	if (map->ops != &map_prog_array_ops || index >= map->def.max_entries)
		return NULL;
	return __atomic_load_n(&array->progs[index], __ATOMIC_ACQUIRE);
}

const struct map_ops map_prog_array_ops = {
	.size = sizeof(struct map_prog_array),
	.flags = MAP_FLAGS_APP,
	.init = prog_array_init,
	.fini = prog_array_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.next_key = prog_array_next_key,
	.contains = map_no_values,
	.read = prog_array_read,
};
