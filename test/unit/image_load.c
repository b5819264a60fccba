/* SPDX-License-Identifier: MIT */
/* Images in memory: pages that are not the trusted ones, what the loader refuses, and modules that
 * say of themselves what cannot be. */
#include "pe_builder.h"
#include "tap.h"

#include "bpf2c.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/le.h"
#include "base/str.h"
#include "image/image.h"

static struct pe_builder b;

#if defined(__x86_64__)

static struct image_page trusted[16];

/* Whoever signs the image vouches for what it has now. */
static int sign(struct pe *pe, struct arena *arena, struct error *err)
{
	int status = pe_open(b.bytes, b.len, arena, pe, err);

	for (u32 i = 0; status == 0 && i < pe_page_count(pe); i++) {
		const struct pe_page page = pe_page(pe, i);

		trusted[i].offset = page.file.offset;
		pe_page_digest(pe, &page, trusted[i].digest);
	}
	return status;
}

static int load(struct image **ret_image, struct arena *arena, struct error *err)
{
	struct pe pe;
	int status = sign(&pe, arena, err);

	return status != 0 ? status : image_load(&pe, trusted, pe_page_count(&pe), ret_image, err);
}

typedef MODULE_ABI u64 program(void *context, void *rc);

static void runs(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image_module m;
	struct image *image = NULL;
	const u8 *slot;
	program *run;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(load(&image, &arena, &err), 0);
	CHECK_EQ(image_size(image), PB_SIZE);
	CHECK_EQ(image_module_read(image, &arena, &m, &err), 0);
	CHECK_EQ(m.program_count, 1);
	CHECK_STR(m.programs[0].program_name, "answer");
	CHECK_STR(m.programs[0].section_name, "bind");
	CHECK_EQ(m.programs[0].helper_count, 1);
	CHECK_EQ(m.programs[0].helpers[0].helper_id, 8);
	CHECK_EQ(m.programs[0].referenced_map_count, 2);
	CHECK_EQ(m.programs[0].referenced_map_indices[1], 1);
	CHECK_EQ(m.map_count, 2);
	CHECK_STR(m.maps[0].name, "counters");
	CHECK_EQ(m.maps[1].definition.value_size, 16);
	CHECK_EQ(m.section_count, 1);
	CHECK_EQ(m.sections[0].size, 16);
	CHECK_EQ(m.hash_len, 32);
	CHECK_EQ(m.version[1], 6);
	CHECK_EQ(m.value_count, 0);
	run = (program *)(uintptr_t)m.programs[0].function;
	CHECK_EQ(run(NULL, NULL), 42);
	/* An import has its address, and the code is where it says. */
	slot = image_address(image, PB_IMPORT_SLOTS);
	CHECK(le64_load(slot) != 0 && le64_load(slot) != PB_RDATA + 0x60);
	CHECK(image_address(image, PB_PROGRAM_CODE) == (const void *)(uintptr_t)run);
	image_hold(image);
	image_drop(image);
	CHECK_EQ(run(NULL, NULL), 42);
out:
	image_drop(image);
	arena_fini(&arena);
}

