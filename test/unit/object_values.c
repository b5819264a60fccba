/* SPDX-License-Identifier: MIT */
/* What arrays of programs and maps of maps hold from the start. */
#include "tap.h"

#include "object_fixture.h"

static const u8 two_funcs[] = { MOV0, EXIT, MOV0, EXIT };
static const u8 load_it[] = { LDDW(1, 0), EXIT };

enum { AT_PROGS = 0, AT_OUTER = 64, AT_INNER = 128, AT_OTHER = 160, MAPS_SIZE = 192 };
enum symbol { FIRST, SECOND, CODE, INNER, OTHER, MAPS, DATA, UNDEFINED, SYMBOL_COUNT };

struct values {
	struct fixture f;
	u8 bytes[MAPS_SIZE]; /* of section .maps */
	u32 maps;
	u32 symbols[SYMBOL_COUNT];
};

static u32 pointer_to(struct btf_builder *btf, u32 type)
{
	return btf_builder_type(btf, "", BTF_PTR, 0, false, type);
}

/* A map's variable: type, entries, and then values of pointers to inner, or a value's size. */
static u32 add_map(struct btf_builder *btf, const char *name, u32 type, u32 entries, u32 values,
		   u32 size)
{
	u32 int_id = btf_builder_int(btf, "u32", 4), id;
	u32 types[3] = { pointer_to(btf, btf_builder_array(btf, int_id, int_id, type)),
			 pointer_to(btf, btf_builder_array(btf, int_id, int_id, entries)),
			 size == 0 ? values : btf_builder_array(btf, int_id, int_id, size) };

	if (size != 0)
		types[2] = pointer_to(btf, types[2]);
	id = btf_builder_type(btf, "", BTF_STRUCT, 3, false, 24);
	btf_builder_member(btf, "type", types[0], 0);
	btf_builder_member(btf, "max_entries", types[1], 64);
	btf_builder_member(btf, size == 0 ? "values" : "value_size", types[2], 128);
	if (name == NULL)
		return id;
	id = btf_builder_type(btf, name, BTF_VAR, 0, false, id);
	btf_builder_word(btf, 1);
	return id;
}

static void add_btf(struct btf_builder *btf)
{
	u32 template = add_map(btf, NULL, 2, 1, 0, 4);
	u32 of_maps = btf_builder_array(btf, pointer_to(btf, template), template, 0);
	u32 of_progs = btf_builder_array(btf, pointer_to(btf, 0), template, 0);
	u32 vars[] = { add_map(btf, "progs", 3, 3, of_progs, 0),
		       add_map(btf, "outer", 12, 2, of_maps, 0), add_map(btf, "inner", 2, 1, 0, 4),
		       add_map(btf, "other", 2, 1, 0, 8) };

	btf_builder_type(btf, ".maps", BTF_DATASEC, 4, false, MAPS_SIZE);
	for (u32 i = 0; i < 4; i++) {
		btf_builder_word(btf, vars[i]);
		btf_builder_word(btf, 0);
		btf_builder_word(btf, 32);
	}
}

static u32 add_object(struct fixture *f, const char *name, u32 section, u64 off)
{
	return elf_builder_symbol(&f->elf, name, section, off, 24, ELF_STT_OBJECT, ELF_STB_GLOBAL);
}

