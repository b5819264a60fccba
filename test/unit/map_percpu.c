/* SPDX-License-Identifier: MIT */
/* Per-CPU maps: each CPU has its own value, applications see them all; LRU maps: what was looked up
 * stays; maps of maps: what fits goes in. */
#include "map_random.h"

#define W    DIALECT_WINDOWS
#define L    DIALECT_LINUX
#define CPUS 3
#define KEYS 24

struct percpu_model {
	bool present[KEYS];
	u8 values[KEYS][CPUS][12];
	u32 count;
};

static bool check_key(struct map *map, const struct percpu_model *model, u32 key)
{
	u32 size = map->def.value_size, step = (size + 7) & ~7u;
	u8 all[CPUS * 16];

	if (map_value_size(map) != (size_t)CPUS * step)
		return false;
	if (map_read(map, &key, all) != (model->present[key] ? 0 : ERR_NOENT))
		return false;
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		const u8 *value = map->ops->lookup_cpu(map, &key, cpu);
		u64 addr = (u64)(uintptr_t)value;

		if ((value != NULL) != model->present[key])
			return false;
		if (value == NULL)
			continue;
		if (memcmp(value, model->values[key][cpu], size) != 0 ||
		    memcmp(all + (size_t)cpu * step, value, size) != 0 ||
		    !map->ops->contains(map, addr, size) ||
		    map->ops->contains(map, addr, size + 1) ||
		    (size % 8 != 0 && map->ops->contains(map, addr - 1, 1)))
			return false;
		for (u32 i = size; i < step; i++)
			if (all[(size_t)cpu * step + i] != 0)
				return false;
	}
	return true;
}

static bool step_percpu(struct map *map, struct percpu_model *model, u64 *random)
{
	bool is_array = map->def.type->kind == MAP_KIND_PERCPU_ARRAY;
	u32 key = random_next(random) % KEYS, size = map->def.value_size;
	u32 what = random_next(random) % 4, cpu = random_next(random) % CPUS;
	u64 flags = random_next(random) % 4;
	u8 value[CPUS * 16];
	int expected = flags > MAP_EXIST		      ? ERR_INVAL
		       : model->present[key]		      ? (flags != MAP_NOEXIST		 ? 0
								 : is_array && map->dialect == W ? ERR_INVAL
												 : ERR_EXIST)
		       : flags == MAP_EXIST		      ? ERR_NOENT
		       : model->count == map->def.max_entries ? ERR_TOOBIG
							      : 0;

	if (what == 3)
		return check_key(map, model, key);
	if (what == 2) {
		expected = is_array		 ? (map->dialect == W ? 0 : ERR_INVAL)
			   : model->present[key] ? 0
						 : ERR_NOENT;
		if (map_delete(map, &key) != expected)
			return false;
		if (expected == 0 && is_array)
			memset(model->values[key], 0, sizeof(model->values[key]));
		if (expected == 0 && !is_array) {
			model->present[key] = false;
			model->count--;
		}
		return true;
	}
	for (u32 i = 0; i < sizeof(value); i++)
		value[i] = (u8)random_next(random);
	if ((what == 0 ? map_write(map, &key, value, flags)
		       : map->ops->update_cpu(map, &key, value, flags, cpu)) != expected)
		return false;
	if (expected < 0)
		return true;
	if (!model->present[key])
		memset(model->values[key], 0, sizeof(model->values[key]));
	model->count += !model->present[key];
	model->present[key] = true;
	for (u32 i = 0; i < CPUS; i++)
		if (what == 0)
			memcpy(model->values[key][i], value + (size_t)i * ((size + 7) & ~7u), size);
	if (what == 1)
		memcpy(model->values[key][cpu], value, size);
	return true;
}