/* Two functions: of the second, what the tables for unwinding say of its registers. */
static const struct unwinding {
	u8 info[14];	  /* version, length of the prologue, codes, frame's register; codes */
	u32 size, second; /* of the tables; rva of the second function's info, 0: as it is */
	bool keeps;
} unwindings[] = {
	{ { 1, 0, 0, 0 }, 24, 0, false },
	{ { 0x19, 9, 4, 0, 9, 0x01, 0x40, 0, 2, 0x30, 1, 0x60 }, 24, 0, false },
	{ { 1, 9, 5, 0, 9, 0x11, 0, 0, 1, 0, 2, 0x72, 1, 0x03 }, 24, 0, false },
	{ { 1, 9, 5, 0, 9, 0x64, 8, 8, 5, 0x75, 8, 8, 8, 8 }, 24, 0, false },
	{ { 1, 9, 1, 0, 9, 0x0a }, 24, 0, false },
	{ { 1, 9, 2, 0, 9, 0x68, 1, 0 }, 24, 0, true },		     /* xmm6 */
	{ { 1, 9, 3, 0, 9, 0xf9, 1, 0, 0, 0 }, 24, 0, true },	     /* xmm15, far away */
	{ { 1, 9, 3, 0, 9, 0x30, 8, 0x68, 8, 8 }, 24, 0, true },     /* behind another one */
	{ { 1, 9, 3, 0, 9, 0x64, 8, 0x68, 8, 0x00 }, 24, 0, false }, /* an offset, no operation */
	{ { 1, 9, 3, 0, 9, 0x01, 8, 0x68, 8, 0x68 }, 24, 0, true },
	{ { 1, 9, 4, 0, 9, 0x11, 8, 0x68, 8, 0x68, 8, 0 }, 24, 0, false },
	{ { 1, 9, 1, 0, 9, 0x06 }, 24, 0, true }, /* not known in this version */
	{ { 1, 9, 1, 0, 9, 0x07 }, 24, 0, true },
	{ { 1, 9, 1, 0, 9, 0x0b }, 24, 0, true },
	{ { 2, 0, 0, 0 }, 24, 0, true },
	{ { 0, 0, 0, 0 }, 24, 0, true },
	{ { 1, 0, 0, 0 }, 0, 0, true },
	{ { 1, 0, 0, 0 }, 20, 0, true },
	{ { 1, 0, 0, 0 }, 24, PB_SIZE + 0x1000, true },
	{ { 1, 0, 0, 0 }, 24, PB_RDATA + 0x15fe, true },
	{ { 1, 0, 255, 0 }, 24, PB_RDATA + 0x15f0, true },
	{ { 1, 9, 2, 0, 9, 0x68, 1, 0 }, 12, 0, false }, /* the first function alone */
};

static UNUSED void vectors(void)
{
	enum { TABLE = PB_RDATA + 0x1400, FIRST = TABLE + 0x40, SECOND = TABLE + 0x50 };
	struct arena arena;
	struct error err = { 0 };
	struct image *image = NULL;
	struct image_module m;

	arena_init(&arena, 0);
	for (u32 i = 0; i < ARRAY_COUNT(unwindings); i++) {
		const struct unwinding *u = &unwindings[i];
		u32 second = u->second != 0 ? u->second : SECOND;

		pb_init(&b);
		le32_store(b.bytes + PB_DIRS + 8 * PE_DIR_EXCEPTION, u->size > 0 ? TABLE : 0);
		le32_store(b.bytes + PB_DIRS + 8 * PE_DIR_EXCEPTION + 4, u->size);
		le32_store(pb_at(&b, TABLE + 8), FIRST);
		le32_store(pb_at(&b, TABLE + 20), second);
		*pb_at(&b, FIRST) = 1;
		if (second < PB_RDATA + 0x1600)
			memcpy(pb_at(&b, second), u->info,
			       MIN(sizeof(u->info), PB_RDATA + 0x1600 - second));
		pb_finish(&b);
		CHECK_EQ(load(&image, &arena, &err), 0);
		CHECK_EQ(image_module_read(image, &arena, &m, &err), 0);
		if (m.keeps_vectors != u->keeps)
			printf("# row %u\n", i);
		CHECK_EQ(m.keeps_vectors, u->keeps);
		image_drop(image);
		image = NULL;
	}
out:
	image_drop(image);
	arena_fini(&arena);
}

/* Whichever byte of the sections or headers is changed after the image was signed. */
static UNUSED void untrusted(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image *image = NULL;
	struct pe pe;
	u32 count;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(sign(&pe, &arena, &err), 0);
	count = pe_page_count(&pe);
	for (u32 i = 0x1f0; i < PB_LEN; i += 41) {
		b.bytes[i] ^= 1;
		CHECK_EQ(image_check_pages(&pe, trusted, count, &err), ERR_ACCES);
		CHECK_EQ(image_load(&pe, trusted, count, &image, &err), ERR_ACCES);
		CHECK(strstr(err.text, "is not the one that was signed") != NULL);
		b.bytes[i] ^= 1;
	}
	CHECK_EQ(image_check_pages(&pe, trusted, count, &err), 0);
	CHECK_EQ(image_load(&pe, trusted, count - 1, &image, &err), ERR_ACCES);
	CHECK(strstr(err.text, "5 trusted pages for an image of 6") != NULL);
	trusted[2].offset += 4096;
	CHECK_EQ(image_load(&pe, trusted, count, &image, &err), ERR_ACCES);
	CHECK(strstr(err.text, "at offset 0x1800 in its place") != NULL);
out:
	image_drop(image);
	arena_fini(&arena);
}

