/* SPDX-License-Identifier: MIT */
/* Maps: legacy records, BTF definitions, global variables; and what references to them become. */
#include "tap.h"

#include "object_fixture.h"

/* A program with one LDDW, relocated against symbol. */
static void add_program(struct fixture *f, const char *name, const u8 *code, size_t len, u32 symbol)
{
	u32 section = fixture_code(f, name, code, len);

	fixture_func(f, name, section, 0, len);
	elf_builder_reloc(&f->elf, section, 0, symbol, RELOC_LDDW);
}

static u32 object_symbol_at(struct fixture *f, const char *name, u32 section, u64 off, u64 size)
{
	return elf_builder_symbol(&f->elf, name, section, off, size, ELF_STT_OBJECT,
				  ELF_STB_GLOBAL);
}

static const u8 load_it[] = { LDDW(1, 0), EXIT };
static const u8 load_8[] = { LDDW(1, 8), EXIT };

static void test_legacy_windows(void)
{
	static const u32 records[2][8] = { { 2, 4, 8, 10, 0, 1, 7, 0 },
					   { 7, 4, 4, 3, 0, 0, 0, 7 } };
	struct fixture f;
	u32 maps, first, second, inside;

	fixture_init(&f);
	maps = fixture_data(&f, "maps", records, sizeof(records));
	second = object_symbol_at(&f, "second", maps, 32, 0);
	first = object_symbol_at(&f, "first", maps, 0, 0);
	inside = elf_builder_symbol(&f.elf, "", maps, 8, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	add_program(&f, "bind", load_it, sizeof(load_it), second);
	add_program(&f, "bind/1", load_it, sizeof(load_it), first);
	add_program(&f, "bind/2", load_it, sizeof(load_it), inside);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->map_count, 2);
	CHECK_STR(f.obj->maps[0].name, "first");
	CHECK_EQ(f.obj->maps[0].type->kind, MAP_KIND_ARRAY);
	CHECK_EQ(f.obj->maps[0].key_size, 4);
	CHECK_EQ(f.obj->maps[0].value_size, 8);
	CHECK_EQ(f.obj->maps[0].max_entries, 10);
	CHECK_EQ(f.obj->maps[0].pinning, 1);
	CHECK_EQ(f.obj->maps[0].id, 7);
	CHECK_EQ(f.obj->maps[0].inner, PROG_NO_INDEX);
	CHECK_EQ(f.obj->maps[1].type->kind, MAP_KIND_ARRAY_OF_MAPS);
	CHECK_EQ(f.obj->maps[1].inner, 0);
	CHECK_EQ(fixture_link(&f, "bind"), 0);
	CHECK_EQ(f.prog->insns[0].op, LDDW_MAP);
	CHECK_EQ(f.prog->insns[0].imm, 1);
	CHECK_EQ(fixture_link(&f, "bind/1"), 0);
	CHECK_EQ(f.prog->insns[0].imm, 0);
	CHECK_EQ(fixture_link(&f, "bind/2"), ERR_NOEXEC);
	CHECK(strstr(f.err.text, "no map is defined at 0x8 of section maps") != NULL);
out:
	fixture_fini(&f);
}

