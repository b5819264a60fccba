/* SPDX-License-Identifier: MIT */
/* Inside of the hash maps; hash.c says how readers get along without locks. */
#pragma once

#include "map/line.h"
#include "map/stride.h"
#include "map/types.h"
#include "map/word.h"
#include "os/lock.h"

/* The key follows, then the value at a multiple of 8. */
struct hash_elem {
	u32 next; /* name of the chain's next one, or the chain's end */
	u32 ref;  /* LRU: looked up since the hand came by */
	/* HASH_CLAIMED, then 31 bits of generation, odd while the element is free or being filled;
	 * then the lower half is the free chain's next name, else the key's hash. */
	u64 tag;
};

/* Somebody changes the value, or takes the element out. Readers do not mind. */
#define HASH_CLAIMED (1ull << 63)
#define HASH_ODD     (1ull << 32)

/* Names are positions plus one. The end of a chain says whose end it is. */
#define HASH_MAX_ELEMS	 0x7ffffffeu
#define HASH_END(bucket) (0x80000000u | (bucket))

struct hash_bucket {
	u32 head; /* 0 or an end: empty */
	struct os_lock lock;
};

/* Free elements, in several places so that processors do not fight for one. */
#define HASH_SHARDS 16
struct hash_shard {
	u64 top;   /* chain of those that came back; a count in the upper half against ABA */
	u32 fresh; /* elements from here to end have never been used */
	u32 end;
	u64 hand; /* LRU: where to look next for what to evict */
	u64 pad[5];
};

/* LRU: what those of all places share, each on a line of its own. */
struct hash_clock {
	u64 hand;
	u64 pad[7];
	u32 is_full; /* nothing is free: no need to look */
	u32 pad_full[15];
};

struct map_hash {
	struct map map;
	u64 seed;
	struct hash_bucket *buckets;
	u32 mask; /* buckets - 1; their number is a power of two */
	u32 value_off;
	u32 value_size; /* of maps of maps: an address */
	struct stride stride;
	u8 *pool;
	/* Values: in the pool, or a block a CPU, with what the CPU is at before it. */
	u8 *values;
	u64 value_stride, block;
	bool per_cpu;
	bool is_lru;
	u32 shard_mask;
	struct hash_shard *shards; /* in shard_space */
	struct hash_clock *clock;  /* behind them */
	void *shard_space;
};

/* What an update stores: value for one CPU, or for all of them. */
#define HASH_ALL_CPUS UINT32_MAX
struct hash_put {
	const void *key;
	const void *value;
	u64 flags;
	u32 cpu;
	bool own_cpu; /* of a per-CPU type: by the one program that runs on that CPU now */
	u64 *ret_old; /* may be NULL: the first word of the value that it replaces */
};

static inline struct hash_elem *hash_elem_at(const struct map_hash *hash, u32 name)
{
	return (struct hash_elem *)(void *)(hash->pool + (size_t)(name - 1) * hash->stride.size);
}

static inline u64 hash_tag_of(const struct hash_elem *elem)
{
	return __atomic_load_n(&elem->tag, __ATOMIC_ACQUIRE) & ~HASH_CLAIMED;
}

/* Whether what was read since is of one key. */
static inline bool hash_is_still(const struct hash_elem *elem, u64 tag)
{
	return (__atomic_load_n(&elem->tag, __ATOMIC_RELAXED) & ~HASH_CLAIMED) == tag;
}

static inline u64 *hash_key_of(struct hash_elem *elem)
{
	return (u64 *)(void *)(elem + 1);
}

static inline u64 *hash_value_at(const struct map_hash *hash, u32 name, u32 cpu)
{
	return (u64 *)(void *)(hash->values + (size_t)(name - 1) * hash->value_stride +
			       cpu * hash->block);
}

/* The name of the element whose value a program on that CPU changes, or 0: on a line of its own in
 * the room before the CPU's values. */
#define HASH_BUSY_ROOM (2 * LINE_SIZE)
static inline u32 *hash_busy_name(const struct map_hash *hash, u32 cpu)
{
	return (u32 *)(void *)(hash->values - LINE_SIZE + cpu * hash->block);
}

static inline u32 hash_of(const struct map_hash *hash, const void *key)
{
	return words_hash(key, hash->map.def.key_size, hash->seed);
}

/* --- hash.c --- */

/* The name of key's element and the tag that it had; 0: not there. Takes no lock. */
u32 hash_find(const struct map_hash *hash, const void *key, u32 h, u64 *ret_tag);
/* The key of the element of that name; false: it is free. Takes no lock. */
bool hash_key_at(const struct map_hash *hash, u32 name, void *ret_key);
int hash_put(struct map_hash *hash, const struct hash_put *put);
/* ret_value may be NULL; else all CPUs' values. */
int hash_cut(struct map_hash *hash, const void *key, void *ret_value);
int hash_next_key(struct map *map, const void *key, void *ret_key);
/* All of a bucket; ERR_NOSPC, and nothing, when it has more than *count. */
int hash_read_bucket(struct map_hash *hash, u32 bucket, u8 *keys, u8 *values, u32 *count,
		     bool take);
/* The element's tag is not what it was any more: until no program is at it that has seen it. */
void hash_wait_for_cpus(const struct map_hash *hash, u32 name);
void hash_values_load(const struct map_hash *hash, u32 name, void *ret_value);

/* --- hash_pool.c --- */

int hash_init(struct map *map, struct error *err);
void hash_fini(struct map *map);
bool hash_contains(const struct map *map, u64 addr, u32 size);
/* LRU maps: known to be; one that is not known to be may be so, too. */
static inline bool hash_pool_is_full(const struct map_hash *hash)
{
	return __atomic_load_n(&hash->clock->is_full, __ATOMIC_RELAXED) != 0;
}
/* The name of a free element, its generation odd; 0 when all are in use. */
u32 hash_pool_take(struct map_hash *hash, u32 h);
/* tag: what the element had in use; its generation is odd from now on. */
void hash_pool_give(struct map_hash *hash, u32 name, u64 tag);
/* A free element, or one that was not looked up of late, taken out of its chain. The caller holds
 * no lock. 0: everything was looked up just now. */
u32 hash_evict(struct map_hash *hash, u32 h);
/* The link that names the element (name 0: key's), NULL when it is not in its chain. The bucket is
 * locked. */
u32 *hash_find_link(struct map_hash *hash, u32 bucket, u32 name, const void *key, u32 h);