#define REFUSED(change, want, why)                          \
	do {                                                \
		pb_init(&b);                                \
		change;                                     \
		pb_finish(&b);                              \
		image_drop(image);                          \
		image = NULL;                               \
		CHECK_EQ(load(&image, &arena, &err), want); \
		CHECK(strstr(err.text, why) != NULL);       \
	} while (0)

/* A second page of it, for which the file has nothing. */
static void longer_code(void)
{
	le32_store(b.bytes + PB_SECTIONS + 8, 0x1001);
	for (u32 i = 1; i < 4; i++) {
		u8 *rva = b.bytes + PB_SECTIONS + 40 * i + 12;

		le32_store(rva, le32_load(rva) + 0x1000);
	}
	le32_store(b.bytes + PB_OPTIONAL + 56, PB_SIZE + 0x1000);
	memset(b.bytes + PB_DIRS, 0, 128);
	b.reloc_count = 0;
}

static UNUSED void not_loaded(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image *image = NULL;

	arena_init(&arena, 0);
	REFUSED(le16_store(b.bytes + PB_PE + 4, 0xaa64), ERR_NOEXEC, "for arm64, not for this");
	REFUSED(le32_store(b.bytes + PB_SECTIONS + 2 * 40 + 36, 0xe0000040), ERR_NOEXEC,
		"both writable and executable");
	REFUSED(le32_store(b.bytes + PB_SECTIONS + 16, 0x200); memcpy(b.bytes + 0x600, "x", 1);
		le32_store(b.bytes + PB_SECTIONS + 8, 0x1000), 0, "");
	REFUSED(longer_code(), ERR_NOEXEC, "is executable, but not all of it is in the file");
	REFUSED(memcpy(pb_at(&b, PB_RDATA + 0x62), "DbgBreak", 8), ERR_NOTSUP,
		"needs DbgBreak of ntoskrnl.exe, which is not offered");
	REFUSED(memcpy(pb_at(&b, PB_RDATA + 0x80), "kernel32.dll", 12), ERR_NOTSUP,
		"needs DbgPrint of kernel32.dll");
	REFUSED(memcpy(pb_at(&b, PB_RDATA + 0x80), "NTOSKRNL.EXE", 12), 0, "");
	REFUSED(pb_point(&b, PB_VERSION + 16, PB_SIZE + 1), ERR_NOEXEC,
		"the address at rva 0x40b0 is outside the image");
	REFUSED(pb_number(&b, PB_PROGRAMS, 7); b.relocs[b.reloc_count++] = PB_PROGRAMS, ERR_NOEXEC,
					       "the address at rva 0x40b0 is outside the image");
out:
	image_drop(image);
	arena_fini(&arena);
}

#undef REFUSED
#define REFUSED(change, why)                                                      \
	do {                                                                      \
		pb_init(&b);                                                      \
		change;                                                           \
		pb_finish(&b);                                                    \
		image_drop(image);                                                \
		image = NULL;                                                     \
		CHECK_EQ(load(&image, &arena, &err), 0);                          \
		CHECK_EQ(image_module_read(image, &arena, &m, &err), ERR_NOEXEC); \
		CHECK(strstr(err.text, why) != NULL);                             \
	} while (0)
#define OUTSIDE(at, why)                                                      \
	do {                                                                  \
		REFUSED(pb_number(&b, at, 0x1000), why);                      \
		REFUSED(pb_number(&b, at, (u64)(uintptr_t)&b), why);          \
		REFUSED(pb_point(&b, at, PB_SIZE), why);                      \
		REFUSED(pb_point(&b, at, PB_RELOC), why); /* not in memory */ \
	} while (0)
/* Data: not code, nor over the end of its section's pages. */
#define NOT_DATA(at, from_end, why)                                    \
	do {                                                           \
		OUTSIDE(at, why);                                      \
		REFUSED(pb_point(&b, at, PB_PROGRAM_CODE), why);       \
		REFUSED(pb_point(&b, at, PB_RELOC - (from_end)), why); \
	} while (0)
#define NOT_TEXT(at, why)                                        \
	do {                                                     \
		OUTSIDE(at, why);                                \
		REFUSED(pb_point(&b, at, PB_PROGRAM_CODE), why); \
		REFUSED(pb_point(&b, at, long_text()), why);     \
	} while (0)

