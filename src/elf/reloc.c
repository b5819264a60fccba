/* SPDX-License-Identifier: MIT */
/* Relocations of one section, collected from all sections that patch it and sorted. */
#include "elf/elf.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/sort.h"
#include "elf/elf_internal.h"

static u64 reloc_entry_size(const struct elf_section *section)
{
	return section->type == ELF_SHT_RELA ? ELF_RELA_SIZE : ELF_REL_SIZE;
}

static int reloc_check_section(const struct elf *elf, u32 idx, struct error *err)
{
	const struct elf_section *section = &elf->sections[idx];
	u64 entsize = reloc_entry_size(section);

	if (section->bad != NULL)
		return error_set(err, ERR_NOEXEC, "relocation section %u (%.64s): %s", idx,
				 section->name, section->bad);
	if (section->entsize != entsize || section->size % entsize != 0)
		return error_set(err, ERR_NOEXEC,
				 "relocation section %u (%.64s): size 0x%llx in entries of 0x%llx "
				 "is not in entries of 0x%llx",
				 idx, section->name, section->size, section->entsize, entsize);
	if (section->size != 0 && (elf->symtab == 0 || section->link != elf->symtab))
		return error_set(err, ERR_NOEXEC,
				 "relocation section %u (%.64s): section %u is not the symbol "
				 "table",
				 idx, section->name, section->link);
	return 0;
}

static int reloc_read_section(const struct elf *elf, u32 idx, struct elf_reloc *relocs,
			      struct error *err)
{
	const struct elf_section *section = &elf->sections[idx];
	u64 entsize = reloc_entry_size(section), count = section->size / entsize;
	u64 limit = elf->sections[section->info].size;

	for (u64 i = 0; i < count; i++) {
		const u8 *entry = section->data + i * entsize;
		struct elf_reloc *reloc = &relocs[i];

		reloc->offset = le64_load(entry);
		reloc->type = le32_load(entry + 8);
		reloc->symbol = le32_load(entry + 12);
		if (section->type == ELF_SHT_RELA)
			reloc->addend = (s64)le64_load(entry + 16);
		if (reloc->offset >= limit)
			return error_set(err, ERR_NOEXEC,
					 "relocation section %u (%.64s), entry %llu: offset 0x%llx "
					 "lies outside section %u (0x%llx bytes)",
					 idx, section->name, i, reloc->offset, section->info,
					 limit);
		if (reloc->symbol >= elf->symbol_count)
			return error_set(err, ERR_NOEXEC,
					 "relocation section %u (%.64s), entry %llu: symbol %u of "
					 "%u",
					 idx, section->name, i, reloc->symbol, elf->symbol_count);
	}
	return 0;
}

static int reloc_compare(const void *a, const void *b)
{
	const struct elf_reloc *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

int elf_relocs(const struct elf *elf, u32 idx, struct arena *arena, struct elf_reloc **ret_relocs,
	       u32 *ret_count, struct error *err)
{
	struct elf_reloc *relocs = NULL;
	u64 count = 0, done = 0;
	int status;

	if (idx >= elf->section_count)
		return error_set(err, ERR_INVAL, "section %u of %u", idx, elf->section_count);
	for (u32 i = elf->sections[idx].first_reloc; i != 0; i = elf->sections[i].next_reloc) {
		status = reloc_check_section(elf, i, err);
		if (status != 0)
			return status;
		count += elf->sections[i].size / reloc_entry_size(&elf->sections[i]);
	}
	if (count > UINT32_MAX)
		return error_set(err, ERR_NOEXEC, "section %u has more than 2^32 relocations", idx);
	if (count == 0)
		goto out_done;
	relocs = arena_array(arena, (size_t)count, sizeof(*relocs));
	if (relocs == NULL)
		goto out_memory;
	for (u32 i = elf->sections[idx].first_reloc; i != 0; i = elf->sections[i].next_reloc) {
		status = reloc_read_section(elf, i, relocs + done, err);
		if (status != 0)
			return status;
		done += elf->sections[i].size / reloc_entry_size(&elf->sections[i]);
	}
	if (sort_stable(relocs, (size_t)count, sizeof(*relocs), reloc_compare) != 0)
		goto out_memory;
out_done:
	*ret_relocs = relocs;
	*ret_count = (u32)count;
	return 0;

out_memory:
	return error_set(err, ERR_NOMEM, "no memory for %llu relocations of section %u", count,
			 idx);
}
