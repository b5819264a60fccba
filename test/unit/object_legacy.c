/* SPDX-License-Identifier: MIT */
/* Legacy records of every size, in each dialect: what their words mean, what has to be zero. */
#include "tap.h"

#include "object_fixture.h"

static const u8 load_it[] = { LDDW(1, 0), EXIT };

enum { MAX_RECORDS = 3, MAX_WORDS = 10 };

/* Each record is a map "m0", "m1" ...; the program refers to m0. */
static const struct {
	enum dialect dialect;
	u32 sizes[MAX_RECORDS]; /* bytes */
	u32 words[MAX_RECORDS][MAX_WORDS];
	u32 flags, id, pinning, inner; /* of m0; inner 0: none, else 1 + its index */
	const char *bad;	       /* of m0 */
} rows[] = {
	/* From 16 bytes on, each size. */
	{ DIALECT_LINUX, { 16 }, { { 1, 4, 8, 10 } }, 0, 0, 0, 0, NULL },
	{ DIALECT_LINUX, { 17 }, { { 1, 4, 8, 10 } }, 0, 0, 0, 0, NULL },
	{ DIALECT_LINUX, { 17 }, { { 1, 4, 8, 10, 9 } }, 0, 0, 0, 0, "byte 0x10 of its record" },
	{ DIALECT_LINUX, { 15 }, { { 1, 4, 8 } }, 0, 0, 0, 0, "a record of 0xf bytes" },
	{ DIALECT_LINUX, { 20 }, { { 1, 4, 8, 10, 1 } }, 1, 0, 0, 0, NULL },
	{ DIALECT_LINUX, { 24 }, { { 1, 4, 8, 10, 1, 7 } }, 1, 7, 0, 0, NULL },
	{ DIALECT_LINUX, { 28 }, { { 1, 4, 8, 10, 1, 7, 2 } }, 1, 7, 1, 0, NULL },
	{ DIALECT_LINUX, { 28 }, { { 1, 4, 8, 10, 1, 7, 3 } }, 1, 7, 1, 0, "pinning 3" },
	{ DIALECT_LINUX, { 32 }, { { 1, 4, 8, 10, 1, 7, 2 } }, 1, 7, 1, 0, NULL },
	{ DIALECT_LINUX, { 32 }, { { 1, 4, 8, 10, 1, 7, 2, 1 } }, 1, 7, 1, 0, "byte 0x1c of" },
	{ DIALECT_LINUX, { 36 }, { { 1, 4, 8, 10, 1, 7, 1 } }, 1, 7, 1, 0, NULL },
	{ DIALECT_LINUX, { 40 }, { { 1, 4, 8, 10, 1, 7, 1 } }, 1, 7, 1, 0, NULL },
	{ DIALECT_LINUX,
	  { 40 },
	  { { 1, 4, 8, 10, 1, 7, 1, 0, 0, 1 << 24 } },
	  1,
	  7,
	  1,
	  0,
	  "byte 0x27 of its record" },
	{ DIALECT_WINDOWS, { 16 }, { { 2, 4, 8, 10 } }, 0, 0, 0, 0, NULL },
	{ DIALECT_WINDOWS, { 32 }, { { 2, 4, 8, 10, 0, 1, 7, 0 } }, 0, 7, 1, 0, NULL },
	{ DIALECT_WINDOWS, { 32 }, { { 2, 4, 8, 10, 0, 2, 7, 0 } }, 0, 7, 1, 0, "pinning 2" },
	{ DIALECT_WINDOWS, { 36 }, { { 2, 4, 8, 10, 0, 0, 0, 0, 1 } }, 0, 0, 0, 0, "byte 0x20" },
	/* Without a dialect only the first four words have a meaning. */
	{ DIALECT_UNKNOWN, { 24 }, { { 1, 4, 8, 10, 1, 7 } }, 0, 0, 0, 0, NULL },
	/* Templates: by index among all records, by id; itself is none. */
	{ DIALECT_LINUX,
	  { 28, 20 },
	  { { 12, 4, 4, 3, 0, 1, 5 }, { 2, 4, 8, 1 } },
	  0,
	  0,
	  0,
	  2,
	  NULL },
	{ DIALECT_LINUX, { 28, 20 }, { { 12, 4, 4, 3, 0, 0 }, { 2, 4, 8, 1 } }, 0, 0, 0, 0, NULL },
	{ DIALECT_LINUX,
	  { 28, 20 },
	  { { 12, 4, 4, 3, 0, 2 }, { 2, 4, 8, 1 } },
	  0,
	  0,
	  0,
	  0,
	  "its inner map has index 2 of 2" },
	{ DIALECT_LINUX,
	  { 36, 36, 36 },
	  { { 12, 4, 4, 3, 0, 1, 0, 9, 0 }, { 2, 4, 8, 1, 0, 8 }, { 2, 4, 8, 1, 0, 9 } },
	  0,
	  1,
	  0,
	  3,
	  NULL },
	{ DIALECT_LINUX,
	  { 36, 36, 36 },
	  { { 12, 4, 4, 3, 0, 1, 0, 5, 0 }, { 2, 4, 8, 1, 0, 8 }, { 2, 4, 8, 1, 0, 9 } },
	  0,
	  1,
	  0,
	  0,
	  "no map has the id 5 of its inner map" },
	{ DIALECT_LINUX,
	  { 36, 36, 36 },
	  { { 13, 4, 4, 3, 0, 1, 0, 8, 0 }, { 2, 4, 8, 1, 0, 8 }, { 2, 4, 8, 1, 0, 8 } },
	  0,
	  1,
	  0,
	  3,
	  "more than one map has the id 8" },
	{ DIALECT_WINDOWS,
	  { 32, 32 },
	  { { 7, 4, 4, 3, 1, 0, 1, 0 }, { 2, 4, 8, 1, 0, 0, 2, 0 } },
	  0,
	  1,
	  0,
	  2,
	  NULL },
	{ DIALECT_WINDOWS,
	  { 32, 32 },
	  { { 6, 4, 4, 3, 0, 0, 1, 2 }, { 2, 4, 8, 1, 0, 0, 2, 0 } },
	  0,
	  1,
	  0,
	  2,
	  NULL },
};

