/* SPDX-License-Identifier: MIT */
/* Headers, section table, symbol table. Every pass is linear in the file: a string table has to end
 * with a zero byte, so that no name in it needs a search for its end; the entries of all relocation
 * sections together have to fit the file; and each section holds the list of those that patch it.
 */
#include "elf/elf.h"

#include "base/arena.h"
#include "base/format.h"
#include "base/le.h"
#include "base/str.h"
#include "elf/elf_internal.h"

enum {
	ET_REL = 1,
	EM_NONE = 0, /* what clang wrote before EM_BPF was assigned */
	EM_BPF = 247,
	SHF_COMPRESSED = 0x800,
	SHN_LORESERVE = 0xff00,
	SHN_XINDEX = 0xffff,
	/* Offsets in the file header. */
	EH_TYPE = 16,
	EH_MACHINE = 18,
	EH_VERSION = 20,
	EH_SHOFF = 40,
	EH_EHSIZE = 52,
	EH_SHENTSIZE = 58,
	EH_SHNUM = 60,
	EH_SHSTRNDX = 62,
};

struct elf_strings {
	const char *data;
	u64 size; /* data[size - 1] is 0 */
};

struct elf_reader {
	struct elf *elf;
	struct arena *arena;
	struct error *err;
	u64 table; /* offset of the section table */
};

static int elf_no_memory(struct elf_reader *reader)
{
	return error_set(reader->err, ERR_NOMEM, "no memory for the object's sections");
}

static u64 elf_header_offset(const struct elf_reader *reader, u32 idx)
{
	return reader->table + (u64)idx * ELF_SECTION_SIZE;
}

static int elf_check_ident(const u8 *bytes, size_t len, struct error *err)
{
	if (len < 4 || memcmp(bytes, "\177ELF", 4) != 0)
		return error_set(err, ERR_NOEXEC, "not an ELF file: no magic number at offset 0");
	if (len < ELF_HEADER_SIZE)
		return error_set(err, ERR_NOEXEC, "ELF header needs %u bytes, the file has %llu",
				 (unsigned)ELF_HEADER_SIZE, (u64)len);
	if (bytes[4] != 2)
		return error_set(err, ERR_NOEXEC, "ELF header: class %u is not 2 (64-bit)",
				 bytes[4]);
	if (bytes[5] != 1)
		return error_set(err, ERR_NOEXEC,
				 "ELF header: data encoding %u is not 1 (little-endian)", bytes[5]);
	if (bytes[6] != 1)
		return error_set(err, ERR_NOEXEC, "ELF header: identification version %u is not 1",
				 bytes[6]);
	return 0;
}

static int elf_check_header(const u8 *bytes, size_t len, struct error *err)
{
	u16 machine;
	int status = elf_check_ident(bytes, len, err);

	if (status != 0)
		return status;
	machine = le16_load(bytes + EH_MACHINE);
	if (machine != EM_BPF && machine != EM_NONE)
		return error_set(err, ERR_NOEXEC, "ELF header: machine %u is not %u (BPF)", machine,
				 (unsigned)EM_BPF);
	if (le16_load(bytes + EH_TYPE) != ET_REL)
		return error_set(err, ERR_NOEXEC,
				 "ELF header: file type %u is not 1 (relocatable object)",
				 le16_load(bytes + EH_TYPE));
	if (le32_load(bytes + EH_VERSION) != 1)
		return error_set(err, ERR_NOEXEC, "ELF header: version %u is not 1",
				 le32_load(bytes + EH_VERSION));
	if (le16_load(bytes + EH_EHSIZE) != ELF_HEADER_SIZE)
		return error_set(err, ERR_NOEXEC, "ELF header: its size %u is not %u",
				 le16_load(bytes + EH_EHSIZE), (unsigned)ELF_HEADER_SIZE);
	return 0;
}

/* Finds the section table and its extent. */
static int elf_locate_sections(struct elf_reader *reader)
{
	const u8 *bytes = reader->elf->bytes;
	u64 len = reader->elf->len, offset = le64_load(bytes + EH_SHOFF);
	u32 count = le16_load(bytes + EH_SHNUM);

	if (offset == 0)
		return error_set(reader->err, ERR_NOEXEC, "ELF header: there is no section table");
	if (le16_load(bytes + EH_SHENTSIZE) != ELF_SECTION_SIZE)
		return error_set(reader->err, ERR_NOEXEC,
				 "ELF header: section header size %u is not %u",
				 le16_load(bytes + EH_SHENTSIZE), (unsigned)ELF_SECTION_SIZE);
	/* 0 would send us to section 0 for a count of 0xff00 or more. */
	if (count == 0 || count >= SHN_LORESERVE)
		return error_set(reader->err, ERR_NOEXEC,
				 "ELF header: section count %u is not between 1 and %u", count,
				 (unsigned)SHN_LORESERVE - 1);
	if (offset > len || (u64)count * ELF_SECTION_SIZE > len - offset)
		return error_set(reader->err, ERR_NOEXEC,
				 "section table (offset 0x%llx, %u headers) lies outside the file "
				 "(0x%llx bytes)",
				 offset, count, len);
	reader->table = offset;
	reader->elf->section_count = count;
	return 0;
}

