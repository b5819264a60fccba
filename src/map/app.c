/* SPDX-License-Identifier: MIT */
/* Maps as applications use them: whole values, what they may do, many at a time. */
#include "base/str.h"
#include "map/hash.h"
#include "os/os.h"
#include "spec/spec.h"

size_t map_value_size(const struct map *map)
{
	if ((map->def.type->flags & MAP_TYPE_PER_CPU) != 0)
		return (size_t)map_round8(map->def.value_size) * map->cpus;
	return map->def.value_size;
}

static bool has_key(const struct map *map)
{
	return (map->def.type->flags & MAP_TYPE_NO_KEY) == 0;
}

static bool may_write(const struct map *map)
{
	return (map->def.flags & MAP_F_RDONLY) == 0 &&
	       !__atomic_load_n(&map->frozen, __ATOMIC_RELAXED);
}

int map_freeze(struct map *map)
{
	if ((map->def.flags & MAP_F_RDONLY) != 0)
		return ERR_PERM;
	if (__atomic_exchange_n(&map->frozen, true, __ATOMIC_SEQ_CST))
		return ERR_BUSY;
	if (__atomic_load_n(&map->write_views, __ATOMIC_SEQ_CST) == 0)
		return 0;
	__atomic_store_n(&map->frozen, false, __ATOMIC_RELAXED);
	return ERR_BUSY;
}

int map_view_open(struct map *map, bool write, void **ret_view, u64 *ret_size)
{
	const struct os_shm *shm = map->ops->shm == NULL ? NULL : map->ops->shm(map);
	void *view;

	if (shm == NULL)
		return ERR_INVAL;
	if ((map->def.flags & (write ? MAP_F_RDONLY : MAP_F_WRONLY)) != 0)
		return ERR_ACCES;
	/* Counted before frozen is looked at, as map_freeze does it the other way round. */
	if (write)
		__atomic_add_fetch(&map->write_views, 1, __ATOMIC_SEQ_CST);
	if (write && __atomic_load_n(&map->frozen, __ATOMIC_SEQ_CST)) {
		__atomic_sub_fetch(&map->write_views, 1, __ATOMIC_SEQ_CST);
		return ERR_ACCES;
	}
	view = os_shm_map(shm, write);
	if (view == NULL) {
		if (write)
			__atomic_sub_fetch(&map->write_views, 1, __ATOMIC_SEQ_CST);
		return ERR_NOMEM;
	}
	*ret_view = view;
	*ret_size = shm->size;
	return 0;
}

void map_view_close(struct map *map, bool write, void *view)
{
	os_shm_unmap(map->ops->shm(map), view);
	if (write)
		__atomic_sub_fetch(&map->write_views, 1, __ATOMIC_SEQ_CST);
}

int map_read(struct map *map, const void *key, void *ret_value)
{
	const void *value;

	if ((map->def.flags & MAP_F_WRONLY) != 0)
		return ERR_PERM;
	if (!has_key(map))
		return map->ops->peek != NULL ? map->ops->peek(map, ret_value) : ERR_NOTSUP;
	if (map->ops->read != NULL)
		return map->ops->read(map, key, ret_value);
	value = map->ops->lookup(map, key);
	if (value == NULL)
		return ERR_NOENT;
	words_load(ret_value, value, map->def.value_size);
	return 0;
}

int map_write(struct map *map, const void *key, const void *value, u64 flags)
{
	if (!may_write(map))
		return ERR_PERM;
	if (!has_key(map))
		return map->ops->push != NULL ? map->ops->push(map, value, flags) : ERR_NOTSUP;
	if (map->ops->write != NULL)
		return map->ops->write(map, key, value, flags);
	return map->ops->update(map, key, value, flags);
}

int map_delete(struct map *map, const void *key)
{
	if (!may_write(map))
		return ERR_PERM;
	if (!has_key(map))
		return ERR_INVAL;
	return map->ops->erase != NULL ? map->ops->erase(map, key) : map->ops->remove(map, key);
}