static void percpu_random(void)
{
	static const enum map_kind kinds[] = { MAP_KIND_PERCPU_HASH, MAP_KIND_PERCPU_ARRAY,
					       MAP_KIND_LRU_PERCPU_HASH };
	static const u32 sizes[] = { 8, 4, 12, 1 };
	struct percpu_model *model = mem_zalloc(sizeof(*model));
	struct map *map = NULL;
	u64 random = 4711;

	CHECK(model != NULL);
	for (u32 i = 0; i < 24; i++) {
		enum map_kind kind = kinds[i % 3];
		u32 room = kind == MAP_KIND_PERCPU_HASH ? KEYS - 4 : KEYS;

		memset(model, 0, sizeof(*model));
		if (kind == MAP_KIND_PERCPU_ARRAY) {
			memset(model->present, true, sizeof(model->present));
			model->count = KEYS;
		}
		CHECK_EQ(map_of(kind, 4, sizes[i / 3 % 4], room, i % 2 ? W : L, CPUS, &map), 0);
		for (u32 step = 0; step < 1500; step++)
			CHECK(step_percpu(map, model, &random));
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
	mem_free(model);
}

/* --- LRU --- */

/* What is looked up now and then stays; the map is always as full as it can be. */
static void lru_keeps_what_is_used(void)
{
	struct map *map = NULL;
	u32 present = 0;

	CHECK_EQ(map_of(MAP_KIND_LRU_HASH, 4, 4, 100, L, 1, &map), 0);
	for (u32 key = 0; key < 5000; key++) {
		CHECK_EQ(map->ops->update(map, &key, &key, MAP_NOEXIST), 0);
		for (u32 used = 0; used < 20 && used <= key; used++) {
			const u32 *value = map->ops->lookup(map, &used);

			CHECK(value != NULL && *value == used);
		}
	}
	for (u32 key = 0; key < 5000; key++) {
		u32 value;
		int r = map_read(map, &key, &value);

		CHECK(r == 0 || r == ERR_NOENT);
		CHECK(r != 0 || value == key);
		present += r == 0;
	}
	CHECK_EQ(present, 100);
	/* Nothing makes way for what is not added. */
	for (u32 key = 5000; key < 5200; key++)
		CHECK_EQ(map->ops->update(map, &key, &key, MAP_EXIST), ERR_NOENT);
	for (u32 key = 0; key < 5000; key++)
		present -= map->ops->lookup(map, &key) != NULL;
	CHECK_EQ(present, 0);
out:
	map_free(map);
}

/* An application's look is no use: keys that only it reads go first. */
static void lru_application_does_not_count(void)
{
	struct map *map = NULL;
	u32 value, kept = 0;

	CHECK_EQ(map_of(MAP_KIND_LRU_HASH, 4, 4, 64, W, 1, &map), 0);
	for (u32 key = 0; key < 64; key++)
		CHECK_EQ(map->ops->update(map, &key, &key, MAP_ANY), 0);
	for (u32 key = 0; key < 32; key++)
		CHECK_EQ(map_read(map, &key, &value), 0);
	for (u32 key = 32; key < 64; key++)
		CHECK(map->ops->lookup(map, &key) != NULL);
	for (u32 key = 64; key < 96; key++)
		CHECK_EQ(map->ops->update(map, &key, &key, MAP_ANY), 0);
	for (u32 key = 0; key < 64; key++)
		kept += map_read(map, &key, &value) == 0 ? (key < 32 ? 100 : 1) : 0;
	CHECK_EQ(kept, 32);
	/* Deleted ones come first when there is need. */
	value = 40;
	CHECK_EQ(map_delete(map, &value), 0);
	value = 200;
	CHECK_EQ(map->ops->update(map, &value, &value, MAP_EXIST), ERR_NOENT);
	CHECK_EQ(map->ops->update(map, &value, &value, MAP_ANY), 0);
	kept = 0;
	for (u32 key = 32; key < 96; key++)
		kept += map_read(map, &key, &value) == 0;
	CHECK_EQ(kept, 63);
out:
	map_free(map);
}

/* --- maps of maps --- */

static void inner_maps(void)
{
	struct prog_map inner = map_def(MAP_KIND_HASH, 4, 8, 5);
	struct map *fits = NULL, *other = NULL, *outer = NULL;
	struct error err;

	for (u32 i = 0; i < 4; i++) {
		bool windows = i % 2 != 0, is_array = i / 2 != 0;
		struct prog_map def =
			map_def(is_array ? MAP_KIND_ARRAY_OF_MAPS : MAP_KIND_HASH_OF_MAPS, 4, 4, 2);
		struct map_options options = { .size = sizeof(options),
					       .def = &def,
					       .dialect = windows ? W : L,
					       .inner = &inner };
		u32 key = 1, id = 0, value = 3;

		CHECK_EQ(map_create(&options, &outer, &err), 0);
		CHECK_EQ(map_of(MAP_KIND_HASH, 4, 8, 5, options.dialect, 1, &fits), 0);
		CHECK_EQ(map_of(MAP_KIND_HASH, 4, 8, 6, options.dialect, 1, &other), 0);
		fits->core.id = 77;
		CHECK(outer->ops->lookup(outer, &key) == NULL);
		CHECK_EQ(map_read(outer, &key, &id), ERR_NOENT);
		CHECK_EQ(outer->ops->update(outer, &key, &value, MAP_ANY), ERR_INVAL);
		CHECK_EQ(map_set_inner(outer, &key, fits, MAP_ANY, &err), 0);
		CHECK(outer->ops->lookup(outer, &key) == fits);
		CHECK_EQ(map_read(outer, &key, &id), 0);
		CHECK_EQ(id, 77);
		CHECK(!outer->ops->contains(outer, (u64)(uintptr_t)fits, 1));
		CHECK_EQ(map_set_inner(outer, &key, fits, MAP_NOEXIST, &err),
			 is_array ? ERR_INVAL : ERR_EXIST);
		CHECK_EQ(map_set_inner(outer, &key, fits, MAP_EXIST, &err),
			 is_array && !windows ? ERR_INVAL : 0);
		/* Its length does not fit: Windows wants just the same one. */
		CHECK_EQ(map_set_inner(outer, &key, other, MAP_ANY, &err), windows ? ERR_INVAL : 0);
		CHECK(outer->ops->lookup(outer, &key) == (windows ? fits : other));
		CHECK_EQ(map_set_inner(outer, &key, outer, MAP_ANY, &err), ERR_INVAL);
		CHECK_EQ(map_set_inner(fits, &key, other, MAP_ANY, &err), ERR_INVAL);
		/* Who takes it out is not who owns it last. */
		CHECK_EQ(map_set_inner(outer, &key, fits, MAP_ANY, &err), 0);
		CHECK_EQ(map_set_inner(outer, &key, NULL, MAP_ANY, &err), 0);
		CHECK(outer->ops->lookup(outer, &key) == NULL);
		key = 7;
		/* The place comes before what is to be put there. */
		CHECK_EQ(map_set_inner(outer, &key, outer, MAP_ANY, &err),
			 is_array && !windows ? ERR_TOOBIG : ERR_INVAL);
		CHECK_EQ(map_delete(outer, &key), !is_array ? ERR_NOENT
						  : windows ? ERR_INVAL
							    : ERR_TOOBIG);
		CHECK_EQ(map_set_inner(outer, &key, fits, MAP_ANY, &err), !is_array ? 0
									  : windows ? ERR_INVAL
										    : ERR_TOOBIG);
		map_free(fits);
		fits = NULL;
		map_free(outer);
		map_free(other);
		outer = other = NULL;
	}
out:
	map_free(fits);
	map_free(other);
	map_free(outer);
}

static void account(void)
{
	struct map_account limit = { .limit = 4096 };
	struct prog_map def = map_def(MAP_KIND_PERCPU_ARRAY, 4, 8, 100);
	struct map_options options = {
		.size = sizeof(options), .def = &def, .dialect = L, .cpus = 4, .account = &limit
	};
	struct map *map = NULL, *second = NULL;
	struct error err;

	CHECK_EQ(map_create(&options, &map, &err), 0);
	CHECK(limit.used >= 3200 && limit.used == map->memory);
	CHECK_EQ(map_create(&options, &second, &err), ERR_NOMEM);
	CHECK(strstr(err.text, "over the limit of 4096") != NULL);
	CHECK_EQ(limit.used, map->memory);
	map_free(map);
	map = NULL;
	CHECK_EQ(limit.used, 0);
	options.cpus = 257;
	CHECK_EQ(map_create(&options, &map, &err), ERR_INVAL);
out:
	map_free(map);
	map_free(second);
}

TAP_MAIN(TAP_TEST(percpu_random), TAP_TEST(lru_keeps_what_is_used),
	 TAP_TEST(lru_application_does_not_count), TAP_TEST(inner_maps), TAP_TEST(account))
