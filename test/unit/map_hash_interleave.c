/* SPDX-License-Identifier: MIT */
/* Hash maps, whose readers take no lock and whose updates claim no more than an element, in every
 * order of their steps. The sources are compiled in here, their atomic accesses being such steps.
 */
#include "interleave.h"

/* Only now: locks are steps, too. */
#include "map_random.h"

#define os_thread_mark coroutine_mark /* of which of the two */
static uintptr_t coroutine_mark(void);

#include "../../src/map/hash.c"
#include "../../src/map/hash_pool.c"
#include "../../src/map/hash_types.c"
#include "interleave_run.h"

/* --- hash: a chain of one bucket, an element of which leaves and comes back elsewhere --- */

static struct map *map;

static void put(u32 key, u64 value)
{
	if (map_hash_ops.update(map, &key, &value, MAP_ANY) != 0)
		complain("no room");
}

/* Names of keys in the same bucket: with a zero seed these are the same in each run. */
static u32 same[4], other;

static void find_keys(void)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 count = 0, zero = 0, bucket = hash_of(hash, &zero) & hash->mask;

	for (u32 key = 0; count < 4; key++)
		if ((hash_of(hash, &key) & hash->mask) == bucket)
			same[count++] = key;
	for (other = 1; (hash_of(hash, &other) & hash->mask) == bucket; other++)
		;
}

static const struct map_ops *const hash_kinds[] = {
	[MAP_KIND_HASH] = &map_hash_ops,
	[MAP_KIND_LRU_HASH] = &map_lru_hash_ops,
	[MAP_KIND_PERCPU_HASH] = &map_percpu_hash_ops,
	[MAP_KIND_LRU_PERCPU_HASH] = &map_lru_percpu_hash_ops,
};

static void hash_new(enum map_kind kind, u32 value_size)
{
	struct prog_map def = map_def(kind, 4, value_size, 4);

	def.flags = MAP_F_ZERO_SEED;
	map = mem_zalloc(sizeof(struct map_hash));
	if (map == NULL)
		abort();
	map->ops = hash_kinds[kind];
	map->def = def;
	map->cpus = map->ops->lookup_cpu != NULL ? 2 : 1;
	map->core.refs = 1;
	if (map->ops->init(map, NULL) != 0)
		abort();
	find_keys();
}

static void hash_setup(void)
{
	hash_new(MAP_KIND_HASH, 8);
	/* The chain: 2, 1, 0. */
	put(same[0], 100);
	put(same[1], 101);
	put(same[2], 102);
}

static void hash_end(void)
{
	hash_fini(map);
	mem_free(map);
}

static void expect(u32 key, u64 value, bool may_miss)
{
	u64 found;
	int r = hash_read(map, &key, &found);

	if (r != 0 && !may_miss)
		complain("a key is missed");
	if (r == 0 && found != value)
		complain("another key's value");
}

/* Behind and before the one that moves. */
static void hash_reader(void)
{
	expect(same[0], 100, false);
}

static void hash_reader_of_moving(void)
{
	expect(same[1], 101, true);
	expect(other, 7, true);
}

/* The middle one goes, its element comes back in another bucket, goes, and comes back here. */
static void hash_mover(void)
{
	if (hash_remove(map, &same[1]) != 0)
		complain("is not there");
	put(other, 7);
	if (hash_remove(map, &other) != 0)
		complain("is not there any more");
	put(same[1], 101);
}

static void hash_adder(void)
{
	put(same[3], 103);
	if (hash_remove(map, &same[2]) != 0)
		complain("is not there");
}

static void hash_check(void)
{
	hash_end();
}

static void hash_orders(void)
{
	static const struct {
		u32 switches;
		void (*first)(void), (*second)(void);
	} pairs[] = { { 3, hash_reader, hash_mover },
		      { 2, hash_mover, hash_reader },
		      { 3, hash_reader_of_moving, hash_mover },
		      { 2, hash_mover, hash_adder },
		      { 3, hash_reader, hash_adder } };
	u64 runs;

	for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
		const char *wrong = run_all(pairs[i].switches, hash_setup, pairs[i].first,
					    pairs[i].second, hash_check, &runs);

		CHECK(all_right(i, wrong));
		CHECK(runs > 100);
	}
out:;
}

/* --- hash: values that change while their elements go and come back as other keys' --- */

