/* SPDX-License-Identifier: MIT */
/* The elements of hash maps: where they live, which are free, and which an LRU map evicts.
 *
 * Eviction is a clock: a hand goes round the pool; what was looked up since its last round is left
 * and unmarked, the first that was not goes. A lookup costs one load then, and a store only where
 * the mark is not there yet. */
#include "base/mem.h"
#include "map/hash.h"
#include "spec/spec.h"
#include "os/os.h"

#define BLOCK_ALIGN 128

static void split_pool(struct map_hash *hash)
{
	u32 count = hash->shard_mask + 1, max = hash->map.def.max_entries;

	for (u32 i = 0; i < count; i++) {
		hash->shards[i].fresh = (u32)((u64)max * i / count) + 1;
		hash->shards[i].end = (u32)((u64)max * (i + 1) / count) + 1;
	}
}

static int alloc_all(struct map_hash *hash, u64 buckets, struct error *err)
{
	struct map *map = &hash->map;
	u64 max = map->def.max_entries;
	void *mem;
	int r = map_alloc(map, buckets, sizeof(*hash->buckets), &mem, err);

	if (r < 0)
		return r;
	hash->buckets = mem;
	r = map_alloc(map, max, hash->stride.size, &mem, err);
	if (r < 0)
		return r;
	hash->pool = mem;
	r = map_alloc(
		map, 1,
		LINE_SPACE((hash->shard_mask + 1) * sizeof(*hash->shards) + sizeof(*hash->clock)),
		&hash->shard_space, err);
	if (r < 0)
		return r;
	hash->shards = line_in(hash->shard_space);
	hash->clock = (struct hash_clock *)(void *)(hash->shards + hash->shard_mask + 1);
	if (!hash->per_cpu) {
		hash->values = hash->pool + hash->value_off;
		hash->value_stride = hash->stride.size;
		return 0;
	}
	hash->value_stride = map_round8(hash->value_size);
	hash->block = HASH_BUSY_ROOM +
		      ((hash->value_stride * max + BLOCK_ALIGN - 1) & ~(BLOCK_ALIGN - 1ull));
	r = map_alloc(map, map->cpus, hash->block, &mem, err);
	if (r == 0)
		hash->values = (u8 *)mem + HASH_BUSY_ROOM;
	return r;
}

int hash_init(struct map *map, struct error *err)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 value_size = map->def.type->kind == MAP_KIND_HASH_OF_MAPS ? sizeof(struct map *)
								      : map->def.value_size;
	u64 value_off = sizeof(struct hash_elem) + map_round8(map->def.key_size);
	u64 stride, total, buckets = 1;
	int r;

	hash->per_cpu = map->ops->lookup_cpu != NULL;
	stride = value_off + (hash->per_cpu ? 0 : map_round8(value_size));
	if (__builtin_mul_overflow(MAX(stride, map_round8(value_size)), (u64)map->def.max_entries,
				   &total) ||
	    total > MAP_MAX_MEMORY - BLOCK_ALIGN - HASH_BUSY_ROOM ||
	    map->def.max_entries > HASH_MAX_ELEMS)
		return error_set(err, ERR_TOOBIG,
				 "a hash of %u entries of %u + %u bytes is over the limit of 4 GiB",
				 map->def.max_entries, map->def.key_size, map->def.value_size);
	while (buckets < map->def.max_entries)
		buckets *= 2;
	hash->mask = (u32)(buckets - 1);
	hash->value_off = (u32)value_off;
	hash->value_size = value_size;
	hash->stride = stride_of((u32)stride);
	hash->shard_mask = map->def.max_entries >= 16 * HASH_SHARDS ? HASH_SHARDS - 1 : 0;
	if ((map->def.flags & MAP_F_ZERO_SEED) == 0)
		os_random(&hash->seed, sizeof(hash->seed));
	r = alloc_all(hash, buckets, err);
	if (r == 0)
		split_pool(hash);
	return r;
}

void hash_fini(struct map *map)
{
	struct map_hash *hash = (struct map_hash *)map;

	if (hash->per_cpu && hash->values != NULL)
		mem_free(hash->values - HASH_BUSY_ROOM);
	mem_free(hash->buckets);
	mem_free(hash->pool);
	mem_free(hash->shard_space);
}

bool hash_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_hash *hash = (const struct map_hash *)map;
	struct stride stride = hash->stride;
	u64 off = addr - (u64)(uintptr_t)hash->pool;
	u32 inside;

	if (hash->per_cpu) {
		off = addr - (u64)(uintptr_t)hash->values;
		if (off >= hash->block * map->cpus)
			return false;
		off %= hash->block;
		stride = stride_of((u32)hash->value_stride);
	}
	if (off >= (u64)stride.size * map->def.max_entries)
		return false;
	inside = (u32)off - stride_index(stride, (u32)off) * stride.size;
	if (!hash->per_cpu) {
		if (inside < hash->value_off)
			return false;
		inside -= hash->value_off;
	}
	return inside < map->def.value_size && size <= map->def.value_size - inside;
}

/* --- free elements --- */

/* Each thread has its own, whose line and whose elements stay with its processor. */
static u32 thread_shard(const struct map_hash *hash)
{
	/* Marks may be addresses, which differ in some bits in the middle only. */
	return (u32)(os_thread_mark() * 0x9e3779b97f4a7c15ull >> 60) & hash->shard_mask;
}

/* Where to begin. LRU maps mostly find all in use, and just spread.
 * Not by the bits that choose the bucket: neighbours in a bucket need not share. */
static u32 first_shard(const struct map_hash *hash, u32 h)
{
	return hash->is_lru ? h >> 28 : thread_shard(hash);
}

