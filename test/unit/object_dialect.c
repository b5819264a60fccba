/* SPDX-License-Identifier: MIT */
/* Which dialect an object is taken to speak, by each kind of evidence and when it conflicts. */
#include "tap.h"

#include "object_fixture.h"

#define MAX_SECTIONS 3

static const struct {
	const char *sections[MAX_SECTIONS];
	const char *mark;     /* bytes of .oriel.dialect, without the last zero */
	const char *original; /* bytes of .ebpf_for_windows */
	u32 original_len;
	u32 mark_len;	       /* 0: those of the string */
	const char *ctx;       /* name of the struct that the program's argument points to */
	const char *ctx_alias; /* a typedef of it */
	u32 ctx_size;
	u32 helper;
	enum dialect asked, expected;
	const char *why;
} rows[] = {
	{ { "xdp" }, .expected = DIALECT_UNKNOWN, .why = "\"xdp\" exists in both dialects" },
	{ { "strange" }, .expected = DIALECT_UNKNOWN, .why = "nothing in it tells" },
	{ { "xdp" },
	  .asked = DIALECT_LINUX,
	  .expected = DIALECT_LINUX,
	  .why = "given with --dialect" },
	{ { "bind" },
	  .asked = DIALECT_LINUX,
	  .expected = DIALECT_LINUX,
	  .why = "given with --dialect" },
	{ { "bind" },
	  .expected = DIALECT_WINDOWS,
	  .why = "section \"bind\" exists in the windows dialect only" },
	{ { "xdp", "tc" },
	  .expected = DIALECT_LINUX,
	  .why = "section \"tc\" exists in the linux dialect only" },
	{ { "bind", "tc" },
	  .expected = DIALECT_UNKNOWN,
	  .why = "but section \"tc\" exists in the linux dialect only" },
	{ { "xdp" },
	  .mark = "windows",
	  .expected = DIALECT_WINDOWS,
	  .why = ".oriel.dialect says so" },
	{ { "xdp" }, .mark = "linux", .expected = DIALECT_LINUX, .why = ".oriel.dialect says so" },
	{ { "xdp" },
	  .mark = "linux\0linux",
	  .mark_len = 12,
	  .expected = DIALECT_LINUX,
	  .why = ".oriel.dialect says so" },
	{ { "xdp" },
	  .mark = "linux\0windows",
	  .mark_len = 14,
	  .expected = DIALECT_UNKNOWN,
	  .why = "holds neither" },
	{ { "bind" }, .mark = "Linux", .expected = DIALECT_UNKNOWN, .why = "holds neither" },
	{ { "xdp" }, .mark = "linu", .expected = DIALECT_UNKNOWN, .why = "holds neither" },
	{ { "bind" }, .mark = "linux", .expected = DIALECT_UNKNOWN, .why = ", but " },
	{ { "xdp" },
	  .original = "\1",
	  .original_len = 1,
	  .expected = DIALECT_WINDOWS,
	  .why = "section .ebpf_for_windows says so" },
	{ { "xdp" },
	  .original = "\1\1",
	  .original_len = 2,
	  .expected = DIALECT_WINDOWS,
	  .why = "section .ebpf_for_windows says so" },
	{ { "bind" },
	  .original = "\0",
	  .original_len = 1,
	  .expected = DIALECT_UNKNOWN,
	  .why = "section .ebpf_for_windows holds something else" },
	{ { "bind" },
	  .original = "",
	  .original_len = 0,
	  .expected = DIALECT_UNKNOWN,
	  .why = "section .ebpf_for_windows holds something else" },
	{ { "bind" },
	  .original = "\1\2",
	  .original_len = 2,
	  .expected = DIALECT_UNKNOWN,
	  .why = "section .ebpf_for_windows holds something else" },
	{ { "tc" },
	  .original = "\1",
	  .original_len = 1,
	  .expected = DIALECT_UNKNOWN,
	  .why = "section .ebpf_for_windows says so, but section \"tc\"" },
	{ { "xdp" },
	  .mark = "linux",
	  .original = "\1",
	  .original_len = 1,
	  .expected = DIALECT_UNKNOWN,
	  .why = "section .ebpf_for_windows says so, but section .oriel.dialect" },
	{ { "xdp" },
	  .mark = "windows",
	  .original = "\1",
	  .original_len = 1,
	  .expected = DIALECT_WINDOWS,
	  .why = "section .oriel.dialect says so" },
	{ { "tc" },
	  .original = "\1",
	  .original_len = 1,
	  .asked = DIALECT_LINUX,
	  .expected = DIALECT_LINUX,
	  .why = "given with --dialect" },
	{ { "xdp" }, .helper = 35, .expected = DIALECT_UNKNOWN, .why = "both dialects" },
	{ { "xdp" },
	  .helper = 36,
	  .expected = DIALECT_LINUX,
	  .why = "helper 36, called in section xdp at 0x0" },
	{ { "xdp" }, .helper = 0x10000, .expected = DIALECT_WINDOWS, .why = "helper 65536" },
	{ { "xdp" }, .helper = 0x901, .expected = DIALECT_UNKNOWN, .why = "both dialects" },
	{ { "xdp" }, .helper = UINT32_MAX, .expected = DIALECT_UNKNOWN, .why = "both dialects" },
	{ { "tc" }, .helper = 0x10001, .expected = DIALECT_UNKNOWN, .why = ", but " },
	{ { "xdp" },
	  .ctx = "xdp_md",
	  .ctx_size = 24,
	  .expected = DIALECT_LINUX,
	  .why = "context type xdp_md is the linux" },
	{ { "xdp" },
	  .ctx = "xdp_md",
	  .ctx_size = 32,
	  .expected = DIALECT_WINDOWS,
	  .why = "context type xdp_md is the windows" },
	{ { "xdp" },
	  .ctx = "_xdp",
	  .ctx_alias = "xdp_md_t",
	  .ctx_size = 32,
	  .expected = DIALECT_WINDOWS,
	  .why = "context type xdp_md_t is" },
	{ { "cgroup/connect4" },
	  .ctx = "bpf_sock_addr",
	  .ctx_size = 72,
	  .expected = DIALECT_LINUX,
	  .why = "bpf_sock_addr" },
	{ { "cgroup/connect4" },
	  .ctx = "bpf_sock_addr",
	  .ctx_alias = "bpf_sock_addr_t",
	  .ctx_size = 64,
	  .expected = DIALECT_WINDOWS,
	  .why = "bpf_sock_addr_t" },
	{ { "bind" },
	  .ctx = "__sk_buff",
	  .ctx_size = 192,
	  .expected = DIALECT_UNKNOWN,
	  .why = ", but " },
};

