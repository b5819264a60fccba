/* SPDX-License-Identifier: MIT */
/* What applications do with maps: batches, freezing, what flags forbid; bloom filters and perf
 * event arrays. */
#include "map_random.h"

#include "map/perf_array.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

#define COUNT 500

static bool read_all(struct map *map, u32 at_once, bool take, u32 *ret_count)
{
	u32 keys[COUNT + 1], cursor = 0;
	u64 values[COUNT + 1];
	bool seen[COUNT] = { false };
	const void *in = NULL;
	int r = 0;

	*ret_count = 0;
	while (r == 0) {
		u32 count = at_once;

		r = map_read_batch(map, in, &cursor, keys, values, &count, take);
		if (r < 0 && r != ERR_NOENT)
			return false;
		for (u32 i = 0; i < count; i++) {
			if (keys[i] >= COUNT || seen[keys[i]] || values[i] != keys[i] * 3ull)
				return false;
			seen[keys[i]] = true;
		}
		*ret_count += count;
		in = &cursor;
	}
	return true;
}

static void batches(void)
{
	static const enum map_kind kinds[] = { MAP_KIND_HASH, MAP_KIND_LRU_HASH, MAP_KIND_ARRAY };
	struct map *map = NULL;
	u32 keys[COUNT], count;
	u64 values[COUNT];

	for (u32 i = 0; i < COUNT; i++) {
		keys[i] = i;
		values[i] = i * 3ull;
	}
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		bool is_array = kinds[i] == MAP_KIND_ARRAY;

		CHECK_EQ(map_of(kinds[i], 4, 8, COUNT, L, 1, &map), 0);
		CHECK_EQ(map_cursor_size(map), 4);
		count = COUNT;
		CHECK_EQ(map_write_batch(map, keys, values, &count, MAP_ANY), 0);
		CHECK_EQ(count, COUNT);
		for (u32 at_once = 12; at_once < COUNT + 2; at_once += 61) {
			CHECK(read_all(map, at_once, false, &count));
			CHECK_EQ(count, COUNT);
		}
		if (is_array) {
			count = 3;
			CHECK_EQ(map_read_batch(map, NULL, keys, keys, values, &count, true),
				 ERR_NOTSUP);
		} else {
			count = 10;
			CHECK_EQ(map_delete_batch(map, keys, &count), 0);
			CHECK_EQ(map_delete_batch(map, keys, &count), ERR_NOENT);
			CHECK_EQ(count, 0);
			CHECK(read_all(map, 16, true, &count));
			CHECK_EQ(count, COUNT - 10);
			CHECK_EQ(map_next_key(map, NULL, &count), ERR_NOENT);
			/* All of it is free again. */
			count = COUNT;
			CHECK_EQ(map_write_batch(map, keys, values, &count, MAP_NOEXIST), 0);
		}
		count = COUNT;
		CHECK_EQ(map_write_batch(map, keys, values, &count, MAP_NOEXIST), ERR_EXIST);
		CHECK_EQ(count, 0);
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

static void who_may(void)
{
	struct prog_map def = map_def(MAP_KIND_HASH, 4, 8, 4);
	struct map *map = NULL;
	u32 key = 1;
	u64 value = 5;
	u32 none = 0;

	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_take(map, &key, &value), ERR_NOENT);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), 0);
	CHECK_EQ(map_freeze(map), 0);
	CHECK_EQ(map_freeze(map), ERR_BUSY);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), ERR_PERM);
	CHECK_EQ(map_delete(map, &key), ERR_PERM);
	CHECK_EQ(map_take(map, &key, &value), ERR_PERM);
	CHECK_EQ(map_write_batch(map, &key, &value, &none, MAP_ANY), ERR_PERM);
	CHECK_EQ(map_delete_batch(map, &key, &none), ERR_PERM);
	CHECK_EQ(map_read(map, &key, &value), 0);
	/* Programs still may. */
	CHECK_EQ(map->ops->remove(map, &key), 0);
	map_free(map);
	map = NULL;
	def.flags = MAP_F_RDONLY;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), ERR_PERM);
	CHECK_EQ(map_freeze(map), ERR_PERM);
	map_free(map);
	map = NULL;
	def.flags = MAP_F_WRONLY;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), 0);
	CHECK_EQ(map_read(map, &key, &value), ERR_PERM);
	CHECK_EQ(map_next_key(map, NULL, &key), ERR_PERM);
	map_free(map);
	map = NULL;
	def.flags = MAP_F_RDONLY | MAP_F_WRONLY;
	CHECK_EQ(map_new(&def, L, &map, NULL), ERR_INVAL);
	def.flags = MAP_F_RDONLY_PROG | MAP_F_WRONLY_PROG;
	CHECK_EQ(map_new(&def, L, &map, NULL), ERR_INVAL);
