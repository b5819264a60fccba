/* SPDX-License-Identifier: MIT */
/* Maps of maps. Programs that look up get the inner map; applications read and write its id, which
 * whoever owns the maps turns into map_set_inner. A hash of maps is a hash whose values are
 * addresses. */
#include "base/mem.h"
#include "map/hash.h"
#include "spec/spec.h"

struct map_array_of_maps {
	struct map map;
	struct map **inner;
};

static int check_value_size(const struct map *map, struct error *err)
{
	if (map->def.value_size == sizeof(u32))
		return 0;
	return error_set(err, ERR_INVAL, "value_size of a %s must be 4, not %u",
			 map->def.type->name, map->def.value_size);
}

static int of_maps_init(struct map *map, struct error *err)
{
	struct map_array_of_maps *array = (struct map_array_of_maps *)map;
	int r = check_value_size(map, err);
	void *mem;

	if (r < 0)
		return r;
	if (map->def.max_entries > MAP_MAX_MEMORY / sizeof(void *))
		return error_set(err, ERR_TOOBIG,
				 "an array_of_maps of %u entries is over the limit of 4 GiB",
				 map->def.max_entries);
	r = map_alloc(map, map->def.max_entries, sizeof(void *), &mem, err);
	if (r == 0)
		array->inner = mem;
	return r;
}

static void of_maps_fini(struct map *map)
{
	struct map_array_of_maps *array = (struct map_array_of_maps *)map;

	for (u32 i = 0; array->inner != NULL && i < map->def.max_entries; i++)
		map_drop(array->inner[i]);
	mem_free(array->inner);
}

static struct map **inner_at(struct map *map, const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	if (index >= map->def.max_entries)
		return NULL;
	return &((struct map_array_of_maps *)map)->inner[index];
}

static void *of_maps_lookup(struct map *map, const void *key)
{
	struct map **inner = inner_at(map, key);

	return inner == NULL ? NULL : __atomic_load_n(inner, __ATOMIC_ACQUIRE);
}

/* Programs that look up while an inner map leaves are kept safe by their epoch. Applications, which
 * have none, exclude one another. */
static int of_maps_remove(struct map *map, const void *key)
{
	struct map **inner = inner_at(map, key), *old;
	u8 state;

	if (inner == NULL)
		return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_TOOBIG;
	state = os_lock_take(&map->inner_lock);
	old = __atomic_exchange_n(inner, NULL, __ATOMIC_ACQ_REL);
	os_lock_give(&map->inner_lock, state);
	if (old == NULL)
		return map->dialect == DIALECT_WINDOWS ? 0 : ERR_NOENT;
	map_drop(old);
	return 0;
}

static int of_maps_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

static int of_maps_read(struct map *map, const void *key, void *ret_value)
{
	u8 state = os_lock_take(&map->inner_lock);
	const struct map *inner = map->ops->lookup(map, key);

	if (inner != NULL)
		memcpy(ret_value, &inner->core.id, sizeof(inner->core.id));
	os_lock_give(&map->inner_lock, state);
	return inner == NULL ? ERR_NOENT : 0;
}

static int of_maps_take(UNUSED struct map *map, UNUSED const void *key, UNUSED void *ret_value)
{
	return map->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_NOTSUP;
}

/* --- hash of maps --- */

static int hash_of_maps_init(struct map *map, struct error *err)
{
	int r = check_value_size(map, err);

	return r < 0 ? r : hash_init(map, err);
}

static void hash_of_maps_fini(struct map *map)
{
	struct map_hash *hash = (struct map_hash *)map;

	for (u64 b = 0; hash->pool != NULL && b <= hash->mask; b++) {
		u32 name = hash->buckets[b].head;

		while ((s32)name > 0) {
			map_drop((struct map *)(uintptr_t)*hash_value_at(hash, name, 0));
			name = hash_elem_at(hash, name)->next;
		}
	}
	hash_fini(map);
}

/* The address is the key's when the tag is still the same afterwards. */
static void *hash_of_maps_lookup(struct map *map, const void *key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 h = hash_of(hash, key), name;
	u64 tag, inner;

	do {
		name = hash_find(hash, key, h, &tag);
		if (name == 0)
			return NULL;
		inner = __atomic_load_n(hash_value_at(hash, name, 0), __ATOMIC_ACQUIRE);
	} while (!hash_is_still(hash_elem_at(hash, name), tag));
	return (void *)(uintptr_t)inner;
}

static int hash_of_maps_remove(struct map *map, const void *key)
{
	u64 inner;
	u8 state = os_lock_take(&map->inner_lock);
	int r = hash_cut((struct map_hash *)map, key, &inner);

	os_lock_give(&map->inner_lock, state);
	if (r == 0)
		map_drop((struct map *)(uintptr_t)inner);
	return r;
}

/* --- setting --- */