static void add_context(struct fixture *f, size_t i)
{
	u32 id = btf_builder_type(&f->btf, rows[i].ctx, BTF_STRUCT, 0, false, rows[i].ctx_size);
	u32 pointer, proto;

	if (rows[i].ctx_alias != NULL)
		id = btf_builder_type(&f->btf, rows[i].ctx_alias, BTF_TYPEDEF, 0, false, id);
	pointer = btf_builder_type(&f->btf, "", BTF_PTR, 0, false, id);
	proto = btf_builder_type(&f->btf, "", BTF_FUNC_PROTO, 1, false, 0);
	btf_builder_word(&f->btf, btf_builder_string(&f->btf, "ctx"));
	btf_builder_word(&f->btf, pointer);
	btf_builder_type(&f->btf, "main", BTF_FUNC, 0, false, proto);
}

static void run_row(size_t i)
{
	u8 code[] = { CALL(rows[i].helper), MOV0, EXIT };
	struct fixture f;

	fixture_init(&f);
	for (int s = 0; s < MAX_SECTIONS && rows[i].sections[s] != NULL; s++)
		fixture_code(&f, rows[i].sections[s], code, sizeof(code));
	if (rows[i].mark != NULL) {
		size_t len = rows[i].mark_len != 0 ? rows[i].mark_len : strlen(rows[i].mark) + 1;

		fixture_data(&f, ".oriel.dialect", rows[i].mark, len);
	}
	if (rows[i].original != NULL)
		fixture_data(&f, ".ebpf_for_windows", rows[i].original, rows[i].original_len);
	if (rows[i].ctx != NULL)
		add_context(&f, i);
	CHECK_EQ(fixture_open(&f, rows[i].asked), 0);
	CHECK_EQ(f.obj->dialect, rows[i].expected);
	if (strstr(f.obj->dialect_why, rows[i].why) == NULL)
		CHECK_STR(f.obj->dialect_why, rows[i].why);
	if (rows[i].expected == DIALECT_UNKNOWN)
		CHECK(f.obj->progs[0].match == NULL);
out:
	fixture_fini(&f);
}

static void test_evidence(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(i);
}

/* Without a dialect there are no map types, and programs link all the same. */
static void test_unknown_dialect(void)
{
	static const u32 record[] = { 1, 4, 8, 10 };
	static const u8 code[] = { LDDW(1, 0), EXIT };
	struct fixture f;
	u32 section, maps, symbol;

	fixture_init(&f);
	section = fixture_code(&f, "xdp", code, sizeof(code));
	maps = fixture_data(&f, "maps", record, sizeof(record));
	symbol = elf_builder_symbol(&f.elf, "m", maps, 0, 16, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_reloc(&f.elf, section, 0, symbol, RELOC_LDDW);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->dialect, DIALECT_UNKNOWN);
	CHECK_EQ(f.obj->warning_count, 0);
	CHECK(f.obj->maps[0].type == NULL);
	CHECK_EQ(f.obj->maps[0].type_number, 1);
	CHECK_EQ(fixture_link(&f, "xdp"), 0);
	CHECK(f.prog->type == NULL);
	CHECK_EQ(f.prog->dialect, DIALECT_UNKNOWN);
out:
	fixture_fini(&f);
}

/* Two marks in sections of one name count both. */
static void test_marks_of_one_name(void)
{
	static const u8 code[] = { MOV0, EXIT };
	struct fixture f;

	fixture_init(&f);
	fixture_code(&f, "xdp", code, sizeof(code));
	fixture_data(&f, ".oriel.dialect", "windows", 8);
	fixture_data(&f, ".oriel.dialect", "linux", 6);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->dialect, DIALECT_UNKNOWN);
	CHECK(strstr(f.obj->dialect_why, ", but ") != NULL);
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_evidence), TAP_TEST(test_marks_of_one_name), TAP_TEST(test_unknown_dialect))
