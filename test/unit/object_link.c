/* SPDX-License-Identifier: MIT */
/* Functions and linking: who is a program, what comes along, where references go, and what is
 * refused. */
#include "tap.h"

#include "object_fixture.h"

static void test_one_program(void)
{
	static const u8 code[] = { MOV0, EXIT };
	struct fixture f;
	u32 section;

	fixture_init(&f);
	section = fixture_code(&f, "bind", code, sizeof(code));
	fixture_func(&f, "main", section, 0, sizeof(code));
	fixture_data(&f, "license", "MIT", 4);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->prog_count, 1);
	CHECK_STR(f.obj->progs[0].name, "main");
	CHECK_STR(f.obj->progs[0].section, "bind");
	CHECK_EQ(f.obj->progs[0].count, 2);
	CHECK(!f.obj->progs[0].is_subprog);
	CHECK_EQ(f.obj->dialect, DIALECT_WINDOWS);
	CHECK_STR(f.obj->progs[0].match->type->name, "bind");
	CHECK_STR(f.obj->license, "MIT");
	CHECK_EQ(f.obj->warning_count, 0);
	CHECK_EQ(object_find_prog(f.obj, "bind"), 0);
	CHECK_EQ(object_find_prog(f.obj, "nothing"), PROG_NO_INDEX);
	CHECK_EQ(fixture_link(&f, "main"), 0);
	CHECK_EQ(f.prog->insn_count, 2);
	CHECK_EQ(f.prog->called_count, 2);
	CHECK_EQ(f.prog->subprog_count, 1);
	CHECK_STR(f.prog->type->name, "bind");
	CHECK_STR(f.prog->attach->name, "bind");
	CHECK_EQ(f.prog->insns[1].kind, INSN_EXIT);
	/* Another type than the section's: then its attach type says nothing. */
	CHECK_EQ(object_link(f.obj, 0, spec_prog_type_by_name(DIALECT_WINDOWS, "xdp"), &f.prog,
			     &f.err),
		 0);
	CHECK_STR(f.prog->type->name, "xdp");
	CHECK(f.prog->attach == NULL);
	CHECK_EQ(object_link(f.obj, 1, NULL, &f.prog, &f.err), ERR_INVAL);
out:
	fixture_fini(&f);
}

