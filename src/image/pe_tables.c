/* SPDX-License-Identifier: MIT */
/* What the directory leads to: base relocations, imports, exports. */
#include "base/le.h"
#include "base/str.h"
#include "image/pe.h"

enum {
	RELOC_BLOCK = 8, /* bytes of a block's header */
	RELOC_NOTHING = 0,
	RELOC_DIR64 = 10,
	IMPORT_SIZE = 20,
	EXPORT_SIZE = 40,
};
#define RELOC_NONE  UINT32_MAX
#define BY_ORDINAL  (1ull << 63)
#define MAX_IMPORTS 256u /* libraries */
#define MAX_EXPORTS 65535u

/* --- relocations --- */

void pe_relocs_begin(const struct pe *pe, struct pe_relocs *ret_relocs, struct error *err)
{
	*ret_relocs =
		(struct pe_relocs){ .pe = pe, .page = RELOC_NONE, .last = RELOC_NONE, .err = err };
}

/* The next block; 0: there is none. */
static int open_block(struct pe_relocs *it)
{
	const struct pe_extent *dir = &it->pe->dirs[PE_DIR_RELOC];
	const u8 *bytes = pe_at(it->pe, dir->offset, dir->size);
	u32 page, size;

	if (dir->size == it->end)
		return 0;
	if (dir->size - it->end < RELOC_BLOCK)
		return error_set(it->err, ERR_NOEXEC,
				 "relocations: %u bytes at 0x%x are no block header",
				 dir->size - it->end, it->end);
	page = le32_load(bytes + it->end);
	size = le32_load(bytes + it->end + 4);
	if (size < RELOC_BLOCK || size % 4 != 0 || size > dir->size - it->end)
		return error_set(it->err, ERR_NOEXEC,
				 "relocations: a block of %u bytes at 0x%x of 0x%x", size, it->end,
				 dir->size);
	if (page % PE_PAGE != 0 || (it->page != RELOC_NONE && page <= it->page))
		return error_set(
			it->err, ERR_NOEXEC,
			"relocations: page 0x%x is misaligned or not behind the one before", page);
	it->page = page;
	it->at = it->end + RELOC_BLOCK;
	it->end += size;
	return 1;
}

static int check_place(struct pe_relocs *it, u32 rva)
{
	const struct pe_section *s = pe_section_at(it->pe, rva);

	/* Code runs as it was signed. */
	if (s != NULL && (s->flags & PE_SECTION_EXEC) != 0)
		return error_set(it->err, ERR_NOEXEC, "relocations: rva 0x%x is code", rva);
	if (pe_at(it->pe, rva, 8) == NULL)
		return error_set(it->err, ERR_NOEXEC,
				 "relocations: rva 0x%x is not in a section's bytes", rva);
	if (it->last != RELOC_NONE && rva < it->last + 8)
		return error_set(it->err, ERR_NOEXEC,
				 "relocations: rva 0x%x overlaps or is not behind the one before",
				 rva);
	it->last = rva;
	return 0;
}

int pe_relocs_next(struct pe_relocs *it, u32 *ret_rva)
{
	const struct pe_extent *dir = &it->pe->dirs[PE_DIR_RELOC];
	const u8 *bytes = pe_at(it->pe, dir->offset, dir->size);
	int status;
	u32 rva;

	for (;;) {
		u32 entry;

		while (it->at == it->end) {
			status = open_block(it);
			if (status <= 0)
				return status;
		}
		entry = le16_load(bytes + it->at);
		it->at += 2;
		if (entry >> 12 == RELOC_NOTHING)
			continue;
		if (entry >> 12 != RELOC_DIR64)
			return error_set(
				it->err, ERR_NOEXEC,
				"relocations: type %u of rva 0x%x is not 10 (64-bit address)",
				entry >> 12, it->page + (entry & 0xfff));
		rva = it->page + (entry & 0xfff);
		break;
	}
	status = check_place(it, rva);
	if (status != 0)
		return status;
	*ret_rva = rva;
	return 1;
}

/* --- imports --- */

void pe_imports_begin(const struct pe *pe, struct pe_imports *ret_imports, struct error *err)
{
	*ret_imports = (struct pe_imports){ .pe = pe, .err = err };
}

/* The next library; 0: there is none. The directory ends with an entry of zeros. */
static int open_library(struct pe_imports *it)
{
	const struct pe_extent *dir = &it->pe->dirs[PE_DIR_IMPORT];
	u32 at = it->descriptor * IMPORT_SIZE;
	const u8 *bytes = pe_at(it->pe, dir->offset, dir->size);
	static const u8 zeros[IMPORT_SIZE];

	if (dir->size == 0)
		return 0;
	if (at > dir->size || dir->size - at < IMPORT_SIZE || it->descriptor == MAX_IMPORTS)
		return error_set(it->err, ERR_NOEXEC,
				 "imports: the list of libraries has no end within 0x%x bytes",
				 dir->size);
	if (memcmp(bytes + at, zeros, IMPORT_SIZE) == 0)
		return 0;
	it->dll = pe_string_at(it->pe, le32_load(bytes + at + 12), PE_MAX_NAME);
	it->names = le32_load(bytes + at);
	it->slots = le32_load(bytes + at + 16);
	it->descriptor++;
	if (it->dll == NULL || it->dll[0] == '\0')
		return error_set(it->err, ERR_NOEXEC, "imports: library %u has no name",
				 it->descriptor);
	if (it->names % 8 != 0 || it->slots % 8 != 0)
		return error_set(it->err, ERR_NOEXEC, "imports from %s: misaligned tables",
				 it->dll);
	return 1;
}

