/* SPDX-License-Identifier: MIT */
/* The hash map types as programs and applications see them. */
#include "map/hash.h"
#include "spec/spec.h"

static void *hash_lookup(struct map *map, const void *key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u64 tag;
	u32 name = hash_find(hash, key, hash_of(hash, key), &tag);

	return name == 0 ? NULL : hash_value_at(hash, name, 0);
}

static void *hash_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	struct map_hash *hash = (struct map_hash *)map;
	u64 tag;
	u32 name = hash_find(hash, key, hash_of(hash, key), &tag);

	return name == 0 ? NULL : hash_value_at(hash, name, cpu);
}

static void *lru_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	struct map_hash *hash = (struct map_hash *)map;
	u64 tag;
	u32 name = hash_find(hash, key, hash_of(hash, key), &tag);
	struct hash_elem *elem;

	if (name == 0)
		return NULL;
	elem = hash_elem_at(hash, name);
	if (__atomic_load_n(&elem->ref, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&elem->ref, 1, __ATOMIC_RELAXED);
	return hash_value_at(hash, name, cpu);
}

static void *lru_lookup(struct map *map, const void *key)
{
	return lru_lookup_cpu(map, key, 0);
}

static int hash_update_cpu(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct hash_put put = {
		.key = key, .value = value, .flags = flags, .cpu = cpu, .own_cpu = true
	};

	return hash_put((struct map_hash *)map, &put);
}

static int hash_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct hash_put put = { .key = key, .value = value, .flags = flags, .cpu = 0 };

	return hash_put((struct map_hash *)map, &put);
}

/* By place in the pool: an element stays where it is. */
static int hash_walk(struct map *map, u32 cpu, u32 *cursor, void *ret_key, void **ret_value)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 name = *cursor;

	while (name < map->def.max_entries) {
		name++;
		if (hash_key_at(hash, name, ret_key)) {
			*cursor = name;
			*ret_value = hash_value_at(hash, name, map->cpus == 1 ? 0 : cpu);
			return 0;
		}
	}
	*cursor = name;
	return ERR_NOENT;
}

static int hash_remove(struct map *map, const void *key)
{
	return hash_cut((struct map_hash *)map, key, NULL);
}

static int lru_init(struct map *map, struct error *err)
{
	((struct map_hash *)map)->is_lru = true;
	return hash_init(map, err);
}

/* --- the application's side: a lookup by it is no use that an LRU map would count --- */

/* What was copied is one element's when the tag is still the same afterwards. */
static int hash_read(struct map *map, const void *key, void *ret_value)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 h = hash_of(hash, key), name;
	u64 tag;

	do {
		name = hash_find(hash, key, h, &tag);
		if (name == 0)
			return ERR_NOENT;
		hash_values_load(hash, name, ret_value);
	} while (!hash_is_still(hash_elem_at(hash, name), tag));
	return 0;
}

static int hash_write(struct map *map, const void *key, const void *value, u64 flags)
{
	struct hash_put put = { .key = key, .value = value, .flags = flags, .cpu = HASH_ALL_CPUS };

	return hash_put((struct map_hash *)map, &put);
}

static int hash_take(struct map *map, const void *key, void *ret_value)
{
	return hash_cut((struct map_hash *)map, key, ret_value);
}

#define COMMON_FLAGS (MAP_FLAGS_BOTH | MAP_F_ZERO_SEED)
#define COMMON_OPS                                                                   \
	.size = sizeof(struct map_hash), .fini = hash_fini, .update = hash_update,   \
	.remove = hash_remove, .next_key = hash_next_key, .contains = hash_contains, \
	.walk = hash_walk, .read = hash_read, .write = hash_write, .take = hash_take

const struct map_ops map_hash_ops = {
	COMMON_OPS,
	.flags = COMMON_FLAGS | MAP_F_NO_PREALLOC,
	.init = hash_init,
	.lookup = hash_lookup,
};

const struct map_ops map_percpu_hash_ops = {
	COMMON_OPS,
	.flags = COMMON_FLAGS | MAP_F_NO_PREALLOC,
	.init = hash_init,
	.lookup = hash_lookup,
	.lookup_cpu = hash_lookup_cpu,
	.update_cpu = hash_update_cpu,
};

/* MAP_F_NO_COMMON_LRU, a list for each CPU, asks for less contention: the clock has none. */
const struct map_ops map_lru_hash_ops = {
	COMMON_OPS,
	.flags = COMMON_FLAGS | MAP_F_NO_COMMON_LRU,
	.init = lru_init,
	.lookup = lru_lookup,
};

const struct map_ops map_lru_percpu_hash_ops = {
	COMMON_OPS,
	.flags = COMMON_FLAGS | MAP_F_NO_COMMON_LRU,
	.init = lru_init,
	.lookup = lru_lookup,
	.lookup_cpu = lru_lookup_cpu,
	.update_cpu = hash_update_cpu,
};