/* Records of 20 bytes with flags; one whose type does not exist; one that is too short. */
static void test_legacy_linux(void)
{
	static const u32 records[] = { 1, 4, 8, 10, 1, 99, 4, 4, 1, 0, 5, 5, 5 };
	struct fixture f;
	u32 maps, good, unknown, small;

	fixture_init(&f);
	maps = fixture_data(&f, "maps", records, sizeof(records));
	good = object_symbol_at(&f, "good", maps, 0, 20);
	unknown = object_symbol_at(&f, "unknown", maps, 20, 0);
	small = object_symbol_at(&f, "small", maps, 40, 0);
	object_symbol_at(&f, "beyond", maps, sizeof(records), 4);
	add_program(&f, "xdp", load_it, sizeof(load_it), good);
	add_program(&f, "tc", load_it, sizeof(load_it), unknown);
	add_program(&f, "socket", load_it, sizeof(load_it), small);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->dialect, DIALECT_LINUX);
	CHECK_EQ(f.obj->map_count, 3);
	CHECK_EQ(f.obj->maps[0].type->kind, MAP_KIND_HASH);
	CHECK_EQ(f.obj->maps[0].flags, 1);
	CHECK(f.obj->maps[1].type == NULL);
	CHECK_EQ(f.obj->maps[1].type_number, 99);
	CHECK(fixture_warned(&f, "map unknown: map type 99 is not known in the linux dialect"));
	CHECK(fixture_warned(&f, "map small: a record of 0xc bytes at 0x28 of section maps"));
	CHECK(fixture_warned(&f, "map beyond begins outside of section maps"));
	CHECK_EQ(fixture_link(&f, "xdp"), 0);
	CHECK_EQ(fixture_link(&f, "tc"), ERR_NOEXEC);
	CHECK(strstr(f.err.text, "map unknown") != NULL);
	CHECK_EQ(fixture_link(&f, "socket"), ERR_NOEXEC);
out:
	fixture_fini(&f);
}

/* --- BTF ------------------------------------------------------------------------------------- */

struct attribute {
	const char *name;
	u32 type;
};

static u32 number(struct btf_builder *btf, u32 int_id, u32 value)
{
	return btf_builder_type(btf, "", BTF_PTR, 0, false,
				btf_builder_array(btf, int_id, int_id, value));
}

static u32 pointer_to(struct btf_builder *btf, u32 type)
{
	return btf_builder_type(btf, "", BTF_PTR, 0, false, type);
}

static u32 structure(struct btf_builder *btf, const struct attribute *list, u32 count, u32 size)
{
	u32 id = btf_builder_type(btf, "", BTF_STRUCT, count, false, size);

	for (u32 i = 0; i < count; i++)
		btf_builder_member(btf, list[i].name, list[i].type, i * 64);
	return id;
}

/* Variables in .maps, 32 bytes apart. */
static void datasec(struct btf_builder *btf, const u32 *vars, u32 count)
{
	btf_builder_type(btf, ".maps", BTF_DATASEC, count, false, count * 32);
	for (u32 i = 0; i < count; i++) {
		btf_builder_word(btf, vars[i]);
		btf_builder_word(btf, i * 32);
		btf_builder_word(btf, 32);
	}
}

static u32 variable(struct btf_builder *btf, const char *name, u32 type)
{
	u32 id = btf_builder_type(btf, name, BTF_VAR, 0, false, type);

	btf_builder_word(btf, 1);
	return id;
}