/* 1: *ret_import is the next function, 0: the library has no more. */
static int next_function(struct pe_imports *it, struct pe_import *ret_import)
{
	const u8 *name = pe_at(it->pe, it->names, 8), *slot = pe_at(it->pe, it->slots, 8);
	const struct pe_section *s;
	const char *text;
	u64 where;

	s = pe_section_at(it->pe, it->slots);
	if (name == NULL || slot == NULL || (s->flags & PE_SECTION_EXEC) != 0)
		return error_set(it->err, ERR_NOEXEC,
				 "imports from %s: a table (rvas 0x%x, 0x%x) is not in a data "
				 "section's bytes",
				 it->dll, it->names, it->slots);
	where = le64_load(name);
	if (where == 0)
		return 0;
	if ((where & BY_ORDINAL) != 0)
		return error_set(it->err, ERR_NOEXEC,
				 "imports from %s: function number %llu has no name", it->dll,
				 where & 0xffff);
	/* Two bytes of a hint come first. */
	text = where > INT32_MAX ? NULL : pe_string_at(it->pe, (u32)where + 2, PE_MAX_NAME);
	if (text == NULL || text[0] == '\0')
		return error_set(
			it->err, ERR_NOEXEC,
			"imports from %s: the name at rva 0x%llx is not in a section's bytes",
			it->dll, where);
	*ret_import = (struct pe_import){ it->dll, text, it->slots };
	it->names += 8;
	it->slots += 8;
	return 1;
}

int pe_imports_next(struct pe_imports *it, struct pe_import *ret_import)
{
	int status = 0;

	while (status == 0) {
		if (it->dll == NULL) {
			status = open_library(it);
			if (status <= 0)
				return status;
		}
		status = next_function(it, ret_import);
		if (status == 0)
			it->dll = NULL;
	}
	return status;
}

/* --- exports --- */

int pe_exports_open(const struct pe *pe, struct pe_exports *ret_exports, struct error *err)
{
	const struct pe_extent *dir = &pe->dirs[PE_DIR_EXPORT];
	struct pe_exports exports = { .pe = pe };
	const u8 *bytes = pe_at(pe, dir->offset, dir->size);

	if (dir->size == 0) {
		*ret_exports = exports;
		return 0;
	}
	if (dir->size < EXPORT_SIZE)
		return error_set(err, ERR_NOEXEC, "exports: a directory of %u bytes", dir->size);
	exports.functions_count = le32_load(bytes + 20);
	exports.count = le32_load(bytes + 24);
	exports.functions = le32_load(bytes + 28);
	exports.names = le32_load(bytes + 32);
	exports.ordinals = le32_load(bytes + 36);
	if (exports.count > MAX_EXPORTS || exports.functions_count > MAX_EXPORTS ||
	    pe_at(pe, exports.functions, 4 * exports.functions_count) == NULL ||
	    (exports.count != 0 && (pe_at(pe, exports.names, 4 * exports.count) == NULL ||
				    pe_at(pe, exports.ordinals, 2 * exports.count) == NULL)))
		return error_set(
			err, ERR_NOEXEC,
			"exports: tables of %u names and %u functions are not in a section's "
			"bytes",
			exports.count, exports.functions_count);
	*ret_exports = exports;
	return 0;
}

int pe_export_get(const struct pe_exports *exports, u32 idx, struct pe_export *ret_export,
		  struct error *err)
{
	const struct pe *pe = exports->pe;
	const struct pe_extent *dir = &pe->dirs[PE_DIR_EXPORT];
	const char *name = NULL;
	u32 ordinal, rva;

	if (idx < exports->count)
		name = pe_string_at(pe, le32_load(pe_at(pe, exports->names + 4 * idx, 4)),
				    PE_MAX_NAME);
	if (name == NULL)
		return error_set(err, ERR_NOEXEC,
				 "exports: the name of entry %u is not in a section's bytes", idx);
	ordinal = le16_load(pe_at(pe, exports->ordinals + 2 * idx, 2));
	if (ordinal >= exports->functions_count)
		return error_set(err, ERR_NOEXEC, "exports: '%s' is function %u of %u", name,
				 ordinal, exports->functions_count);
	rva = le32_load(pe_at(pe, exports->functions + 4 * ordinal, 4));
	if (pe_section_at(pe, rva) == NULL || rva - dir->offset < dir->size)
		return error_set(err, ERR_NOEXEC, "exports: '%s' (rva 0x%x) is not in this image",
				 name, rva);
	*ret_export = (struct pe_export){ name, rva };
	return 0;
}

int pe_export_find(const struct pe_exports *exports, const char *name, u32 *ret_rva,
		   struct error *err)
{
	struct pe_export export;

	for (u32 i = 0; i < exports->count; i++) {
		int status = pe_export_get(exports, i, &export, err);

		if (status != 0)
			return status;
		if (str_eq(export.name, name)) {
			*ret_rva = export.rva;
			return 0;
		}
	}
	return error_set(err, ERR_NOENT, "the image does not export '%s'", name);
}
