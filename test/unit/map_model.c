/* SPDX-License-Identifier: MIT */
/* Hash and array maps against a plain reference under random operations: results, contents,
 * iteration, and that values never move. */
#include "tap.h"

#include "map/map.h"
#include "spec/spec.h"

/* Number of different keys; each is expanded to key_size bytes. */
#define KEYS 40

struct model {
	bool present[KEYS];
	u8 values[KEYS][32];
	u32 count;
	void *address[KEYS]; /* while present */
};

static const struct spec_map_type hash_type = { "hash", MAP_KIND_HASH, 1, 1, 0 };
static const struct spec_map_type array_type = { "array", MAP_KIND_ARRAY, 2, 2,
						 MAP_TYPE_INDEX_KEY };

static u32 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (u32)(*state >> 16);
}

static void make_key(u8 *key, u32 key_size, u32 n)
{
	memset(key, 0x5a, key_size);
	if (key_size >= 4)
		memcpy(key, &n, 4);
	else
		key[0] = (u8)n;
}

static u32 key_number(const u8 *key, u32 key_size)
{
	u32 n = 0;

	memcpy(&n, key, key_size < 4 ? 1 : 4);
	return n;
}

static bool check_iteration(struct map *map, const struct model *model)
{
	bool seen[KEYS] = { false };
	u8 key[64], next[64];
	u32 count = 0;
	int r = map->ops->next_key(map, NULL, next);

	while (r == 0) {
		u32 n = key_number(next, map->def.key_size);

		if (n >= KEYS || seen[n] || !model->present[n])
			return false;
		seen[n] = true;
		count++;
		memcpy(key, next, map->def.key_size);
		r = map->ops->next_key(map, key, next);
	}
	return r == ERR_NOENT && count == model->count;
}

static bool check_lookup(struct map *map, const struct model *model, u32 n)
{
	u32 size = map->def.value_size;
	u8 key[64];
	u8 *value;

	make_key(key, map->def.key_size, n);
	value = map->ops->lookup(map, key);
	if (!model->present[n])
		return value == NULL;
	return value != NULL && value == model->address[n] &&
	       memcmp(value, model->values[n], size) == 0 &&
	       map->ops->contains(map, (u64)(uintptr_t)value, size) &&
	       !map->ops->contains(map, (u64)(uintptr_t)value, size + 1) &&
	       !map->ops->contains(map, (u64)(uintptr_t)value - 1, 1) &&
	       map->ops->contains(map, (u64)(uintptr_t)value + size - 1, 1);
}

static int expected_update(const struct map *map, const struct model *model, u32 n, u64 flags)
{
	if (flags > MAP_EXIST)
		return ERR_INVAL;
	if (model->present[n])
		return flags == MAP_NOEXIST ? ERR_EXIST : 0;
	if (flags == MAP_EXIST)
		return ERR_NOENT;
	return model->count == map->def.max_entries ? ERR_TOOBIG : 0;
}

static bool step_hash(struct map *map, struct model *model, u64 *random)
{
	u32 n = next_random(random) % KEYS, what = next_random(random) % 8;
	u8 key[64], value[32];

	make_key(key, map->def.key_size, n);
	if (what < 4) {
		u64 flags = next_random(random) % 4;
		int expected = expected_update(map, model, n, flags);

		for (u32 i = 0; i < sizeof(value); i++)
			value[i] = (u8)next_random(random);
		if (map->ops->update(map, key, value, flags) != expected)
			return false;
		if (expected == 0) {
			if (!model->present[n])
				model->address[n] = map->ops->lookup(map, key);
			model->count += !model->present[n];
			model->present[n] = true;
			memcpy(model->values[n], value, sizeof(value));
		}
		return true;
	}
	if (what < 6) {
		int expected = model->present[n] ? 0 : ERR_NOENT;

		if (map->ops->remove(map, key) != expected)
			return false;
		model->count -= model->present[n];
		model->present[n] = false;
		return true;
	}
	return check_lookup(map, model, n);
}

static const struct {
	u32 key_size, value_size, max_entries;
} hash_shapes[] = {
	{ 4, 8, 16 }, { 1, 1, 40 }, { 5, 3, 7 }, { 8, 8, 1 }, { 16, 32, 33 }, { 33, 24, 64 },
};

