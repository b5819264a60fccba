/* SPDX-License-Identifier: MIT */
/* Entries are found by the zeros that they begin with, as between them there may be anything. */
#include "show.h"

#include "base/le.h"

enum {
	/* struct program_entry of bpf2c.h */
	PROGRAM_SIZE = 160,
	PROGRAM_LEAST = 154, /* without what pads it */
	PROGRAM_HEADER = 8,
	PROGRAM_FUNCTION = 32,
	PROGRAM_PE_SECTION = 40,
	PROGRAM_SECTION = 48,
	PROGRAM_NAME = 56,
	PROGRAM_MAPS = 72,
	PROGRAM_HELPERS = 88,
	PROGRAM_INSNS = 96,
	/* struct map_entry */
	MAP_SIZE = 80,
	MAP_HEADER = 16,
	MAP_DEFINITION = 40,
	MAP_NAME = 72,
	/* their header */
	HEADER_LEN = 8,
	HEADER_TOTAL = 16,
};
#define MAX_NAME 255

/* The rva of an address that is stored in the image; 0: it is not in it. */
static u32 rva_at(const struct pe *pe, const u8 *p)
{
	u64 address = le64_load(p);

	return address > pe->base && address - pe->base < pe->size ? (u32)(address - pe->base) : 0;
}

static const char *name_at(const struct pe *pe, const u8 *p)
{
	u32 rva = rva_at(pe, p);
	const char *name = rva != 0 ? pe_string_at(pe, rva, MAX_NAME) : NULL;

	for (const char *c = name; c != NULL && *c != '\0'; c++)
		if (*c < 0x20 || *c >= 0x7f)
			return NULL;
	return name;
}

static bool is_zero(const u8 *p, u32 len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}

/* Whether an entry of least to size bytes begins here. */
static bool is_entry(const u8 *p, u32 marker, u64 least, u64 size)
{
	const u8 *header = p + marker;

	return is_zero(p, marker) && le16_load(header) != 0 &&
	       le64_load(header + HEADER_LEN) >= least &&
	       le64_load(header + HEADER_LEN) <= le64_load(header + HEADER_TOTAL) &&
	       le64_load(header + HEADER_TOTAL) == size;
}

/* The next entry of a section; NULL: none. */
static const u8 *next_entry(const struct pe *pe, const char *section, u32 marker, u32 least,
			    u32 size, u32 *at)
{
	const struct pe_section *s = pe_section_by_name(pe, section);
	u32 len = s != NULL ? MIN(s->raw_size, s->size) : 0;

	for (; s != NULL && len >= size && *at <= len - size; *at += 8) {
		const u8 *p = pe->bytes + s->offset + *at;

		if (!is_entry(p, marker, least, size))
			continue;
		*at += size;
		return p;
	}
	return NULL;
}

bool image_next_program(const struct pe *pe, u32 *at, struct image_program *ret)
{
	const u8 *p = next_entry(pe, "programs", PROGRAM_HEADER, PROGRAM_LEAST, PROGRAM_SIZE, at);

	if (p == NULL)
		return false;
	*ret = (struct image_program){
		.name = name_at(pe, p + PROGRAM_NAME),
		.section = name_at(pe, p + PROGRAM_SECTION),
		.pe_section = name_at(pe, p + PROGRAM_PE_SECTION),
		.insns = le64_load(p + PROGRAM_INSNS),
		.size = le64_load(p + PROGRAM_HEADER + HEADER_LEN),
		.helpers = le16_load(p + PROGRAM_HELPERS),
		.maps = le16_load(p + PROGRAM_MAPS),
		.rva = rva_at(pe, p + PROGRAM_FUNCTION),
	};
	return true;
}

bool image_next_map(const struct pe *pe, u32 *at, struct image_map *ret)
{
	const u8 *p = next_entry(pe, "maps", MAP_HEADER, MAP_SIZE, MAP_SIZE, at);

	if (p == NULL)
		return false;
	*ret = (struct image_map){
		.name = name_at(pe, p + MAP_NAME),
		.type = le32_load(p + MAP_DEFINITION),
		.key_size = le32_load(p + MAP_DEFINITION + 4),
		.value_size = le32_load(p + MAP_DEFINITION + 8),
		.max_entries = le32_load(p + MAP_DEFINITION + 12),
	};
	return true;
}