static u32 add_section_symbol(struct fixture *f, u32 section)
{
	return elf_builder_symbol(&f->elf, "", section, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
}

/* bytes: what stands at offset already. */
static void values_init(struct values *v, u64 offset, u64 bytes)
{
	struct fixture *f = &v->f;
	u32 code, data, user;

	memset(v, 0, sizeof(*v));
	fixture_init(f);
	memcpy(v->bytes + offset, &bytes, MIN(sizeof(bytes), MAPS_SIZE - offset));
	add_btf(&f->btf);
	code = fixture_code(f, "tc", two_funcs, sizeof(two_funcs));
	user = fixture_code(f, "tc/user", load_it, sizeof(load_it));
	v->maps = fixture_data(f, ".maps", v->bytes, sizeof(v->bytes));
	data = fixture_data(f, ".data", "12345678", 8);
	v->symbols[FIRST] = fixture_func(f, "first", code, 0, 16);
	v->symbols[SECOND] = fixture_func(f, "second", code, 16, 16);
	v->symbols[CODE] = add_section_symbol(f, code);
	v->symbols[INNER] = add_object(f, "inner", v->maps, AT_INNER);
	v->symbols[OTHER] = add_object(f, "other", v->maps, AT_OTHER);
	v->symbols[MAPS] = add_section_symbol(f, v->maps);
	v->symbols[DATA] = add_object(f, "data", data, 0);
	v->symbols[UNDEFINED] = add_object(f, "undefined", 0, 0);
	add_object(f, "outer", v->maps, AT_OUTER);
	fixture_func(f, "user", user, 0, sizeof(load_it));
	elf_builder_reloc(&f->elf, user, 0, add_object(f, "progs", v->maps, AT_PROGS), RELOC_LDDW);
}

static void value(struct values *v, u64 offset, enum symbol symbol, u32 type)
{
	elf_builder_reloc(&v->f.elf, v->maps, offset, v->symbols[symbol], type);
}

static void test_values(void)
{
	struct values v;
	const struct prog_map *map;

	values_init(&v, AT_PROGS + 32, 16); /* the second function, from its section's start */
	value(&v, AT_PROGS + 32, CODE, RELOC_ABS64);
	value(&v, AT_PROGS + 16, FIRST, RELOC_ABS64);
	value(&v, AT_OUTER + 24, INNER, RELOC_LDDW); /* as old compilers say it */
	CHECK_EQ(fixture_open(&v.f, DIALECT_LINUX), 0);
	CHECK_EQ(v.f.obj->warning_count, 0);
	map = &v.f.obj->maps[0];
	CHECK_STR(map->name, "progs");
	CHECK_EQ(map->value_count, 2);
	CHECK_EQ(map->values[0].index, 0);
	CHECK_EQ(map->values[0].map, PROG_NO_INDEX);
	CHECK_STR(map->values[0].name, "first");
	CHECK_STR(v.f.obj->progs[map->values[0].prog].name, "first");
	CHECK_EQ(map->values[1].index, 2);
	CHECK_STR(map->values[1].name, "second");
	map = &v.f.obj->maps[1];
	CHECK_EQ(map->value_count, 1);
	CHECK_EQ(map->values[0].index, 1);
	CHECK_EQ(map->values[0].map, 2);
	CHECK_EQ(map->values[0].prog, PROG_NO_INDEX);
	CHECK_STR(map->values[0].name, "inner");
	CHECK_EQ(v.f.obj->maps[2].value_count, 0);
	CHECK_EQ(fixture_link(&v.f, "user"), 0);
out:
	fixture_fini(&v.f);
}

static const struct {
	u64 offset;
	enum symbol symbol;
	u32 type;
	u64 bytes; /* at offset */
	const char *warning;
} bad[] = {
	{ AT_PROGS + 16, FIRST, RELOC_CALL, 0, "map progs: its value at 0x10 has relocation type" },
	{ AT_PROGS + 8, FIRST, RELOC_ABS64, 0, "map progs: the address at 0x8 is none of its" },
	{ AT_PROGS + 20, FIRST, RELOC_ABS64, 0, "map progs: the address at 0x14 is none of its" },
	{ AT_PROGS + 40, FIRST, RELOC_ABS64, 0, "map progs: value 3 of 3 entries" },
	{ AT_PROGS + 16, FIRST, RELOC_ABS64, 8, "map progs: value 0: no program begins at 0x8" },
	{ AT_PROGS + 16, CODE, RELOC_ABS64, 32, "map progs: value 0: no program begins at 0x20" },
	{ AT_PROGS + 16, CODE, RELOC_ABS64, UINT64_MAX, "value 0: no program begins at 0xfffff" },
	{ AT_PROGS + 16, INNER, RELOC_ABS64, 0, "value 0 is map inner, but it is no map of maps" },
	{ AT_PROGS + 16, DATA, RELOC_ABS64, 0, "value 0 is neither a map nor a program" },
	{ AT_PROGS + 16, UNDEFINED, RELOC_ABS64, 0, "value 0: undefined is not defined" },
	{ AT_OUTER + 16, FIRST, RELOC_ABS64, 0, "map outer: value 0 is program first, but it is" },
	{ AT_OUTER + 16, OTHER, RELOC_ABS64, 0, "map other differs from the inner map's" },
	{ AT_OUTER + 16, MAPS, RELOC_ABS64, AT_INNER + 8, "value 0 is no map (0x88 of section" },
	{ AT_OUTER + 16, MAPS, RELOC_ABS64, AT_OUTER, "map outer differs from the inner map's" },
	{ AT_INNER + 16, FIRST, RELOC_ABS64, 0, "map inner: the address at 0x90 is none of its" },
	{ MAPS_SIZE - 1, FIRST, RELOC_ABS64, 0, "map other: the address at 0xbf is none of its" },
};

static void test_bad_values(void)
{
	struct values v = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		values_init(&v, bad[i].offset, bad[i].bytes);
		value(&v, bad[i].offset, bad[i].symbol, bad[i].type);
		CHECK_EQ(fixture_open(&v.f, DIALECT_LINUX), 0);
		if (!fixture_warned(&v.f, bad[i].warning))
			CHECK_STR(v.f.obj->warning_count > 0 ? v.f.obj->warnings[0] : "nothing",
				  bad[i].warning);
		/* Who refers to a bad map does not link; all others do. */
		CHECK_EQ(fixture_link(&v.f, "user"), bad[i].offset < AT_OUTER ? ERR_NOEXEC : 0);
		CHECK_EQ(fixture_link(&v.f, "first"), 0);
		fixture_fini(&v.f);
		memset(&v, 0, sizeof(v));
	}
	return;
out:
	fixture_fini(&v.f);
}