static void hash_random(void)
{
	struct map *map = NULL;
	u64 random = 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < ARRAY_COUNT(hash_shapes); i++) {
		struct prog_map def = { .type = &hash_type,
					.key_size = hash_shapes[i].key_size,
					.value_size = hash_shapes[i].value_size,
					.max_entries = hash_shapes[i].max_entries };
		struct model model = { 0 };
		struct error err;

		CHECK_EQ(map_new(&def, i & 1 ? DIALECT_WINDOWS : DIALECT_LINUX, &map, &err), 0);
		for (u32 step = 0; step < 6000; step++) {
			CHECK(step_hash(map, &model, &random));
			if (step % 16 == 0)
				CHECK(check_iteration(map, &model));
		}
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

/* Keys that all land in one bucket still work: a map of one entry's worth of buckets. */
static void hash_iteration_under_change(void)
{
	struct prog_map def = {
		.type = &hash_type, .key_size = 4, .value_size = 4, .max_entries = 64
	};
	struct map *map = NULL;
	u32 key, next, visited = 0;

	CHECK_EQ(map_new(&def, DIALECT_LINUX, &map, NULL), 0);
	for (key = 0; key < 64; key++)
		CHECK_EQ(map->ops->update(map, &key, &key, MAP_NOEXIST), 0);
	key = 64;
	CHECK_EQ(map->ops->update(map, &key, &key, MAP_ANY), ERR_TOOBIG);
	/* Delete what the iteration stands on: it goes on at the first key that is left. */
	CHECK_EQ(map->ops->next_key(map, NULL, &next), 0);
	for (;;) {
		int r;

		visited++;
		key = next;
		CHECK_EQ(map->ops->remove(map, &key), 0);
		r = map->ops->next_key(map, &key, &next);
		if (r == ERR_NOENT)
			break;
		CHECK_EQ(r, 0);
	}
	CHECK_EQ(visited, 64);
	CHECK_EQ(map->ops->next_key(map, NULL, &next), ERR_NOENT);
out:
	map_free(map);
}

static void hash_deleted_value_stays(void)
{
	struct prog_map def = {
		.type = &hash_type, .key_size = 4, .value_size = 12, .max_entries = 4
	};
	struct map *map = NULL;
	u32 key = 7, value[3] = { 1, 2, 3 };
	u32 *found;
	u64 addr;

	CHECK_EQ(map_new(&def, DIALECT_LINUX, &map, NULL), 0);
	CHECK_EQ(map->ops->update(map, &key, value, MAP_ANY), 0);
	found = map->ops->lookup(map, &key);
	CHECK(found != NULL);
	addr = (u64)(uintptr_t)found;
	CHECK_EQ(map->ops->remove(map, &key), 0);
	CHECK(map->ops->contains(map, addr, 12));
	CHECK_EQ(found[2], 3);
	/* The padding behind a value and what was never handed out are not the program's. */
	CHECK(!map->ops->contains(map, addr + 12, 1));
	CHECK(!map->ops->contains(map, addr + 32, 1));
	/* A deleted value may be the source of the one that takes its place. */
	CHECK_EQ(map->ops->update(map, &key, found, MAP_ANY), 0);
	found = map->ops->lookup(map, &key);
	CHECK(found != NULL && found[0] == 1 && found[2] == 3);
out:
	map_free(map);
}

/* Every address around the block, sizes 1 to 9: inside one value or not, by plain division. */
static void array_contains_brute(void)
{
	static const u32 sizes[] = { 1, 3, 8, 12, 24, 40 };
	struct map *map = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		struct prog_map def = {
			.type = &array_type, .key_size = 4, .value_size = sizes[i], .max_entries = 5
		};
		u64 stride = (sizes[i] + 7) / 8 * 8, base;

		CHECK_EQ(map_new(&def, DIALECT_LINUX, &map, NULL), 0);
		base = (u64)(uintptr_t)map_direct_value(map);
		for (u64 addr = base - 16; addr < base + 5 * stride + 16; addr++)
			for (u32 size = 1; size < 10; size++) {
				bool inside = addr >= base && addr < base + 5 * stride &&
					      (addr - base) % stride + size <= sizes[i];

				CHECK_EQ(map->ops->contains(map, addr, size), inside);
			}
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

static void array_random(void)
{
	struct prog_map def = {
		.type = &array_type, .key_size = 4, .value_size = 12, .max_entries = 37
	};
	enum dialect dialect = DIALECT_LINUX;
	struct map *map = NULL;
	u8 model[37][12] = { { 0 } };
	u64 random = 88172645463325252ull;

	for (u32 step = 0; step < 20000; step++) {
		u32 n = next_random(&random) % 45, what = next_random(&random) % 4;
		u64 flags = next_random(&random) % 4;
		bool windows = dialect == DIALECT_WINDOWS;
		u8 value[12];
		u8 *found;

		if (step % 10000 == 0) {
			map_free(map);
			map = NULL;
			memset(model, 0, sizeof(model));
			dialect = step == 0 ? DIALECT_LINUX : DIALECT_WINDOWS;
			CHECK_EQ(map_new(&def, dialect, &map, NULL), 0);
			continue;
		}
		memset(value, (int)step, sizeof(value));
		if (what == 0) {
			int expected = flags > 2    ? ERR_INVAL
				       : n >= 37    ? (windows ? ERR_INVAL : ERR_TOOBIG)
				       : flags == 1 ? (windows ? ERR_INVAL : ERR_EXIST)
						    : 0;

			CHECK_EQ(map->ops->update(map, &n, value, flags), expected);
			if (expected == 0)
				memcpy(model[n], value, sizeof(value));
		} else if (what == 1) {
			int expected = windows && n < 37 ? 0 : ERR_INVAL;

			CHECK_EQ(map->ops->remove(map, &n), expected);
			if (expected == 0)
				memset(model[n], 0, sizeof(model[n]));
		} else {
			found = map->ops->lookup(map, &n);
			CHECK_EQ(found != NULL, n < 37);
			if (found != NULL)
				CHECK(memcmp(found, model[n], sizeof(value)) == 0);
		}
	}
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(hash_random), TAP_TEST(hash_iteration_under_change),
	 TAP_TEST(hash_deleted_value_stays), TAP_TEST(array_contains_brute), TAP_TEST(array_random))