/* The element's own tag is the chain's link. An element that another thread took meanwhile gives a
 * link that is wrong, but then top has changed, its count at least. */
static u32 pop(struct map_hash *hash, struct hash_shard *shard)
{
	u64 top = __atomic_load_n(&shard->top, __ATOMIC_SEQ_CST);

	while ((u32)top != 0) {
		struct hash_elem *elem = hash_elem_at(hash, (u32)top);
		u32 link = (u32)__atomic_load_n(&elem->tag, __ATOMIC_RELAXED);
		u64 next = ((top >> 32) + 1) << 32 | link;

		if (__atomic_compare_exchange_n(&shard->top, &top, next, false, __ATOMIC_ACQUIRE,
						__ATOMIC_ACQUIRE))
			return (u32)top;
	}
	return 0;
}

static u32 take_fresh(struct map_hash *hash, struct hash_shard *shard)
{
	u32 fresh = __atomic_load_n(&shard->fresh, __ATOMIC_RELAXED);

	while (fresh < shard->end) {
		if (!__atomic_compare_exchange_n(&shard->fresh, &fresh, fresh + 1, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&hash_elem_at(hash, fresh)->tag, HASH_ODD, __ATOMIC_RELEASE);
		return fresh;
	}
	return 0;
}

static u32 take_any(struct map_hash *hash, u32 h)
{
	u32 first = first_shard(hash, h);

	for (u32 i = 0; i <= hash->shard_mask; i++) {
		struct hash_shard *shard = &hash->shards[(first + i) & hash->shard_mask];
		u32 name = pop(hash, shard);

		if (name == 0)
			name = take_fresh(hash, shard);
		if (name != 0)
			return name;
	}
	return 0;
}

/* An LRU map is full nearly always, so that is on record. Who gives an element back does so and
 * looks at the record then; who finds nothing writes the record and looks once more then: one of
 * the two sees the other. */
u32 hash_pool_take(struct map_hash *hash, u32 h)
{
	u32 name;

	if (hash_pool_is_full(hash))
		return 0;
	name = take_any(hash, h);
	if (name != 0 || !hash->is_lru)
		return name;
	__atomic_exchange_n(&hash->clock->is_full, 1, __ATOMIC_SEQ_CST);
	name = take_any(hash, h);
	if (name != 0)
		__atomic_store_n(&hash->clock->is_full, 0, __ATOMIC_SEQ_CST);
	return name;
}

void hash_pool_give(struct map_hash *hash, u32 name, u64 tag)
{
	struct hash_elem *elem = hash_elem_at(hash, name);
	struct hash_shard *shard = &hash->shards[first_shard(hash, (u32)tag) & hash->shard_mask];
	u64 gen = tag >> 32 | 1;
	u64 top = __atomic_load_n(&shard->top, __ATOMIC_RELAXED);
	u64 next;

	do {
		__atomic_store_n(&elem->tag, gen << 32 | (u32)top, __ATOMIC_RELEASE);
		next = ((top >> 32) + 1) << 32 | name;
	} while (!__atomic_compare_exchange_n(&shard->top, &top, next, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	if (__atomic_load_n(&hash->clock->is_full, __ATOMIC_SEQ_CST) != 0)
		__atomic_store_n(&hash->clock->is_full, 0, __ATOMIC_SEQ_CST);
}

/* --- eviction --- */

/* Takes the element out of its chain if it still is what its tag said. */
static bool unlink_elem(struct map_hash *hash, u32 name, u64 tag)
{
	struct hash_elem *elem = hash_elem_at(hash, name);
	struct hash_bucket *bucket = &hash->buckets[(u32)tag & hash->mask];
	u8 state = os_lock_take(&bucket->lock);
	u32 *link = hash_find_link(hash, (u32)tag & hash->mask, name, NULL, 0);
	u64 now = tag;
	bool gone = false;

	/* What somebody has claimed has been used of late. */
	if (link != NULL)
		gone = __atomic_compare_exchange_n(&elem->tag, &now, tag | HASH_ODD, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (gone)
		__atomic_store_n(link, elem->next, __ATOMIC_RELEASE);
	os_lock_give(&bucket->lock, state);
	if (gone)
		hash_wait_for_cpus(hash, name);
	return gone;
}

/* Where the hand points. Each thread goes some way by itself, so that its line stays with its
 * processor; two of one shard may go the same way, or beyond its end, which does no harm. */
#define HAND_WAY 32
static u64 next_position(struct map_hash *hash)
{
	u64 *own = &hash->shards[thread_shard(hash)].hand;
	u64 at = __atomic_fetch_add(own, 1, __ATOMIC_RELAXED);

	if (at % HAND_WAY != 0)
		return at;
	at = __atomic_fetch_add(&hash->clock->hand, HAND_WAY, __ATOMIC_RELAXED);
	__atomic_store_n(own, at + 1, __ATOMIC_RELAXED);
	return at;
}

u32 hash_evict(struct map_hash *hash, u32 h)
{
	u32 max = hash->map.def.max_entries;

	/* Twice round, as the first time may only take marks away; and what others take is lost. */
	for (u64 i = 0; i < 2ull * max + 64; i++) {
		u32 name = (u32)(next_position(hash) % max) + 1;
		struct hash_elem *elem = hash_elem_at(hash, name);
		u64 tag = hash_tag_of(elem);

		if ((tag & HASH_ODD) != 0)
			continue;
		if (__atomic_load_n(&elem->ref, __ATOMIC_RELAXED) != 0) {
			__atomic_store_n(&elem->ref, 0, __ATOMIC_RELAXED);
			continue;
		}
		if (unlink_elem(hash, name, tag))
			return name;
	}
	/* Meanwhile somebody may have given one back. */
	return hash_pool_take(hash, h);
}
