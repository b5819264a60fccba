/* SPDX-License-Identifier: MIT */
/* Hash maps: buckets of chains over a pool that is taken at creation, so that an update never fails
 * for want of memory and a value never moves. Elements are named by their position plus one, 0 ends
 * a chain; a new element is complete before it is linked at its chain's head. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "map/stride.h"
#include "map/types.h"
#include "os/os.h"

/* The key follows, then the value at a multiple of 8. */
struct elem {
	u32 next;
	u32 hash;
};

struct map_hash {
	struct map map;
	u64 seed;
	u32 *buckets;
	u32 mask; /* buckets - 1; their number is a power of two */
	u32 value_off;
	struct stride stride;
	u8 *pool;
	u32 used; /* elements that were ever handed out: the pool's beginning */
	u32 free; /* chain of those that came back */
};

static struct elem *elem_at(const struct map_hash *hash, u32 name)
{
	return (struct elem *)(void *)(hash->pool + (size_t)(name - 1) * hash->stride.size);
}

static u8 *key_of(struct elem *elem)
{
	return (u8 *)(elem + 1);
}

static u8 *value_of(const struct map_hash *hash, struct elem *elem)
{
	return (u8 *)elem + hash->value_off;
}

static int hash_init(struct map *map, struct error *err)
{
	struct map_hash *hash = (struct map_hash *)map;
	u64 value_off = sizeof(struct elem) + map_round8(map->def.key_size);
	u64 stride = value_off + map_round8(map->def.value_size);
	u64 total, buckets = 1;

	if (__builtin_mul_overflow(stride, (u64)map->def.max_entries, &total) ||
	    total > MAP_MAX_MEMORY || total > SIZE_MAX)
		return error_set(err, ERR_TOOBIG,
				 "a hash of %u entries of %u + %u bytes is over the limit of 4 GiB",
				 map->def.max_entries, map->def.key_size, map->def.value_size);
	while (buckets < map->def.max_entries)
		buckets *= 2;
	hash->mask = (u32)(buckets - 1);
	hash->value_off = (u32)value_off;
	hash->stride = stride_of((u32)stride);
	if ((map->def.flags & MAP_F_ZERO_SEED) == 0)
		os_random(&hash->seed, sizeof(hash->seed));
	hash->buckets = mem_zalloc_array((size_t)buckets, sizeof(*hash->buckets));
	hash->pool = mem_zalloc((size_t)total);
	if (hash->buckets == NULL || hash->pool == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a hash of %llu bytes", total);
	return 0;
}

static void hash_fini(struct map *map)
{
	struct map_hash *hash = (struct map_hash *)map;

	mem_free(hash->buckets);
	mem_free(hash->pool);
}

static u32 hash_of(const struct map_hash *hash, const void *key)
{
	return (u32)hash_bytes(key, hash->map.def.key_size, hash->seed);
}

/* The link that names key's element, or the chain's end. */
static u32 *find_link(struct map_hash *hash, const void *key, u32 h)
{
	u32 *link = &hash->buckets[h & hash->mask];

	while (*link != 0) {
		struct elem *elem = elem_at(hash, *link);

		if (elem->hash == h && memcmp(key_of(elem), key, hash->map.def.key_size) == 0)
			break;
		link = &elem->next;
	}
	return link;
}

static void *hash_lookup(struct map *map, const void *key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 *link = find_link(hash, key, hash_of(hash, key));

	return *link == 0 ? NULL : value_of(hash, elem_at(hash, *link));
}

/* The name of an element for a new key, 0 when all are in use. */
static u32 take_elem(struct map_hash *hash)
{
	u32 name = hash->free;

	if (name != 0)
		hash->free = elem_at(hash, name)->next;
	else if (hash->used < hash->map.def.max_entries)
		name = ++hash->used;
	return name;
}

static int hash_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 h = hash_of(hash, key);
	u32 *link = find_link(hash, key, h);
	int r = map_check_update_flags(flags);
	struct elem *elem;
	u32 name;

	if (r < 0)
		return r;
	if (*link != 0) {
		if (flags == MAP_NOEXIST)
			return ERR_EXIST;
		/* The new value may be (part of) another value, or this one. */
		memmove(value_of(hash, elem_at(hash, *link)), value, map->def.value_size);
		return 0;
	}
	if (flags == MAP_EXIST)
		return ERR_NOENT;
	name = take_elem(hash);
	if (name == 0)
		return ERR_TOOBIG;
	elem = elem_at(hash, name);
	elem->hash = h;
	/* key and value may lie in this very element, which its program has deleted. */
	memmove(key_of(elem), key, map->def.key_size);
	memmove(value_of(hash, elem), value, map->def.value_size);
	elem->next = hash->buckets[h & hash->mask];
	hash->buckets[h & hash->mask] = name;
	return 0;
}

static int hash_remove(struct map *map, const void *key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 *link = find_link(hash, key, hash_of(hash, key));
	struct elem *elem;
	u32 name = *link;

	if (name == 0)
		return ERR_NOENT;
	elem = elem_at(hash, name);
	*link = elem->next;
	elem->next = hash->free;
	hash->free = name;
	return 0;
}

/* Bucket by bucket. A key that has gone since starts again: the caller sees elements twice rather
 * than none. */
static int hash_next_key(struct map *map, const void *key, void *ret_key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 name = 0;
	u64 bucket = 0;

	if (key != NULL) {
		u32 h = hash_of(hash, key);
		u32 at = *find_link(hash, key, h);

		if (at != 0) {
			name = elem_at(hash, at)->next;
			bucket = (u64)(h & hash->mask) + 1;
		}
	}
	for (; name == 0 && bucket <= hash->mask; bucket++)
		name = hash->buckets[bucket];
	if (name == 0)
		return ERR_NOENT;
	memmove(ret_key, key_of(elem_at(hash, name)), map->def.key_size);
	return 0;
}

static bool hash_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_hash *hash = (const struct map_hash *)map;
	u64 off = addr - (u64)(uintptr_t)hash->pool;
	u32 inside;

	if (off >= (u64)hash->stride.size * hash->used)
		return false;
	inside = (u32)off - stride_index(hash->stride, (u32)off) * hash->stride.size;
	if (inside < hash->value_off)
		return false;
	inside -= hash->value_off;
	return inside < map->def.value_size && size <= map->def.value_size - inside;
}

const struct map_ops map_hash_ops = {
	.size = sizeof(struct map_hash),
	.flags = MAP_F_NO_PREALLOC | MAP_F_NUMA_NODE | MAP_F_RDONLY | MAP_F_WRONLY |
		 MAP_F_ZERO_SEED | MAP_F_RDONLY_PROG,
	.init = hash_init,
	.fini = hash_fini,
	.lookup = hash_lookup,
	.update = hash_update,
	.remove = hash_remove,
	.next_key = hash_next_key,
	.contains = hash_contains,
};
