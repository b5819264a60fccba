/* SPDX-License-Identifier: MIT */
/* Arrays as memory that others map: what either side stores the other one sees, and who may. */
#include "tap.h"

#include "base/str.h"
#include "map/map.h"
#include "os/os.h"
#include "spec/spec.h"

#define L DIALECT_LINUX

static struct prog_map array_def(u32 flags, u32 value_size, u32 count)
{
	return (struct prog_map){ .name = "a",
				  .type = spec_map_type_by_kind(MAP_KIND_ARRAY),
				  .key_size = 4,
				  .value_size = value_size,
				  .max_entries = count,
				  .flags = flags };
}

static void both_sides(void)
{
	const struct prog_map def = array_def(MAP_F_MMAPABLE, 12, 1000);
	struct map *map = NULL;
	u8 value[12] = "hello there", *view = NULL;
	void *mem = NULL;
	u64 size;
	u32 key = 999;

	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_view_open(map, true, &mem, &size), 0);
	view = mem;
	CHECK(size >= 16000 && size < 16000 + 65536);
	CHECK_EQ(map_write(map, &key, value, 0), 0);
	CHECK(memcmp(view + 999 * 16, "hello there", 12) == 0);
	memcpy(view + 16, "abc", 4);
	key = 1;
	CHECK_EQ(map_read(map, &key, value), 0);
	CHECK_STR((char *)value, "abc");
	CHECK_STR((char *)map->ops->lookup(map, &key), "abc");
	CHECK((u8 *)map->ops->lookup(map, &key) != view + 16);
	CHECK_EQ(map_freeze(map), ERR_BUSY);
	CHECK_EQ(map_write(map, &key, value, 0), 0);
	map_view_close(map, true, mem);
	mem = NULL;
	CHECK_EQ(map_freeze(map), 0);
	CHECK_EQ(map_view_open(map, true, &mem, &size), ERR_ACCES);
	CHECK_EQ(map_view_open(map, false, &mem, &size), 0);
	CHECK_STR((char *)mem + 16, "abc");
	map_view_close(map, false, mem);
	CHECK_EQ(map_freeze(map), ERR_BUSY);
out:
	map_free(map);
}

static void who_may(void)
{
	static const struct {
		u32 flags;
		int read, write;
	} rows[] = {
		{ 0, ERR_INVAL, ERR_INVAL },
		{ MAP_F_MMAPABLE | MAP_F_RDONLY, 0, ERR_ACCES },
		{ MAP_F_MMAPABLE | MAP_F_WRONLY, ERR_ACCES, 0 },
		{ MAP_F_MMAPABLE | MAP_F_RDONLY_PROG, 0, 0 },
	};
	struct prog_map def;
	struct map *map = NULL;
	void *mem;
	u64 size;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		def = array_def(rows[i].flags, 8, 4);
		CHECK_EQ(map_new(&def, L, &map, NULL), 0);
		for (int write = 0; write < 2; write++) {
			int r = map_view_open(map, write != 0, &mem, &size);

			CHECK_EQ(r, write != 0 ? rows[i].write : rows[i].read);
			if (r == 0)
				map_view_close(map, write != 0, mem);
		}
		map_free(map);
		map = NULL;
	}
	/* Global sections, of both dialects; other types have nothing to map. */
	def = array_def(0, 100, 1);
	def.is_global = true;
	for (int windows = 0; windows < 2; windows++) {
		CHECK_EQ(map_new(&def, windows != 0 ? DIALECT_WINDOWS : L, &map, NULL), 0);
		CHECK_EQ(map_view_open(map, true, &mem, &size), 0);
		*(u64 *)mem = 4711;
		CHECK_EQ(*(u64 *)map_direct_value(map), 4711);
		map_view_close(map, true, mem);
		map_free(map);
		map = NULL;
	}
	def = array_def(MAP_F_MMAPABLE, 8, 4);
	def.type = spec_map_type_by_kind(MAP_KIND_HASH);
	CHECK_EQ(map_new(&def, L, &map, NULL), ERR_INVAL);
	def.flags = 0;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	CHECK_EQ(map_view_open(map, false, &mem, &size), ERR_INVAL);
out:
	map_free(map);
}

/* Absurd sizes are refused; what is taken is counted and given back. */
static void sizes(void)
{
	struct map_account account = { .limit = 10000 };
	struct prog_map def = array_def(MAP_F_MMAPABLE, 8, 1001);
	struct map_options options = {
		.size = sizeof(options), .def = &def, .dialect = L, .account = &account
	};
	struct map *map = NULL;

	CHECK_EQ(map_create(&options, &map, NULL), 0);
	CHECK_EQ(account.used, 8008);
	map_free(map);
	map = NULL;
	CHECK_EQ(account.used, 0);
	def.max_entries = 1251;
	CHECK_EQ(map_create(&options, &map, NULL), ERR_NOMEM);
	CHECK_EQ(account.used, 0);
	def.max_entries = UINT32_MAX;
	def.value_size = 1u << 20;
	CHECK_EQ(map_create(&options, &map, NULL), ERR_TOOBIG);
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(both_sides), TAP_TEST(who_may), TAP_TEST(sizes))