/* Without an end for longer than names are. */
static u32 long_text(void)
{
	memset(pb_at(&b, PB_RDATA + 0x600), 'x', 0x1000);
	return PB_RDATA + 0x600;
}

static UNUSED void bad_tables(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image_module m;
	struct image *image = NULL;

	arena_init(&arena, 0);
	REFUSED(memset(b.bytes + PB_DIRS, 0, 8), "does not export get_metadata_table");
	REFUSED(le32_store(pb_at(&b, PB_RDATA + 0xd0), PB_DATA), "is not in the image's code");
	REFUSED(le64_store(pb_at(&b, PB_TABLE), 48), "a table of 48 bytes");
	REFUSED(le64_store(pb_at(&b, PB_TABLE), 1 << 20), "a table of 1048576 bytes");
	for (u32 i = 0; i < 6; i++) {
		REFUSED(pb_point(&b, PB_TABLE + 8 + 8 * i, PB_DATA), "of its table is not in");
		REFUSED(pb_number(&b, PB_TABLE + 8 + 8 * i, 0), "of its table is not in");
	}
	REFUSED(le32_store(pb_at(&b, PB_VERSION), 0), "made by version 0.6.0");
	/* Pointers of tables, and how many there are. */
	NOT_DATA(PB_SLOTS, 8, "program 0: it is not in the image's data");
	NOT_DATA(PB_SLOTS + 16, 8, "map 0: it is not in the image's data");
	NOT_DATA(PB_SLOTS + 32, 31, "hash 0: it is not in the image's data");
	NOT_DATA(PB_SLOTS + 80, 8, "section of global data 0: it is not in the image's data");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1);
		pb_number(&b, PB_SLOTS + 64, 8), "initial values 0: it is not in the image's data");
	REFUSED(pb_point(&b, PB_SLOTS, PB_PROGRAMS + 4), "program 0: it is not in");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 8), 0), "there is no program in it");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 8), 2), "program 1");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 8), UINT64_MAX), "there are too many");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 24), 4097), "there are too many");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 40), 129), "hash 0: it is too long");
	/* Headers. */
	REFUSED(le16_store(pb_at(&b, PB_PROGRAMS + 8), 0), "program 0: its header");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 16), 100), "program 0: its header");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 24), 152), "program 0: its header");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 24), 164), "program 0: its header");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 24), 1 << 20), "program 0: its header");
	REFUSED(pb_number(&b, PB_PROGRAMS, 1), "program 0: its zero marker");
	REFUSED(pb_number(&b, PB_MAPS + 88, 1), "map 1: its zero marker");
	REFUSED(le64_store(pb_at(&b, PB_MAPS + 80 + 32), 88), "map 1: its header");
	REFUSED(le64_store(pb_at(&b, PB_HELPERS + 8), 32), "helper 0: its header");
	REFUSED(le64_store(pb_at(&b, PB_GLOBALS + 8), 40), "section of global data 0: its header");
out:
	image_drop(image);
	arena_fini(&arena);
}