out:
	map_free(map);
}

static void bloom(void)
{
	struct prog_map def = map_def(MAP_KIND_BLOOM_FILTER, 0, 8, 1000);
	struct map *map = NULL;
	u32 wrong = 0;

	CHECK_EQ(map_new(&def, W, &map, NULL), ERR_INVAL); /* not of that dialect */
	def.extra = 16;
	CHECK_EQ(map_new(&def, L, &map, NULL), ERR_INVAL);
	for (def.extra = 0; def.extra < 4; def.extra++) {
		CHECK_EQ(map_new(&def, L, &map, NULL), 0);
		for (u64 value = 0; value < 1000; value++)
			CHECK_EQ(map_write(map, NULL, &value, MAP_ANY), 0);
		for (u64 value = 0; value < 1000; value++)
			CHECK_EQ(map_read(map, NULL, &value), 0);
		CHECK_EQ(map_write(map, NULL, &wrong, MAP_EXIST), ERR_INVAL);
		CHECK_EQ(map_take(map, NULL, &wrong), ERR_NOTSUP);
		wrong = 0;
		for (u64 value = 1000; value < 3000; value++)
			wrong += map_read(map, NULL, &value) == 0;
		/* Five hashes: some percent; one hash: less than half. */
		CHECK(wrong < (def.extra == 0 ? 300u : 1000u));
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

static int count_record(void *arg, const void *data, u32 size)
{
	u32 *count = arg;

	++*count;
	return size == 12 && memcmp(data, "abcdefghXYZ", 12) == 0 ? 0 : ERR_INVAL;
}

static void perf(void)
{
	struct prog_map def = map_def(MAP_KIND_PERF_EVENT_ARRAY, 4, 4, 0);
	struct map_options options = {
		.size = sizeof(options), .def = &def, .dialect = L, .cpus = 2
	};
	struct map *map = NULL;
	u32 count = 0, sent = 0;
	int r = 0;

	for (u32 i = 0; i < 2; i++) {
		options.dialect = i == 0 ? L : W;
		def.max_entries = i == 0 ? 0 : 4096;
		CHECK_EQ(map_create(&options, &map, NULL), 0);
		for (sent = 0, r = 0; r == 0; sent += r == 0)
			r = perf_array_output(map, 1, "abcdefgh", 8, "XYZ", 4);
		CHECK_EQ(r, ERR_NOSPC);
		CHECK_EQ(sent, ((i == 0 ? PERF_ARRAY_RING : 4096) - 1) / 24);
		CHECK_EQ(perf_array_lost(map, 1), 1);
		CHECK_EQ(perf_array_lost(map, 0), 0);
		CHECK_EQ(perf_array_output(map, 2, "", 1, NULL, 0), ERR_TOOBIG);
		count = 0;
		CHECK_EQ(perf_array_consume(map, 0, count_record, &count, 0), 0);
		CHECK_EQ(perf_array_consume(map, 1, count_record, &count, 0), sent);
		CHECK_EQ(perf_array_consume(map, 2, count_record, &count, 0), ERR_INVAL);
		map_free(map);
		map = NULL;
	}
	def.max_entries = 5000;
	CHECK_EQ(map_create(&options, &map, NULL), ERR_INVAL);
out:
	map_free(map);
}

/* Of constants, that is: programs were verified with what they are. */
static void constants(void)
{
	static const u32 initial = 77;
	struct prog_map def = {
		.name = ".rodata",
		.type = spec_map_type_by_kind(MAP_KIND_ARRAY),
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
		.inner = PROG_NO_INDEX,
		.initial = (const u8 *)&initial,
		.initial_len = 4,
		.is_global = true,
		.read_only = true,
	};
	struct map *map = NULL;
	u32 key = 0, value = 5;
	void *view;
	u64 size;

	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), ERR_PERM);
	CHECK_EQ(map_view_open(map, true, &view, &size) == 0, false);
	CHECK_EQ(map_read(map, &key, &value), 0);
	CHECK_EQ(value, 77);
	map_free(map);
	map = NULL;
	def.read_only = false;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_write(map, &key, &value, MAP_ANY), 0);
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(constants), TAP_TEST(batches), TAP_TEST(who_may), TAP_TEST(bloom), TAP_TEST(perf))
