/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/arena.h"
#include "base/le.h"
#include "elf/elf.h"
#include "elf_builder.h"

static const u8 code[32] = { 0xb7, [8] = 0x95, [16] = 0xb7, [24] = 0x95 };

/* Sections of the image that the tests take apart. */
enum { XDP = 1, DATA, BSS, SECOND_XDP, STRTAB, SYMTAB, REL_XDP };

struct image {
	struct elf_builder builder;
	u8 *bytes;
	size_t len;
};

static bool image_build(struct image *image)
{
	struct elf_builder *builder = &image->builder;
	u32 symbol;

	elf_builder_init(builder);
	elf_builder_section(builder, "xdp", ELF_SHT_PROGBITS, ELF_SHF_ALLOC | ELF_SHF_EXECINSTR,
			    code, sizeof(code));
	elf_builder_section(builder, ".data", ELF_SHT_PROGBITS, ELF_SHF_ALLOC | ELF_SHF_WRITE,
			    "abc", 3);
	elf_builder_section(builder, ".bss", ELF_SHT_NOBITS, ELF_SHF_ALLOC | ELF_SHF_WRITE, NULL,
			    1ull << 20);
	elf_builder_section(builder, "xdp", ELF_SHT_PROGBITS, 0, NULL, 0);
	elf_builder_symbol(builder, "", XDP, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	symbol = elf_builder_symbol(builder, "global", DATA, 1, 2, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_symbol(builder, "prog", XDP, 16, 16, ELF_STT_FUNC, ELF_STB_WEAK);
	elf_builder_symbol(builder, "absolute", ELF_SHN_ABS, 7, 0, ELF_STT_NOTYPE, ELF_STB_LOCAL);
	elf_builder_reloc(builder, XDP, 24, symbol, 10);
	elf_builder_reloc(builder, XDP, 0, symbol, 1);
	elf_builder_reloc(builder, XDP, 24, symbol + 1, 3);
	return elf_builder_finish(builder, &image->bytes, &image->len);
}

static void test_reads_all(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct elf elf;

	CHECK(image_build(&image));
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, &err), 0);
	CHECK_EQ(elf.section_count, 8);
	CHECK_STR(elf.sections[0].name, "");
	CHECK_STR(elf.sections[XDP].name, "xdp");
	CHECK_EQ(elf.sections[XDP].type, ELF_SHT_PROGBITS);
	CHECK_EQ(elf.sections[XDP].flags, ELF_SHF_ALLOC | ELF_SHF_EXECINSTR);
	CHECK_EQ(elf.sections[XDP].size, 32);
	CHECK_EQ(elf.sections[XDP].addralign, 8);
	CHECK(memcmp(elf.sections[XDP].data, code, sizeof(code)) == 0);
	CHECK(elf.sections[BSS].data == NULL && elf.sections[BSS].bad == NULL);
	CHECK_EQ(elf.sections[BSS].size, 1 << 20);
	CHECK_EQ(elf.sections[REL_XDP].info, XDP);
	CHECK_EQ(elf.sections[REL_XDP].link, SYMTAB);
	CHECK_EQ(elf.symtab, SYMTAB);
	CHECK_EQ(elf.symbol_count, 5);
	CHECK_STR(elf.symbols[2].name, "global");
	CHECK_EQ(elf.symbols[2].section, DATA);
	CHECK_EQ(elf.symbols[2].value, 1);
	CHECK_EQ(elf.symbols[2].size, 2);
	CHECK_EQ(elf.symbols[2].type, ELF_STT_OBJECT);
	CHECK_EQ(elf.symbols[2].bind, ELF_STB_GLOBAL);
	CHECK_EQ(elf.symbols[4].section, ELF_SHN_ABS);
	CHECK_EQ(elf_section_by_name(&elf, "xdp"), XDP);
	CHECK_EQ(elf_section_by_name(&elf, ".bss"), BSS);
	CHECK_EQ(elf_section_by_name(&elf, "none"), 0);
	CHECK_EQ(elf_section_by_name(&elf, ""), 0);
out:
	arena_fini(&arena);
	elf_builder_fini(&image.builder);
}

