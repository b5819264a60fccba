/* SPDX-License-Identifier: MIT */
/* check OBJECT windows|linux: what the SDK's headers left in an object file. The dialect's mark is
 * there once. A function named id_NUMBER[_TYPE] calls one helper, by that number. A table of
 * layouts (section "layout") agrees with the specification. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "elf/elf.h"
#include "os/os.h"
#include "spec/spec.h"

enum { LAYOUT_SIZE = 72, LAYOUT_NAME = 32, INSN_SIZE = 8, OPCODE_CALL = 0x85 };

static int failures;

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	failures++;
}

/* A section of that name with those bytes, once. */
static void check_mark(const struct elf *elf, const char *name, const char *bytes, size_t len)
{
	u32 found = 0;

	for (u32 i = 1; i < elf->section_count; i++) {
		const struct elf_section *section = &elf->sections[i];

		if (strcmp(section->name, name) != 0)
			continue;
		found++;
		if (section->data == NULL || section->size != len ||
		    memcmp(section->data, bytes, len) != 0)
			fail("section %s does not hold the dialect's mark", name);
	}
	if (found != (len > 0))
		fail("%u sections %s", found, name);
}

/* The bytes of a function; NULL when they lie outside its section. */
static const u8 *function_code(const struct elf *elf, const struct elf_symbol *symbol)
{
	const struct elf_section *section;

	if (symbol->section == 0 || symbol->section >= elf->section_count)
		return NULL;
	section = &elf->sections[symbol->section];
	if (section->data == NULL || symbol->value > section->size ||
	    symbol->size > section->size - symbol->value)
		return NULL;
	return section->data + symbol->value;
}

/* No function of C's library is called, since a program has none. */
static void check_library(const struct elf *elf)
{
	static const char *const names[] = { "memcpy", "memmove", "memset", "memcmp", "strlen" };

	for (u32 i = 1; i < elf->symbol_count; i++)
		for (size_t n = 0; n < ARRAY_COUNT(names); n++)
			if (strcmp(elf->symbols[i].name, names[n]) == 0)
				fail("%s is left to a library", names[n]);
}

/* Returns the number of functions. */
static u32 check_ids(const struct elf *elf)
{
	u32 functions = 0;

	for (u32 i = 1; i < elf->symbol_count; i++) {
		const struct elf_symbol *symbol = &elf->symbols[i];
		const u8 *code = function_code(elf, symbol);
		u32 calls = 0;

		if (symbol->type != ELF_STT_FUNC || strncmp(symbol->name, "id_", 3) != 0)
			continue;
		functions++;
		for (u64 at = 0; code != NULL && at + INSN_SIZE <= symbol->size; at += INSN_SIZE) {
			if (code[at] != OPCODE_CALL)
				continue;
			calls++;
			if (code[at + 1] != 0 ||
			    le32_load(code + at + 4) != strtoul(symbol->name + 3, NULL, 0))
				fail("%s calls %u, source %u", symbol->name,
				     le32_load(code + at + 4), code[at + 1] >> 4);
		}
		if (calls != 1)
			fail("%s: %u calls", symbol->name, calls);
	}
	return functions;
}

/* How many helpers of the dialect the specification has, those of program types included. */
static u32 helper_count(enum dialect dialect)
{
	const struct spec_helper *helper;
	u32 count = 0;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++)
		count += helper->dialect == dialect;
	return count;
}

/* Whether ctx has what the row is about. */
static u32 check_context(const struct spec_ctx *ctx, const u8 *row)
{
	const char *context = (const char *)row, *field = context + LAYOUT_NAME;
	u32 off = le32_load(row + 64), size = le32_load(row + 68);

	if (ctx == NULL || strcmp(ctx->name, context) != 0)
		return 0;
	if (field[0] == '\0' && ctx->size != off)
		fail("%s: %u bytes, not %u", context, off, ctx->size);
	for (u32 f = 0; f < ctx->field_count; f++) {
		const struct spec_field *want = &ctx->fields[f];

		if (strcmp(want->name, field) != 0)
			continue;
		if (want->off != off || want->size != size)
			fail("%s.%s: %u bytes at %u, not %u at %u", context, field, size, off,
			     want->size, want->off);
		return 1;
	}
	return field[0] == '\0';
}

static void check_layout(enum dialect dialect, const u8 *row)
{
	const char *context = (const char *)row, *field = context + LAYOUT_NAME;
	const struct spec_prog_type *type;
	const struct spec_attach_type *attach;
	u32 seen = 0;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		if (type->dialect == dialect)
			seen += check_context(type->ctx, row);
	for (size_t i = 0; (attach = spec_attach_type_at(i)) != NULL; i++)
		if (attach->dialect == dialect)
			seen += check_context(attach->ctx, row);
	for (u32 ret = 64; dialect == DIALECT_LINUX && ret < 128; ret++)
		seen += check_context(spec_ret_layout((enum spec_ret)ret), row);
	if (seen == 0)
		fail("%s.%s: not in the specification", context, field);
}

/* A context of the Windows dialect is the contract's, so the headers have all of it. */
static u32 field_count(enum dialect dialect)
{
	const struct spec_prog_type *type;
	u32 count = 0;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		if (type->dialect == dialect && type->ctx != NULL)
			count += type->ctx->field_count + 1;
	return count;
}

static void check(const struct elf *elf, const char *name)
{
	enum dialect dialect = strcmp(name, "linux") == 0 ? DIALECT_LINUX : DIALECT_WINDOWS;
	u32 ids = check_ids(elf), layout = elf_section_by_name(elf, "layout");

	check_mark(elf, ".oriel.dialect", name, strlen(name) + 1);
	check_mark(elf, ".ebpf_for_windows", "\1", dialect == DIALECT_WINDOWS);
	check_library(elf);
	if (ids != 0 && ids != helper_count(dialect))
		fail("%u functions for %u helpers", ids, helper_count(dialect));
	if (layout != 0) {
		const struct elf_section *section = &elf->sections[layout];
		u64 rows = section->data == NULL ? 0 : section->size / LAYOUT_SIZE;

		for (u64 i = 0; i < rows; i++)
			check_layout(dialect, section->data + i * LAYOUT_SIZE);
		if (dialect == DIALECT_WINDOWS && rows != field_count(dialect))
			fail("%llu layout rows for %u fields", (unsigned long long)rows,
			     field_count(dialect));
	}
}

int main(int argc, char **argv)
{
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct elf elf;
	u8 *bytes = NULL;
	size_t len;

	if (argc != 3) {
		fputs("usage: check OBJECT windows|linux\n", stderr);
		return 64;
	}
	arena_init(&arena, 0);
	if (os_file_read(argv[1], 1 << 24, &bytes, &len, &err) != 0 ||
	    elf_open(bytes, len, &arena, &elf, &err) != 0)
		fail("%s: %s", argv[1], err.text);
	else
		check(&elf, argv[2]);
	mem_free(bytes);
	arena_fini(&arena);
	return failures != 0;
}
