/* SPDX-License-Identifier: MIT */
/* Any bytes as an object: what opens can be read from end to end. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "elf/elf.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_relocs(const struct elf *elf, u32 idx, struct arena *arena)
{
	struct elf_reloc *relocs;
	u32 count;

	if (elf_relocs(elf, idx, arena, &relocs, &count, NULL) != 0)
		return;
	for (u32 i = 0; i < count; i++) {
		check(i == 0 || relocs[i - 1].offset <= relocs[i].offset);
		check(relocs[i].offset < elf->sections[idx].size);
		check(relocs[i].symbol < elf->symbol_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct error err = { 0 };
	struct elf elf;
	size_t sum = 0;

	arena_init(&arena, 0);
	if (elf_open(data, size, &arena, &elf, &err) != 0) {
		check(err.status != 0 && err.text[0] != '\0');
		goto out;
	}
	/* Memory in proportion to the file. */
	check(arena.total <= 64 * 1024 + 64 * size);
	for (u32 i = 0; i < elf.section_count; i++) {
		const struct elf_section *section = &elf.sections[i];

		sum += strlen(section->name);
		if (section->data != NULL && section->size != 0)
			sum += section->data[0] + section->data[section->size - 1];
		check(i == 0 || section->type == ELF_SHT_NULL ||
		      elf_section_by_name(&elf, section->name) <= i);
		check_relocs(&elf, i, &arena);
	}
	for (u32 i = 0; i < elf.symbol_count; i++)
		sum += strlen(elf.symbols[i].name);
	check(sum != SIZE_MAX);
out:
	arena_fini(&arena);
	return 0;
}