static void test_btf_maps(void)
{
	static const u8 zeros[96];
	struct fixture f;
	struct btf_builder *btf = &f.btf;
	u32 maps, u32_id, u64_id, inner, values, plain, outer, symbol;

	fixture_init(&f);
	u32_id = btf_builder_int(btf, "u32", 4);
	u64_id = btf_builder_int(btf, "u64", 8);
	inner = structure(btf,
			  (struct attribute[]){ { "type", number(btf, u32_id, 2) },
						{ "key", pointer_to(btf, u32_id) },
						{ "value", pointer_to(btf, u64_id) },
						{ "max_entries", number(btf, u32_id, 5) } },
			  4, 32);
	values = btf_builder_array(btf, pointer_to(btf, inner), u32_id, 0);
	plain = structure(btf,
			  (struct attribute[]){ { "type", number(btf, u32_id, 1) },
						{ "key", pointer_to(btf, u32_id) },
						{ "key_size", number(btf, u32_id, 4) },
						{ "value_size", number(btf, u32_id, 24) } },
			  4, 32);
	outer = structure(btf,
			  (struct attribute[]){ { "type", number(btf, u32_id, 12) },
						{ "map_flags", number(btf, u32_id, 64) },
						{ "pinning", number(btf, u32_id, 1) },
						{ "values", values } },
			  4, 32);
	u32 vars[] = { variable(btf, "outer", outer), variable(btf, "plain", plain) };
	datasec(btf, vars, 2);
	maps = fixture_data(&f, ".maps", zeros, sizeof(zeros));
	symbol = object_symbol_at(&f, "outer", maps, 64, 32);
	object_symbol_at(&f, "plain", maps, 0, 32);
	add_program(&f, "tc", load_it, sizeof(load_it), symbol);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->warning_count, 0);
	CHECK_EQ(f.obj->map_count, 3);
	CHECK_STR(f.obj->maps[0].name, "plain"); /* as they stand in the section */
	CHECK_EQ(f.obj->maps[0].key_size, 4);
	CHECK_EQ(f.obj->maps[0].value_size, 24);
	CHECK_EQ(f.obj->maps[1].type->kind, MAP_KIND_ARRAY_OF_MAPS);
	CHECK_EQ(f.obj->maps[1].flags, 64);
	CHECK_EQ(f.obj->maps[1].pinning, 1);
	CHECK_EQ(f.obj->maps[1].key_size, 4);
	CHECK_EQ(f.obj->maps[1].value_size, 4);
	CHECK_EQ(f.obj->maps[1].inner, 2);
	CHECK_STR(f.obj->maps[2].name, "outer.inner");
	CHECK_EQ(f.obj->maps[2].value_size, 8);
	CHECK_EQ(f.obj->maps[2].max_entries, 5);
	CHECK_EQ(fixture_link(&f, "tc"), 0);
	CHECK_EQ(f.prog->insns[0].imm, 1);
out:
	fixture_fini(&f);
}

/* One attribute list a row; u is u32 as a number's base, n a number, t a type. */
static const struct {
	const char *names[4];
	char forms[5];
	const char *warning;
} bad_maps[] = {
	{ { "type", "colour" }, "nn", "attribute \"colour\" is unknown" },
	{ { "type", "type" }, "nn", "attribute type is given twice" },
	{ { "max_entries" }, "n", "its definition has no type" },
	{ { "type", "key", "key_size" }, "ntn", "two sizes, 4 and 1" },
	{ { "type", "key" }, "ni", "attribute key has a type of another form" },
	{ { "type" }, "t", "attribute type has a type of another form" },
	{ { "type", "values" }, "nn", "attribute values is not an array" },
	{ { "type" }, "i", "attribute type has a type of another form" },
};

static void run_bad_map(size_t i)
{
	static const u8 zeros[64];
	struct fixture f;
	struct attribute list[4];
	u32 count = 0, u32_id, maps, symbol;

	fixture_init(&f);
	u32_id = btf_builder_int(&f.btf, "u32", 4);
	for (; bad_maps[i].forms[count] != 0; count++) {
		char form = bad_maps[i].forms[count];

		list[count].name = bad_maps[i].names[count];
		list[count].type = form == 'n'	 ? number(&f.btf, u32_id, 1)
				   : form == 't' ? pointer_to(&f.btf, u32_id)
						 : u32_id;
	}
	u32 vars[] = { variable(&f.btf, "bad", structure(&f.btf, list, count, 32)),
		       variable(&f.btf, "lost", u32_id) };
	datasec(&f.btf, vars, 2);
	maps = fixture_data(&f, ".maps", zeros, sizeof(zeros));
	symbol = object_symbol_at(&f, "bad", maps, 0, 32);
	add_program(&f, "tc", load_it, sizeof(load_it), symbol);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->map_count, 2);
	CHECK(f.obj->maps[0].type == NULL);
	if (!fixture_warned(&f, bad_maps[i].warning))
		CHECK_STR(f.obj->warnings[0], bad_maps[i].warning);
	CHECK(fixture_warned(&f, "map lost: it has no symbol inside section .maps"));
	CHECK_EQ(fixture_link(&f, "tc"), ERR_NOEXEC);
	CHECK(strstr(f.err.text, bad_maps[i].warning) != NULL);
