/* SPDX-License-Identifier: MIT */
/* What both forms of `oriel inspect` say of sections and type information. */
#include "inspect.h"

#include "base/str.h"

const char *inspect_section_flags(const struct elf_section *section, char text[8])
{
	size_t len = 0;

	if (section->flags & ELF_SHF_WRITE)
		text[len++] = 'W';
	if (section->flags & ELF_SHF_ALLOC)
		text[len++] = 'A';
	if (section->flags & ELF_SHF_EXECINSTR)
		text[len++] = 'X';
	text[len] = '\0';
	return text;
}

const char *inspect_section_type(const struct elf_section *section, char text[16])
{
	static const char *const names[] = {
		[ELF_SHT_NULL] = "null",     [ELF_SHT_PROGBITS] = "progbits",
		[ELF_SHT_SYMTAB] = "symtab", [ELF_SHT_STRTAB] = "strtab",
		[ELF_SHT_RELA] = "rela",     [ELF_SHT_NOBITS] = "nobits",
		[ELF_SHT_REL] = "rel",
	};
	struct strbuf number = STRBUF_INIT;

	if (section->type < ARRAY_COUNT(names) && names[section->type] != NULL)
		return names[section->type];
	strbuf_printf(&number, "0x%x", section->type);
	(void)str_copy(text, 16, strbuf_str(&number));
	strbuf_fini(&number);
	return text;
}

void inspect_count_btf(const struct btf *btf, u32 counts[BTF_KIND_COUNT])
{
	for (u32 i = 1; i < btf->type_count; i++)
		if (btf->types[i].kind < BTF_KIND_COUNT)
			counts[btf->types[i].kind]++;
}

u32 inspect_lines(const struct object *object)
{
	u32 count = 0;

	for (u32 i = 0; i < object->btf_ext.section_count; i++)
		count += object->btf_ext.sections[i].line_count;
	return count;
}