/* Two programs share what they call; calls by symbol, by section and immediate, by distance. */
static void test_shared_subprograms(void)
{
	static const u8 text[] = { CALL_LOCAL(1),  EXIT, /* a calls b, by distance */
				   CALL_LOCAL(-3), EXIT, /* b calls a */ MOV0, EXIT };
	static const u8 code[] = { CALL_LOCAL(-1), CALL_LOCAL(1), EXIT, CALL_LOCAL(3), EXIT };
	struct fixture f;
	u32 section, functions, a, text_symbol;

	fixture_init(&f);
	functions = fixture_code(&f, ".text", text, sizeof(text));
	section = fixture_code(&f, "xdp", code, sizeof(code));
	text_symbol =
		elf_builder_symbol(&f.elf, "", functions, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	a = fixture_func(&f, "a", functions, 0, 16);
	fixture_func(&f, "b", functions, 16, 16);
	fixture_func(&f, "c", functions, 32, 16);
	fixture_func(&f, "one", section, 0, 24);
	fixture_func(&f, "two", section, 24, 16);
	elf_builder_reloc(&f.elf, section, 0, a, RELOC_CALL);
	elf_builder_reloc(&f.elf, section, 8, text_symbol, RELOC_CALL);	 /* to slot 2: b */
	elf_builder_reloc(&f.elf, section, 24, text_symbol, RELOC_CALL); /* to slot 4: c */
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(f.obj->prog_count, 5);
	CHECK(f.obj->progs[0].is_subprog && f.obj->progs[1].is_subprog &&
	      f.obj->progs[2].is_subprog);
	CHECK(!f.obj->progs[3].is_subprog && !f.obj->progs[4].is_subprog);
	CHECK_EQ(object_find_prog(f.obj, "xdp"), PROG_NO_INDEX); /* two of them */
	CHECK_EQ(fixture_link(&f, "one"), 0);
	CHECK_EQ(f.prog->insn_count, 7);
	CHECK_EQ(f.prog->called_count, 7);
	CHECK_EQ(f.prog->subprog_count, 3);
	CHECK_STR(f.prog->subprogs[1].name, "a");
	CHECK_STR(f.prog->subprogs[2].name, "b");
	CHECK_EQ(f.prog->insns[0].off, 2);	  /* to slot 3 */
	CHECK_EQ(f.prog->insns[1].off, 3);	  /* to slot 5 */
	CHECK_EQ(f.prog->insns[3].off, 1);	  /* a to b */
	CHECK_EQ((u32)f.prog->insns[5].off, -3u); /* b to a */
	CHECK_EQ(fixture_link(&f, "two"), 0);
	CHECK_EQ(f.prog->insn_count, 4);
	CHECK_STR(f.prog->subprogs[1].name, "c");
	CHECK_EQ(f.prog->insns[0].off, 1);
	CHECK_EQ(fixture_link(&f, "one"), 0); /* again: nothing was left behind */
	CHECK_EQ(f.prog->insn_count, 7);
out:
	fixture_fini(&f);
}

static void test_callbacks(void)
{
	static const u8 text[] = { MOV0, EXIT, CALL_LOCAL(1), EXIT, MOV0, EXIT };
	static const u8 code[] = { LDDW(2, 16), CALL(181), LDDW(2, 0), EXIT };
	struct fixture f;
	u32 section, functions, text_symbol, callback;

	fixture_init(&f);
	functions = fixture_code(&f, ".text", text, sizeof(text));
	section = fixture_code(&f, "tc", code, sizeof(code));
	text_symbol =
		elf_builder_symbol(&f.elf, "", functions, 0, 0, ELF_STT_SECTION, ELF_STB_LOCAL);
	callback = fixture_func(&f, "first", functions, 0, 16);
	fixture_func(&f, "second", functions, 16, 16);
	fixture_func(&f, "third", functions, 32, 16);
	fixture_func(&f, "main", section, 0, sizeof(code));
	elf_builder_reloc(&f.elf, section, 0, text_symbol, RELOC_LDDW);
	elf_builder_reloc(&f.elf, section, 24, callback, RELOC_LDDW);
	CHECK_EQ(fixture_open(&f, DIALECT_UNKNOWN), 0);
	CHECK_EQ(f.obj->dialect, DIALECT_LINUX);
	CHECK_EQ(fixture_link(&f, "main"), 0);
	CHECK_EQ(f.prog->called_count, 6);
	CHECK_EQ(f.prog->insn_count, 12);
	CHECK_EQ(f.prog->subprog_count, 4);
	CHECK_STR(f.prog->subprogs[1].name, "second");
	CHECK(f.prog->subprogs[1].is_callback);
	CHECK_STR(f.prog->subprogs[2].name, "third");
	CHECK(!f.prog->subprogs[2].is_callback);
	CHECK(f.prog->subprogs[3].is_callback);
	CHECK_EQ(f.prog->insns[0].op, LDDW_CODE);
	CHECK_EQ(f.prog->insns[0].off, 5); /* from slot 0 to slot 6, as a call counts */
	CHECK_EQ(f.prog->insns[0].imm, 0);
	CHECK_EQ(f.prog->insns[3].off, 6);
out:
	fixture_fini(&f);
}

/* Without symbols a section is a program, and its calls say where its subprograms are. */
static void test_no_symbols(void)
{
	static const u8 code[] = { CALL_LOCAL(1), EXIT, MOV0, EXIT };
	static const u8 more[] = { MOV0, EXIT, MOV0, EXIT };
	struct fixture f;
	u32 section;

	fixture_init(&f);
	fixture_code(&f, ".text", code, sizeof(code));
	section = fixture_code(&f, "2/1", more, sizeof(more));
	fixture_func(&f, "late", section, 16, 16);
	fixture_code(&f, "empty", NULL, 0);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(f.obj->prog_count, 3);
	CHECK_STR(f.obj->progs[0].name, ".text");
	CHECK_EQ(f.obj->progs[0].count, 4);
	CHECK_STR(f.obj->progs[1].name, "2/1");
	CHECK_EQ(f.obj->progs[1].count, 2);
	CHECK_STR(f.obj->progs[2].name, "late");
	CHECK_EQ(fixture_link(&f, ".text"), 0);
	CHECK_EQ(f.prog->subprog_count, 2);
	CHECK_EQ(f.prog->subprogs[1].start, 2);
	CHECK_STR(f.prog->subprogs[1].name, ".text+2");
	CHECK(f.prog->type == NULL);
out:
	fixture_fini(&f);
}

/* Symbols: another name for the same place, dead code behind, sizes that are too large. */
static void test_extents(void)
{
	static const u8 code[] = { MOV0, EXIT, MOV0, EXIT, MOV0, EXIT, MOV0 };
	struct fixture f;
	u32 section, data;

	fixture_init(&f);
	section = fixture_code(&f, "xdp", code, sizeof(code));
	data = fixture_data(&f, ".data", code, 8);
	elf_builder_symbol(&f.elf, "local", section, 0, 16, ELF_STT_FUNC, ELF_STB_LOCAL);
	fixture_func(&f, "first", section, 0, 16);
	fixture_func(&f, "long", section, 32, 32);
	fixture_func(&f, "odd", section, 44, 0);
	fixture_func(&f, "beyond", section, sizeof(code), 8);
	fixture_func(&f, "data", data, 0, 8);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(f.obj->prog_count, 3);
	CHECK_STR(f.obj->progs[0].name, "first");
	CHECK_EQ(f.obj->progs[0].count, 4);
	CHECK_EQ(fixture_link(&f, "first"), 0);
	CHECK_EQ(fixture_link(&f, "long"), ERR_NOEXEC);
	CHECK(strstr(f.err.text, "t.o: function long in section \"xdp\": its size") != NULL);
	CHECK_EQ(fixture_link(&f, "odd"), ERR_NOEXEC);
	CHECK(strstr(f.err.text, "does not begin at an instruction") != NULL);
	CHECK(fixture_warned(&f, "function beyond begins outside"));
	CHECK(fixture_warned(&f, "function data is in section .data"));
out:
	fixture_fini(&f);
}

static void test_externs(void)
{
	static const u8 code[] = { LDDW(1, 0),	   LDDW(1, 0),	   LDDW(1, 0),	   CALL_LOCAL(-1),
				   CALL_LOCAL(-1), CALL_LOCAL(-1), CALL_LOCAL(-1), EXIT };
	struct fixture f;
	u32 section, needed, weak, func, weak_func, helper;

	fixture_init(&f);
	section = fixture_code(&f, "xdp", code, sizeof(code));
	fixture_func(&f, "main", section, 0, sizeof(code));
	needed = elf_builder_symbol(&f.elf, "needed", 0, 0, 0, ELF_STT_NOTYPE, ELF_STB_GLOBAL);
	weak = elf_builder_symbol(&f.elf, "weak", 0, 0, 0, ELF_STT_NOTYPE, ELF_STB_WEAK);
	func = elf_builder_symbol(&f.elf, "func", 0, 0, 0, ELF_STT_NOTYPE, ELF_STB_GLOBAL);
	weak_func = elf_builder_symbol(&f.elf, "weak_func", 0, 0, 0, ELF_STT_FUNC, ELF_STB_WEAK);
	helper = elf_builder_symbol(&f.elf, "bpf_ktime_get_ns", 0, 0, 0, ELF_STT_NOTYPE,
				    ELF_STB_GLOBAL);
	elf_builder_reloc(&f.elf, section, 0, needed, RELOC_LDDW);
	elf_builder_reloc(&f.elf, section, 16, weak, RELOC_LDDW);
	elf_builder_reloc(&f.elf, section, 32, needed, RELOC_LDDW);
	elf_builder_reloc(&f.elf, section, 48, func, RELOC_CALL);
	elf_builder_reloc(&f.elf, section, 56, weak_func, RELOC_CALL);
	elf_builder_reloc(&f.elf, section, 64, helper, RELOC_CALL);
	elf_builder_reloc(&f.elf, section, 72, func, RELOC_CALL);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(fixture_link(&f, "main"), 0);
	CHECK_EQ(f.prog->var_count, 1);
	CHECK_STR(f.prog->vars[0].name, "needed");
	CHECK_EQ(f.prog->insns[0].op, LDDW_VARIABLE);
	CHECK_EQ(f.prog->insns[2].op, LDDW_IMM);
	CHECK_EQ(f.prog->insns[4].imm, 0);
	CHECK_EQ(f.prog->func_count, 2);
	CHECK_STR(f.prog->funcs[0].name, "func");
	CHECK(!f.prog->funcs[0].is_weak && f.prog->funcs[1].is_weak);
	CHECK_EQ(f.prog->insns[6].kind, INSN_CALL_KFUNC);
	CHECK_EQ(f.prog->insns[7].imm, 1);
	CHECK_EQ(f.prog->insns[8].kind, INSN_CALL);
	CHECK_EQ(f.prog->insns[8].imm, 5);
	CHECK_EQ(f.prog->insns[9].imm, 0);
out:
	fixture_fini(&f);
}

/* Each row is one defect in a program that is sound without it: LDDW, call of sub, call of a
 * helper, exit. */
static const struct {
	u64 offset;
	u8 target; /* 0 undefined without name, 1 sub, 2 main's own section, 3 .data, 4 other data,
		      5 absolute */
	u32 type;
	const char *text;
} defects[] = {
	{ 4, 1, RELOC_LDDW, "an unaligned relocation at 0x4" },
	{ 8, 1, RELOC_LDDW, "no LDDW to hold it" },
	{ 16, 1, RELOC_LDDW, "no LDDW to hold it" },
	{ 24, 1, RELOC_CALL, "no call of a function" },
	{ 0, 1, RELOC_CALL, "no call of a function" },
	{ 16, 3, RELOC_CALL, "which is no code" },
	{ 16, 0, RELOC_CALL, "undefined symbol without name" },
	{ 0, 0, RELOC_LDDW, "undefined symbol without name" },
	{ 0, 4, RELOC_LDDW, "holds nothing for programs" },
	{ 0, 5, RELOC_LDDW, "is in no section" },
	{ 0, 1, RELOC_ABS64, "cannot be in code" },
	{ 0, 1, 77, "relocation type 77" },
	{ 0, 6, RELOC_LDDW, "0x9 is outside of section .data" },
	{ 0, 7, RELOC_LDDW, "target 0x14 in section \".text\" is not at an instruction" },
	{ 16, 8, RELOC_CALL, "target 0x20 is outside of section \".text\"" },
};

static void run_defect(size_t i)
{
	static const u8 text[] = { MOV0, EXIT, MOV0, EXIT };
	static const u8 code[] = { LDDW(1, 0), CALL_LOCAL(-1), CALL(1), EXIT };
	struct fixture f;
	u32 section, functions, data, other, symbols[9];

	fixture_init(&f);
	functions = fixture_code(&f, ".text", text, sizeof(text));
	section = fixture_code(&f, "xdp", code, sizeof(code));
	data = fixture_data(&f, ".data", text, 8);
	other = fixture_data(&f, "other", text, 8);
	symbols[0] = elf_builder_symbol(&f.elf, "", 0, 0, 0, ELF_STT_NOTYPE, ELF_STB_GLOBAL);
	symbols[1] = fixture_func(&f, "sub", functions, 0, 32);
	symbols[2] = fixture_func(&f, "main", section, 0, sizeof(code));
	symbols[3] = elf_builder_symbol(&f.elf, "d", data, 0, 8, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbols[4] = elf_builder_symbol(&f.elf, "o", other, 0, 8, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbols[5] =
		elf_builder_symbol(&f.elf, "abs", 0xfff1, 0, 8, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbols[6] = elf_builder_symbol(&f.elf, "e", data, 9, 8, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbols[7] =
		elf_builder_symbol(&f.elf, "m", functions, 20, 8, ELF_STT_NOTYPE, ELF_STB_GLOBAL);
	symbols[8] =
		elf_builder_symbol(&f.elf, "x", functions, 32, 8, ELF_STT_NOTYPE, ELF_STB_GLOBAL);
	if (defects[i].offset != 0)
		elf_builder_reloc(&f.elf, section, 0, symbols[3], RELOC_LDDW);
	elf_builder_reloc(&f.elf, section, defects[i].offset, symbols[defects[i].target],
			  defects[i].type);
	if (defects[i].offset != 16)
		elf_builder_reloc(&f.elf, section, 16, symbols[1], RELOC_CALL);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(fixture_link(&f, "main"), ERR_NOEXEC);
	if (strstr(f.err.text, defects[i].text) == NULL)
		CHECK_STR(f.err.text, defects[i].text);
	CHECK(strstr(f.err.text, "t.o: section \"xdp\", function main at 0x0: slot ") ==
	      f.err.text);
	CHECK_EQ(fixture_link(&f, "sub"), 0); /* the damage stays where it is */
out:
	fixture_fini(&f);
}

static void test_bad_relocations(void)
{
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++)
		run_defect(i);
}

static int link_code(struct fixture *f, const u8 *code, size_t len, u32 relocs)
{
	u32 section, func;

	fixture_init(f);
	section = fixture_code(f, "xdp", code, len);
	func = fixture_func(f, "main", section, 0, len);
	for (u32 i = 0; i < relocs; i++)
		elf_builder_reloc(&f->elf, section, 0, func, RELOC_CALL);
	if (fixture_open(f, DIALECT_LINUX) != 0)
		return ERR_NOMEM;
	return fixture_link(f, "main");
}

/* Calls by distance that go astray; references that nothing resolves. */
static void test_bad_code(void)
{
	static const struct {
		u8 code[32];
		u32 relocs;
		const char *text;
	} rows[] = {
		{ { CALL_LOCAL(-2), EXIT, MOV0, EXIT }, 0, "before the section's start" },
		{ { CALL_LOCAL(9), EXIT, MOV0, EXIT }, 0, "outside of section" },
		{ { CALL_LOCAL(1), EXIT, LDDW(1, 0) }, 0, "runs out of" },
		{ { CALL_LOCAL(2), EXIT, LDDW(1, 0) }, 0, "second half of an LDDW" },
		{ { JA(4), EXIT, MOV0, EXIT }, 0, "target 5 is outside" },
		{ { SLOT(0x18, 0x11, 0, 3), SLOT(0, 0, 0, 0), MOV0, EXIT },
		  0,
		  "without a relocation" },
		{ { SLOT(0x18, 0x61, 0, 3), SLOT(0, 0, 0, 0), MOV0, EXIT },
		  0,
		  "without a relocation" },
		{ { SLOT(0x85, 0x20, 0, 3), MOV0, MOV0, EXIT }, 0, "without a relocation" },
		{ { SLOT(0xb7, 0, 1, 0), MOV0, MOV0, EXIT }, 0, "slot 0" },
		{ { MOV0, MOV0, EXIT, SLOT(0x18, 0, 0, 0) }, 0, "second half is missing" },
		{ { CALL_LOCAL(-1), MOV0, MOV0, EXIT }, 2, "a second relocation at 0x0" },
	};
	struct fixture f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = link_code(&f, rows[i].code, sizeof(rows[i].code), rows[i].relocs);

		CHECK_EQ(status, ERR_NOEXEC);
		if (strstr(f.err.text, rows[i].text) == NULL)
			CHECK_STR(f.err.text, rows[i].text);
		fixture_fini(&f);
	}
	/* Recursion is fine here; whether it ends is the verifier's matter. */
	static const u8 recursion[] = { CALL_LOCAL(-1), EXIT };
	CHECK_EQ(link_code(&f, recursion, sizeof(recursion), 1), 0);
	CHECK_EQ((u32)f.prog->insns[0].off, (u32)-1);
	CHECK(!f.obj->progs[0].is_subprog);
out:
	fixture_fini(&f);
}

static void test_lines(void)
{
	static const u8 text[] = { MOV0, EXIT };
	static const u8 code[] = { MOV0, EXIT, MOV0, CALL_LOCAL(-1), EXIT };
	struct fixture f;
	u32 section, functions, sub, file, source;

	fixture_init(&f);
	functions = fixture_code(&f, ".text", text, sizeof(text));
	section = fixture_code(&f, "xdp", code, sizeof(code));
	sub = fixture_func(&f, "sub", functions, 0, 16);
	fixture_func(&f, "before", section, 0, 16);
	fixture_func(&f, "main", section, 16, 24);
	elf_builder_reloc(&f.elf, section, 24, sub, RELOC_CALL);
	btf_builder_int(&f.btf, "int", 4);
	file = btf_builder_string(&f.btf, "a.c");
	source = btf_builder_string(&f.btf, "return 0;");
	btf_builder_ext_table(&f.btf, 1, 16);
	btf_builder_ext_block(&f.btf, 1, ".text");
	btf_builder_ext_record(&f.btf, 1, (u32[]){ 0, file, source, 7 << 10 | 3 }, 4);
	btf_builder_ext_block(&f.btf, 1, "xdp");
	btf_builder_ext_record(&f.btf, 1, (u32[]){ 0, file, source, 1 << 10 }, 4);
	btf_builder_ext_record(&f.btf, 1, (u32[]){ 16, file, source, 10 << 10 }, 4);
	btf_builder_ext_record(&f.btf, 1, (u32[]){ 32, file, source, 12 << 10 }, 4);
	CHECK_EQ(fixture_open(&f, DIALECT_LINUX), 0);
	CHECK_EQ(f.obj->warning_count, 0);
	CHECK_EQ(fixture_link(&f, "main"), 0);
	CHECK_EQ(f.prog->line_count, 3);
	CHECK_EQ(f.prog->lines[0].slot, 0);
	CHECK_EQ(f.prog->lines[0].line, 10);
	CHECK_EQ(f.prog->lines[1].slot, 2);
	CHECK_EQ(f.prog->lines[2].slot, 3);
	CHECK_EQ(f.prog->lines[2].line, 7);
	CHECK_EQ(f.prog->lines[2].col, 3);
	CHECK_STR(f.prog->lines[2].file, "a.c");
	CHECK_STR(f.prog->lines[2].text, "return 0;");
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_one_program), TAP_TEST(test_shared_subprograms), TAP_TEST(test_callbacks),
	 TAP_TEST(test_no_symbols), TAP_TEST(test_extents), TAP_TEST(test_externs),
	 TAP_TEST(test_bad_relocations), TAP_TEST(test_bad_code), TAP_TEST(test_lines))