static void test_relocs_are_sorted(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct elf_reloc *relocs;
	struct elf elf;
	u32 count = 99;

	CHECK(image_build(&image));
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, NULL), 0);
	CHECK_EQ(elf_relocs(&elf, XDP, &arena, &relocs, &count, NULL), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(relocs[0].offset, 0);
	CHECK_EQ(relocs[0].symbol, 2);
	CHECK_EQ(relocs[0].type, 1);
	CHECK_EQ(relocs[0].addend, 0);
	CHECK_EQ(relocs[1].offset, 24);
	CHECK_EQ(relocs[1].type, 10); /* the file's order where offsets are equal */
	CHECK_EQ(relocs[2].type, 3);
	CHECK_EQ(elf_relocs(&elf, DATA, &arena, &relocs, &count, NULL), 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(elf_relocs(&elf, 99, &arena, &relocs, &count, NULL), ERR_INVAL);
out:
	arena_fini(&arena);
	elf_builder_fini(&image.builder);
}

/* A second REL section and a RELA section, both for "xdp", in front of the builder's own. */
static void test_relocs_are_merged(void)
{
	struct elf_builder builder;
	struct arena arena = { 0 };
	struct elf_reloc *relocs;
	struct elf elf;
	u8 rel[16] = { 0 }, rela[24] = { 0 };
	u8 *bytes;
	size_t len;
	u32 count;

	elf_builder_init(&builder);
	elf_builder_section(&builder, "xdp", ELF_SHT_PROGBITS, 0, code, sizeof(code));
	rel[0] = 16;
	rel[8] = 7;
	elf_builder_section(&builder, ".rel2", ELF_SHT_REL, 0, rel, sizeof(rel));
	rela[0] = 8;
	rela[8] = 8;
	le64_store(rela + 16, (u64)-5);
	elf_builder_section(&builder, ".rela", ELF_SHT_RELA, 0, rela, sizeof(rela));
	elf_builder_reloc(&builder, 1, 0, 0, 9);
	CHECK(!builder.failed);
	builder.sections.items[2].link = builder.sections.items[3].link = 5;
	builder.sections.items[2].info = builder.sections.items[3].info = 1;
	builder.sections.items[2].entsize = 16;
	builder.sections.items[3].entsize = 24;
	CHECK(elf_builder_finish(&builder, &bytes, &len));
	CHECK_EQ(elf_open(bytes, len, &arena, &elf, NULL), 0);
	CHECK_EQ(elf_relocs(&elf, 1, &arena, &relocs, &count, NULL), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(relocs[0].type, 9);
	CHECK_EQ(relocs[1].type, 8);
	CHECK_EQ(relocs[1].addend, -5);
	CHECK_EQ(relocs[2].type, 7);
out:
	arena_fini(&arena);
	elf_builder_fini(&builder);
}

/* --- damaged images -------------------------------------------------------------------------- */

/* Reads everything that a reader offers; a defect ends in an error or in bad, never elsewhere. */
static int read_all(const u8 *bytes, size_t len, struct error *err)
{
	struct arena arena = { 0 };
	size_t sum = 0;
	struct elf elf;
	int status = elf_open(bytes, len, &arena, &elf, err);

	for (u32 i = 0; status == 0 && i < elf.section_count; i++) {
		const struct elf_section *section = &elf.sections[i];
		struct elf_reloc *relocs;
		u32 count;

		sum += strlen(section->name);
		for (u64 k = 0; section->data != NULL && k < section->size; k++)
			sum += section->data[k];
		status = elf_relocs(&elf, i, &arena, &relocs, &count, err);
		for (u32 k = 0; status == 0 && k < count; k++)
			sum += strlen(elf.symbols[relocs[k].symbol].name);
	}
	arena_fini(&arena);
	return status != 0 ? status : sum == 0 ? ERR_IO : 0;
}

enum place { HEADER, SECTION, SYMBOL, RELOC };

static const struct damage {
	enum place place;
	u32 idx;   /* of the section, symbol or relocation */
	u32 off;   /* of the field */
	u32 width; /* bytes */
	u64 value;
	const char *text; /* in the message */
} damages[] = {
	{ HEADER, 0, 0, 1, 'X', "no magic number" },
	{ HEADER, 0, 4, 1, 1, "class 1 is not 2" },
	{ HEADER, 0, 5, 1, 2, "data encoding 2 is not 1" },
	{ HEADER, 0, 6, 1, 9, "identification version 9" },
	{ HEADER, 0, 16, 2, 2, "file type 2" },
	{ HEADER, 0, 18, 2, 62, "machine 62 is not 247" },
	{ HEADER, 0, 20, 4, 2, "version 2 is not 1" },
	{ HEADER, 0, 40, 8, 0, "no section table" },
	{ HEADER, 0, 40, 8, ~0ull, "section table (offset 0xffffffffffffffff, 8 headers) lies" },
	{ HEADER, 0, 40, 8, ~0ull - 511, "lies outside the file" },
	{ HEADER, 0, 52, 2, 63, "its size 63 is not 64" },
	{ HEADER, 0, 58, 2, 40, "section header size 40 is not 64" },
	{ HEADER, 0, 60, 2, 0, "section count 0" },
	{ HEADER, 0, 60, 2, 9, "section table (offset" },
	{ HEADER, 0, 60, 2, 0xff00, "section count 65280" },
	{ HEADER, 0, 62, 2, 0, "section names: string table is section 0 of 8" },
	{ HEADER, 0, 62, 2, 8, "section names: string table is section 8 of 8" },
	{ HEADER, 0, 62, 2, XDP, "section names: section 1 is no string table" },
	{ SECTION, XDP, 0, 4, 0x1234, "section header 1 (offset 0x" },
	{ SECTION, XDP, 0, 4, 0x1234, "name offset 0x1234 lies outside .shstrtab (0x" },
	{ SECTION, STRTAB, 24, 8, 1ull << 40, "section names: string table, section 5: its cont" },
	{ SECTION, STRTAB, 32, 8, 3, "does not end with a zero byte" },
	{ SECTION, STRTAB, 32, 8, 0, "does not end with a zero byte" },
	{ SECTION, SYMTAB, 32, 8, 25, "symbol table, section 6" },
	{ SECTION, SYMTAB, 32, 8, 1ull << 62, "lie outside the file" },
	{ SECTION, SYMTAB, 56, 8, 0, "entries of 0x0" },
	{ SECTION, SYMTAB, 40, 4, 0, "symbol table: string table is section 0 of 8" },
	{ SECTION, SYMTAB, 40, 4, DATA, "symbol table: section 2 is no string table" },
	{ SECTION, DATA, 4, 4, ELF_SHT_SYMTAB, "a second symbol table after section 2" },
	{ SYMBOL, 3, 0, 4, 0x10000, "symbol 3 (offset 0x" },
	{ SYMBOL, 3, 0, 4, 0x10000, "name offset 0x10000 lies outside the string table" },
	{ SYMBOL, 3, 6, 2, 8, "\"prog\": section 8 of 8" },
	{ SYMBOL, 3, 6, 2, 0xffff, "\"prog\": extended section indices" },
	{ SECTION, REL_XDP, 40, 4, DATA, "relocation section 7 (.rel): section 2 is not the symb" },
	{ SECTION, REL_XDP, 56, 8, 24, "in entries of 0x18 is not in entries of 0x10" },
	{ SECTION, REL_XDP, 32, 8, 40, "size 0x28" },
	{ SECTION, REL_XDP, 24, 8, 1ull << 63, "relocation section 7 (.rel): its contents" },
	{ SECTION, REL_XDP, 8, 8, 0x800, "are compressed" },
	{ RELOC, 1, 0, 8, 32, "entry 1: offset 0x20 lies outside section 1 (0x20 bytes)" },
	{ RELOC, 2, 12, 4, 5, "entry 2: symbol 5 of 5" },
};

static size_t damage_offset(const struct image *image, const struct damage *damage)
{
	const struct elf_builder *builder = &image->builder;
	u64 base = 0;

	switch (damage->place) {
	case HEADER: break;
	case SECTION: base = builder->table + damage->idx * 64; break;
	case SYMBOL: base = builder->symbols_off + damage->idx * 24; break;
	case RELOC: base = builder->sections.items[REL_XDP].offset + damage->idx * 16; break;
	}
	return (size_t)base + damage->off;
}

static void test_damage_is_named(void)
{
	struct image image = { 0 };
	struct error err;
	u8 saved[8];

	CHECK(image_build(&image));
	CHECK_EQ(read_all(image.bytes, image.len, NULL), 0);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		u8 *field = image.bytes + damage_offset(&image, &damages[i]);
		int status;

		memcpy(saved, field, damages[i].width);
		for (u32 k = 0; k < damages[i].width; k++)
			field[k] = (u8)(damages[i].value >> k * 8);
		err = (struct error){ 0 };
		status = read_all(image.bytes, image.len, &err);
		memcpy(field, saved, damages[i].width);
		if (status != ERR_NOEXEC || strstr(err.text, damages[i].text) == NULL) {
			tap_fail(__FILE__, (int)i, err.text); /* "line" is the row */
			goto out;
		}
	}
out:
	elf_builder_fini(&image.builder);
}

/* The last name offset that is one, and the first that is none. */
static void test_edges(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct elf elf;
	u8 *symbol, *section;
	u32 size;

	CHECK(image_build(&image));
	section = image.bytes + image.builder.table + XDP * 64;
	symbol = image.bytes + image.builder.symbols_off + 3 * 24;
	size = (u32)image.builder.strings.vec.count;
	le32_store(symbol, size - 1);
	le32_store(section, size - 1);
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, NULL), 0);
	CHECK_STR(elf.symbols[3].name, "");
	CHECK_STR(elf.sections[XDP].name, "");
	le32_store(symbol, size);
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, NULL), ERR_NOEXEC);
	le32_store(symbol, size - 1);
	le32_store(section, size);
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, NULL), ERR_NOEXEC);
out:
	arena_fini(&arena);
	elf_builder_fini(&image.builder);
}

