/* SPDX-License-Identifier: MIT */
/* Opens every object below $ORIEL_TEST_DATA/corpus: objects that compilers wrote open with their
 * relocations, BTF and BTF.ext; only those in invalid/ may be refused. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "btf/btf.h"
#include "elf/elf.h"
#include "os/os.h"

struct totals {
	unsigned files, opened, refused, wrong, with_btf, with_ext, relocs;
};

static int open_btf(const struct elf *elf, struct arena *arena, struct totals *totals,
		    struct error *err)
{
	const struct elf_section *section = &elf->sections[elf_section_by_name(elf, ".BTF")];
	struct btf_ext ext;
	struct btf btf;
	int status;

	if (section->data == NULL)
		return 0;
	status = btf_open(section->data, (size_t)section->size, arena, &btf, err);
	if (status != 0)
		return status;
	totals->with_btf++;
	section = &elf->sections[elf_section_by_name(elf, ".BTF.ext")];
	if (section->data == NULL)
		return 0;
	totals->with_ext++;
	return btf_ext_open(section->data, (size_t)section->size, &btf, arena, &ext, err);
}

static int open_object(const u8 *bytes, size_t len, struct totals *totals, struct error *err)
{
	struct arena arena = { 0 };
	struct elf elf;
	int status = elf_open(bytes, len, &arena, &elf, err);

	for (u32 i = 0; status == 0 && i < elf.section_count; i++) {
		struct elf_reloc *relocs;
		u32 count = 0;

		status = elf_relocs(&elf, i, &arena, &relocs, &count, err);
		totals->relocs += count;
	}
	if (status == 0)
		status = open_btf(&elf, &arena, totals, err);
	arena_fini(&arena);
	return status;
}

static void open_file(const char *path, struct totals *totals)
{
	bool may_fail = strstr(path, "/invalid/") != NULL;
	struct error err = { 0 };
	u8 *bytes;
	size_t len;

	if (os_file_read(path, (size_t)1 << 30, &bytes, &len, &err) != 0) {
		printf("# %s: %s\n", path, err.text);
		totals->wrong++;
		return;
	}
	if (len >= 4 && memcmp(bytes, "\177ELF", 4) == 0) {
		totals->files++;
		if (open_object(bytes, len, totals, &err) == 0) {
			totals->opened++;
		} else {
			totals->refused++;
			totals->wrong += !may_fail;
			printf("# %s%s: %s\n", may_fail ? "" : "WRONG: ", path, err.text);
		}
	}
	mem_free(bytes);
}

/* Files below path; folders are told by opening them. False when path is no folder. */
static bool open_folder(const char *path, struct totals *totals)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (folder == NULL)
		return false;
	while ((entry = readdir(folder)) != NULL) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (!open_folder(name, totals))
			open_file(name, totals);
	}
	closedir(folder);
	return true;
}

int main(void)
{
	const char *data = getenv("ORIEL_TEST_DATA");
	struct totals totals = { 0 };
	char path[4096];
	u64 live;
	bool ok;

	snprintf(path, sizeof(path), "%s/corpus", data == NULL ? "" : data);
	if (data == NULL || *data == '\0') {
		printf("1..0 # SKIP ORIEL_TEST_DATA is not set\n");
		return 77;
	}
	live = mem_live_count();
	ok = open_folder(path, &totals);
	printf("# %u objects: %u opened, %u refused; %u with BTF, %u with BTF.ext, %u "
	       "relocations\n",
	       totals.files, totals.opened, totals.refused, totals.with_btf, totals.with_ext,
	       totals.relocs);
	ok = ok && totals.files > 0 && totals.wrong == 0 && mem_live_count() == live;
	printf("%s 1 - corpus objects open\n1..1\n", ok ? "ok" : "not ok");
	return ok ? 0 : 1;
}
