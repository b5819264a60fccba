/* SPDX-License-Identifier: MIT */
/* Relocations of one section, collected from all sections that patch it and sorted. */
#include "elf/elf.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/str.h"
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

static bool reloc_is_sorted(const struct elf_reloc *relocs, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (relocs[i].offset < relocs[i - 1].offset)
			return false;
	}
	return true;
}

/* Merges the sorted runs [start, mid) and [mid, end); of equals the earlier one comes first. */
static void reloc_merge(const struct elf_reloc *from, size_t start, size_t mid, size_t end,
			struct elf_reloc *to)
{
	size_t a = start, b = mid;

	for (size_t i = start; i < end; i++) {
		bool take_a = b >= end || (a < mid && from[a].offset <= from[b].offset);

		to[i] = take_a ? from[a++] : from[b++];
	}
}

/* Bottom-up merge sort: no recursion, n log n for any input, stable. Compilers write relocations in
 * order, so it hardly ever runs. */
static int reloc_sort(struct elf_reloc *relocs, size_t count)
{
	struct elf_reloc *from = relocs, *to, *spare;

	if (reloc_is_sorted(relocs, count))
		return 0;
	spare = mem_zalloc_array(count, sizeof(*spare));
	if (spare == NULL)
		return ERR_NOMEM;
	to = spare;
	for (size_t run = 1; run < count; run *= 2) {
		struct elf_reloc *swap = from;

		for (size_t start = 0; start < count; start += 2 * run) {
			size_t mid = MIN(start + run, count);

			reloc_merge(from, start, mid, MIN(mid + run, count), to);
		}
		from = to;
		to = swap;
	}
	if (from != relocs)
		memcpy(relocs, from, count * sizeof(*relocs));
	mem_free(spare);
	return 0;
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
	if (reloc_sort(relocs, (size_t)count) != 0)
		goto out_memory;
out_done:
	*ret_relocs = relocs;
	*ret_count = (u32)count;
	return 0;

out_memory:
	return error_set(err, ERR_NOMEM, "no memory for %llu relocations of section %u", count,
			 idx);
}
