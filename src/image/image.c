/* SPDX-License-Identifier: MIT */
/* An image into memory: pages checked, addresses adjusted, imports resolved, then sealed. */
#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/str.h"
#include "image/internal.h"

#if defined(__aarch64__)
#define MACHINE PE_ARM64
#else
#define MACHINE PE_X86_64
#endif

#define SUBSYSTEM_NATIVE 1

struct loading {
	const struct pe *pe;
	struct image *image;
	struct error *err;
};

static const char *page_place(const struct pe_page *page)
{
	return page->section != NULL ? page->section->name : "headers";
}

static int check_page(const struct image_page *trusted, const struct pe_page *page,
		      const u8 digest[SHA256_SIZE], struct error *err)
{
	if (trusted->offset != page->file.offset)
		return error_set(err, ERR_ACCES,
				 "page of %s at offset 0x%x: the trusted pages have one at offset "
				 "0x%x in its place",
				 page_place(page), page->file.offset, trusted->offset);
	if (memcmp(trusted->digest, digest, SHA256_SIZE) != 0)
		return error_set(err, ERR_ACCES,
				 "page of %s at offset 0x%x is not the one that was signed",
				 page_place(page), page->file.offset);
	return 0;
}

static int check_count(const struct pe *pe, u32 count, struct error *err)
{
	if (count == pe_page_count(pe))
		return 0;
	return error_set(err, ERR_ACCES, "%u trusted pages for an image of %u", count,
			 pe_page_count(pe));
}

int image_check_pages(const struct pe *pe, const struct image_page *pages, u32 count,
		      struct error *err)
{
	int status = check_count(pe, count, err);

	for (u32 i = 0; status == 0 && i < count; i++) {
		const struct pe_page page = pe_page(pe, i);
		u8 digest[SHA256_SIZE];

		pe_page_digest(pe, &page, digest);
		status = check_page(&pages[i], &page, digest, err);
	}
	return status;
}

/* --- sections --- */

static int place_section(struct loading *l, const struct pe_section *s)
{
	struct image_part *part = &l->image->parts[l->image->part_count];

	*part = (struct image_part){
		.rva = s->rva,
		.size = (s->size + PE_PAGE - 1) & ~(PE_PAGE - 1),
		.access = (s->flags & PE_SECTION_EXEC) != 0    ? OS_EXEC
			  : (s->flags & PE_SECTION_WRITE) != 0 ? OS_WRITE
							       : OS_READ,
	};
	/* Relocations and the like are not needed once it is loaded. */
	if ((s->flags & PE_SECTION_DISCARDABLE) != 0 && part->access != OS_EXEC)
		return 0;
	/* No hash covers pages that the file does not have. */
	if (part->access == OS_EXEC && part->size > s->raw_size + PE_PAGE - 1)
		return error_set(l->err, ERR_NOEXEC,
				 "section %s is executable, but not all of it is in the file",
				 s->name);
	l->image->part_count++;
	return 0;
}

/* What is hashed is what was copied: nobody can change it in between. */
static int copy_page(struct loading *l, u32 idx, const struct image_page *trusted)
{
	const struct pe_page page = pe_page(l->pe, idx);
	u8 *to = l->image->code.view + page.rva;
	u8 digest[SHA256_SIZE];

	memcpy(to, l->pe->bytes + page.file.offset, page.file.size);
	if (page.section == NULL)
		pe_page_digest(l->pe, &page, digest);
	else
		sha256_bytes(to, PE_PAGE, digest);
	return check_page(trusted, &page, digest, l->err);
}

static int copy_pages(struct loading *l, const struct image_page *pages, u32 count)
{
	int status = check_count(l->pe, count, l->err);

	for (u32 i = 0; status == 0 && i < count; i++)
		status = copy_page(l, i, &pages[i]);
	for (u32 i = 0; status == 0 && i < l->pe->section_count; i++)
		status = place_section(l, &l->pe->sections[i]);
	return status;
}

/* --- addresses --- */

static int relocate(struct loading *l)
{
	u64 base = (u64)(uintptr_t)l->image->code.mem;
	struct pe_relocs relocs;
	int status;
	u32 rva;

	pe_relocs_begin(l->pe, &relocs, l->err);
	while ((status = pe_relocs_next(&relocs, &rva)) > 0) {
		u8 *place = l->image->code.view + rva;
		u64 value = le64_load(place) - l->pe->base;

		if (value > l->pe->size)
			return error_set(
				l->err, ERR_NOEXEC,
				"relocations: the address at rva 0x%x is outside the image", rva);
		le64_store(place, base + value);
	}
	return status;
}