static void test_old_machine_number(void)
{
	struct image image = { 0 };

	CHECK(image_build(&image));
	le16_store(image.bytes + 18, 0);
	CHECK_EQ(read_all(image.bytes, image.len, NULL), 0);
out:
	elf_builder_fini(&image.builder);
}

/* What nobody needs may be damaged. */
static void test_bad_contents(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct elf_reloc *relocs;
	struct elf elf;
	u32 count;

	CHECK(image_build(&image));
	le64_store(image.bytes + image.builder.table + DATA * 64 + 24, image.len - 2);
	le32_store(image.bytes + image.builder.table + REL_XDP * 64 + 44, 8);
	CHECK_EQ(elf_open(image.bytes, image.len, &arena, &elf, NULL), 0);
	CHECK(elf.sections[DATA].data == NULL && elf.sections[DATA].bad != NULL);
	CHECK(strstr(elf.sections[DATA].bad, "0x3 bytes) lie outside the file") != NULL);
	CHECK_STR(elf.sections[REL_XDP].bad, "it patches section 8 of 8");
	CHECK_EQ(elf_relocs(&elf, XDP, &arena, &relocs, &count, NULL), 0);
	CHECK_EQ(count, 0);
out:
	arena_fini(&arena);
	elf_builder_fini(&image.builder);
}

