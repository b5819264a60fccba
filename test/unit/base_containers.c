/* SPDX-License-Identifier: MIT */
/* Arena, vector, text buffer and name table: limits, growth, and agreement with a plain model. */
#include "tap.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/vec.h"

static void test_arena_blocks(void)
{
	struct arena arena;
	u8 *blocks[300] = { 0 };
	size_t sizes[300];

	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_COUNT(blocks); i++) {
		sizes[i] = (size_t)(hash_mix(i + 1) % (i % 50 == 0 ? 40000 : 300));
		blocks[i] = arena_alloc(&arena, sizes[i]);
		CHECK(blocks[i] != NULL);
		CHECK_EQ((uintptr_t)blocks[i] % 16, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			CHECK(blocks[i][k] == 0);
		memset(blocks[i], (int)(i % 251 + 1), sizes[i]);
	}
	/* No two share a byte. */
	for (size_t i = 0; i < ARRAY_COUNT(blocks); i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			CHECK(blocks[i][k] == i % 251 + 1);
	}
out:
	arena_fini(&arena);
}

static void test_arena_limit(void)
{
	struct arena arena;
	size_t got = 0;

	arena_init(&arena, 100000);
	CHECK(arena_alloc(&arena, 100001) == NULL);
	CHECK(arena_alloc(&arena, 1) != NULL);
	while (arena_alloc(&arena, 1024) != NULL)
		got += 1024;
	CHECK(arena.total <= 100000);
	CHECK(got > 80000 && got <= 100000);
	/* The rest of the last chunk still serves what fits. */
	CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
	CHECK(arena_alloc(&arena, SIZE_MAX - 15) == NULL);
	CHECK(arena_array(&arena, SIZE_MAX / 2, 3) == NULL);
	CHECK(arena_strndup(&arena, "x", SIZE_MAX) == NULL);
	arena_fini(&arena);
	/* The limit stays, the memory is there again. */
	CHECK_EQ(arena.limit, 100000);
	CHECK(arena_alloc(&arena, 100001) == NULL);
	CHECK(arena_alloc(&arena, 90000) != NULL);
out:
	arena_fini(&arena);
}

static void test_arena_no_limit_overflow(void)
{
	struct arena arena = { 0 };
	char *copy;

	CHECK(arena_alloc(&arena, SIZE_MAX - 16) == NULL);
	CHECK(arena_alloc(&arena, SIZE_MAX - 64) == NULL);
	copy = arena_strndup(&arena, "hello world", 5);
	CHECK_STR(copy, "hello");
	CHECK(arena_alloc(&arena, 0) != NULL);
out:
	arena_fini(&arena);
}

static void test_vec(void)
{
	VEC(u32) numbers = { 0 };
	VEC(struct error) wide = { 0 };

	for (u32 i = 0; i < 1000; i++)
		CHECK_EQ(vec_push(&numbers, i * i), 0);
	for (u32 i = 0; i < 1000; i++)
		CHECK_EQ(numbers.items[i], i * i);
	CHECK_EQ(vec_reserve(&numbers, SIZE_MAX), ERR_NOMEM);
	CHECK_EQ(vec_reserve(&numbers, SIZE_MAX / 8), ERR_NOMEM);
	CHECK_EQ(vec_reserve(&wide, SIZE_MAX / sizeof(struct error) + 1), ERR_NOMEM);
	CHECK(wide.items == NULL && wide.cap == 0);
	CHECK_EQ(numbers.count, 1000);
	CHECK_EQ(numbers.items[999], 998001);
	CHECK_EQ(vec_reserve(&numbers, 24), 0);
	CHECK(numbers.cap >= 1024);
out:
	vec_free(&numbers);
	vec_free(&wide);
}

static void test_vec_failed_push_keeps(void)
{
	VEC(u64) numbers = { 0 };
	u64 *items;

	for (u64 i = 0; i < 8; i++)
		CHECK_EQ(vec_push(&numbers, i), 0);
	items = numbers.items;
	mem_fail_at(1);
	CHECK_EQ(vec_push(&numbers, 8ull), ERR_NOMEM);
	TAP_FORGET_FAILURE();
	CHECK(numbers.items == items && numbers.count == 8 && numbers.items[7] == 7);
out:
	vec_free(&numbers);
}

