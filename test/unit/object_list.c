/* SPDX-License-Identifier: MIT */
/* What is listed beside programs and maps: relocations of each kind and those that make no sense,
 * variables, groups of instructions, types as text. */
#include "tap.h"

#include "base/strbuf.h"
#include "btf/text.h"
#include "object/list.h"
#include "object_fixture.h"
#include "prog/stats.h"

static const u8 refs[] = { LDDW(1, 0),
			   LDDW(1, 4),
			   LDDW(1, 0),
			   LDDW(1, 0),
			   CALL_LOCAL(-1),
			   CALL_LOCAL(-1),
			   SLOT(0x85, 0x20, 0, 0),
			   MOV0,
			   EXIT };
static const u8 two_funcs[] = { MOV0, EXIT, MOV0, EXIT };
static const u32 record[] = { 1, 4, 8, 10 };

static u32 undefined(struct fixture *f, const char *name, u8 bind)
{
	return elf_builder_symbol(&f->elf, name, 0, 0, 0, ELF_STT_NOTYPE, bind);
}

/* symbols: of the four LDDWs (at 0, 16, 32, 48), two local calls (64, 72), a call (80), MOV (88).
 */
static void build(struct fixture *f, const u32 *symbols, u32 count, u32 section)
{
	static const u64 places[] = { 0, 16, 32, 48, 64, 72, 80, 88, 4 };

	for (u32 i = 0; i < count; i++)
		elf_builder_reloc(&f->elf, section, places[i], symbols[i],
				  i < 4 || i > 6 ? RELOC_LDDW : RELOC_CALL);
}

static const struct {
	enum object_reloc_kind kind;
	const char *kind_name, *symbol, *target;
	u64 target_off;
	const char *error;
} expected[] = {
	{ OBJECT_RELOC_MAP, "map", "m", "m", 0, NULL },
	{ OBJECT_RELOC_UNKNOWN, "unknown", "m", NULL, 0, "an unaligned" },
	{ OBJECT_RELOC_GLOBAL, "global", "v", ".data", 8, NULL },
	{ OBJECT_RELOC_FUNCTION, "function", "second", "second", 0, NULL },
	{ OBJECT_RELOC_VARIABLE, "variable", "jiffies", NULL, 0, NULL },
	{ OBJECT_RELOC_CALL, "call", "first", "first", 0, NULL },
	{ OBJECT_RELOC_HELPER, "helper", "bpf_map_lookup_elem", "bpf_map_lookup_elem", 0, NULL },
	{ OBJECT_RELOC_EXTERN, "extern", "elsewhere", NULL, 0, NULL },
	{ OBJECT_RELOC_UNKNOWN, "unknown", "m", NULL, 0, "but no LDDW to hold it" },
};