/* Each byte changed in three ways, and each length: in memory of just that length. */
static void test_mutations(void)
{
	static bool again; /* the runs with failing allocations try a part only */
	size_t step = again ? 61 : 1;
	struct image image = { 0 };
	struct arena arena = { 0 };
	u8 *copy;

	again = true;
	CHECK(image_build(&image));
	for (size_t i = 0; i < image.len; i += step) {
		u8 old = image.bytes[i];

		image.bytes[i] = 0;
		(void)read_all(image.bytes, image.len, NULL);
		image.bytes[i] = 0xff;
		(void)read_all(image.bytes, image.len, NULL);
		image.bytes[i] = old ^ 0x80;
		(void)read_all(image.bytes, image.len, NULL);
		image.bytes[i] = old;
	}
	for (size_t len = 0; len < image.len; len += step) {
		copy = mem_alloc(len);
		CHECK(copy != NULL);
		memcpy(copy, image.bytes, len);
		CHECK(read_all(copy, len, NULL) != 0);
		mem_free(copy);
	}
	/* An odd address. */
	copy = arena_alloc(&arena, image.len + 1);
	CHECK(copy != NULL);
	memcpy(copy + 1, image.bytes, image.len);
	CHECK_EQ(read_all(copy + 1, image.len, NULL), 0);
out:
	arena_fini(&arena);
	elf_builder_fini(&image.builder);
}