static void test_strbuf(void)
{
	struct strbuf sb = STRBUF_INIT;
	char model[3000] = "";
	size_t len = 0;

	CHECK_STR(strbuf_str(&sb), "");
	for (u32 i = 0; i < 200; i++) {
		strbuf_printf(&sb, "%u;", i * 7919u);
		len += (size_t)snprintf(model + len, sizeof(model) - len, "%u;", i * 7919u);
		strbuf_add_char(&sb, (char)('a' + i % 26));
		model[len++] = (char)('a' + i % 26);
	}
	CHECK_EQ(strbuf_status(&sb), 0);
	CHECK_EQ(sb.len, len);
	CHECK(memcmp(sb.data, model, len) == 0 && sb.data[len] == '\0');
	strbuf_reset(&sb);
	CHECK_STR(strbuf_str(&sb), "");
	/* Longer than the first guess at its size. */
	strbuf_printf(&sb, "%500s|", "x");
	CHECK_EQ(strbuf_status(&sb), 0);
	CHECK_EQ(sb.len, 501);
	CHECK(sb.data[499] == 'x' && sb.data[500] == '|');
out:
	strbuf_fini(&sb);
}

/* After a failure what is there stays a terminated prefix and further text is dropped. */
static void test_strbuf_failure(void)
{
	struct strbuf sb = STRBUF_INIT;
	char big[400];

	memset(big, 'y', sizeof(big));
	strbuf_add(&sb, "start");
	CHECK_EQ(strbuf_status(&sb), 0);
	mem_fail_at(1);
	strbuf_add_len(&sb, big, sizeof(big));
	TAP_FORGET_FAILURE();
	CHECK_EQ(strbuf_status(&sb), ERR_NOMEM);
	strbuf_add(&sb, "more");
	strbuf_printf(&sb, "%d", 1);
	CHECK_STR(strbuf_str(&sb), "start");
	CHECK_EQ(strbuf_status(&sb), ERR_NOMEM);
	strbuf_reset(&sb);
	CHECK_EQ(strbuf_status(&sb), 0);
	strbuf_add_len(&sb, big, SIZE_MAX - 2);
	CHECK_EQ(strbuf_status(&sb), ERR_NOMEM);
out:
	strbuf_fini(&sb);
}

#define NAME_COUNT 600

static void test_strmap_model(void)
{
	static char names[NAME_COUNT][16];
	static u64 model[NAME_COUNT];
	static bool present[NAME_COUNT];
	struct strmap map;
	size_t count = 0;
	u64 value;

	strmap_init(&map, 12345);
	memset(present, 0, sizeof(present));
	for (u32 i = 0; i < NAME_COUNT; i++)
		snprintf(names[i], sizeof(names[i]), "%s%u", i % 3 == 0 ? "map_" : "", i);
	CHECK(!strmap_get(&map, "map_0", &value));
	for (u32 round = 0; round < 3000; round++) {
		u64 random = hash_mix(round + 1);
		u32 i = (u32)(random % NAME_COUNT), other = (u32)((random >> 32) % NAME_COUNT);

		CHECK_EQ(strmap_put(&map, names[i], random), 0);
		count += !present[i];
		present[i] = true;
		model[i] = random;
		CHECK_EQ(map.count, count);
		value = 1;
		CHECK_EQ(strmap_get(&map, names[other], &value), present[other]);
		CHECK_EQ(value, present[other] ? model[other] : 1);
	}
	for (u32 i = 0; i < NAME_COUNT; i++) {
		char copy[16];

		/* By content, not by address. */
		memcpy(copy, names[i], sizeof(copy));
		CHECK_EQ(strmap_get(&map, copy, &value), present[i]);
		CHECK(!present[i] || value == model[i]);
	}
	CHECK(!strmap_get(&map, "", &value));
out:
	strmap_fini(&map);
}

static void test_hash_bytes(void)
{
	u8 data[40];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	/* Every length and every seed counts, and each byte does. */
	for (size_t len = 0; len < sizeof(data); len++) {
		CHECK(hash_bytes(data, len, 1) != hash_bytes(data, len, 2));
		CHECK(hash_bytes(data, len, 1) != hash_bytes(data, len + 1, 1));
		for (size_t i = 0; i < len; i++) {
			u64 before = hash_bytes(data, len, 7), after;

			data[i] ^= 0x80;
			after = hash_bytes(data, len, 7);
			data[i] ^= 0x80;
			CHECK(before != after);
		}
	}
out:;
}

TAP_MAIN(TAP_TEST(test_arena_blocks), TAP_TEST(test_arena_limit),
	 TAP_TEST(test_arena_no_limit_overflow), TAP_TEST(test_vec),
	 TAP_TEST(test_vec_failed_push_keeps), TAP_TEST(test_strbuf), TAP_TEST(test_strbuf_failure),
	 TAP_TEST(test_strmap_model), TAP_TEST(test_hash_bytes))