static void test_value_twice(void)
{
	struct values v;

	values_init(&v, 0, 0);
	value(&v, AT_PROGS + 16, FIRST, RELOC_ABS64);
	value(&v, AT_PROGS + 16, SECOND, RELOC_ABS64);
	CHECK_EQ(fixture_open(&v.f, DIALECT_LINUX), 0);
	CHECK(fixture_warned(&v.f, "map progs: value 0 is given twice"));
	CHECK_EQ(v.f.obj->maps[0].value_count, 0);
out:
	fixture_fini(&v.f);
}

/* Bytes of a definition that no relocation makes an address of. */
static void test_stray_bytes(void)
{
	static const struct {
		u64 offset, bytes;
		enum symbol symbol; /* of a relocation at value 0 of progs */
		const char *warning;
	} cases[] = {
		{ AT_PROGS, 1, SYMBOL_COUNT,
		  "map progs: byte 0x0 of section .maps has no meaning" },
		{ AT_PROGS + 24, 1, FIRST, "map progs: byte 0x18 of section .maps has no meaning" },
		{ AT_PROGS + 15, 1, FIRST, "map progs: byte 0xf of section .maps has no meaning" },
		{ AT_OUTER + 16, AT_INNER, SYMBOL_COUNT, "map outer: byte 0x50 of section .maps" },
		{ MAPS_SIZE - 1, 1, SYMBOL_COUNT, "map other: byte 0xbf of section .maps" },
		{ AT_PROGS + 16, 16, CODE, NULL }, /* the second function */
	};
	struct values v = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		values_init(&v, cases[i].offset, cases[i].bytes);
		if (cases[i].symbol != SYMBOL_COUNT)
			value(&v, AT_PROGS + 16, cases[i].symbol, RELOC_ABS64);
		CHECK_EQ(fixture_open(&v.f, DIALECT_LINUX), 0);
		CHECK_EQ(v.f.obj->warning_count, cases[i].warning != NULL);
		CHECK(cases[i].warning == NULL || fixture_warned(&v.f, cases[i].warning));
		CHECK_EQ(fixture_link(&v.f, "user"),
			 cases[i].warning != NULL && cases[i].offset < AT_OUTER ? ERR_NOEXEC : 0);
		fixture_fini(&v.f);
		memset(&v, 0, sizeof(v));
	}
	return;
out:
	fixture_fini(&v.f);
}

TAP_MAIN(TAP_TEST(test_values), TAP_TEST(test_bad_values), TAP_TEST(test_value_twice),
	 TAP_TEST(test_stray_bytes))