static void test_relocs(void)
{
	struct fixture f;
	const struct object_reloc *rows;
	u32 count, code, sub, maps, data, section;

	fixture_init(&f);
	section = fixture_code(&f, "xdp", refs, sizeof(refs));
	sub = fixture_code(&f, ".text", two_funcs, sizeof(two_funcs));
	maps = fixture_data(&f, "maps", record, sizeof(record));
	data = fixture_data(&f, ".data", "0123456789abcdef", 16);
	fixture_func(&f, "main", section, 0, sizeof(refs));
	u32 m = elf_builder_symbol(&f.elf, "m", maps, 0, 16, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	u32 symbols[] = {
		m,
		elf_builder_symbol(&f.elf, "v", data, 4, 4, ELF_STT_OBJECT, ELF_STB_GLOBAL),
		fixture_func(&f, "second", sub, 16, 16),
		undefined(&f, "jiffies", ELF_STB_GLOBAL),
		fixture_func(&f, "first", sub, 0, 16),
		undefined(&f, "bpf_map_lookup_elem", ELF_STB_GLOBAL),
		undefined(&f, "elsewhere", ELF_STB_WEAK),
		m,
		m,
	};
	build(&f, symbols, ARRAY_COUNT(symbols), section);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(object_relocs(f.obj, &rows, &count, &f.err), 0);
	CHECK_EQ(count, ARRAY_COUNT(expected));
	code = object_find_prog(f.obj, "main");
	for (u32 i = 0; i < count; i++) {
		CHECK_EQ(rows[i].section, section);
		CHECK_EQ(rows[i].prog, code);
		CHECK_EQ(rows[i].kind, expected[i].kind);
		CHECK_STR(rows[i].kind_name, expected[i].kind_name);
		CHECK_STR(rows[i].symbol, expected[i].symbol);
		CHECK((rows[i].target == NULL) == (expected[i].target == NULL));
		if (rows[i].target != NULL)
			CHECK_STR(rows[i].target, expected[i].target);
		CHECK_EQ(rows[i].target_off, expected[i].target_off);
		CHECK((rows[i].error == NULL) == (expected[i].error == NULL));
		CHECK(i == 0 || rows[i - 1].off <= rows[i].off);
	}
	CHECK(strstr(rows[1].error, "not at an instruction") != NULL);
	CHECK(strstr(rows[8].error, expected[8].error) != NULL);
out:
	fixture_fini(&f);
}

/* --- variables -------------------------------------------------------------------------------- */

static void test_vars(void)
{
	static const u8 code[] = { MOV0, EXIT };
	struct fixture f;
	const struct object_global *vars;
	u32 count, data, int_id, var;

	fixture_init(&f);
	int_id = btf_builder_int(&f.btf, "int", 4);
	var = btf_builder_type(&f.btf, "b", BTF_VAR, 0, false, int_id);
	btf_builder_word(&f.btf, 1);
	btf_builder_type(&f.btf, ".data", BTF_DATASEC, 1, false, 16);
	btf_builder_word(&f.btf, var);
	btf_builder_word(&f.btf, 0);
	btf_builder_word(&f.btf, 4);
	fixture_code(&f, "xdp", code, sizeof(code));
	data = fixture_data(&f, ".data", "0123456789abcdef", 16);
	fixture_data(&f, "maps", record, sizeof(record));
	elf_builder_symbol(&f.elf, "b", data, 8, 4, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_symbol(&f.elf, "a", data, 0, 8, ELF_STT_OBJECT, ELF_STB_LOCAL);
	elf_builder_symbol(&f.elf, "beyond", data, 12, 8, ELF_STT_OBJECT, ELF_STB_LOCAL);
	elf_builder_symbol(&f.elf, "", data, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(f.obj->map_count, 1);
	CHECK_EQ(object_globals(f.obj, &vars, &count, &f.err), 0);
	CHECK_EQ(count, 2);
	CHECK_STR(vars[0].name, "a");
	CHECK_EQ(vars[0].size, 8);
	CHECK_EQ(vars[0].type, 0);
	CHECK_STR(vars[1].name, "b");
	CHECK_EQ(vars[1].off, 8);
	CHECK_EQ(vars[1].type, int_id);
	CHECK_EQ(vars[1].map, 0);
	CHECK(object_map_error(f.obj, 0) == NULL);
	CHECK(object_map_error(f.obj, 7) == NULL);
out:
	fixture_fini(&f);
}

/* --- types as text ---------------------------------------------------------------------------- */

static u32 wrap(struct btf_builder *btf, u32 kind, u32 type)
{
	return btf_builder_type(btf, "", kind, 0, false, type);
}

static void test_type_text(void)
{
	struct btf_builder b;
	struct arena arena = { 0 };
	struct strbuf text = STRBUF_INIT;
	struct btf btf = { 0 };
	struct error err = { 0 };
	u8 *image;
	size_t len;

	btf_builder_init(&b);
	u32 int_id = btf_builder_int(&b, "int", 4);
	u32 flow = btf_builder_type(&b, "flow", BTF_STRUCT, 0, false, 0);
	u32 nameless = btf_builder_type(&b, "", BTF_UNION, 0, false, 0);
	u32 pointer = wrap(&b, BTF_PTR, flow);
	u32 array = btf_builder_array(&b, int_id, int_id, 3);
	u32 deep = int_id;
	for (u32 i = 0; i < 40; i++)
		deep = wrap(&b, BTF_PTR, deep);
	u32 wide = int_id;
	for (u32 i = 0; i < 16; i++)
		wide = btf_builder_array(&b, wide, int_id, 1);
	const struct {
		u32 id;
		const char *text;
	} cases[] = {
		{ 0, "?" },
		{ 12345, "void" },
		{ int_id, "int" },
		{ nameless, "union {}" },
		{ pointer, "struct flow *" },
		{ array, "int[3]" },
		{ wrap(&b, BTF_PTR, array), "int (*)[3]" },
		{ btf_builder_array(&b, pointer, int_id, 2), "struct flow *[2]" },
		{ wrap(&b, BTF_CONST, wrap(&b, BTF_VOLATILE, array)), "const volatile int[3]" },
		{ wrap(&b, BTF_CONST, pointer), "struct flow *" },
		{ wrap(&b, BTF_PTR, wrap(&b, BTF_CONST, int_id)), "const int *" },
		{ wrap(&b, BTF_PTR, 0), "void *" },
		{ wrap(&b, BTF_PTR, btf_builder_type(&b, "", BTF_FUNC_PROTO, 0, false, 0)),
		  "function *" },
		{ deep, "? ****************" },
		{ wide, "int[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]" },
	};
	CHECK(btf_builder_finish(&b, &image, &len));
	CHECK_EQ(btf_open(image, len, &arena, &btf, &err), 0);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		strbuf_reset(&text);
		btf_type_text(&btf, cases[i].id, &text);
		CHECK_EQ(strbuf_status(&text), 0);
		CHECK_STR(strbuf_str(&text), cases[i].text);
	}
out:
	strbuf_fini(&text);
	btf_builder_fini(&b);
	arena_fini(&arena);
}

/* --- groups ----------------------------------------------------------------------------------- */

static const u8 each_group[] = {
	SLOT(0x04, 0, 0, 1),	 /* w0 += 1 */
	SLOT(0xd4, 0, 0, 16),	 /* le16 */
	SLOT(0x07, 0, 0, 1),	 /* r0 += 1 */
	SLOT(0xd7, 0, 0, 16),	 /* bswap16 */
	SLOT(0xbf, 0, 8, 0),	 /* movsx */
	SLOT(0x61, 0xa0, -4, 0), /* load */
	SLOT(0x62, 0x0a, -4, 0), /* store */
	SLOT(0xc3, 0x0a, -4, 0), /* lock add */
	LDDW(1, 1),
	SLOT(0x15, 0, 0, 0), /* jump */
	SLOT(0x05, 0, 0, 0), /* ja */
	SLOT(0x16, 0, 0, 0), /* jump32 */
	SLOT(0x06, 0, 0, 0), /* ja32 */
	CALL(6),
	CALL_LOCAL(2),
	SLOT(0x8d, 0, 0, 0), /* callx r0 */
	EXIT,
	MOV0,
	EXIT,
};

static void test_groups(void)
{
	static const u32 counts[PROG_GROUP_COUNT] = {
		[PROG_ALU] = 2,	       [PROG_ALU64] = 4,	 [PROG_LOAD] = 1,
		[PROG_STORE] = 1,      [PROG_ATOMIC] = 1,	 [PROG_LDDW] = 1,
		[PROG_JUMP] = 2,       [PROG_JUMP32] = 2,	 [PROG_CALL_HELPER] = 1,
		[PROG_CALL_LOCAL] = 1, [PROG_CALL_REGISTER] = 1, [PROG_EXIT] = 2,
	};
	struct fixture f;
	u32 found[PROG_GROUP_COUNT], section;

	fixture_init(&f);
	section = fixture_code(&f, "xdp", each_group, sizeof(each_group));
	fixture_func(&f, "main", section, 0, sizeof(each_group));
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(fixture_link(&f, "main"), 0);
	prog_count_groups(f.prog, 0, f.prog->insn_count, found);
	for (u32 i = 0; i < PROG_GROUP_COUNT; i++)
		if (found[i] != counts[i])
			CHECK_STR(prog_group_name((enum prog_group)i), "as expected");
	prog_count_groups(f.prog, 1, 2, found);
	CHECK_EQ(found[PROG_ALU], 1);
	CHECK_EQ(found[PROG_ALU64], 0);
	CHECK_STR(prog_group_name(PROG_GROUP_COUNT), "?");
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_relocs), TAP_TEST(test_vars), TAP_TEST(test_type_text),
	 TAP_TEST(test_groups))
