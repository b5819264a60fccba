/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/arena.h"
#include "base/le.h"
#include "btf/btf.h"
#include "elf_builder.h"

enum { FUNC, LINE, CORE };
enum { ID_INT = 1, ID_PROTO, ID_FUNC };

struct image {
	struct btf_builder builder;
	struct arena arena;
	struct btf btf;
	u8 *bytes;
	size_t len;
};

static void image_init(struct image *image)
{
	struct btf_builder *b = &image->builder;

	btf_builder_init(b);
	btf_builder_int(b, "int", 4);
	btf_builder_type(b, "", BTF_FUNC_PROTO, 0, false, ID_INT);
	btf_builder_type(b, "main", BTF_FUNC, 1, false, ID_PROTO);
}

static void image_fini(struct image *image)
{
	arena_fini(&image->arena);
	btf_builder_fini(&image->builder);
}

static bool image_finish(struct image *image)
{
	u8 *bytes;
	size_t len;

	return btf_builder_finish_ext(&image->builder, &image->bytes, &image->len) &&
	       btf_builder_finish(&image->builder, &bytes, &len) &&
	       btf_open(bytes, len, &image->arena, &image->btf, NULL) == 0;
}

static void add_func(struct image *image, u32 insn_off, u32 type)
{
	btf_builder_ext_record(&image->builder, FUNC, (u32[]){ insn_off, type }, 2);
}

/* extra: words behind what is known of a record. */
static void add_line(struct image *image, u32 insn_off, const char *text, u32 line, u32 extra)
{
	struct btf_builder *b = &image->builder;
	u32 words[6] = { insn_off,
			 btf_builder_string(b, "a.c"),
			 btf_builder_string(b, text),
			 line << 10 | 5,
			 0xdead,
			 0xbeef };

	btf_builder_ext_record(b, LINE, words, 4 + extra);
}

static void add_relo(struct image *image, u32 insn_off, const char *access)
{
	struct btf_builder *b = &image->builder;

	btf_builder_ext_record(b, CORE,
			       (u32[]){ insn_off, ID_INT, btf_builder_string(b, access), 0 }, 4);
}

/* Two sections; "xdp" has two blocks of lines with another section's between them. */
static bool image_build(struct image *image, u32 extra)
{
	struct btf_builder *b = &image->builder;

	image_init(image);
	btf_builder_ext_table(b, FUNC, 8);
	btf_builder_ext_block(b, FUNC, "xdp");
	add_func(image, 0, ID_FUNC);
	add_func(image, 24, ID_FUNC);
	btf_builder_ext_table(b, LINE, 16 + extra * 4);
	btf_builder_ext_block(b, LINE, "xdp");
	add_line(image, 0, "return 1;", 3, extra);
	btf_builder_ext_block(b, LINE, "bind");
	add_line(image, 8, "return 2;", 7, extra);
	btf_builder_ext_block(b, LINE, "xdp");
	add_line(image, 16, "}", 4, extra);
	btf_builder_ext_table(b, CORE, 16);
	btf_builder_ext_block(b, CORE, "bind");
	add_relo(image, 16, "0:1");
	return image_finish(image);
}

static void test_reads_tables(void)
{
	for (u32 extra = 0; extra <= 2; extra++) {
		struct image image = { 0 };
		struct btf_ext ext = { 0 };
		const struct btf_ext_section *section;

		CHECK(image_build(&image, extra));
		CHECK_EQ(btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, NULL),
			 0);
		CHECK_EQ(ext.section_count, 2);
		section = btf_ext_section(&ext, "xdp");
		CHECK(section != NULL);
		CHECK_EQ(section->func_count, 2);
		CHECK_EQ(section->funcs[1].insn_off, 24);
		CHECK_EQ(section->funcs[1].type, ID_FUNC);
		CHECK_EQ(section->line_count, 2);
		CHECK_STR(section->lines[0].text, "return 1;");
		CHECK_STR(section->lines[1].file, "a.c");
		CHECK_EQ(section->lines[1].insn_off, 16);
		CHECK_EQ(section->lines[1].line, 4);
		CHECK_EQ(section->lines[1].col, 5);
		CHECK_EQ(section->relo_count, 0);
		section = btf_ext_section(&ext, "bind");
		CHECK(section != NULL && section->func_count == 0 && section->line_count == 1);
		CHECK_EQ(section->relo_count, 1);
		CHECK_STR(section->relos[0].access, "0:1");
		CHECK_EQ(section->relos[0].type, ID_INT);
		CHECK(btf_ext_section(&ext, "a") == NULL);
		CHECK(btf_ext_section(&ext, "zzz") == NULL);
		image_fini(&image);
		continue;
	out:
		image_fini(&image);
		return;
	}
}

