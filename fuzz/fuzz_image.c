/* SPDX-License-Identifier: MIT */
/* Images, by the first byte: 'I' any bytes as one, 'P' changes of a good one: read from end to end
 * and loaded, but nothing of it is run. 'T' puts the rest into the tables of a module, whose code
 * stays, and has them read. Whoever signs vouches for everything here. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bpf2c.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "image/image.h"
#include "pe_builder.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_tables(const struct pe *pe)
{
	struct pe_relocs relocs;
	struct pe_imports imports;
	struct pe_import import;
	struct pe_exports exports;
	struct pe_export export;
	struct pe_extent der;
	size_t sum = 0;
	u32 rva;

	pe_relocs_begin(pe, &relocs, NULL);
	while (pe_relocs_next(&relocs, &rva) > 0)
		check(pe_at(pe, rva, 8) != NULL);
	pe_imports_begin(pe, &imports, NULL);
	while (pe_imports_next(&imports, &import) > 0) {
		check(pe_at(pe, import.slot, 8) != NULL);
		sum += strlen(import.dll) + strlen(import.name);
	}
	if (pe_exports_open(pe, &exports, NULL) == 0)
		for (u32 i = 0; i < exports.count; i++)
			if (pe_export_get(&exports, i, &export, NULL) == 0)
				sum += strlen(export.name);
	if (pe_certificate(pe, &der, NULL) == 0)
		check(der.offset + der.size == pe->len);
	check(sum != SIZE_MAX);
}

/* The image with every page trusted; NULL: it does not load. */
static struct image *load(const u8 *bytes, size_t len, struct arena *arena)
{
	struct image *image = NULL;
	struct image_page *pages;
	struct error err = { 0 };
	struct pe pe;

	if (pe_open(bytes, len, arena, &pe, &err) != 0) {
		check(err.status != 0 && err.text[0] != '\0');
		return NULL;
	}
	check_tables(&pe);
	pages = arena_array(arena, pe_page_count(&pe), sizeof(*pages));
	check(pages != NULL);
	for (u32 i = 0; i < pe_page_count(&pe); i++) {
		const struct pe_page page = pe_page(&pe, i);

		pages[i].offset = page.file.offset;
		pe_page_digest(&pe, &page, pages[i].digest);
	}
	check(image_check_pages(&pe, pages, pe_page_count(&pe), &err) == 0);
	if (image_load(&pe, pages, pe_page_count(&pe), &image, &err) != 0)
		check(err.status != 0 && err.text[0] != '\0');
	return image;
}

/* Three bytes each: an offset, and what is there instead. */
static void patch(struct pe_builder *b, const u8 *data, size_t size)
{
	for (; size >= 3; data += 3, size -= 3)
		b->bytes[le16_load(data) % b->len] = data[2];
}

static UNUSED void use(const struct image_module *m)
{
	size_t sum = 0;

	for (u32 i = 0; i < m->program_count; i++) {
		const program_entry_t *p = &m->programs[i];

		sum += strlen(p->program_name) + strlen(p->section_name) + p->program_type->Data1;
		for (u32 k = 0; k < p->helper_count; k++)
			sum += strlen(p->helpers[k].name);
		for (u32 k = 0; k < p->referenced_map_count; k++)
			check(p->referenced_map_indices[k] < m->map_count);
		for (u32 k = 0; k < p->btf_resolved_function_count; k++)
			sum += strlen(p->btf_resolved_functions[k].name);
		for (size_t k = 0; k < p->program_info_hash_length; k++)
			sum += p->program_info_hash[k];
	}
	for (u32 i = 0; i < m->map_count; i++)
		sum += strlen(m->maps[i].name);
	for (u32 i = 0; i < m->section_count; i++)
		sum += strlen(m->sections[i].name) +
		       ((const u8 *)m->sections[i].initial_data)[m->sections[i].size - 1];
	for (u32 i = 0; i < m->value_count; i++)
		for (size_t k = 0; k < m->values[i].count; k++)
			sum += m->values[i].values[k] != NULL ? strlen(m->values[i].values[k]) : 0;
	check(sum != SIZE_MAX);
}

static UNUSED void read_tables(struct pe_builder *b, const u8 *data, size_t size,
			       struct arena *arena)
{
	struct image_module m;
	struct error err = { 0 };
	struct image *image;

	if (size > PB_DATA_SIZE - (PB_SLOTS - PB_DATA))
		size = PB_DATA_SIZE - (PB_SLOTS - PB_DATA);
	memcpy(pb_at(b, PB_SLOTS), data, size);
	image = load(b->bytes, b->len, arena);
	if (image == NULL)
		return;
	if (image_module_read(image, arena, &m, &err) == 0)
		use(&m);
	else
		check(err.status != 0 && err.text[0] != '\0');
	image_drop(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pe_builder b;
	struct arena arena;

	if (size == 0)
		return 0;
	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	switch (data[0]) {
	case 'I': image_drop(load(data + 1, size - 1, &arena)); break;
	case 'P':
		patch(&b, data + 1, size - 1);
		image_drop(load(b.bytes, b.len, &arena));
		break;
#if defined(__x86_64__)
	case 'T': read_tables(&b, data + 1, size - 1, &arena); break;
#endif
	default: break;
	}
	arena_fini(&arena);
	return 0;
}