int map_take(struct map *map, const void *key, void *ret_value)
{
	if (!may_write(map) || (map->def.flags & MAP_F_WRONLY) != 0)
		return ERR_PERM;
	if (!has_key(map))
		return map->ops->pop != NULL ? map->ops->pop(map, ret_value) : ERR_NOTSUP;
	return map->ops->take != NULL ? map->ops->take(map, key, ret_value) : ERR_NOTSUP;
}

int map_next_key(struct map *map, const void *key, void *ret_key)
{
	if ((map->def.flags & MAP_F_WRONLY) != 0)
		return ERR_PERM;
	return map->ops->next_key != NULL ? map->ops->next_key(map, key, ret_key) : ERR_NOTSUP;
}

/* --- many at a time --- */

static const u8 *nth(const void *array, u32 n, size_t size)
{
	return array == NULL ? NULL : (const u8 *)array + n * size;
}

int map_write_batch(struct map *map, const void *keys, const void *values, u32 *count, u64 flags)
{
	u32 room = *count;
	int r = 0;

	if (!may_write(map))
		return ERR_PERM;
	for (*count = 0; *count < room; ++*count) {
		r = map_write(map, nth(keys, *count, map->def.key_size),
			      nth(values, *count, map_value_size(map)), flags);
		if (r < 0)
			return r;
	}
	return 0;
}

int map_delete_batch(struct map *map, const void *keys, u32 *count)
{
	u32 room = *count;
	int r = 0;

	if (!may_write(map))
		return ERR_PERM;
	for (*count = 0; *count < room; ++*count) {
		r = map_delete(map, nth(keys, *count, map->def.key_size));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Hashes go on at a bucket, as their keys may be gone by then; all others at a key. */
static bool by_bucket(const struct map *map)
{
	return map->ops->fini == hash_fini;
}

size_t map_cursor_size(const struct map *map)
{
	return by_bucket(map) ? sizeof(u32) : map->def.key_size;
}

static int read_buckets(struct map *map, const void *in_cursor, void *ret_cursor, u8 *keys,
			u8 *values, u32 *count, bool take)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 bucket = 0, room = *count;
	size_t value_size = map_value_size(map);
	int r = 0;

	if (in_cursor != NULL)
		memcpy(&bucket, in_cursor, sizeof(bucket));
	*count = 0;
	for (; r == 0 && bucket <= hash->mask; bucket++) {
		u32 got = room - *count;

		r = hash_read_bucket(hash, bucket, keys + (size_t)*count * map->def.key_size,
				     values + *count * value_size, &got, take);
		if (r < 0)
			break;
		*count += got;
	}
	if (r == ERR_NOSPC && *count > 0)
		r = 0;
	else if (r == 0)
		r = ERR_NOENT;
	memcpy(ret_cursor, &bucket, sizeof(bucket));
	return r;
}

static int read_keys(struct map *map, const void *in_cursor, void *ret_cursor, u8 *keys, u8 *values,
		     u32 *count)
{
	const void *last = in_cursor;
	size_t value_size = map_value_size(map);
	u32 room = *count;
	int r = 0;

	for (*count = 0; *count < room;) {
		u8 *key = keys + (size_t)*count * map->def.key_size;

		r = map_next_key(map, last, key);
		if (r < 0)
			break;
		r = map_read(map, key, values + *count * value_size);
		if (r < 0 && r != ERR_NOENT)
			break;
		/* One that is gone or empty takes no room, but is where to go on. */
		memcpy(ret_cursor, key, map->def.key_size);
		last = ret_cursor;
		*count += r == 0;
		r = 0;
	}
	return r;
}

int map_read_batch(struct map *map, const void *in_cursor, void *ret_cursor, void *keys,
		   void *values, u32 *count, bool take)
{
	if ((map->def.flags & MAP_F_WRONLY) != 0 || (take && !may_write(map)))
		return ERR_PERM;
	if (*count == 0)
		return 0;
	if (by_bucket(map))
		return read_buckets(map, in_cursor, ret_cursor, keys, values, count, take);
	if (take || map->ops->next_key == NULL)
		return ERR_NOTSUP;
	return read_keys(map, in_cursor, ret_cursor, keys, values, count);
}