static int import(struct loading *l)
{
	struct pe_imports imports;
	struct pe_import row;
	u32 count = 0;
	int status;

	pe_imports_begin(l->pe, &imports, l->err);
	while ((status = pe_imports_next(&imports, &row)) > 0) {
		u64 address = image_find_import(row.dll, row.name);

		if (address == 0)
			return error_set(l->err, ERR_NOTSUP,
					 "the image needs %s of %s, which is not offered", row.name,
					 row.dll);
		if (++count > IMAGE_MAX_IMPORTS)
			return error_set(l->err, ERR_NOEXEC, "the image has more than %u imports",
					 IMAGE_MAX_IMPORTS);
		le64_store(l->image->code.view + row.slot, address);
	}
	return status;
}

static int find_table(struct loading *l)
{
	static const char name[] = "get_metadata_table";
	struct image *image = l->image;
	struct pe_exports exports;
	int status = pe_exports_open(l->pe, &exports, l->err);

	image->entry = l->pe->entry;
	image->is_driver = l->pe->subsystem == SUBSYSTEM_NATIVE;
	/* A driver need not have it. */
	if (status != 0 || pe_export_find(&exports, name, &image->get_table, NULL) == ERR_NOENT)
		return status;
	return pe_export_find(&exports, name, &image->get_table, l->err);
}

static int seal(struct loading *l)
{
	const struct image *image = l->image;
	struct os_code_part *parts =
		mem_zalloc_array((size_t)image->part_count + 1, sizeof(*parts));
	int status;

	if (parts == NULL)
		return error_set(l->err, ERR_NOMEM, "no memory for an image");
	parts[0] = (struct os_code_part){ 0, PE_PAGE, OS_READ };
	for (u32 i = 0; i < image->part_count; i++)
		parts[i + 1] = (struct os_code_part){ image->parts[i].rva, image->parts[i].size,
						      image->parts[i].access };
	status = os_code_seal_parts(&l->image->code, parts, image->part_count + 1);
	mem_free(parts);
	if (status == ERR_INVAL)
		return error_set(l->err, ERR_NOTSUP,
				 "this machine's pages are larger than those of the image");
	return status == 0
		       ? 0
		       : error_set(l->err, status, "the host does not take code into memory: %s",
				   error_name(status));
}

static int load(struct loading *l, const struct image_page *pages, u32 count)
{
	int status = os_code_alloc(l->pe->size, &l->image->code);

	if (status != 0)
		return error_set(l->err, status, "no memory for an image of 0x%x bytes",
				 l->pe->size);
	status = copy_pages(l, pages, count);
	if (status == 0)
		status = find_table(l);
	if (status == 0)
		status = relocate(l);
	if (status == 0)
		status = import(l);
	if (status != 0)
		return status;
	l->image->keeps_vectors = image_keeps_vectors(l->image, l->pe);
	return seal(l);
}

int image_load(const struct pe *pe, const struct image_page *pages, u32 count,
	       struct image **ret_image, struct error *err)
{
	struct loading l = { .pe = pe, .err = err };
	int status = pe_check_loadable(pe, err);

	if (status == 0 && pe->machine != MACHINE)
		status = error_set(err, ERR_NOEXEC, "the image is for %s, not for this machine",
				   pe->machine == PE_ARM64 ? "arm64" : "x86-64");
	if (status != 0)
		return status;
	l.image = mem_zalloc(sizeof(*l.image));
	if (l.image == NULL)
		return error_set(err, ERR_NOMEM, "no memory for an image");
	l.image->refs = 1;
	status = load(&l, pages, count);
	if (status == 0)
		*ret_image = l.image;
	else
		image_drop(l.image);
	return status;
}

void image_hold(struct image *image)
{
	__atomic_add_fetch(&image->refs, 1, __ATOMIC_RELAXED);
}

void image_drop(struct image *image)
{
	if (image == NULL || __atomic_sub_fetch(&image->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	image_stop_driver(image);
	os_code_free(&image->code);
	mem_free(image);
}

const void *image_address(const struct image *image, u32 rva)
{
	return image->code.mem + rva;
}

u32 image_size(const struct image *image)
{
	return (u32)image->code.size;
}