/* Remembers why a section's contents cannot be used. */
static int PRINTF_LIKE(3, 4)
	elf_mark_bad(struct elf_reader *reader, struct elf_section *section, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	(void)format_v(text, sizeof(text), fmt, args);
	va_end(args);
	section->bad = arena_strndup(reader->arena, text, strlen(text));
	section->data = NULL;
	return section->bad == NULL ? elf_no_memory(reader) : 0;
}

static int elf_read_section(struct elf_reader *reader, struct elf_section *section,
			    const u8 *header)
{
	u64 offset = le64_load(header + 24), len = reader->elf->len;

	section->type = le32_load(header + 4);
	section->flags = le64_load(header + 8);
	section->size = le64_load(header + 32);
	section->link = le32_load(header + 40);
	section->info = le32_load(header + 44);
	section->addralign = le64_load(header + 48);
	section->entsize = le64_load(header + 56);
	if (section->type == ELF_SHT_NULL)
		section->size = 0; /* the format gives the other fields no meaning */
	if (section->type == ELF_SHT_NULL || section->type == ELF_SHT_NOBITS)
		return 0;
	section->data = reader->elf->bytes;
	if (section->size == 0)
		return 0;
	if (offset > len || section->size > len - offset)
		return elf_mark_bad(reader, section,
				    "its contents (offset 0x%llx, 0x%llx bytes) lie outside the "
				    "file",
				    offset, section->size);
	section->data += offset;
	if ((section->flags & SHF_COMPRESSED) != 0)
		return elf_mark_bad(reader, section,
				    "its contents (offset 0x%llx, 0x%llx bytes) are compressed",
				    offset, section->size);
	return 0;
}

/* The section as a string table. what says who needs it. */
static int elf_strings_of(struct elf_reader *reader, u32 idx, const char *what,
			  struct elf_strings *ret_strings)
{
	const struct elf_section *section;

	if (idx == 0 || idx >= reader->elf->section_count)
		return error_set(reader->err, ERR_NOEXEC, "%s: string table is section %u of %u",
				 what, idx, reader->elf->section_count);
	section = &reader->elf->sections[idx];
	if (section->type != ELF_SHT_STRTAB)
		return error_set(reader->err, ERR_NOEXEC,
				 "%s: section %u is no string table (type %u)", what, idx,
				 section->type);
	if (section->bad != NULL)
		return error_set(reader->err, ERR_NOEXEC, "%s: string table, section %u: %s", what,
				 idx, section->bad);
	if (section->size == 0 || section->data[section->size - 1] != 0)
		return error_set(reader->err, ERR_NOEXEC,
				 "%s: string table, section %u (0x%llx bytes), does not end with a "
				 "zero byte",
				 what, idx, section->size);
	*ret_strings = (struct elf_strings){ (const char *)section->data, section->size };
	return 0;
}

static int elf_name_sections(struct elf_reader *reader)
{
	struct elf *elf = reader->elf;
	struct elf_strings names;
	int status = elf_strings_of(reader, le16_load(elf->bytes + EH_SHSTRNDX), "section names",
				    &names);

	if (status != 0)
		return status;
	elf->sections[0].name = "";
	for (u32 i = 1; i < elf->section_count; i++) {
		u64 header = elf_header_offset(reader, i);
		u32 name = le32_load(elf->bytes + header);

		if (name >= names.size)
			return error_set(reader->err, ERR_NOEXEC,
					 "section header %u (offset 0x%llx): name offset 0x%x lies "
					 "outside .shstrtab (0x%llx bytes)",
					 i, header, name, names.size);
		elf->sections[i].name = names.data + name;
	}
	return 0;
}

static int elf_read_sections(struct elf_reader *reader)
{
	struct elf *elf = reader->elf;

	elf->sections = arena_array(reader->arena, elf->section_count, sizeof(*elf->sections));
	if (elf->sections == NULL)
		return elf_no_memory(reader);
	for (u32 i = 1; i < elf->section_count; i++) {
		const u8 *header = elf->bytes + elf_header_offset(reader, i);
		int status = elf_read_section(reader, &elf->sections[i], header);

		if (status != 0)
			return status;
	}
	return elf_name_sections(reader);
}

/* Chains the relocation sections to what they patch. A wrong target only makes that relocation
 * section useless. */
static int elf_link_relocs(struct elf_reader *reader)
{
	struct elf *elf = reader->elf;
	u64 total = 0;

	/* From the end, so that the lists come out in file order. */
	for (u32 i = elf->section_count; i-- > 1;) {
		struct elf_section *section = &elf->sections[i];

		if (section->type != ELF_SHT_REL && section->type != ELF_SHT_RELA)
			continue;
		if (section->info >= elf->section_count) {
			int status = elf_mark_bad(reader, section, "it patches section %u of %u",
						  section->info, elf->section_count);
			if (status != 0)
				return status;
			continue;
		}
		if (section->info == 0)
			continue;
		section->next_reloc = elf->sections[section->info].first_reloc;
		elf->sections[section->info].first_reloc = i;
		if (section->bad != NULL)
			continue;
		total += section->size; /* at most the file's length times 2^16 */
		if (total > elf->len)
			return error_set(reader->err, ERR_NOEXEC,
					 "section header %u (offset 0x%llx): relocation sections "
					 "overlap (0x%llx bytes in a file of 0x%llx)",
					 i, elf_header_offset(reader, i), total, (u64)elf->len);
	}
	return 0;
}