/* The header without the CO-RE table, and one that is longer by zeros. */
static void test_headers(void)
{
	struct image image = { 0 };
	struct btf_ext ext = { 0 };
	u8 shorter[24];

	image_init(&image);
	CHECK(image_finish(&image));
	memcpy(shorter, image.bytes, sizeof(shorter));
	shorter[4] = sizeof(shorter);
	CHECK_EQ(btf_ext_open(shorter, sizeof(shorter), &image.btf, &image.arena, &ext, NULL), 0);
	CHECK_EQ(ext.section_count, 0);
	CHECK(btf_ext_section(&ext, "xdp") == NULL);
	image_fini(&image);

	image = (struct image){ 0 };
	image_init(&image);
	image.builder.extra_header = 8;
	CHECK(image_finish(&image));
	CHECK_EQ(btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, NULL), 0);
	image.bytes[39] = 1;
	CHECK_EQ(btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, NULL),
		 ERR_NOEXEC);
out:
	image_fini(&image);
}

/* Places in the image of image_build(., 0): a header of 32 bytes, 28 of functions, then lines. */
enum { FUNCS = 32, LINES = FUNCS + 28, RELOS = LINES + 76 };

static const struct damage {
	u32 off, value;
	const char *text;
} damages[] = {
	{ 0, 0, ".BTF.ext: magic number" },
	{ 4, 28, "header length 28" },
	{ 4, 34, "header length 34" },
	{ 8, 0x1000, "part 0 (offset 0x1000 after the header, 0x1c bytes) lies outside" },
	{ 12, 3, "func_info (offset 0x20) has 3 bytes" },
	{ 12, 8, "func_info block (offset 0x24): 4 bytes are left for 8" },
	{ 12, 20, "2 records of 8 bytes do not fit into the 0x8 that are left" },
	{ FUNCS, 4, "func_info (offset 0x20): record size 4" },
	{ FUNCS, 10, "record size 10" },
	{ FUNCS, 0xfffffffc, "records of 4294967292 bytes do not fit" },
	{ FUNCS + 4, 0x7000, "func_info block (offset 0x24): name offset 0x7000" },
	{ FUNCS + 8, 0, "it has no records" },
	{ FUNCS + 8, 0xffffffff, "4294967295 records of 8 bytes do not fit" },
	{ FUNCS + 12, 4, "func_info of \"xdp\", record 0 (offset 0x2c): instruction offset 0x4" },
	{ FUNCS + 12, 32, "instruction offset 0x18 comes after 0x20: not sorted" },
	{ FUNCS + 16, ID_INT, "type 1 is no function" },
	{ FUNCS + 16, 99, "type 99 is no function" },
	{ LINES + 12, 24, "line_info of \"xdp\", record 0 (offset 0x78): instruction offset 0x10" },
	{ LINES + 16, 0x7000, "file name (0x7000)" },
	{ LINES + 20, 0x7000, "text (0x7000) lies outside" },
	{ RELOS + 16, 99, "core_relo of \"bind\", record 0 (offset 0x94): type 99 of 4" },
	{ RELOS + 20, 0x7000, "access string (0x7000)" },
};

static void test_damage_is_named(void)
{
	struct image image = { 0 };

	CHECK(image_build(&image, 0));
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		u8 *word = image.bytes + damages[i].off;
		u32 old = le32_load(word);
		struct error err = { 0 };
		struct btf_ext ext;
		int status;

		le32_store(word, damages[i].value);
		status = btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, &err);
		le32_store(word, old);
		if (status != ERR_NOEXEC || strstr(err.text, damages[i].text) == NULL) {
			tap_fail(__FILE__, (int)i, err.text); /* "line" is the row */
			goto out;
		}
	}