/* Thousands of sections, half of them relocations of the other half: an algorithm that looks at
 * each section for each section would take minutes. */
static void test_many_sections(void)
{
	static bool again;
	u32 pairs = again ? 20 : 32000, total = 0;
	struct elf_builder builder;
	struct arena arena = { 0 };
	struct elf elf;
	u8 *bytes;
	size_t len;

	again = true;
	elf_builder_init(&builder);
	for (u32 i = 0; i < pairs; i++) {
		u32 idx = elf_builder_section(&builder, "s", ELF_SHT_PROGBITS, 0, code, 8);

		elf_builder_reloc(&builder, idx, 4, 0, 1);
	}
	CHECK(elf_builder_finish(&builder, &bytes, &len));
	CHECK_EQ(elf_open(bytes, len, &arena, &elf, NULL), 0);
	for (u32 i = 0; i < elf.section_count; i++) {
		struct elf_reloc *relocs;
		u32 count;

		CHECK_EQ(elf_relocs(&elf, i, &arena, &relocs, &count, NULL), 0);
		total += count;
	}
	CHECK_EQ(total, pairs);
out:
	arena_fini(&arena);
	elf_builder_fini(&builder);
}

/* Relocation sections that all show the same bytes multiply what a small file asks for. */
static void test_overlapping_relocs(void)
{
	struct elf_builder builder;
	struct error err = { 0 };
	static u8 entries[1600];
	u8 *bytes, *table;
	size_t len;

	elf_builder_init(&builder);
	elf_builder_section(&builder, "xdp", ELF_SHT_PROGBITS, 0, code, sizeof(code));
	elf_builder_section(&builder, "first", ELF_SHT_REL, 0, entries, sizeof(entries));
	elf_builder_section(&builder, "second", ELF_SHT_REL, 0, code, 16);
	elf_builder_section(&builder, "third", ELF_SHT_REL, 0, code, 16);
	CHECK(!builder.failed);
	for (u32 i = 2; i <= 4; i++) {
		builder.sections.items[i].info = 1;
		builder.sections.items[i].link = 6;
		builder.sections.items[i].entsize = 16;
	}
	CHECK(elf_builder_finish(&builder, &bytes, &len));
	table = bytes + builder.table;
	for (u32 i = 3; i <= 4; i++) {
		memcpy(table + i * 64 + 24, table + 2 * 64 + 24, 16); /* offset, size */
	}
	CHECK_EQ(read_all(bytes, len, &err), ERR_NOEXEC);
	CHECK(strstr(err.text, "relocation sections overlap") != NULL);
out:
	elf_builder_fini(&builder);
}

TAP_MAIN(TAP_TEST(test_reads_all), TAP_TEST(test_relocs_are_sorted),
	 TAP_TEST(test_relocs_are_merged), TAP_TEST(test_damage_is_named),
	 TAP_TEST(test_old_machine_number), TAP_TEST(test_edges), TAP_TEST(test_bad_contents),
	 TAP_TEST(test_mutations), TAP_TEST(test_many_sections), TAP_TEST(test_overlapping_relocs))
