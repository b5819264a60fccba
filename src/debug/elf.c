/* SPDX-License-Identifier: MIT */
/* The ELF file that says what is where in memory. */
#include "base/str.h"
#include "debug/internal.h"

enum {
	ELF_HEADER = 64,
	ELF_SECTION = 64,
	ELF_SYMBOL = 24,
	EM_X86_64 = 62,
	EM_AARCH64 = 183,
	SHT_PROGBITS = 1,
	SHT_SYMTAB = 2,
	SHT_STRTAB = 3,
	SHT_NOBITS = 8,
	SHF_ALLOC_EXEC = 2 | 4,
	STT_FUNC_LOCAL = 2,
	STT_FUNC_GLOBAL = 1 << 4 | 2,
	TEXT = 1,
	STRINGS,
	SYMBOLS,
	FIRST_DWARF,
	SECTIONS = FIRST_DWARF + 5,
};

u32 debug_elf_machine(void)
{
	return jit_host_target() == JIT_ARM64 ? EM_AARCH64 : EM_X86_64;
}

struct section {
	const char *name;
	u32 type, link, info, entry;
	const struct strbuf *bytes; /* NULL: of the code */
};

static void put_header(struct strbuf *out)
{
	static const u8 ident[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	strbuf_add_len(out, (const char *)ident, sizeof(ident));
	debug_u16(out, 1); /* relocatable */
	debug_u16(out, debug_elf_machine());
	debug_u32(out, 1);
	debug_u64(out, 0);
	debug_u64(out, 0);
	debug_u64(out, ELF_HEADER); /* sections */
	debug_u32(out, 0);
	debug_u16(out, ELF_HEADER);
	debug_u16(out, 0);
	debug_u16(out, 0);
	debug_u16(out, ELF_SECTION);
	debug_u16(out, SECTIONS);
	debug_u16(out, STRINGS);
}

/* name: its place in the strings. */
static void put_symbol(struct strbuf *out, size_t name, u32 info, u32 begin, u32 end)
{
	debug_u32(out, (u32)name);
	debug_u8(out, info);
	debug_u8(out, 0);
	debug_u16(out, name == 0 ? 0 : TEXT);
	debug_u64(out, begin);
	debug_u64(out, end - begin);
}

static void put_symbols(const struct debug_code *code, struct strbuf *symbols,
			struct strbuf *strings)
{
	put_symbol(symbols, 0, 0, 0, 0);
	if (code->common < code->len && code->func_count > 0) {
		put_symbol(symbols, strings->len, STT_FUNC_LOCAL, code->common, code->len);
		strbuf_add(strings, code->funcs[0].name);
		debug_str(strings, ".(common)");
	}
	for (u32 i = 0; i < code->func_count; i++) {
		const struct debug_func *func = &code->funcs[i];

		put_symbol(symbols, strings->len, STT_FUNC_GLOBAL, func->begin, func->end);
		debug_str(strings, func->name);
	}
}

static void put_sections(const struct debug_code *code, const struct section *sections,
			 const u32 *names, struct strbuf *out)
{
	u64 offset = ELF_HEADER + SECTIONS * ELF_SECTION;

	for (u32 i = 0; i < SECTIONS; i++) {
		const struct section *s = &sections[i];
		bool text = i == TEXT;
		u64 size = s->bytes != NULL ? s->bytes->len : text ? code->len : 0;

		debug_u32(out, names[i]);
		debug_u32(out, s->type);
		debug_u64(out, text ? SHF_ALLOC_EXEC : 0);
		debug_u64(out, text ? code->address : 0);
		debug_u64(out, i == 0 ? 0 : offset);
		debug_u64(out, size);
		debug_u32(out, s->link);
		debug_u32(out, s->info);
		debug_u64(out, i == 0 ? 0 : text ? 16 : 1);
		debug_u64(out, s->entry);
		offset += s->bytes != NULL ? size : 0;
	}
}

int debug_elf_write(const struct debug_code *code, struct strbuf *out)
{
	struct debug_dwarf dwarf = { 0 };
	struct strbuf strings = STRBUF_INIT, symbols = STRBUF_INIT;
	const struct section sections[SECTIONS] = {
		[0] = { "", 0, 0, 0, 0, NULL },
		[TEXT] = { ".text", SHT_NOBITS, 0, 0, 0, NULL },
		[STRINGS] = { ".strtab", SHT_STRTAB, 0, 0, 0, &strings },
		[SYMBOLS] = { ".symtab", SHT_SYMTAB, STRINGS, code->common < code->len ? 2 : 1,
			      ELF_SYMBOL, &symbols },
		[FIRST_DWARF] = { ".debug_abbrev", SHT_PROGBITS, 0, 0, 0, &dwarf.abbrev },
		{ ".debug_info", SHT_PROGBITS, 0, 0, 0, &dwarf.info },
		{ ".debug_line", SHT_PROGBITS, 0, 0, 0, &dwarf.line },
		{ ".debug_loc", SHT_PROGBITS, 0, 0, 0, &dwarf.loc },
		{ ".debug_frame", SHT_PROGBITS, 0, 0, 0, &dwarf.frame },
	};
	u32 names[SECTIONS];
	int status = 0;

	for (u32 i = 0; i < SECTIONS; i++) {
		names[i] = (u32)strings.len;
		debug_str(&strings, sections[i].name);
	}
	put_symbols(code, &symbols, &strings);
	debug_dwarf_write(code, &dwarf);
	put_header(out);
	put_sections(code, sections, names, out);
	for (u32 i = 0; i < SECTIONS && status == 0; i++) {
		if (sections[i].bytes == NULL)
			continue;
		status = strbuf_status(sections[i].bytes);
		if (status == 0)
			strbuf_add_len(out, strbuf_str(sections[i].bytes), sections[i].bytes->len);
	}
	if (status == 0)
		status = strbuf_status(out);
	strbuf_fini(&strings);
	strbuf_fini(&symbols);
	debug_dwarf_fini(&dwarf);
	return status;
}