out:
	image_fini(&image);
}

static void read_all(const struct image *image, const u8 *bytes, size_t len)
{
	struct arena arena = { 0 };
	struct btf_ext ext;

	if (btf_ext_open(bytes, len, &image->btf, &arena, &ext, NULL) == 0) {
		for (u32 i = 0; i < ext.section_count; i++) {
			const struct btf_ext_section *section = &ext.sections[i];

			if (btf_ext_section(&ext, section->name) != section)
				abort();
			for (u32 k = 0; k < section->line_count; k++) {
				if (strlen(section->lines[k].text) > image->btf.string_len)
					abort();
			}
		}
	}
	arena_fini(&arena);
}

static void test_mutations(void)
{
	static bool again; /* the runs with failing allocations try a part only */
	size_t step = again ? 61 : 1;
	struct image image = { 0 };

	again = true;
	CHECK(image_build(&image, 0));
	for (size_t i = 0; i < image.len; i += step) {
		u8 old = image.bytes[i];

		image.bytes[i] = 0;
		read_all(&image, image.bytes, image.len);
		image.bytes[i] = 0xff;
		read_all(&image, image.bytes, image.len);
		image.bytes[i] = old ^ 0x80;
		read_all(&image, image.bytes, image.len);
		image.bytes[i] = old;
	}
	for (size_t len = 0; len < image.len; len += step) {
		u8 *copy = mem_alloc(len);

		CHECK(copy != NULL);
		memcpy(copy, image.bytes, len);
		read_all(&image, copy, len);
		mem_free(copy);
	}
out:
	image_fini(&image);
}

/* Many blocks of few sections. */
static void test_many_blocks(void)
{
	static bool again;
	u32 count = again ? 50 : 30000;
	struct image image = { 0 };
	struct btf_ext ext;

	again = true;
	image_init(&image);
	btf_builder_ext_table(&image.builder, FUNC, 8);
	btf_builder_ext_table(&image.builder, CORE, 16);
	for (u32 i = 0; i < count; i++) {
		btf_builder_ext_block(&image.builder, FUNC, (i & 1) != 0 ? "b" : "a");
		add_func(&image, i * 8, ID_FUNC);
		btf_builder_ext_block(&image.builder, CORE, (i & 1) != 0 ? "b" : "a");
		add_relo(&image, i * 8, "0");
	}
	CHECK(image_finish(&image));
	CHECK_EQ(btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, NULL), 0);
	CHECK_EQ(ext.section_count, 2);
	CHECK_STR(ext.sections[0].name, "a");
	CHECK_EQ(ext.sections[0].relo_count, count / 2);
	CHECK_EQ(ext.sections[1].relo_count, count / 2);
	CHECK_EQ(ext.sections[1].relos[2].insn_off, 40);
	CHECK_EQ(ext.sections[1].func_count, count / 2);
	CHECK_EQ(ext.sections[1].funcs[0].insn_off, 8);
	CHECK_EQ(ext.sections[1].funcs[count / 2 - 1].insn_off, count * 8 - 8);
out:
	image_fini(&image);
}

/* A name too long to be compared again and again. */
static void test_long_name(void)
{
	struct image image = { 0 };
	struct error err = { 0 };
	struct btf_ext ext;
	char name[1100];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	image_init(&image);
	btf_builder_ext_table(&image.builder, FUNC, 8);
	btf_builder_ext_block(&image.builder, FUNC, name);
	add_func(&image, 0, ID_FUNC);
	CHECK(image_finish(&image));
	CHECK_EQ(btf_ext_open(image.bytes, image.len, &image.btf, &image.arena, &ext, &err),
		 ERR_NOEXEC);
	CHECK(strstr(err.text, "longer than 1023 bytes") != NULL);
out:
	image_fini(&image);
}

TAP_MAIN(TAP_TEST(test_reads_tables), TAP_TEST(test_headers), TAP_TEST(test_damage_is_named),
	 TAP_TEST(test_mutations), TAP_TEST(test_many_blocks), TAP_TEST(test_long_name))
