/* SPDX-License-Identifier: MIT */
/* Helpers in both dialects: maps with their errors, memory and text, time and identity; and that
 * none takes memory which the program may not touch. */
#include "runtime_hand.h"

#include "os/os.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

static const struct prog_map *test_maps(void)
{
	static struct prog_map maps[5];

	maps[0] = (struct prog_map){ .name = "table",
				     .type = map_type(MAP_KIND_HASH),
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 2 };
	maps[1] = (struct prog_map){ .name = "slots",
				     .type = map_type(MAP_KIND_ARRAY),
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 4 };
	maps[2] = (struct prog_map){ .name = "fixed",
				     .type = map_type(MAP_KIND_ARRAY),
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 1,
				     .is_global = true,
				     .read_only = true };
	maps[3] = (struct prog_map){ .name = "progs",
				     .type = map_type(MAP_KIND_PROG_ARRAY),
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = 4 };
	maps[4] = (struct prog_map){ .name = "events",
				     .type = map_type(MAP_KIND_XSKMAP),
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = 4096 };
	return maps;
}

static void map_results(void)
{
	static const struct {
		u32 map, key;
		u64 flags;
		s64 windows, linux_;
	} updates[] = {
		{ 0, 1, MAP_EXIST, -19, -2 }, /* KEY_NOT_FOUND */
		{ 0, 1, MAP_NOEXIST, 0, 0 },
		{ 0, 1, MAP_NOEXIST, -26, -17 }, /* KEY_ALREADY_EXISTS */
		{ 0, 1, 3, -6, -22 },		 /* INVALID_ARGUMENT */
		{ 0, 2, MAP_ANY, 0, 0 },
		{ 0, 3, MAP_ANY, -29, -7 }, /* OUT_OF_SPACE */
		{ 1, 3, MAP_ANY, 0, 0 },
		{ 1, 4, MAP_ANY, -6, -7 },
		{ 1, 3, MAP_NOEXIST, -6, -17 },
		{ 2, 0, MAP_ANY, -20, -13 }, /* ACCESS_DENIED */
		{ 3, 0, MAP_ANY, -6, -22 },
	};
	struct hand h = { 0 };

	for (int w = 0; w < 2; w++) {
		CHECK_EQ(hand_new(&h, w ? W : L, test_maps(), 5), 0);
		for (size_t i = 0; i < ARRAY_COUNT(updates); i++) {
			u64 r = call(&h, 2, map_of(&h, updates[i].map), key_of(&h, updates[i].key),
				     value_of(&h, 5), updates[i].flags, 0);

			CHECK_EQ(r, w ? updates[i].windows : updates[i].linux_);
			CHECK_EQ(fault_of(&h), 0);
		}
		/* lookup, delete */
		CHECK(call(&h, 1, map_of(&h, 0), key_of(&h, 1), 0, 0, 0) != 0);
		CHECK_EQ(call(&h, 1, map_of(&h, 0), key_of(&h, 9), 0, 0, 0), 0);
		CHECK(call(&h, 1, map_of(&h, 2), key_of(&h, 0), 0, 0, 0) != 0);
		CHECK_EQ(call(&h, 1, map_of(&h, 3), key_of(&h, 0), 0, 0, 0), 0);
		CHECK_EQ(call(&h, 3, map_of(&h, 0), key_of(&h, 2), 0, 0, 0), 0);
		CHECK_EQ(call(&h, 3, map_of(&h, 0), key_of(&h, 2), 0, 0, 0), w ? -19 : -2);
		CHECK_EQ(call(&h, 3, map_of(&h, 1), key_of(&h, 3), 0, 0, 0), w ? 0 : -22);
		CHECK_EQ(call(&h, 3, map_of(&h, 2), key_of(&h, 0), 0, 0, 0), w ? -20 : -13);
		CHECK_EQ(fault_of(&h), 0);
		hand_fini(&h);
	}
	/* Windows only: take out. */
	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	CHECK_EQ(call(&h, 2, map_of(&h, 0), key_of(&h, 1), value_of(&h, 77), 0, 0), 0);
	{
		u64 value = call(&h, 4, map_of(&h, 0), key_of(&h, 1), 0, 0, 0);

		CHECK(value != 0 && *(u64 *)(uintptr_t)value == 77);
		CHECK(exec_may_access(&h.run->inv.exec, value, 8, true));
	}
	CHECK_EQ(call(&h, 4, map_of(&h, 0), key_of(&h, 1), 0, 0, 0), 0);
	CHECK_EQ(call(&h, 4, map_of(&h, 1), key_of(&h, 1), 0, 0, 0), 0);
out:
	hand_fini(&h);
}

