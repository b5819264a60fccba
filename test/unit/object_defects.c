/* SPDX-License-Identifier: MIT */
/* What a file says twice, about nothing or in a way that nobody knows: a warning where no program
 * needs it, else an error. */
#include "tap.h"

#include "object_fixture.h"

static const u8 code[] = { SLOT(0x61, 0x10, 0, 0), EXIT };

/* Sections of these names with these bytes. */
static const struct {
	const char *names[3];
	const char *warning;
} sections[] = {
	{ { ".BTF", ".BTF" }, "a second section .BTF is ignored" },
	{ { ".BTF.ext", ".BTF.ext" }, "a second section .BTF.ext is ignored" },
	{ { ".BTF.ext" }, "section .BTF.ext is ignored: there is no section .BTF" },
	{ { ".struct_ops" }, "section .struct_ops: maps of type struct_ops are not supported" },
	{ { ".struct_ops.link" }, "section .struct_ops.link: maps of type struct_ops" },
};

static void test_sections(void)
{
	struct fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(sections); i++) {
		fixture_init(&f);
		fixture_code(&f, "xdp", code, sizeof(code));
		for (size_t n = 0; n < 3 && sections[i].names[n] != NULL; n++)
			fixture_data(&f, sections[i].names[n], "x", 1);
		CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
		CHECK(fixture_warned(&f, sections[i].warning));
		CHECK_EQ(fixture_link(&f, "xdp"), 0);
		fixture_fini(&f);
		memset(&f, 0, sizeof(f));
	}
	return;
out:
	fixture_fini(&f);
}

/* --- CO-RE ------------------------------------------------------------------------------------ */

static void add_core(struct fixture *f, const char *section, u32 off)
{
	u32 id = btf_builder_type(&f->btf, "s", BTF_STRUCT, 1, false, 4);
	u32 words[] = { off, id, btf_builder_string(&f->btf, "0:0"), 0 };

	btf_builder_member(&f->btf, "m", 1, 0);
	btf_builder_ext_table(&f->btf, 0, 8);
	btf_builder_ext_table(&f->btf, 1, 16);
	btf_builder_ext_table(&f->btf, 2, 16);
	btf_builder_ext_block(&f->btf, 2, section);
	btf_builder_ext_record(&f->btf, 2, words, ARRAY_COUNT(words));
}

/* Two sections of one name: whose record is it? The others' programs link. */
static void test_same_name(void)
{
	struct fixture f;

	for (u32 second = 0; second < 2; second++) {
		fixture_init(&f);
		btf_builder_int(&f.btf, "int", 4);
		add_core(&f, "tc", 0);
		fixture_func(&f, "a", fixture_code(&f, "tc", code, sizeof(code)), 0, sizeof(code));
		fixture_func(&f, "b", fixture_code(&f, "xdp", code, sizeof(code)), 0, sizeof(code));
		if (second)
			fixture_func(&f, "c", fixture_code(&f, "tc", code, sizeof(code)), 0,
				     sizeof(code));
		CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
		CHECK_EQ(f.obj->warning_count, second);
		CHECK_EQ(fixture_link(&f, "a"), second ? ERR_NOEXEC : 0);
		CHECK(!second || strstr(f.err.text, "two sections have its section's name"));
		CHECK_EQ(fixture_link(&f, "b"), 0);
		CHECK_EQ(fixture_link(&f, "c"), second ? ERR_NOEXEC : ERR_NOENT);
		fixture_fini(&f);
		memset(&f, 0, sizeof(f));
	}
	return;
out:
	fixture_fini(&f);
}

static void test_beyond_section(void)
{
	struct fixture f;

	fixture_init(&f);
	btf_builder_int(&f.btf, "int", 4);
	add_core(&f, "tc", sizeof(code));
	fixture_code(&f, "tc", code, sizeof(code));
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK(fixture_warned(&f, "section .BTF.ext: CO-RE relocation at 0x10 of section tc"));
	CHECK_EQ(fixture_link(&f, "tc"), 0);
out:
	fixture_fini(&f);
}

/* --- relocation sections that patch none ------------------------------------------------------ */

static void test_lost_relocs(void)
{
	static const struct {
		const char *name;
		u32 info;
		bool is_meant; /* the program is */
		bool warns;
	} cases[] = {
		{ ".relxdp", 0, true, true },	{ ".relxdp", 99, true, true },
		{ ".relaxdp", 99, true, true }, { ".relother", 99, false, true },
		{ "xdp", 99, false, true },	{ ".rel", 99, false, true },
		{ ".relxdp", 1, false, false }, /* of another symbol table: see below */
	};
	static const u8 entry[16];
	struct fixture f;
	u32 section;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		fixture_init(&f);
		fixture_code(&f, "xdp", code, sizeof(code));
		section = elf_builder_section(&f.elf, cases[i].name, ELF_SHT_REL, 0, entry, 16);
		CHECK(section != 0);
		f.elf.sections.items[section].info = cases[i].info;
		f.elf.sections.items[section].entsize = 16;
		CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
		CHECK_EQ(fixture_warned(&f, "patches section"), cases[i].warns);
		CHECK_EQ(fixture_link(&f, "xdp"),
			 cases[i].is_meant || !cases[i].warns ? ERR_NOEXEC : 0);
		CHECK(!cases[i].is_meant || strstr(f.err.text, "its relocations patch no section"));
		fixture_fini(&f);
		memset(&f, 0, sizeof(f));
	}
	return;
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_sections), TAP_TEST(test_same_name), TAP_TEST(test_beyond_section),
	 TAP_TEST(test_lost_relocs))