/* Values are a key and which of its values, twice; of a per-CPU type, CPU 1's. */
static int put_pair(u32 key, u32 version, u64 flags)
{
	u64 value = (u64)key << 32 | version, pair[2] = { value, value };

	if (map->cpus > 1)
		return map->ops->update_cpu(map, &key, pair, flags, 1);
	return map->ops->update(map, &key, pair, flags);
}

/* As an application: all CPUs'. */
static int write_pair(u32 key, u32 version, u64 flags)
{
	u64 value = (u64)key << 32 | version, pairs[4] = { value, value, value, value };

	return map->ops->write(map, &key, pairs, flags);
}

static u32 version_in(u32 key, const u64 *pairs)
{
	const u64 *pair = pairs + (map->cpus > 1 ? 2 : 0);

	if (pair[0] != pair[1])
		complain("two updates in one value");
	if (pair[0] >> 32 != key)
		complain("another key's value");
	return (u32)pair[0];
}

/* 0: is not there. */
static u32 version_of(u32 key)
{
	u64 pairs[4];

	return map->ops->read(map, &key, pairs) == 0 ? version_in(key, pairs) : 0;
}

static struct {
	int updated, removed;
	u32 taken;
} got;

static void pairs_new(enum map_kind kind, u32 first, u32 count)
{
	memset(&got, 0, sizeof(got));
	hash_new(kind, 16);
	for (u32 i = 0; i < count; i++)
		if (put_pair(same[(first + i) % 4], 1, MAP_NOEXIST) != 0)
			complain("no room");
}

static void pairs_setup(void)
{
	pairs_new(MAP_KIND_HASH, 0, 3);
}

static void percpu_setup(void)
{
	pairs_new(MAP_KIND_PERCPU_HASH, 0, 3);
}

/* The first one is what the hand comes to. */
static void full_setup(void)
{
	pairs_new(MAP_KIND_LRU_HASH, 1, 4);
}

static void known_full_setup(void)
{
	full_setup();
	((struct map_hash *)map)->clock->is_full = 1;
}

static void full_percpu_setup(void)
{
	pairs_new(MAP_KIND_LRU_PERCPU_HASH, 1, 4);
}

static void pair_updater(void)
{
	got.updated = put_pair(same[1], 2, MAP_EXIST);
}

static void pair_other_updater(void)
{
	if (put_pair(same[1], 3, MAP_EXIST) != 0)
		complain("is not there");
}

static void pair_writer(void)
{
	if (write_pair(same[1], 3, MAP_EXIST) != 0)
		complain("is not there");
}

static void pair_taker(void)
{
	u64 pairs[4];

	got.removed = map->ops->take(map, &same[1], pairs);
	if (got.removed == 0)
		got.taken = version_in(same[1], pairs);
	if (put_pair(other, 4, MAP_NOEXIST) != 0)
		complain("no room");
}

static void pair_batch_taker(void)
{
	u8 keys[16], pairs[128];
	u32 count = 4,
	    bucket = hash_of((struct map_hash *)map, &same[1]) & ((struct map_hash *)map)->mask;

	got.removed = hash_read_bucket((struct map_hash *)map, bucket, keys, pairs, &count, true);
	for (u32 i = 0; i < count; i++) {
		u32 key;

		memcpy(&key, keys + (size_t)i * 4, 4);
		if (key == same[1])
			got.taken = version_in(
				key, (const u64 *)(void *)(pairs + i * map_value_size(map)));
	}
	if (put_pair(other, 4, MAP_NOEXIST) != 0)
		complain("no room");
}

/* A key that is not there yet, so that one of them finds it under the bucket's lock. */
static void pair_adder(void)
{
	if (put_pair(same[3], 2, MAP_ANY) != 0)
		complain("no room");
}

static void pair_adder_and_updater(void)
{
	if (put_pair(same[3], 3, MAP_ANY) != 0 || put_pair(same[3], 4, MAP_ANY) != 0)
		complain("no room");
}

/* Waits for nobody. */
static void pair_reader(void)
{
	if (map->ops->lookup(map, &same[1]) == NULL)
		complain("a key is missed");
}

static void pair_evicter(void)
{
	if (put_pair(other, 4, MAP_ANY) != 0)
		complain("no room");
}

/* May have evicted an element that is of no use, as the other one has put the key there. */
static void pair_evicter_too(void)
{
	if (put_pair(other, 5, MAP_ANY) != 0)
		complain("no room");
}