out:
	fixture_fini(&f);
}

static void test_bad_btf_maps(void)
{
	for (size_t i = 0; i < sizeof(bad_maps) / sizeof(bad_maps[0]); i++)
		run_bad_map(i);
}

/* One map "m" of a definition; the program refers to it. */
static void one_map(struct fixture *f, u32 type)
{
	static const u8 zeros[64];
	u32 vars[] = { variable(&f->btf, "m", type) };
	u32 maps;

	datasec(&f->btf, vars, 1);
	maps = fixture_data(f, ".maps", zeros, sizeof(zeros));
	add_program(f, "tc", load_it, sizeof(load_it), object_symbol_at(f, "m", maps, 0, 32));
}

static u32 wrap(struct btf_builder *btf, const char *name, u32 kind, u32 type)
{
	return btf_builder_type(btf, name, kind, 0, false, type);
}

/* The ways to write a map of maps: what its values are. */
static u32 elements(struct btf_builder *btf, u32 form, u32 inner)
{
	switch (form) {
	case 0: return pointer_to(btf, inner);
	case 1: return pointer_to(btf, wrap(btf, "inner_t", BTF_TYPEDEF, inner));
	case 2: return wrap(btf, "p", BTF_TYPEDEF, pointer_to(btf, inner));
	case 3: return inner; /* without a pointer */
	case 4: return wrap(btf, "inner_t", BTF_TYPEDEF, wrap(btf, "", BTF_CONST, inner));
	default: return 0;
	}
}

static void test_forms_of_definitions(void)
{
	struct fixture f = { 0 };
	u32 u32_id, inner, values, outer;

	for (u32 form = 0; form < 5; form++) {
		fixture_init(&f);
		u32_id = btf_builder_int(&f.btf, "u32", 4);
		inner = structure(&f.btf,
				  (struct attribute[]){ { "type", number(&f.btf, u32_id, 2) },
							{ "key", pointer_to(&f.btf, u32_id) },
							{ "value", pointer_to(&f.btf, u32_id) } },
				  3, 24);
		values = btf_builder_array(&f.btf, elements(&f.btf, form, inner), u32_id, 0);
		/* The array, and the number, behind a typedef each. */
		values = wrap(&f.btf, "v", BTF_TYPEDEF, values);
		outer = structure(
			&f.btf,
			(struct attribute[]){ { "type", wrap(&f.btf, "n", BTF_TYPEDEF,
							     number(&f.btf, u32_id, 13)) },
					      { "values", values } },
			2, 16);
		outer = wrap(&f.btf, "outer_t", BTF_TYPEDEF, outer);
		one_map(&f, wrap(&f.btf, "", BTF_VOLATILE, outer));
		CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
		CHECK_EQ(f.obj->warning_count, 0);
		CHECK_EQ(f.obj->map_count, 2);
		CHECK_EQ(f.obj->maps[0].type->kind, MAP_KIND_HASH_OF_MAPS);
		CHECK_EQ(f.obj->maps[0].inner, 1);
		CHECK_EQ(f.obj->maps[1].type->kind, MAP_KIND_ARRAY);
		CHECK_EQ(f.obj->maps[1].value_size, 4);
		CHECK_EQ(fixture_link(&f, "tc"), 0);
		fixture_fini(&f);
		memset(&f, 0, sizeof(f));
	}
	return;
out:
	fixture_fini(&f);
}