static int elf_read_symbol(struct elf_reader *reader, const struct elf_strings *names, u32 idx,
			   const u8 *entry)
{
	struct elf_symbol *symbol = &reader->elf->symbols[idx];
	u64 offset = (u64)(entry - reader->elf->bytes);
	u32 name = le32_load(entry);

	symbol->type = entry[4] & 0xf;
	symbol->bind = entry[4] >> 4;
	symbol->section = le16_load(entry + 6);
	symbol->value = le64_load(entry + 8);
	symbol->size = le64_load(entry + 16);
	if (name >= names->size)
		return error_set(reader->err, ERR_NOEXEC,
				 "symbol %u (offset 0x%llx): name offset 0x%x lies outside the "
				 "string table (0x%llx bytes)",
				 idx, offset, name, names->size);
	symbol->name = names->data + name;
	if (symbol->section == SHN_XINDEX)
		return error_set(reader->err, ERR_NOEXEC,
				 "symbol %u (offset 0x%llx) \"%.64s\": extended section indices "
				 "are not supported",
				 idx, offset, symbol->name);
	if (symbol->section >= reader->elf->section_count && symbol->section != ELF_SHN_ABS &&
	    symbol->section != ELF_SHN_COMMON)
		return error_set(reader->err, ERR_NOEXEC,
				 "symbol %u (offset 0x%llx) \"%.64s\": section %u of %u", idx,
				 offset, symbol->name, symbol->section, reader->elf->section_count);
	return 0;
}

static int elf_read_symbols(struct elf_reader *reader, u32 idx)
{
	struct elf *elf = reader->elf;
	const struct elf_section *section = &elf->sections[idx];
	u64 header = elf_header_offset(reader, idx), count = section->size / ELF_SYMBOL_SIZE;
	struct elf_strings names;
	int status = elf_strings_of(reader, section->link, "symbol table", &names);

	if (status != 0)
		return status;
	if (section->bad != NULL)
		return error_set(reader->err, ERR_NOEXEC,
				 "symbol table, section %u (offset 0x%llx): %s", idx, header,
				 section->bad);
	if (section->entsize != ELF_SYMBOL_SIZE || section->size % ELF_SYMBOL_SIZE != 0 ||
	    count > UINT32_MAX)
		return error_set(reader->err, ERR_NOEXEC,
				 "symbol table, section %u (offset 0x%llx): size 0x%llx in entries "
				 "of 0x%llx is not in entries of 0x%x",
				 idx, header, section->size, section->entsize,
				 (unsigned)ELF_SYMBOL_SIZE);
	elf->symbols = arena_array(reader->arena, (size_t)count, sizeof(*elf->symbols));
	if (elf->symbols == NULL)
		return elf_no_memory(reader);
	elf->symbol_count = (u32)count;
	for (u32 i = 0; i < elf->symbol_count; i++) {
		status = elf_read_symbol(reader, &names, i, section->data + i * ELF_SYMBOL_SIZE);
		if (status != 0)
			return status;
	}
	return 0;
}

/* The one symbol table, if there is one. */
static int elf_find_symbols(struct elf_reader *reader)
{
	struct elf *elf = reader->elf;
	u32 found = 0;

	for (u32 i = 1; i < elf->section_count; i++) {
		if (elf->sections[i].type != ELF_SHT_SYMTAB)
			continue;
		if (found != 0)
			return error_set(reader->err, ERR_NOEXEC,
					 "section header %u (offset 0x%llx): a second symbol table "
					 "after section %u",
					 i, elf_header_offset(reader, i), found);
		found = i;
	}
	elf->symtab = found;
	return found == 0 ? 0 : elf_read_symbols(reader, found);
}

int elf_open(const u8 *bytes, size_t len, struct arena *arena, struct elf *ret_elf,
	     struct error *err)
{
	struct elf elf = { .bytes = bytes, .len = len };
	struct elf_reader reader = { &elf, arena, err, 0 };
	int status = elf_check_header(bytes, len, err);

	if (status == 0)
		status = elf_locate_sections(&reader);
	if (status == 0)
		status = elf_read_sections(&reader);
	if (status == 0)
		status = elf_link_relocs(&reader);
	if (status == 0)
		status = elf_find_symbols(&reader);
	if (status == 0)
		*ret_elf = elf;
	return status;
}

u32 elf_section_by_name(const struct elf *elf, const char *name)
{
	for (u32 i = 1; i < elf->section_count; i++) {
		if (elf->sections[i].type != ELF_SHT_NULL && str_eq(elf->sections[i].name, name))
			return i;
	}
	return 0;
}