static UNUSED void bad_fields(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image_module m;
	struct image *image = NULL;

	arena_init(&arena, 0);
	OUTSIDE(PB_PROGRAMS + 32, "program 0: its function is not in the image's code");
	REFUSED(pb_point(&b, PB_PROGRAMS + 32, PB_DATA), "program 0: its function");
	NOT_TEXT(PB_PROGRAMS + 40, "program 0: the name of its PE section");
	NOT_TEXT(PB_PROGRAMS + 48, "program 0: the name of its section");
	NOT_TEXT(PB_PROGRAMS + 56, "program 0: its name is no text");
	REFUSED(pb_point(&b, PB_PROGRAMS + 56, PB_RDATA + 0x1ff), "program 0: it has no name");
	NOT_DATA(PB_PROGRAMS + 64, 3, "program 0: its list of maps");
	REFUSED(le16_store(pb_at(&b, PB_MAP_INDICES + 2), 2), "program 0: it refers to a map");
	NOT_DATA(PB_PROGRAMS + 80, 8, "helper 0: it is not in the image's data");
	REFUSED(le16_store(pb_at(&b, PB_PROGRAMS + 88), 2), "helper 1: its header");
	NOT_TEXT(PB_HELPERS + 32, "helper 0: its name");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 96), 1000001), "too many instructions");
	NOT_DATA(PB_PROGRAMS + 104, 15, "program 0: its type");
	NOT_DATA(PB_PROGRAMS + 112, 15, "program 0: its attach type");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 128), 129), "program-information hash is too");
	REFUSED(le64_store(pb_at(&b, PB_PROGRAMS + 128), 32);
		pb_number(&b, PB_PROGRAMS + 120, 8), "program-information hash is not in");
	NOT_TEXT(PB_PROGRAMS + 136, "program 0: its kind of hash");
	REFUSED(le16_store(pb_at(&b, PB_PROGRAMS + 152), 1), "function 0: it is not in");
	REFUSED(le16_store(pb_at(&b, PB_PROGRAMS + 152), 1);
		pb_point(&b, PB_PROGRAMS + 144, PB_FUNCTIONS);
		pb_number(&b, PB_FUNCTIONS + 24, 8), "function 0: its name");
	NOT_TEXT(PB_MAPS + 72, "map 0: its name");
	NOT_TEXT(PB_MAPS + 152, "map 1: its name");
	NOT_TEXT(PB_GLOBALS + 24, "section of global data 0: its name");
	NOT_DATA(PB_GLOBALS + 40, 15, "section of global data 0: its contents");
	REFUSED(le64_store(pb_at(&b, PB_GLOBALS + 32), 0), "its size cannot be");
	REFUSED(le64_store(pb_at(&b, PB_GLOBALS + 32), (1 << 20) + 1), "its size cannot be");
	/* With the values of one map. */
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1);
		pb_number(&b, PB_VALUES + 24, 8), "initial values 0: its map's name");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1);
		le64_store(pb_at(&b, PB_VALUES + 32), 4097), "there are too many values");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1);
		pb_number(&b, PB_VALUES + 40, 8), "initial values 0: its values are not in");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1);
		pb_number(&b, PB_VALUE_LIST + 8, 8), "initial values 0: a value is no text");
out:
	image_drop(image);
	arena_fini(&arena);
}

/* Longer structures of a later version, and two programs of one name. */
static void versions(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image_module m;
	struct image *image = NULL;

	arena_init(&arena, 0);
	pb_init(&b);
	/* The second map is 16 bytes further on; its zero marker was its old contents. */
	for (u32 i = 80; i-- > 0;)
		*pb_at(&b, PB_MAPS + 96 + i) = *pb_at(&b, PB_MAPS + 80 + i);
	pb_number(&b, PB_MAPS + 152, 0);
	pb_number(&b, PB_MAPS + 80, 0);
	pb_number(&b, PB_MAPS + 88, 0);
	pb_number(&b, PB_VALUES + 24, 0);
	pb_point(&b, PB_MAPS + 168, pb_text(&b, ".data"));
	for (u32 i = 0; i < 2; i++) {
		le64_store(pb_at(&b, PB_MAPS + 96 * i + 24), 96);
		le64_store(pb_at(&b, PB_MAPS + 96 * i + 32), 96);
	}
	pb_finish(&b);
	CHECK_EQ(load(&image, &arena, &err), 0);
	CHECK_EQ(image_module_read(image, &arena, &m, &err), 0);
	CHECK_EQ(m.map_count, 2);
	CHECK_STR(m.maps[1].name, ".data");
	CHECK_EQ(m.maps[1].header.total_size, 80);
out:
	image_drop(image);
	arena_fini(&arena);
}

#if defined(TEST_SWEEP) /* with each allocation failing: those that have few */
#define TESTS TAP_TEST(runs), TAP_TEST(vectors), TAP_TEST(versions)
#else
#define TESTS                                                                         \
	TAP_TEST(runs), TAP_TEST(vectors), TAP_TEST(untrusted), TAP_TEST(not_loaded), \
		TAP_TEST(bad_tables), TAP_TEST(bad_fields), TAP_TEST(versions)
#endif

#else

/* The builder's code is x86-64's. */
static void other_machine(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct image *image;
	struct pe pe;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(pe_open(b.bytes, b.len, &arena, &pe, &err), 0);
	CHECK_EQ(image_load(&pe, NULL, 0, &image, &err), ERR_NOEXEC);
	CHECK(strstr(err.text, "for x86-64, not for this machine") != NULL);
out:
	arena_fini(&arena);
}

#define TESTS TAP_TEST(other_machine)

#endif

TAP_MAIN(TESTS)