/* Values that do not suit the map, and templates that nobody has. */
static void test_bad_values(void)
{
	static const struct {
		u32 type, inner_id;
		char element; /* s: pointer to a struct, f: to a function, i: a number, 0: none */
		const char *bad;
	} cases[] = {
		{ 12, 0, 's', NULL },
		{ 12, 0, 'f', "its values are of another type" },
		{ 12, 0, 'i', "its values are of another type" },
		{ 3, 0, 'f', NULL },
		{ 3, 0, 's', "its values are of another type" },
		{ 1, 0, 's', "a map of type hash has no values" },
		{ 1, 0, 'i', "a map of type hash has no values" },
		{ 12, 5, 0, "no map has the id 5 of its inner map" },
	};
	struct fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		u32 u32_id, function, element = 0, values;

		fixture_init(&f);
		u32_id = btf_builder_int(&f.btf, "u32", 4);
		function = btf_builder_type(&f.btf, "", BTF_FUNC_PROTO, 0, false, 0);
		struct attribute type = { "type", number(&f.btf, u32_id, 2) };
		element = cases[i].element == 's'
				  ? pointer_to(&f.btf, structure(&f.btf, &type, 1, 8))
			  : cases[i].element == 'f' ? pointer_to(&f.btf, function)
						    : u32_id;
		values = btf_builder_array(&f.btf, element, u32_id, 0);
		struct attribute list[] = {
			{ "type", number(&f.btf, u32_id, cases[i].type) },
			{ "inner_id", number(&f.btf, u32_id, cases[i].inner_id) },
			{ "values", values },
		};
		one_map(&f, structure(&f.btf, list, cases[i].element != 0 ? 3 : 2, 24));
		CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
		CHECK_EQ(fixture_link(&f, "tc"), cases[i].bad != NULL ? ERR_NOEXEC : 0);
		CHECK(cases[i].bad == NULL || strstr(f.err.text, cases[i].bad) != NULL);
		fixture_fini(&f);
		memset(&f, 0, sizeof(f));
	}
	return;
out:
	fixture_fini(&f);
}

static void test_maps_without_btf(void)
{
	struct fixture f;
	u32 maps, symbol;

	fixture_init(&f);
	maps = fixture_data(&f, ".maps", "12345678", 8);
	symbol = object_symbol_at(&f, "m", maps, 0, 8);
	add_program(&f, "tc", load_it, sizeof(load_it), symbol);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK(fixture_warned(&f, "section .maps has no description in BTF"));
	CHECK_EQ(fixture_link(&f, "tc"), ERR_NOEXEC);
out:
	fixture_fini(&f);
}

/* --- globals --------------------------------------------------------------------------------- */

static void test_globals(void)
{
	struct fixture f;
	u32 data, rodata, bss, symbol, base;

	fixture_init(&f);
	data = fixture_data(&f, ".data", "0123456789abcdef", 16);
	rodata = fixture_data(&f, ".rodata.str", "text", 5);
	bss = elf_builder_section(&f.elf, ".bss", ELF_SHT_NOBITS, ELF_SHF_ALLOC | ELF_SHF_WRITE,
				  NULL, 100);
	fixture_data(&f, ".database", "x", 1); /* is not .data.something */
	symbol = object_symbol_at(&f, "d", data, 4, 4);
	base = elf_builder_symbol(&f.elf, "", bss, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	add_program(&f, "xdp", load_8, sizeof(load_8), symbol);
	add_program(&f, "tc", load_8, sizeof(load_8), base);
	add_program(&f, "socket", load_8, sizeof(load_8),
		    elf_builder_symbol(&f.elf, "", rodata, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL));
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->map_count, 3);
	CHECK_STR(f.obj->maps[0].name, ".data");
	CHECK(f.obj->maps[0].is_global && !f.obj->maps[0].read_only);
	CHECK_EQ(f.obj->maps[0].type->kind, MAP_KIND_ARRAY);
	CHECK_EQ(f.obj->maps[0].value_size, 16);
	CHECK_EQ(f.obj->maps[0].max_entries, 1);
	CHECK_EQ(f.obj->maps[0].initial_len, 16);
	CHECK(memcmp(f.obj->maps[0].initial, "0123456789abcdef", 16) == 0);
	CHECK(f.obj->maps[1].read_only);
	CHECK_EQ(f.obj->maps[2].value_size, 100);
	CHECK(f.obj->maps[2].initial == NULL);
	CHECK_EQ(fixture_link(&f, "xdp"), 0);
	CHECK_EQ(f.prog->insns[0].op, LDDW_MAP_VALUE);
	CHECK_EQ(f.prog->insns[0].imm, 0);
	CHECK_EQ(f.prog->insns[0].off, 12);
	CHECK_EQ(fixture_link(&f, "tc"), 0);
	CHECK_EQ(f.prog->insns[0].imm, 2);
	CHECK_EQ(f.prog->insns[0].off, 8);
	CHECK_EQ(fixture_link(&f, "socket"), ERR_NOEXEC); /* offset 8 of 5 bytes */
out:
	fixture_fini(&f);
}

