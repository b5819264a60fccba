/* SPDX-License-Identifier: MIT */
/* Map definitions: which are refused and with what words, and initial contents. */
#include "tap.h"

#include "map/map.h"
#include "spec/spec.h"

static const struct spec_map_type hash_type = { "hash", MAP_KIND_HASH, 1, 1, 0 };
static const struct spec_map_type array_type = { "array", MAP_KIND_ARRAY, 2, 2,
						 MAP_TYPE_INDEX_KEY };
static const struct spec_map_type prog_type = { "prog_array", MAP_KIND_PROG_ARRAY, 3, 3,
						MAP_TYPE_INDEX_KEY };
static const struct spec_map_type queue_type = { "queue", MAP_KIND_QUEUE, 10, 22, MAP_TYPE_NO_KEY };
static const struct spec_map_type ring_type = { "ringbuf", MAP_KIND_RINGBUF, 13, 27,
						MAP_TYPE_NO_KEY };
static const struct spec_map_type sock_type = { "sockmap", MAP_KIND_SOCKMAP, 0, 15,
						MAP_TYPE_INDEX_KEY };
static const struct spec_map_type linux_only = { "hash", MAP_KIND_HASH, 0, 1, 0 };

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX
static const struct {
	struct prog_map def;
	enum dialect dialect;
	int status; /* 0: accepted */
	const char *text;
} cases[] = {
	{ { .type = NULL }, L, ERR_INVAL, "type is unknown" },
	{ { .type = &sock_type, .key_size = 4, .value_size = 4, .max_entries = 1 },
	  L,
	  ERR_NOTSUP,
	  "sockmap" },
	{ { .type = &queue_type, .value_size = 4, .max_entries = 1 }, L, 0, NULL },
	{ { .type = &queue_type, .key_size = 4, .value_size = 4, .max_entries = 1 },
	  L,
	  ERR_INVAL,
	  "key_size of a queue must be 0" },
	{ { .type = &queue_type, .value_size = UINT32_MAX, .max_entries = 2 },
	  W,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &ring_type, .max_entries = 4096 }, W, 0, NULL },
	{ { .type = &ring_type, .max_entries = 4095 }, W, ERR_INVAL, "power of two" },
	{ { .type = &ring_type, .max_entries = 2048 }, L, ERR_INVAL, "power of two" },
	{ { .type = &ring_type, .max_entries = 12288 }, L, ERR_INVAL, "power of two" },
	{ { .type = &ring_type, .value_size = 4, .max_entries = 4096 },
	  L,
	  ERR_INVAL,
	  "value_size of a ringbuf must be 0" },
	{ { .type = &linux_only, .key_size = 4, .value_size = 4, .max_entries = 1 },
	  W,
	  ERR_INVAL,
	  "windows dialect" },
	{ { .type = &linux_only, .key_size = 4, .value_size = 4, .max_entries = 1 }, L, 0, NULL },
	{ { .type = &hash_type, .value_size = 4, .max_entries = 1 }, W, ERR_INVAL, "key_size" },
	{ { .type = &hash_type, .key_size = 512, .value_size = 4, .max_entries = 1 }, W, 0, NULL },
	{ { .type = &hash_type, .key_size = 513, .value_size = 4, .max_entries = 1 },
	  L,
	  ERR_TOOBIG,
	  "key_size 513" },
	{ { .type = &hash_type, .key_size = 4, .max_entries = 1 }, L, ERR_INVAL, "value_size" },
	{ { .type = &hash_type, .key_size = 4, .value_size = 4 }, L, ERR_INVAL, "max_entries" },
	{ { .type = &hash_type, .key_size = 4, .value_size = UINT32_MAX, .max_entries = 1 },
	  L,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &hash_type,
	    .key_size = 4,
	    .value_size = UINT32_MAX,
	    .max_entries = UINT32_MAX },
	  W,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &hash_type, .key_size = 4, .value_size = 1, .max_entries = UINT32_MAX },
	  L,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &hash_type, .key_size = 4, .value_size = 4, .max_entries = 1, .flags = 1 },
	  L,
	  0,
	  NULL },
	{ { .type = &hash_type, .key_size = 4, .value_size = 4, .max_entries = 1, .flags = 1 },
	  W,
	  ERR_INVAL,
	  "0x1" },
	{ { .type = &hash_type, .key_size = 4, .value_size = 4, .max_entries = 1, .flags = 0x401 },
	  L,
	  ERR_INVAL,
	  "0x400" },
	{ { .type = &array_type, .key_size = 8, .value_size = 4, .max_entries = 1 },
	  L,
	  ERR_INVAL,
	  "must be 4, not 8" },
	{ { .type = &array_type, .key_size = 4, .value_size = 8, .max_entries = 0x20000000 },
	  L,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &array_type, .key_size = 4, .value_size = UINT32_MAX, .max_entries = 1 },
	  L,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &array_type, .key_size = 4, .value_size = 4, .max_entries = 1, .flags = 0x480 },
	  L,
	  0,
	  NULL },
	{ { .type = &array_type, .key_size = 4, .value_size = 4, .max_entries = 1, .flags = 1 },
	  L,
	  ERR_INVAL,
	  "0x1" },
	{ { .type = &array_type, .key_size = 4, .value_size = 4, .max_entries = 1, .extra = 1 },
	  L,
	  ERR_INVAL,
	  "map_extra" },
	{ { .type = &array_type,
	    .key_size = 4,
	    .value_size = 0x100000,
	    .max_entries = 1,
	    .is_global = true },
	  W,
	  0,
	  NULL },
	{ { .type = &array_type,
	    .key_size = 4,
	    .value_size = 0x100001,
	    .max_entries = 1,
	    .is_global = true },
	  W,
	  ERR_TOOBIG,
	  "global section" },
	{ { .type = &array_type,
	    .key_size = 4,
	    .value_size = 4,
	    .max_entries = 2,
	    .is_global = true },
	  L,
	  ERR_INVAL,
	  "one entry" },
	{ { .type = &array_type,
	    .key_size = 4,
	    .value_size = 2,
	    .max_entries = 1,
	    .initial = (const u8 *)"abc",
	    .initial_len = 3 },
	  L,
	  ERR_INVAL,
	  "3 bytes" },
	{ { .type = &hash_type,
	    .key_size = 4,
	    .value_size = 4,
	    .max_entries = 1,
	    .initial = (const u8 *)"abc",
	    .initial_len = 3 },
	  L,
	  ERR_INVAL,
	  "no initial contents" },
	{ { .type = &prog_type, .key_size = 4, .value_size = 8, .max_entries = 1 },
	  L,
	  ERR_INVAL,
	  "value_size of a prog_array" },
	{ { .type = &prog_type, .key_size = 4, .value_size = 4, .max_entries = UINT32_MAX },
	  L,
	  ERR_TOOBIG,
	  "4 GiB" },
	{ { .type = &prog_type, .key_size = 4, .value_size = 4, .max_entries = 3 }, W, 0, NULL },
};

