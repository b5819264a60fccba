/* SPDX-License-Identifier: MIT */
/* The public API's objects: what is listed, what linking gives, and what crosses the border between
 * callers and libraries of different age. */
#include "tap.h"

#include <oriel/object.h>

#include "isa/decode.h"
#include "object_fixture.h"

/* A file of the Windows dialect: an array and two variables; a program that uses an element of
 * each and calls a function. */
struct sample {
	struct fixture f;
	struct oriel_object *object;
	const struct oriel_program *program;
	struct oriel_error error;
	u8 *image;
	size_t len;
};

static const u8 sample_text[] = { MOV0, EXIT };
static const u8 sample_code[] = { LDDW(1, 0), LDDW(2, 0), CALL(1), CALL_LOCAL(-1), EXIT };
static const u32 sample_map[8] = { 2, 4, 8, 10, 0, 1, 0, 0 };
static const u32 sample_data[3] = { 1, 2, 3 };

static void add_btf(struct fixture *f, u32 section_lines)
{
	u32 line[4] = { 32, btf_builder_string(&f->btf, "t.c"),
			btf_builder_string(&f->btf, "return helped();"), 7 << 10 | 3 };

	btf_builder_int(&f->btf, "int", 4);
	btf_builder_ext_table(&f->btf, 0, 8);
	btf_builder_ext_table(&f->btf, 1, 16);
	btf_builder_ext_block(&f->btf, 1, "bind");
	if (section_lines > 0)
		btf_builder_ext_record(&f->btf, 1, line, 4);
}