/* apart: each record in a section of its own. */
static void add_records(struct fixture *f, size_t i, u8 *bytes, bool apart)
{
	static const char *const names[] = { "m0", "m1", "m2" };
	u32 section = fixture_code(f, "xdp", load_it, sizeof(load_it)), maps = 0, len = 0;

	fixture_func(f, "main", section, 0, sizeof(load_it));
	for (u32 r = 0; r < MAX_RECORDS && rows[i].sizes[r] != 0; r++) {
		memcpy(bytes + len, rows[i].words[r], rows[i].sizes[r]);
		len += rows[i].sizes[r];
	}
	if (!apart)
		maps = fixture_data(f, "maps", bytes, len);
	len = 0;
	for (u32 r = 0; r < MAX_RECORDS && rows[i].sizes[r] != 0; r++) {
		u32 symbol;

		if (apart)
			maps = fixture_data(f, "maps/one", bytes + len, rows[i].sizes[r]);
		symbol = elf_builder_symbol(&f->elf, names[r], maps, apart ? 0 : len, 0,
					    ELF_STT_OBJECT, ELF_STB_GLOBAL);
		if (r == 0)
			elf_builder_reloc(&f->elf, section, 0, symbol, RELOC_LDDW);
		len += rows[i].sizes[r];
	}
}

static void run_row(size_t i, bool apart)
{
	u8 bytes[MAX_RECORDS * MAX_WORDS * 4];
	struct fixture f;
	const struct prog_map *map;

	fixture_init(&f);
	add_records(&f, i, bytes, apart);
	CHECK_EQ(fixture_open(&f, rows[i].dialect), 0);
	map = &f.obj->maps[0];
	CHECK_EQ(fixture_link(&f, "main"), rows[i].bad != NULL ? ERR_NOEXEC : 0);
	if (rows[i].bad != NULL && strstr(f.err.text, rows[i].bad) == NULL)
		CHECK_STR(f.err.text, rows[i].bad);
	CHECK_EQ(f.obj->warning_count, rows[i].bad != NULL);
	if (rows[i].bad != NULL)
		goto out;
	CHECK_EQ(map->type_number, rows[i].words[0][0]);
	CHECK_EQ(map->key_size, rows[i].words[0][1]);
	CHECK_EQ(map->value_size, rows[i].words[0][2]);
	CHECK_EQ(map->max_entries, rows[i].words[0][3]);
	CHECK_EQ(map->flags, rows[i].flags);
	CHECK_EQ(map->id, rows[i].id);
	CHECK_EQ(map->pinning, rows[i].pinning);
	CHECK_EQ(map->inner, rows[i].inner == 0 ? PROG_NO_INDEX : rows[i].inner - 1);
out:
	fixture_fini(&f);
}

static void test_records(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		run_row(i, false);
		run_row(i, true);
	}
}

/* Only the record that holds the address is bad. */
static void test_address(void)
{
	static const u32 records[2][4] = { { 1, 4, 8, 10 }, { 1, 4, 8, 10 } };
	struct fixture f;
	u32 maps, symbol, good, section;

	fixture_init(&f);
	maps = fixture_data(&f, "maps", records, sizeof(records));
	good = elf_builder_symbol(&f.elf, "good", maps, 0, 16, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbol = elf_builder_symbol(&f.elf, "bad", maps, 16, 16, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_reloc(&f.elf, maps, 24, good, RELOC_ABS64);
	section = fixture_code(&f, "tc", load_it, sizeof(load_it));
	fixture_func(&f, "uses_bad", section, 0, sizeof(load_it));
	elf_builder_reloc(&f.elf, section, 0, symbol, RELOC_LDDW);
	section = fixture_code(&f, "xdp", load_it, sizeof(load_it));
	fixture_func(&f, "uses_good", section, 0, sizeof(load_it));
	elf_builder_reloc(&f.elf, section, 0, good, RELOC_LDDW);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK(fixture_warned(&f, "map bad: its record holds an address (0x18)"));
	CHECK_EQ(fixture_link(&f, "uses_bad"), ERR_NOEXEC);
	CHECK_EQ(fixture_link(&f, "uses_good"), 0);
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_records), TAP_TEST(test_address))