static void test_globals_limits(void)
{
	struct fixture f;
	u32 data, bss, symbol, big;

	fixture_init(&f);
	data = fixture_data(&f, ".data", "0123456789abcdef", 16);
	bss = elf_builder_section(&f.elf, ".bss", ELF_SHT_NOBITS, ELF_SHF_ALLOC | ELF_SHF_WRITE,
				  NULL, (1 << 20) + 1);
	symbol = object_symbol_at(&f, "d", data, 0, 16);
	big = object_symbol_at(&f, "b", bss, 0, 16);
	elf_builder_reloc(&f.elf, data, 8, symbol, RELOC_ABS64); /* a pointer inside data */
	add_program(&f, "bind", load_it, sizeof(load_it), big);
	add_program(&f, "bind/1", load_it, sizeof(load_it), symbol);
	CHECK_EQ(fixture_open(&f, DIALECT_WINDOWS), 0);
	CHECK(fixture_warned(&f, "map .bss: 0x100001 bytes of global variables"));
	CHECK_EQ(fixture_link(&f, "bind"), ERR_NOEXEC);
	CHECK_EQ(fixture_link(&f, "bind/1"), ERR_NOTSUP);
	CHECK(strstr(f.err.text, "section .data holds an address") != NULL);
out:
	fixture_fini(&f);
}

/* Fields of values that are the host's. *count of them, of the only map. */
static const struct prog_map_field *fields_of(struct fixture *f, u32 value, u32 *count)
{
	u32 u32_id = btf_builder_int(&f->btf, "u32", 4);

	*count = 0;
	one_map(f, structure(&f->btf,
			     (struct attribute[]){ { "type", number(&f->btf, u32_id, 1) },
						   { "key", pointer_to(&f->btf, u32_id) },
						   { "value", pointer_to(&f->btf, value) } },
			     3, 24));
	if (fixture_open(f, DIALECT_UNKNOWN) != 0 || f->obj->map_count != 1)
		return NULL;
	*count = f->obj->maps[0].field_count;
	return f->obj->maps[0].fields;
}

static u32 named(struct btf_builder *btf, const char *name, u32 kind, u32 size)
{
	return btf_builder_type(btf, name, kind, 0, false, size);
}

static bool has_field(const struct prog_map_field *fields, u32 count, u32 off, u32 size, u32 kind)
{
	for (u32 i = 0; i < count; i++) {
		if (fields[i].off == off && fields[i].size == size && fields[i].kind == kind)
			return true;
	}
	return false;
}