/* Every pointer argument of every offered helper, one byte outside of the program's memory. */
static void bad_pointers(void)
{
	struct hand h = { 0 };
	u64 end, good;

	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	good = (u64)(uintptr_t)h.run->stack;
	end = good + sizeof(h.run->stack);
	CHECK_EQ(call(&h, 1, map_of(&h, 0), end - 3, 0, 0, 0), 0);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(h.run->inv.exec.fault.addr, end - 3);
	CHECK_EQ(h.run->inv.exec.fault.size, 4);
	CHECK_EQ(call(&h, 1, map_of(&h, 0) + 8, good, 0, 0, 0), 0);
	CHECK_EQ(fault_of(&h), ERR_BADF);
	CHECK_EQ(call(&h, 1, 0, good, 0, 0, 0), 0);
	CHECK_EQ(fault_of(&h), ERR_BADF);
	CHECK_EQ(call(&h, 2, map_of(&h, 0), good, end - 7, 0, 0), (u64)-31);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(call(&h, 2, map_of(&h, 0), good, UINT64_MAX - 3, 0, 0), (u64)-31);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(call(&h, 5, 0, map_of(&h, 0), 0, 0, 0), (u64)-6);
	CHECK_EQ(fault_of(&h), 0);
	CHECK_EQ(call(&h, 5, 0, good, 0, 0, 0), (u64)-7);
	CHECK_EQ(fault_of(&h), ERR_BADF);
	/* memory and text: first argument, then second */
	for (u32 id = 22; id <= 28; id++) {
		if (id == 26)
			continue;
		call(&h, id, end - 7, 8, good, 8, 0);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
		call(&h, id, good, 8, end - 7, 8, 0);
		CHECK_EQ(fault_of(&h), id == 24 ? 0 : ERR_FAULT);
		call(&h, id, good, UINT64_MAX, good, 8, 0);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
	}
	call(&h, 29, end - 7, 8, 0, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	call(&h, 10, end - 4, 8, 0, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	/* .rodata is not for writing */
	call(&h, 24, h.rt->map_values[2], 8, 0, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	call(&h, 24, h.rt->map_values[1], 8, 0, 0, 0);
	CHECK_EQ(fault_of(&h), 0);
	/* Verified programs are not asked. */
	h.run->inv.exec.unchecked = true;
	CHECK(exec_check(&h.run->inv.exec, end, 8, true));
out:
	hand_fini(&h);
}

static void memory_and_text(void)
{
	struct hand h = { 0 };
	char *text;
	u64 at;

	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	text = (char *)h.run->stack;
	at = (u64)(uintptr_t)text;
	memcpy(text, "abcdefgh", 9);
	CHECK_EQ(call(&h, 22, at + 16, 8, at, 8, 0), 0);
	CHECK(memcmp(text + 16, "abcdefgh", 8) == 0);
	CHECK_EQ(call(&h, 22, at + 16, 7, at, 8, 0), (u64)-6);
	CHECK_EQ(call(&h, 25, at + 1, 8, at, 8, 0), 0);
	CHECK(memcmp(text, "aabcdefgh", 9) == 0);
	CHECK_EQ(call(&h, 23, at, 2, at + 16, 2, 0), (u64)-1);
	CHECK_EQ(call(&h, 23, at + 1, 4, at + 16, 4, 0), 0);
	CHECK_EQ(call(&h, 23, at + 1, 4, at + 16, 5, 0), (u64)-1);
	CHECK_EQ(call(&h, 23, at + 1, 5, at + 16, 4, 0), 1);
	CHECK_EQ(call(&h, 24, at, 4, 0x1fe, 0, 0), 0);
	CHECK((u8)text[0] == 0xfe && (u8)text[3] == 0xfe && (u8)text[4] == 'd');
	CHECK_EQ(call(&h, 24, at, 0, 1, 0, 0), 0);
	CHECK((u8)text[0] == 0xfe);

	memset(text, 0x55, 64);
	memcpy(text + 32, "hello", 6);
	CHECK_EQ(call(&h, 27, at, 8, at + 32, 6, 0), 0);
	CHECK_STR(text, "hello");
	CHECK_EQ(call(&h, 27, at, 8, at + 32, 2, 0), 0);
	CHECK_STR(text, "he");
	CHECK_EQ(call(&h, 28, at, 8, at + 32, 6, 0), 0);
	CHECK_STR(text, "hehello");
	CHECK_EQ(call(&h, 28, at, 8, at + 32, 1, 0), (u64)-6);
	CHECK_STR(text, "");
	CHECK_EQ(call(&h, 27, at, 5, at + 32, 6, 0), (u64)-6);
	CHECK_STR(text, "");
	CHECK_EQ(call(&h, 27, at, 0, at + 32, 6, 0), (u64)-6);
	CHECK_EQ(call(&h, 29, at + 32, 16, 0, 0, 0), 5);
	CHECK_EQ(call(&h, 29, at + 32, 3, 0, 0, 0), 3);
	CHECK_EQ(call(&h, 29, at + 32, 0, 0, 0, 0), 0);
out:
	hand_fini(&h);
}

static void comparisons(void)
{
	static const struct {
		const char *a, *b;
		u32 size;
		int order;
	} rows[] = {
		{ "abc", "abc", 4, 0 }, { "abc", "abd", 4, -1 }, { "abd", "abc", 4, 1 },
		{ "abc", "abd", 2, 0 }, { "ab", "abc", 4, -1 },	 { "abc", "ab", 4, 1 },
		{ "", "", 1, 0 },	{ "a", "", 1, 1 },	 { "\xff", "a", 2, 1 },
		{ "x", "y", 0, 0 },
	};
	struct hand h = { 0 };
	char *text;
	u64 at, end;

	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	text = (char *)h.run->stack;
	at = (u64)(uintptr_t)text;
	end = at + sizeof(h.run->stack);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		memcpy(text, rows[i].a, strlen(rows[i].a) + 1);
		memcpy(text + 16, rows[i].b, strlen(rows[i].b) + 1);
		CHECK_EQ(call(&h, 182, at, rows[i].size, at + 16, 0, 0), (u64)(s64)rows[i].order);
	}
	CHECK_EQ(fault_of(&h), 0);
	CHECK_EQ(call(&h, 182, end - 3, 4, at, 0, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	/* The other text ends with the memory: a difference before that is none of its business. */
	memcpy(text, "xyz", 4);
	text[sizeof(h.run->stack) - 2] = 'x';
	text[sizeof(h.run->stack) - 1] = 'z';
	CHECK_EQ(call(&h, 182, at, 8, end - 2, 0, 0), (u64)-1);
	CHECK_EQ(fault_of(&h), 0);
	text[sizeof(h.run->stack) - 1] = 'y';
	CHECK_EQ(call(&h, 182, at, 8, end - 2, 0, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
out:
	hand_fini(&h);
}

static const struct {
	const char *text;
	u32 base;
	s64 used; /* or the error */
	u64 value;
	s64 used_unsigned;
} number_rows[] = {
	{ "7", 0, 1, 7, 1 },
	{ " \t\n12 3", 10, 5, 12, 5 },
	{ "-12", 0, 3, (u64)-12, -22 },
	{ "0x1F", 0, 4, 31, 4 },
	{ "0X1f", 16, 4, 31, 4 },
	{ "1f", 16, 2, 31, 2 },
	{ "017", 0, 3, 15, 3 },
	{ "0", 0, 1, 0, 1 },
	{ "08", 0, 1, 0, 1 },
	{ "0x", 0, 1, 0, 1 },
	{ "0xg", 16, -22, 0, -22 },
	{ "0xg", 0, 1, 0, 1 },
	{ "0x1", 10, 1, 0, 1 },
	{ "8", 8, -22, 0, -22 },
	{ "", 0, -22, 0, -22 },
	{ "-", 0, -22, 0, -22 },
	{ "--1", 0, -22, 0, -22 },
	{ "+1", 0, -22, 0, -22 },
	{ "- 1", 0, -22, 0, -22 },
	{ "x", 0, -22, 0, -22 },
	{ "1", 2, -22, 0, -22 },
	{ "1", 32 + 10, -22, 0, -22 },
	{ "9223372036854775807", 0, 19, INT64_MAX, 19 },
	{ "9223372036854775808", 0, -34, 1ull << 63, 19 },
	{ "-9223372036854775808", 0, 20, 1ull << 63, -22 },
	{ "-9223372036854775809", 0, -34, 0, -22 },
	{ "18446744073709551615", 0, -34, UINT64_MAX, 20 },
	{ "18446744073709551616", 0, -34, 0, -34 },
	{ "99999999999999999999999", 0, -34, 0, -34 },
};

static void numbers(void)
{
	struct hand h = { 0 };
	char *text;
	u64 at, value, end;

	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	text = (char *)h.run->stack;
	at = (u64)(uintptr_t)text;
	end = at + sizeof(h.run->stack);
	for (size_t i = 0; i < ARRAY_COUNT(number_rows); i++) {
		u64 size = strlen(number_rows[i].text);

		memcpy(text + 16, number_rows[i].text, size + 1);
		memset(text, 0x55, 8);
		CHECK_EQ(call(&h, 105, at + 16, size, number_rows[i].base, at, 0),
			 (u64)number_rows[i].used);
		memcpy(&value, text, 8);
		CHECK_EQ(value, number_rows[i].used > 0 ? number_rows[i].value : 0);
		memset(text, 0x55, 8);
		CHECK_EQ(call(&h, 106, at + 16, size, number_rows[i].base, at, 0),
			 (u64)number_rows[i].used_unsigned);
		memcpy(&value, text, 8);
		CHECK_EQ(value, number_rows[i].used_unsigned > 0 ? number_rows[i].value : 0);
	}
	/* No more than the size is read. */
	memcpy(text + 16, "123", 4);
	CHECK_EQ(call(&h, 105, at + 16, 2, 0, at, 0), 2);
	CHECK_EQ(fault_of(&h), 0);
	for (u32 id = 105; id <= 106; id++) {
		CHECK_EQ(call(&h, id, end - 3, 4, 0, at, 0), (u64)-14);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
		CHECK_EQ(call(&h, id, at + 16, 2, 0, end - 7, 0), (u64)-14);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
		CHECK_EQ(call(&h, id, at + 16, 2, 0, h.rt->map_values[2], 0), (u64)-14);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
	}
out:
	hand_fini(&h);
}

static void printing_into_memory(void)
{
	struct hand h = { 0 };
	u64 at, end, *args;
	char *text;

	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	text = (char *)h.run->stack;
	at = (u64)(uintptr_t)text;
	end = at + sizeof(h.run->stack);
	args = (u64 *)(uintptr_t)(at + 64);
	args[0] = at + 96;
	args[1] = 42;
	memcpy(text + 96, "port", 5);
	memcpy(text + 128, "%s %d!", 7);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, at + 64, 16), 9);
	CHECK_STR(text, "port 42!");
	/* Cut, and still told how long it is. */
	memset(text, 0x55, 16);
	CHECK_EQ(call(&h, 165, at, 5, at + 128, at + 64, 16), 9);
	CHECK_STR(text, "port");
	CHECK_EQ(text[5], 0x55);
	CHECK_EQ(call(&h, 165, 0, 0, at + 128, at + 64, 16), 9);
	/* Too few arguments, sizes that are none, conversions that are none. */
	CHECK_EQ(call(&h, 165, at, 16, at + 128, at + 64, 8), (u64)-22);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, at + 64, 15), (u64)-22);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, at + 64, 104), (u64)-22);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, 0, 16), (u64)-22);
	memcpy(text + 128, "%y", 3);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, at + 64, 16), (u64)-22);
	CHECK_EQ(fault_of(&h), 0);
	memcpy(text + 128, "no arguments", 13);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, 0, 0), 13);
	CHECK_STR(text, "no arguments");
	CHECK_EQ(call(&h, 165, end - 15, 16, at + 128, 0, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(call(&h, 165, at, 16, at + 128, end - 7, 8), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(call(&h, 165, at, 16, end, 0, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	/* A format without an end. */
	memset(text + sizeof(h.run->stack) - 8, 'x', 8);
	CHECK_EQ(call(&h, 165, at, 16, end - 8, 0, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
out:
	hand_fini(&h);
}

/* Against a plain sum of 16-bit words. */
static u16 fold(u64 sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

static void checksums(void)
{
	struct hand h = { 0 };
	u64 at, random = 12345;

	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	at = (u64)(uintptr_t)h.run->stack;
	for (u32 round = 0; round < 200; round++) {
		u32 from_size = round % 5 * 4, to_size = round % 7 * 4;
		u64 expected = round * 977u;
		u16 word;

		for (u32 i = 0; i < 64; i++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			h.run->stack[i] = (u8)(random >> 56);
		}
		for (u32 i = 0; i < from_size; i += 2) {
			memcpy(&word, h.run->stack + i, 2);
			expected += (u16)~word;
		}
		for (u32 i = 0; i < to_size; i += 2) {
			memcpy(&word, h.run->stack + 32 + i, 2);
			expected += word;
		}
		CHECK_EQ(fold(call(&h, 28, at, from_size, at + 32, to_size, round * 977u)),
			 fold(expected));
	}
	/* The last word of 3 bytes is filled up; what comes out has 16 bits. */
	memcpy(h.run->stack, "\1\0\1\xff\xff\xff", 6);
	CHECK_EQ(call(&h, 28, 0, 0, at, 3, 0), 2);
	CHECK_EQ(call(&h, 28, 0, 0, at + 2, 4, 1), 0xff02);
	CHECK_EQ(call(&h, 28, 0, 0, 0, 0, 9), 9);
	CHECK_EQ(call(&h, 28, 0, 0, 0, 0, 0x10001), 2);
	CHECK_EQ(fault_of(&h), 0);
	hand_fini(&h);
	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	at = (u64)(uintptr_t)h.run->stack;
	CHECK_EQ(call(&h, 10, at, 3, at, 4, 0), (u64)-22);
	CHECK_EQ(call(&h, 10, at, 4, at, 2, 0), (u64)-22);
	memcpy(h.run->stack, "\0\0\1\0\0\0\1\0", 8);
	CHECK_EQ(call(&h, 10, 0, 0, at, 8, 5), 0x20005);
	CHECK_EQ(call(&h, 10, at, 8, at, 8, 5) % 0xffff, 5);
out:
	hand_fini(&h);
}

static void time_and_identity(void)
{
	struct hand h = { 0 };
	u64 before, now, first;
	u32 different = 0;

	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	before = os_clock_monotonic();
	now = call(&h, 9, 0, 0, 0, 0, 0);
	CHECK(now >= before && now <= os_clock_monotonic());
	before = os_clock_boot();
	now = call(&h, 7, 0, 0, 0, 0, 0);
	CHECK(now >= before && now <= os_clock_boot());
	now = call(&h, 31, 0, 0, 0, 0, 0);
	CHECK(now <= os_clock_monotonic() / 1000000 &&
	      now + 10000 > os_clock_monotonic() / 1000000);
	now = call(&h, 30, 0, 0, 0, 0, 0);
	CHECK(now <= os_clock_boot() / 1000000 && now + 10000 > os_clock_boot() / 1000000);
	CHECK_EQ(call(&h, 19, 0, 0, 0, 0, 0) >> 32, os_process_id());
	CHECK_EQ((u32)call(&h, 19, 0, 0, 0, 0, 0), os_thread_id());
	h.run->inv.exec.slot = 13;
	CHECK_EQ(call(&h, 8, 0, 0, 0, 0, 0), 13);
	first = call(&h, 6, 0, 0, 0, 0, 0);
	for (u32 i = 0; i < 64; i++) {
		u64 next = call(&h, 6, 0, 0, 0, 0, 0);

		CHECK(next <= UINT32_MAX);
		different += next != first;
	}
	CHECK(different > 60);
	hand_fini(&h);
	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	CHECK_EQ(call(&h, 42, 0, 0, 0, 0, 0), 0);
	CHECK(call(&h, 160, 0, 0, 0, 0, 0) != 0);
out:
	hand_fini(&h);
}

/* Numbers that mean nothing, or nothing here, have no function. */
static void not_offered(void)
{
	static const u32 ids[] = { 0, 26, 35, 36, 200, 0x10000, UINT32_MAX };
	struct hand h = { 0 };

	CHECK_EQ(hand_new(&h, W, test_maps(), 5), 0);
	for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
		CHECK(helper_bind(h.rt, ids[i]).fn == NULL);
	CHECK(helper_bind(h.rt, 5).flags & HELPER_TAIL_CALL);
	CHECK(helper_bind(h.rt, 1).flags == 0);
	hand_fini(&h);
	CHECK_EQ(hand_new(&h, L, test_maps(), 5), 0);
	CHECK(helper_bind(h.rt, 0).fn == NULL);
	CHECK(helper_bind(h.rt, 4).fn == NULL);
	CHECK(helper_bind(h.rt, 12).flags & HELPER_TAIL_CALL);
	CHECK(helper_bind(h.rt, UINT32_MAX).fn == NULL);
out:
	hand_fini(&h);
}

/* The same through an engine: the words, and what is left out. */
static void through_an_engine(void)
{
	static const struct insn bad_key[] = { MOV_REG(2, 10), ADD_IMM(2, -2), LOAD_MAP(1, 0),
					       CALL(1), EXIT };
	static const struct insn bad_map[] = { MOV_REG(2, 10), ADD_IMM(2, -8), CALL(1), EXIT };
	static const struct insn beyond[] = { STORE_IMM(4, 10, -4, 1),
					      MOV_REG(2, 10),
					      ADD_IMM(2, -4),
					      LOAD_MAP(1, 1),
					      CALL(1),
					      LOAD(4, 0, 0, 6),
					      EXIT };
	static const struct insn constant[] = { LOAD_VALUE(1, 2, 0), STORE_IMM(4, 1, 4, 1), EXIT };
	static const struct insn sockets[] = { LOAD_MAP(1, 4), MOV_IMM(0, 0), EXIT };
	static const struct insn cookie[] = { CALL(26), EXIT };
	static const struct insn no_value[] = { LOAD_VALUE(1, 0, 0), MOV_IMM(0, 0), EXIT };
	static const struct {
		const struct insn *insns;
		size_t count;
		int status;
		const char *text;
	} cases[] = {
		{ bad_key, ARRAY_COUNT(bad_key), ERR_FAULT,
		  "program 'test' stopped at slot 4: bpf_map_lookup_elem: 4-byte read at 0x" },
		{ bad_map, ARRAY_COUNT(bad_map), ERR_BADF, "is not a map" },
		{ beyond, ARRAY_COUNT(beyond), ERR_FAULT,
		  "; runs past the end of a value of map 'slots' (8 bytes)" },
		{ constant, ARRAY_COUNT(constant), ERR_FAULT,
		  "; a value of map 'fixed' is read-only" },
		{ sockets, ARRAY_COUNT(sockets), ERR_NOTSUP,
		  "slot 0: map 'events': no extension provides maps of type xskmap" },
		{ cookie, ARRAY_COUNT(cookie), ERR_NOTSUP,
		  "slot 0: helper 26, bpf_get_socket_cookie, is not offered: hooks of "
		  "sockets provide it" },
		{ no_value, ARRAY_COUNT(no_value), ERR_INVAL, "'table', which is no array" },
	};
	struct fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct runtime_run run = { 0 };
		int r;

		CHECK_EQ(fixture_new(&f, W), 0);
		r = fixture_add(&f, W, "bind", test_maps(), 5, cases[i].insns, cases[i].count,
				NULL);
		if (r == 0)
			r = runtime_run(f.prog, &run, &f.err);
		if (r != ERR_NOMEM && strstr(f.err.text, cases[i].text) == NULL)
			printf("# %s\n", f.err.text);
		CHECK_EQ(r, cases[i].status);
		CHECK(strstr(f.err.text, cases[i].text) != NULL);
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

/* What a program of the Linux dialect that calls it is refused with. */
static void refused_with_the_reason(void)
{
	static const struct {
		const char *type;
		u32 id;
		const char *text;
	} cases[] = {
		{ "sched_cls", 169,
		  "slot 0: helper 169, bpf_timer_init, is not offered: there are no timers yet" },
		{ "sched_cls", 93, "bpf_spin_lock, is not offered: there are no spin locks yet" },
		{ "sched_cls", 9, "is not offered: it changes a packet buffer of the kernel" },
		{ "kprobe", 113, "is not offered: memory of others cannot be read yet" },
		{ "xdp", 201, "bpf_dynptr_read, is not offered: there are no dynptrs yet" },
		{ "xdp", 204, "is not offered: there are no SYN cookies yet" },
		{ "cgroup_sock_addr", 187,
		  "bpf_set_retval, is not offered: hooks of sockets provide it" },
		{ "xdp", 0x10000, "slot 0: helper 0x10000 is not offered" },
		{ "xdp", 9999, "slot 0: helper 9999 is not offered" },
	};
	struct fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct insn insns[] = { CALL((s32)cases[i].id), EXIT };
		struct runtime_run run = { 0 };
		int r;

		CHECK_EQ(fixture_new(&f, L), 0);
		r = fixture_add(&f, L, cases[i].type, NULL, 0, insns, ARRAY_COUNT(insns), NULL);
		if (r == 0)
			r = runtime_run(f.prog, &run, &f.err);
		if (r != ERR_NOMEM && strstr(f.err.text, cases[i].text) == NULL)
			printf("# %s\n", f.err.text);
		CHECK_EQ(r, ERR_NOTSUP);
		CHECK(strstr(f.err.text, cases[i].text) != NULL);
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(map_results), TAP_TEST(bad_pointers), TAP_TEST(memory_and_text),
	 TAP_TEST(comparisons), TAP_TEST(numbers), TAP_TEST(printing_into_memory),
	 TAP_TEST(checksums), TAP_TEST(time_and_identity), TAP_TEST(not_offered),
	 TAP_TEST(through_an_engine), TAP_TEST(refused_with_the_reason))