static void pairs_end(void)
{
	for (u32 i = 0; i < 4; i++)
		version_of(same[i]);
	if (version_of(other) > 5)
		complain("not what was put there");
	hash_end();
}

/* What was updated is what was taken, or the update says that there is nothing. */
static void taken_check(void)
{
	if (got.removed != 0 || version_of(same[1]) != 0)
		complain("is still there");
	if (got.taken != (got.updated == 0 ? 2u : 1u))
		complain("an update is lost");
	if (version_of(other) != 4)
		complain("the next key's value is lost");
	pairs_end();
}

static void updated_check(void)
{
	u32 version = version_of(same[1]);

	if (got.updated != 0 || (version != 2 && version != 3))
		complain("neither update");
	pairs_end();
}

static void added_check(void)
{
	u32 version = version_of(same[3]);

	if (version != 2 && version != 4)
		complain("not the last one");
	pairs_end();
}

static void evicted_check(void)
{
	u32 version = version_of(same[1]);

	if (version_of(other) != 4)
		complain("the new key is not there");
	if (version != 0 && version != (got.updated == 0 ? 2u : 1u))
		complain("an update is lost");
	pairs_end();
}

/* What one gives back (if it was not evicted) while the other finds nothing is not forgotten. */
static void pair_remover(void)
{
	(void)map->ops->remove(map, &same[2]);
	(void)map->ops->remove(map, &same[3]);
}

static u32 pairs_count(void)
{
	u32 count = version_of(other) != 0;

	for (u32 i = 0; i < 4; i++)
		count += version_of(same[i]) != 0;
	return count;
}

static void room_check(void)
{
	u32 count = pairs_count();

	for (u32 i = 0; i < 4 && count < 4; i++) {
		if (version_of(same[i]) != 0)
			continue;
		if (put_pair(same[i], 2, MAP_NOEXIST) != 0 || pairs_count() != ++count)
			complain("an element is forgotten");
	}
	pairs_end();
}

static void known_check(void)
{
	if (version_of(other) != 4 && version_of(other) != 5)
		complain("the new key is not there");
	room_check();
}

static void value_orders(void)
{
	static const struct {
		void (*setup)(void), (*first)(void), (*second)(void), (*check)(void);
	} pairs[] = { { pairs_setup, pair_updater, pair_taker, taken_check },
		      { pairs_setup, pair_taker, pair_updater, taken_check },
		      { pairs_setup, pair_updater, pair_batch_taker, taken_check },
		      { pairs_setup, pair_batch_taker, pair_updater, taken_check },
		      { pairs_setup, pair_updater, pair_other_updater, updated_check },
		      { pairs_setup, pair_other_updater, pair_updater, updated_check },
		      { pairs_setup, pair_adder, pair_adder_and_updater, added_check },
		      { pairs_setup, pair_reader, pair_updater, pairs_end },
		      { full_setup, pair_updater, pair_evicter, evicted_check },
		      { full_setup, pair_evicter, pair_updater, evicted_check },
		      { full_setup, pair_remover, pair_evicter, room_check },
		      { full_setup, pair_evicter, pair_remover, room_check },
		      { known_full_setup, pair_remover, pair_evicter, room_check },
		      { known_full_setup, pair_evicter, pair_remover, room_check },
		      { known_full_setup, pair_updater, pair_evicter, evicted_check },
		      { known_full_setup, pair_evicter, pair_evicter_too, known_check },
		      { percpu_setup, pair_updater, pair_taker, taken_check },
		      { percpu_setup, pair_taker, pair_updater, taken_check },
		      { percpu_setup, pair_updater, pair_batch_taker, taken_check },
		      { percpu_setup, pair_batch_taker, pair_updater, taken_check },
		      { percpu_setup, pair_updater, pair_writer, updated_check },
		      { percpu_setup, pair_writer, pair_updater, updated_check },
		      { full_percpu_setup, pair_updater, pair_evicter, evicted_check },
		      { full_percpu_setup, pair_evicter, pair_updater, evicted_check } };
	u64 runs;

	for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
		const char *wrong = run_all(3, pairs[i].setup, pairs[i].first, pairs[i].second,
					    pairs[i].check, &runs);

		CHECK(all_right(i, wrong));
		CHECK(runs > 100);
	}
out:;
}

TAP_MAIN(TAP_TEST(hash_orders), TAP_TEST(value_orders))