/* A lock, a timer in a structure inside, a pointer to a kernel object. */
static void test_fields(void)
{
	const struct prog_map_field *fields;
	struct btf_builder *btf;
	u32 lock, timer, inner, pointer, plain, value, count;
	struct fixture f;

	fixture_init(&f);
	btf = &f.btf;
	lock = named(btf, "bpf_spin_lock", BTF_STRUCT, 4);
	timer = named(btf, "bpf_timer", BTF_STRUCT, 16);
	inner = btf_builder_type(btf, "inner", BTF_STRUCT, 1, false, 24);
	btf_builder_member(btf, "t", timer, 8 * 8);
	pointer = btf_builder_type(btf, "kptr", BTF_TYPE_TAG, 0, false, inner);
	pointer = pointer_to(btf, btf_builder_type(btf, "", BTF_CONST, 0, false, pointer));
	plain = pointer_to(btf, inner);
	value = btf_builder_type(btf, "value", BTF_STRUCT, 4, false, 56);
	btf_builder_member(btf, "n", plain, 0);
	btf_builder_member(btf, "lock", lock, 12 * 8);
	btf_builder_member(btf, "inner", inner, 16 * 8);
	btf_builder_member(btf, "object", pointer, 40 * 8);
	fields = fields_of(&f, value, &count);
	CHECK_EQ(count, 3);
	CHECK(has_field(fields, count, 12, 4, MAP_FIELD_LOCK));
	CHECK(has_field(fields, count, 24, 16, MAP_FIELD_TIMER));
	CHECK(has_field(fields, count, 40, 8, MAP_FIELD_OTHER));
out:
	fixture_fini(&f);
}

/* Locks that no helper takes: two of them, in arrays, in unions, at odd places, of other sizes. */
static void test_odd_fields(void)
{
	for (u32 i = 0; i < 6; i++) {
		const struct prog_map_field *fields;
		u32 lock, value, u32_id, count;
		struct btf_builder *btf;
		struct fixture f;

		fixture_init(&f);
		btf = &f.btf;
		u32_id = btf_builder_int(btf, "int", 4);
		lock = named(btf, "bpf_spin_lock", BTF_STRUCT, i == 4 ? 8 : 4);
		if (i == 1)
			lock = btf_builder_array(btf, lock, u32_id, 3);
		if (i == 2) {
			u32 both = btf_builder_type(btf, "both", BTF_UNION, 2, false, 12);

			btf_builder_member(btf, "lock", lock, 0);
			btf_builder_member(btf, "n", u32_id, 0);
			lock = both;
		}
		value = btf_builder_type(btf, "value", BTF_STRUCT, i == 0 ? 2 : 1, false, 32);
		btf_builder_member(btf, "a", lock, i == 3 ? 8 * 6 : 8 * 4);
		if (i == 0)
			btf_builder_member(btf, "b", lock, 8 * 16);
		if (i == 5) { /* deeper than anybody looks */
			for (u32 depth = 0; depth < 30; depth++) {
				u32 outer = btf_builder_type(btf, "", BTF_STRUCT, 1, false, 32);

				btf_builder_member(btf, "in", value, 0);
				value = outer;
			}
		}
		fields = fields_of(&f, value, &count);
		CHECK_EQ(count, i == 0 ? 2 : 1);
		for (u32 k = 0; k < count; k++)
			CHECK_EQ(fields[k].kind, MAP_FIELD_OTHER);
		if (i == 1 || i == 2)
			CHECK(has_field(fields, count, 4, 12, MAP_FIELD_OTHER));
		if (i == 3)
			CHECK(has_field(fields, count, 6, 4, MAP_FIELD_OTHER));
		if (i == 4)
			CHECK(has_field(fields, count, 4, 8, MAP_FIELD_OTHER));
		if (i == 5)
			CHECK(has_field(fields, count, 0, 32, MAP_FIELD_OTHER));
	out:
		fixture_fini(&f);
	}
}

TAP_MAIN(TAP_TEST(test_legacy_windows), TAP_TEST(test_legacy_linux), TAP_TEST(test_btf_maps),
	 TAP_TEST(test_bad_btf_maps), TAP_TEST(test_forms_of_definitions),
	 TAP_TEST(test_bad_values), TAP_TEST(test_maps_without_btf), TAP_TEST(test_globals),
	 TAP_TEST(test_globals_limits), TAP_TEST(test_fields), TAP_TEST(test_odd_fields))