static void sample_init(struct sample *s)
{
	struct fixture *f = &s->f;
	u32 text, maps, code, data, map, symbol;

	memset(s, 0, sizeof(*s));
	fixture_init(f);
	text = fixture_code(f, ".text", sample_text, sizeof(sample_text));
	maps = fixture_data(f, "maps", sample_map, sizeof(sample_map));
	data = fixture_data(f, ".data", sample_data, sizeof(sample_data));
	code = fixture_code(f, "bind", sample_code, sizeof(sample_code));
	map = elf_builder_symbol(&f->elf, "numbers", maps, 0, 32, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	symbol = elf_builder_symbol(&f->elf, "third", data, 8, 4, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_symbol(&f->elf, "first", data, 0, 4, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_symbol(&f->elf, "outside", data, 8, 5, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	elf_builder_symbol(&f->elf, "far", data, ~0ull, 1, ELF_STT_OBJECT, ELF_STB_GLOBAL);
	fixture_func(f, "monitor", code, 0, sizeof(sample_code));
	elf_builder_reloc(&f->elf, code, 0, map, RELOC_LDDW);
	elf_builder_reloc(&f->elf, code, 16, symbol, RELOC_LDDW);
	symbol = fixture_func(f, "helped", text, 0, sizeof(sample_text));
	elf_builder_reloc(&f->elf, code, 40, symbol, RELOC_CALL);
	fixture_data(f, "license", "MIT", 4);
	add_btf(f, 1);
}

static int sample_open(struct sample *s, const struct oriel_object_options *options)
{
	if (s->image == NULL && !fixture_finish(&s->f, &s->image, &s->len))
		return ERR_NOMEM;
	return oriel_object_open(s->image, s->len, options, &s->object, &s->error);
}

static int sample_link(struct sample *s)
{
	return oriel_object_link(s->object, oriel_object_find_program(s->object, "monitor"), NULL,
				 &s->program, &s->error);
}

static void sample_fini(struct sample *s)
{
	oriel_object_free(s->object);
	fixture_fini(&s->f);
}

static void test_info(void)
{
	struct oriel_object_options options = { .size = sizeof(options), .file = "m.o" };
	struct oriel_object_info info = { .size = sizeof(info) };
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, &options), 0);
	memset(s.image, 0, s.len); /* the library has its own copy */
	CHECK_EQ(oriel_object_get_info(s.object, &info), 0);
	CHECK_EQ(info.size, sizeof(info));
	CHECK_STR(info.file, "m.o");
	CHECK_STR(info.license, "MIT");
	CHECK_EQ(info.dialect, ORIEL_DIALECT_WINDOWS);
	CHECK(strstr(info.dialect_why, "bind") != NULL);
	CHECK_EQ(info.program_count, 2);
	CHECK_EQ(info.map_count, 2);
	CHECK_EQ(info.global_count, 2);
	CHECK_EQ(info.warning_count, 0);
	CHECK_EQ(info.btf_type_count, 1);
	CHECK_EQ(info.core_relocation_count, 0);
	CHECK(oriel_object_warning(s.object, 0) == NULL);
out:
	sample_fini(&s);
}

static void test_sections(void)
{
	struct oriel_object_info info = { .size = sizeof(info) };
	struct oriel_section_info section = { .size = sizeof(section) };
	struct sample s;
	u32 seen = 0;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(oriel_object_get_info(s.object, &info), 0);
	CHECK_STR(info.file, "object");
	for (u32 i = 0; i < info.section_count; i++) {
		CHECK_EQ(oriel_object_get_section(s.object, i, &section), 0);
		if (strcmp(section.name, ".data") != 0)
			continue;
		seen++;
		CHECK_EQ(section.byte_count, sizeof(sample_data));
		CHECK(memcmp(section.bytes, sample_data, sizeof(sample_data)) == 0);
		CHECK_EQ(section.type, ELF_SHT_PROGBITS);
		CHECK_EQ(section.flags, ELF_SHF_ALLOC | ELF_SHF_WRITE);
		CHECK(section.bad == NULL);
	}
	CHECK_EQ(seen, 1);
	CHECK_EQ(oriel_object_get_section(s.object, info.section_count, &section), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_object_get_section(s.object, UINT32_MAX, &section), ORIEL_ERR_RANGE);
out:
	sample_fini(&s);
}

static void test_programs_and_maps(void)
{
	struct oriel_program_info program = { .size = sizeof(program) };
	struct oriel_global_info global = { .size = sizeof(global) };
	struct oriel_map_info map = { .size = sizeof(map) };
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(oriel_object_get_program(s.object, 0, &program), 0);
	CHECK_STR(program.name, "helped");
	CHECK_EQ(program.flags, ORIEL_PROGRAM_SUBPROGRAM);
	CHECK(program.type == NULL && program.attach_type == NULL);
	CHECK_EQ(program.type_number, 0);
	CHECK_EQ(oriel_object_get_program(s.object, 1, &program), 0);
	CHECK_STR(program.name, "monitor");
	CHECK_STR(program.section, "bind");
	CHECK_STR(program.type, "bind");
	CHECK_STR(program.attach_type, "bind");
	CHECK_EQ(program.type_number, 2);
	CHECK_EQ(program.attach_type_number, 2);
	CHECK_EQ(program.flags, 0);
	CHECK_EQ(program.insn_count, 7);
	CHECK_EQ(program.offset, 0);
	CHECK_EQ(oriel_object_get_program(s.object, 2, &program), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_object_find_program(s.object, "bind"), 1);
	CHECK_EQ(oriel_object_find_program(s.object, "none"), ORIEL_NO_INDEX);

	CHECK_EQ(oriel_object_get_map(s.object, 0, &map), 0);
	CHECK_STR(map.name, "numbers");
	CHECK_STR(map.type, "array");
	CHECK_EQ(map.type_number, 2);
	CHECK(map.key_size == 4 && map.value_size == 8 && map.max_entries == 10);
	CHECK_EQ(map.pinning, ORIEL_PIN_BY_NAME);
	CHECK_EQ(map.inner_map, ORIEL_NO_INDEX);
	CHECK_EQ(map.properties, 0);
	CHECK(map.initial == NULL);
	CHECK_EQ(oriel_object_get_map(s.object, 1, &map), 0);
	CHECK_STR(map.name, ".data");
	CHECK_EQ(map.properties, ORIEL_MAP_GLOBAL);
	CHECK_EQ(map.initial_size, sizeof(sample_data));
	CHECK(memcmp(map.initial, sample_data, sizeof(sample_data)) == 0);
	CHECK_EQ(oriel_object_get_map(s.object, 2, &map), ORIEL_ERR_RANGE);

	CHECK_EQ(oriel_object_get_global(s.object, 0, &global), 0);
	CHECK_STR(global.name, "first");
	CHECK_EQ(oriel_object_get_global(s.object, 1, &global), 0);
	CHECK_STR(global.name, "third");
	CHECK(global.map == 1 && global.offset == 8 && global.byte_count == 4);
	CHECK_EQ(global.properties, ORIEL_MAP_GLOBAL);
	CHECK_EQ(oriel_object_get_global(s.object, 2, &global), ORIEL_ERR_RANGE);
out:
	sample_fini(&s);
}

/* The bytes decode to what was linked; their references are indices. */
static void test_code(void)
{
	struct oriel_subprogram_info sub = { .size = sizeof(sub) };
	struct oriel_extern_info outside = { .size = sizeof(outside) };
	struct oriel_code_info code = { .size = sizeof(code) };
	struct oriel_line_info line = { .size = sizeof(line) };
	struct insn insns[9];
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(sample_link(&s), 0);
	CHECK_EQ(oriel_program_get_code(s.program, &code), 0);
	CHECK_STR(code.name, "monitor");
	CHECK_STR(code.section, "bind");
	CHECK_STR(code.type, "bind");
	CHECK_EQ(code.dialect, ORIEL_DIALECT_WINDOWS);
	CHECK_EQ(code.insn_count, 9);
	CHECK_EQ(code.called_count, 9);
	CHECK_EQ(insn_decode_all(code.insns, 9, insns, NULL), 0);
	CHECK(insns[0].op == LDDW_MAP_IDX && insns[0].dst == 1 && insns[0].imm == 0);
	CHECK(insns[2].op == LDDW_MAP_IDX_VALUE && insns[2].imm == 1 && insns[2].off == 8);
	CHECK(insns[4].kind == INSN_CALL && insns[4].imm == 1);
	CHECK(insns[5].kind == INSN_CALL_LOCAL && insns[5].off == 1);
	CHECK_EQ(code.subprogram_count, 2);
	CHECK_EQ(oriel_program_get_subprogram(s.program, 1, &sub), 0);
	CHECK_STR(sub.name, "helped");
	CHECK(sub.start == 7 && sub.insn_count == 2 && sub.is_callback == 0);
	CHECK_EQ(oriel_program_get_subprogram(s.program, 2, &sub), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_program_get_function(s.program, 0, &outside), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_program_get_variable(s.program, 0, &outside), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_program_get_line(s.program, 0, &line), ORIEL_ERR_NOENT);
	CHECK_EQ(oriel_program_get_line(s.program, 9, &line), ORIEL_ERR_RANGE);
	CHECK_EQ(oriel_program_get_line(s.program, 5, &line), 0);
	CHECK_STR(line.file, "t.c");
	CHECK_STR(line.text, "return helped();");
	CHECK(line.slot == 4 && line.line == 7 && line.column == 3);
	CHECK(oriel_program_unresolved_at(s.program, 0) == NULL);
out:
	sample_fini(&s);
}

/* What a program takes from outside of its file. */
static void test_externs(void)
{
	static const u8 load[] = { LDDW(1, 0), CALL_LOCAL(-1), EXIT };
	struct oriel_code_info code = { .size = sizeof(code) };
	struct oriel_extern_info outside = { .size = sizeof(outside) };
	struct insn insns[4];
	struct sample s;
	u32 section, variable, function;

	memset(&s, 0, sizeof(s));
	fixture_init(&s.f);
	section = fixture_code(&s.f, "xdp", load, sizeof(load));
	variable = elf_builder_symbol(&s.f.elf, "clock", ELF_SHN_UNDEF, 0, 0, ELF_STT_NOTYPE,
				      ELF_STB_GLOBAL);
	function = elf_builder_symbol(&s.f.elf, "tick", ELF_SHN_UNDEF, 0, 0, ELF_STT_NOTYPE,
				      ELF_STB_WEAK);
	fixture_func(&s.f, "monitor", section, 0, sizeof(load));
	elf_builder_reloc(&s.f.elf, section, 0, variable, RELOC_LDDW);
	elf_builder_reloc(&s.f.elf, section, 16, function, RELOC_CALL);
	CHECK_EQ(sample_open(&s,
			     &(struct oriel_object_options){
				     .size = sizeof(struct oriel_object_options),
				     .dialect = ORIEL_DIALECT_LINUX }),
		 0);
	CHECK_EQ(sample_link(&s), 0);
	CHECK_EQ(oriel_program_get_code(s.program, &code), 0);
	CHECK_EQ(code.function_count, 1);
	CHECK_EQ(code.variable_count, 1);
	CHECK_EQ(oriel_program_get_function(s.program, 0, &outside), 0);
	CHECK_STR(outside.name, "tick");
	CHECK_EQ(outside.flags, ORIEL_EXTERN_WEAK);
	CHECK_EQ(oriel_program_get_variable(s.program, 0, &outside), 0);
	CHECK_STR(outside.name, "clock");
	CHECK_EQ(outside.flags, 0);
	CHECK_EQ(insn_decode_all(code.insns, 4, insns, NULL), 0);
	CHECK(insns[0].op == LDDW_VARIABLE && insns[0].imm == 0);
	CHECK(insns[2].kind == INSN_CALL_KFUNC && insns[2].imm == 0);
out:
	sample_fini(&s);
}

static void test_link_options(void)
{
	struct oriel_link_options options = { .size = sizeof(options), .type = "xdp" };
	struct oriel_code_info code = { .size = sizeof(code) };
	const struct oriel_program *again = NULL, *other = NULL;
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(sample_link(&s), 0);
	CHECK_EQ(oriel_object_link(s.object, 1, NULL, &again, NULL), 0);
	CHECK(again == s.program);
	CHECK_EQ(oriel_object_link(s.object, 1, &options, &other, NULL), 0);
	CHECK(other != again);
	CHECK_EQ(oriel_program_get_code(other, &code), 0);
	CHECK_STR(code.type, "xdp");
	CHECK(code.attach_type == NULL);
	options.type = "kprobe";
	CHECK_EQ(oriel_object_link(s.object, 1, &options, &other, &s.error), ORIEL_ERR_INVAL);
	CHECK_STR(s.error.text, "object: the windows dialect has no program type 'kprobe'");
	CHECK_EQ(s.error.status, ORIEL_ERR_INVAL);
	CHECK_EQ(oriel_object_link(s.object, 2, NULL, &other, &s.error), ORIEL_ERR_RANGE);
	CHECK_STR(s.error.text, "object: there is no program 2, but 2 of them");
out:
	sample_fini(&s);
}

static void test_disasm(void)
{
	struct oriel_disasm_options options = { .size = sizeof(options), .first = 4, .count = 4 };
	char *text = NULL;
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(sample_link(&s), 0);
	CHECK_EQ(oriel_program_disasm(s.program, NULL, &text, &s.error), 0);
	CHECK(strstr(text, "0000000000000000 <monitor>:\n       0:\tr1 = ") == text);
	CHECK(strstr(text, "numbers") != NULL);
	CHECK(strstr(text, "bpf_map_lookup_elem") != NULL);
	CHECK(strstr(text,
		     "\n\n0000000000000038 <helped>:\n       7:\tr0 = 0x0\n       8:\texit\n") !=
	      NULL);
	CHECK(strstr(text, "t.c") == NULL);
	oriel_free(text);
	text = NULL;
	options.flags = ORIEL_DISASM_SOURCE;
	CHECK_EQ(oriel_program_disasm(s.program, &options, &text, &s.error), 0);
	CHECK(strstr(text, "; t.c:7\n; return helped();\n       4:\tcall") == text);
	CHECK(strstr(text, "       7:\t") != NULL && strstr(text, "       8:\t") == NULL);
	options.count = 6;
	CHECK_EQ(oriel_program_disasm(s.program, &options, NULL, NULL), ORIEL_ERR_RANGE);
	options.first = 9;
	options.count = 0;
	CHECK_EQ(oriel_program_disasm(s.program, &options, NULL, NULL), ORIEL_ERR_RANGE);
	options.first = 0;
	options.flags = 2;
	CHECK_EQ(oriel_program_disasm(s.program, &options, NULL, NULL), ORIEL_ERR_INVAL);
out:
	oriel_free(text);
	sample_fini(&s);
}

/* Options of every age. */
static void test_options(void)
{
	struct {
		struct oriel_object_options known;
		u64 unknown;
	} newer = { .known = { .size = sizeof(newer) } };
	struct oriel_object_options options = { .size = sizeof(options) };
	struct oriel_object_info info = { .size = sizeof(info) };
	struct sample s;

	sample_init(&s);
	newer.unknown = 1;
	CHECK_EQ(sample_open(&s, &newer.known), ORIEL_ERR_TOOBIG);
	CHECK(strstr(s.error.text, "struct oriel_object_options: a field at offset 40") != NULL);
	newer.unknown = 0;
	CHECK_EQ(sample_open(&s, &newer.known), 0);
	oriel_object_free(s.object);
	s.object = NULL;
	options.dialect = (enum oriel_dialect)3;
	CHECK_EQ(sample_open(&s, &options), ORIEL_ERR_INVAL);
	options.dialect = (enum oriel_dialect) - 1;
	CHECK_EQ(sample_open(&s, &options), ORIEL_ERR_INVAL);
	options.dialect = ORIEL_DIALECT_LINUX;
	options.reserved = 1;
	CHECK_EQ(sample_open(&s, &options), ORIEL_ERR_INVAL);
	options.reserved = 0;
	options.size = 0;
	CHECK_EQ(sample_open(&s, &options), ORIEL_ERR_INVAL);
	CHECK_STR(s.error.text, "struct oriel_object_options: size is not that of the struct");
	options.size = ~(size_t)0;
	CHECK_EQ(sample_open(&s, &options), ORIEL_ERR_INVAL);
	/* A caller from before there was a dialect. */
	options.size = offsetof(struct oriel_object_options, dialect);
	CHECK_EQ(sample_open(&s, &options), 0);
	CHECK_EQ(oriel_object_get_info(s.object, &info), 0);
	CHECK_EQ(info.dialect, ORIEL_DIALECT_WINDOWS);
out:
	sample_fini(&s);
}

/* Answers for every age. */
static void test_info_sizes(void)
{
	struct {
		struct oriel_object_info known;
		u64 unknown;
	} newer = { .known = { .size = sizeof(newer) }, .unknown = 7 };
	struct oriel_object_info older = { .size = offsetof(struct oriel_object_info, license),
					   .license = "untouched" };
	struct sample s;

	sample_init(&s);
	CHECK_EQ(sample_open(&s, NULL), 0);
	CHECK_EQ(oriel_object_get_info(s.object, &newer.known), 0);
	CHECK_EQ(newer.known.size, sizeof(newer));
	CHECK_EQ(newer.known.program_count, 2);
	CHECK_EQ(newer.unknown, 0);
	CHECK_EQ(oriel_object_get_info(s.object, &older), 0);
	CHECK_STR(older.file, "object");
	CHECK_STR(older.license, "untouched");
	older.size = 7;
	CHECK_EQ(oriel_object_get_info(s.object, &older), ORIEL_ERR_INVAL);
	older.size = 4097;
	CHECK_EQ(oriel_object_get_info(s.object, &older), ORIEL_ERR_INVAL);
out:
	sample_fini(&s);
}

static void test_errors(void)
{
	struct oriel_object *object = NULL;
	struct oriel_btf *btf = NULL;
	struct oriel_error error;
	struct sample s;

	sample_init(&s);
	oriel_object_free(NULL);
	oriel_btf_free(NULL);
	oriel_free(NULL);
	CHECK_EQ(oriel_object_open("x", 1, NULL, &object, &error), ORIEL_ERR_NOEXEC);
	CHECK_EQ(error.status, ORIEL_ERR_NOEXEC);
	CHECK(strncmp(error.text, "object: ", 8) == 0);
	CHECK_EQ(oriel_object_open("x", 1, NULL, &object, NULL), ORIEL_ERR_NOEXEC);
	CHECK_EQ(oriel_object_open(NULL, 1, NULL, &object, &error), ORIEL_ERR_INVAL);
	CHECK(oriel_object_open(NULL, 0, NULL, &object, &error) != 0);
	CHECK_EQ(oriel_object_open_file("/nowhere/a.o", NULL, &object, &error), ORIEL_ERR_NOENT);
	CHECK(strncmp(error.text, "/nowhere/a.o: ", 14) == 0);
	CHECK_EQ(oriel_btf_open("x", 1, &btf, &error), ORIEL_ERR_NOEXEC);
	CHECK(strncmp(error.text, "BTF: ", 5) == 0);
	CHECK_EQ(oriel_btf_open_file("/nowhere/btf", &btf, &error), ORIEL_ERR_NOENT);
	CHECK(object == NULL && btf == NULL);
	/* A file that ends early; unit/object_damage has more of them. */
	CHECK(fixture_finish(&s.f, &s.image, &s.len));
	for (size_t len = 0; len < s.len; len += 1 + s.len / 4)
		CHECK_EQ(oriel_object_open(s.image, len, NULL, &object, &error), ORIEL_ERR_NOEXEC);
out:
	oriel_object_free(object);
	sample_fini(&s);
}

/* One target's types for two objects, released by their owner first. */
static void test_target_btf(void)
{
	struct oriel_object_options options = { .size = sizeof(options) };
	struct oriel_object *second = NULL;
	struct oriel_btf *btf = NULL;
	struct sample s;

	sample_init(&s);
	CHECK(fixture_finish(&s.f, &s.image, &s.len));
	CHECK_EQ(oriel_btf_open(s.image, s.len, &btf, &s.error), 0);
	options.target_btf = btf;
	CHECK_EQ(sample_open(&s, &options), 0);
	CHECK_EQ(oriel_object_open(s.image, s.len, &options, &second, NULL), 0);
	oriel_btf_free(btf);
	btf = NULL;
	CHECK_EQ(sample_link(&s), 0);
out:
	oriel_btf_free(btf);
	oriel_object_free(second);
	sample_fini(&s);
}

static void test_small(void)
{
	CHECK_STR(oriel_status_text(ORIEL_OK), "success");
	CHECK_STR(oriel_status_text(ORIEL_ERR_NOENT), "not found");
	CHECK_STR(oriel_status_text(-9999), "unknown error");
	CHECK_STR(oriel_dialect_name(ORIEL_DIALECT_LINUX), "linux");
	CHECK_STR(oriel_dialect_name((enum oriel_dialect)9), "unknown");
	CHECK_EQ(oriel_version_number(), ORIEL_VERSION_NUMBER);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_info), TAP_TEST(test_sections), TAP_TEST(test_programs_and_maps),
	 TAP_TEST(test_code), TAP_TEST(test_externs), TAP_TEST(test_link_options),
	 TAP_TEST(test_disasm), TAP_TEST(test_options), TAP_TEST(test_info_sizes),
	 TAP_TEST(test_errors), TAP_TEST(test_target_btf), TAP_TEST(test_small))