static void definitions(void)
{
	struct map *map = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct error err = { 0 };
		int r = map_new(&cases[i].def, cases[i].dialect, &map, &err);

		if (r != cases[i].status && r != ERR_NOMEM)
			printf("# case %zu: %s\n", i, err.text);
		CHECK_EQ(r, cases[i].status);
		if (cases[i].text != NULL)
			CHECK(strstr(err.text, cases[i].text) != NULL);
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

static void globals(void)
{
	static const u8 initial[] = { 1, 2, 3, 4, 5 };
	struct prog_map def = { .name = "x.rodata",
				.type = &array_type,
				.key_size = 4,
				.value_size = 9,
				.max_entries = 1,
				.initial = initial,
				.initial_len = sizeof(initial),
				.is_global = true,
				.read_only = true };
	struct map *map = NULL;
	const u8 *value;
	u32 key = 0;

	CHECK_EQ(map_new(&def, DIALECT_LINUX, &map, NULL), 0);
	CHECK(map->read_only);
	CHECK(map->def.name == NULL && map->def.initial == NULL);
	value = map_direct_value(map);
	CHECK(value != NULL && value == map->ops->lookup(map, &key));
	CHECK(memcmp(value, "\1\2\3\4\5\0\0\0\0", 9) == 0);
	map_free(map);
	map = NULL;
	def.read_only = false;
	def.is_global = false;
	def.flags = MAP_F_RDONLY_PROG;
	CHECK_EQ(map_new(&def, DIALECT_LINUX, &map, NULL), 0);
	CHECK(map->read_only);
out:
	map_free(map);
}

static void prog_arrays(void)
{
	struct prog_map def = {
		.type = &prog_type, .key_size = 4, .value_size = 4, .max_entries = 3
	};
	struct prog_map hash_def = {
		.type = &hash_type, .key_size = 4, .value_size = 4, .max_entries = 3
	};
	struct map *map = NULL, *hash = NULL;
	u32 key = 2, next;
	struct core_object target = { .refs = 1 };

	CHECK_EQ(map_new(&def, DIALECT_WINDOWS, &map, NULL), 0);
	CHECK_EQ(map_new(&hash_def, DIALECT_WINDOWS, &hash, NULL), 0);
	CHECK_EQ(prog_array_set(map, 2, &target), 0);
	CHECK_EQ(prog_array_set(map, 3, &target), ERR_RANGE);
	CHECK_EQ(prog_array_set(hash, 0, &target), ERR_INVAL);
	CHECK(prog_array_get(map, 2) == &target);
	CHECK(prog_array_get(map, 0) == NULL);
	CHECK(prog_array_get(map, 3) == NULL);
	CHECK(prog_array_get(hash, 0) == NULL);
	/* Programs get nowhere with one. */
	CHECK(map->ops->lookup(map, &key) == NULL);
	CHECK_EQ(map->ops->update(map, &key, &key, MAP_ANY), ERR_INVAL);
	CHECK_EQ(map->ops->remove(map, &key), ERR_INVAL);
	CHECK(prog_array_get(map, 2) == &target);
	CHECK(map_direct_value(map) == NULL);
	CHECK(map_direct_value(hash) == NULL);
	CHECK_EQ(map->ops->next_key(map, &key, &next), ERR_NOENT);
	CHECK_EQ(map->ops->next_key(map, NULL, &next), 0);
	CHECK_EQ(next, 0);
	/* Applications read ids; the array owns what is in it as long as somebody can reach it. */
	target.id = 77;
	CHECK_EQ(map_read(map, &key, &next), 0);
	CHECK_EQ(next, 77);
	key = 0;
	CHECK_EQ(map_read(map, &key, &next), ERR_NOENT);
	CHECK_EQ(target.refs, 2);
	CHECK_EQ(prog_array_set(map, 0, &target), 0);
	CHECK_EQ(prog_array_set(map, 2, NULL), 0);
	CHECK_EQ(target.refs, 2);
	map_hold(map); /* as a program does */
	map_free(map);
	CHECK_EQ(target.refs, 1);
	CHECK(prog_array_get(map, 0) == NULL);
	map_drop(map);
	map = NULL;
out:
	map_free(map);
	map_free(hash);
}

TAP_MAIN(TAP_TEST(definitions), TAP_TEST(globals), TAP_TEST(prog_arrays))