/* What programs rely on: the kind and all sizes. */
static int check_inner(const struct map *outer, const struct map *inner, struct error *err)
{
	const struct prog_map *want = &outer->inner, *have = &inner->def;
	bool any_length =
		(want->flags & MAP_F_INNER_MAP) != 0 && (have->flags & MAP_F_INNER_MAP) != 0;

	if (want->type == NULL)
		return error_set(err, ERR_INVAL, "the map of maps has no inner map's definition");
	if (want->type->kind != have->type->kind)
		return error_set(err, ERR_INVAL, "the inner map is a %s, not a %s",
				 have->type->name, want->type->name);
	if ((have->type->flags & MAP_TYPE_CUSTOM) != 0 && inner->dialect == DIALECT_WINDOWS)
		return error_set(
			err, ERR_INVAL,
			"programs that use a %s are known to its extension: it is in no map",
			have->type->name);
	if (want->key_size != have->key_size || want->value_size != have->value_size)
		return error_set(err, ERR_INVAL,
				 "the inner map has %u bytes of key and %u of value, not %u and %u",
				 have->key_size, have->value_size, want->key_size,
				 want->value_size);
	if (want->max_entries != have->max_entries && !any_length &&
	    (outer->dialect == DIALECT_WINDOWS || want->type->kind == MAP_KIND_ARRAY))
		return error_set(err, ERR_INVAL, "the inner map has %u entries, not %u",
				 have->max_entries, want->max_entries);
	if (want->flags != have->flags)
		return error_set(err, ERR_INVAL, "the inner map has flags 0x%x, not 0x%x",
				 have->flags, want->flags);
	return 0;
}

/* Before the inner map is looked at, as in Linux. */
static int check_place(struct map *outer, const void *key, u64 flags)
{
	int r = map_check_update_flags(flags);

	if (r < 0 || outer->def.type->kind != MAP_KIND_ARRAY_OF_MAPS)
		return r;
	/* Linux: MAP_ANY and nothing else. */
	if (flags == MAP_NOEXIST || (flags != MAP_ANY && outer->dialect == DIALECT_LINUX))
		return ERR_INVAL;
	if (inner_at(outer, key) == NULL)
		return outer->dialect == DIALECT_WINDOWS ? ERR_INVAL : ERR_TOOBIG;
	return 0;
}

static int set_in_array(struct map *outer, const void *key, struct map *inner)
{
	struct map **place = inner_at(outer, key), *old;
	u8 state = os_lock_take(&outer->inner_lock);

	old = __atomic_exchange_n(place, inner, __ATOMIC_ACQ_REL);
	os_lock_give(&outer->inner_lock, state);
	map_drop(old);
	return 0;
}

static int set_in_hash(struct map *outer, const void *key, struct map *inner, u64 flags)
{
	struct map_hash *hash = (struct map_hash *)outer;
	u64 value = (u64)(uintptr_t)inner, old = 0;
	struct hash_put put = { .key = key, .value = &value, .flags = flags, .ret_old = &old };
	u8 state = os_lock_take(&outer->inner_lock);
	int r = hash_put(hash, &put);

	os_lock_give(&outer->inner_lock, state);
	if (r == 0)
		map_drop((struct map *)(uintptr_t)old);
	return r;
}

int map_set_inner(struct map *outer, const void *key, struct map *inner, u64 flags,
		  struct error *err)
{
	int r = 0;

	if ((outer->def.type->flags & MAP_TYPE_OF_MAPS) == 0)
		return error_set(err, ERR_INVAL, "a %s holds no maps", outer->def.type->name);
	if (inner == NULL) {
		r = outer->ops->remove(outer, key);
		return r < 0 ? error_set(err, r, "nothing to take out") : 0;
	}
	r = check_place(outer, key, flags);
	if (r < 0)
		return error_set(err, r, "%s", error_name(r));
	r = check_inner(outer, inner, err);
	if (r < 0)
		return r;
	map_hold(inner);
	r = outer->def.type->kind == MAP_KIND_ARRAY_OF_MAPS ? set_in_array(outer, key, inner)
							    : set_in_hash(outer, key, inner, flags);
	if (r < 0) {
		map_drop(inner);
		return error_set(err, r, "%s", error_name(r));
	}
	return 0;
}

const struct map_ops map_array_of_maps_ops = {
	.size = sizeof(struct map_array_of_maps),
	.flags = MAP_FLAGS_BOTH,
	.init = of_maps_init,
	.fini = of_maps_fini,
	.lookup = of_maps_lookup,
	.update = map_no_update,
	.remove = of_maps_remove,
	.next_key = of_maps_next_key,
	.contains = map_no_values,
	.read = of_maps_read,
	.take = of_maps_take,
};

const struct map_ops map_hash_of_maps_ops = {
	.size = sizeof(struct map_hash),
	.flags = MAP_FLAGS_BOTH | MAP_F_NO_PREALLOC | MAP_F_ZERO_SEED,
	.init = hash_of_maps_init,
	.fini = hash_of_maps_fini,
	.lookup = hash_of_maps_lookup,
	.update = map_no_update,
	.remove = hash_of_maps_remove,
	.next_key = hash_next_key,
	.contains = map_no_values,
	.read = of_maps_read,
	.take = of_maps_take,
};
