/* SPDX-License-Identifier: MIT */
/* Maps defined by records in sections "maps" and "maps/...". A record's size is not written down:
 * it reaches to the next symbol. The first four words are always type, key size, value size and
 * number of entries; what follows depends on who wrote it. */
#include "base/le.h"
#include "base/sort.h"
#include "base/str.h"
#include "object/index.h"

#define RECORD_MIN 16 /* bytes */

struct record {
	u64 off, size;
	const char *name;
};

static int record_compare(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	return a->off < b->off ? -1 : a->off > b->off;
}

static u32 collect(const struct object *obj, u32 section, struct record *list)
{
	u32 count = 0;

	for (u32 i = 0; i < obj->index->sections[section].symbol_count; i++) {
		const struct elf_symbol *symbol = object_symbol(obj, section, i);

		if (symbol->name[0] == 0 ||
		    (symbol->type != ELF_STT_OBJECT && symbol->type != ELF_STT_NOTYPE))
			continue;
		if (list != NULL)
			list[count] = (struct record){ symbol->value, symbol->size, symbol->name };
		count++;
	}
	return count;
}

/* A number is 0 none, 1 by name; Linux's tools also know 1 for a place of the object's own and 2
 * for all objects, both by the map's name. */
static const char *read_pinning(struct object *obj, u32 idx, u32 word, u32 max)
{
	obj->maps[idx].pinning = word != 0;
	return word > max ? object_text(obj, "pinning %u is unknown", word) : NULL;
}

/* Words behind the first four, in the Windows dialect: inner index, pinning, id, inner id. */
static const char *read_windows(struct object *obj, u32 idx, const u32 *words, u32 *ret_known)
{
	struct map_info *info = &obj->index->map_infos[idx];

	info->inner_idx = words[4];
	obj->maps[idx].id = words[6];
	info->inner_id = words[7];
	*ret_known = 8;
	return read_pinning(obj, idx, words[5], 1);
}

/* In Linux's: flags; then for 28 bytes inner index and NUMA node, or id and pinning as iproute2
 * had them before its records grew to 36 bytes: id, pinning, inner id, inner index. */
static const char *read_linux(struct object *obj, u32 idx, const u32 *words, u64 size,
			      u32 *ret_known)
{
	struct prog_map *map = &obj->maps[idx];
	struct map_info *info = &obj->index->map_infos[idx];

	map->flags = words[4];
	*ret_known = 7;
	if (size >= 36) {
		*ret_known = 9;
		info->inner_id = words[7];
		info->inner_idx = words[8];
	} else if (map->type != NULL && (map->type->flags & MAP_TYPE_OF_MAPS) != 0) {
		info->inner_idx = words[5]; /* the other one is a hint about placement */
		return NULL;
	}
	map->id = words[5];
	return read_pinning(obj, idx, words[6], 2);
}

/* What nobody has given a meaning has to be zero. */
static const char *check_rest(struct object *obj, const u8 *bytes, u64 from, u64 size)
{
	for (u64 i = from; i < size; i++)
		if (bytes[i] != 0)
			return object_text(obj, "byte 0x%llx of its record has no known meaning",
					   i);
	return NULL;
}

static void read_words(struct object *obj, u32 idx, const u8 *bytes, u64 size)
{
	struct prog_map *map = &obj->maps[idx];
	u32 words[9] = { 0 }, known = 0;
	const char *bad = NULL;

	for (u32 i = 0; i < ARRAY_COUNT(words) && (i + 1) * 4 <= size; i++)
		words[i] = le32_load(bytes + i * 4);
	map->key_size = words[1];
	map->value_size = words[2];
	map->max_entries = words[3];
	object_map_set_type(obj, idx, words[0]);
	if (obj->dialect == DIALECT_UNKNOWN)
		return;
	bad = obj->dialect == DIALECT_WINDOWS ? read_windows(obj, idx, words, &known)
					      : read_linux(obj, idx, words, size, &known);
	if (bad == NULL)
		bad = check_rest(obj, bytes, MIN(known, size / 4) * 4, size);
	if (bad != NULL)
		object_map_bad(obj, idx, bad);
}

static int read_record(struct object *obj, u32 section, const struct record *record, u64 end)
{
	const struct elf_section *elf = &obj->elf.sections[section];
	u64 size = record->size != 0 ? record->size : end - record->off;
	u32 idx;

	if (object_add_map(obj, record->name, section, record->off, &idx) != 0)
		return ERR_NOMEM;
	obj->index->sections[section].count++;
	if (elf->data == NULL) {
		object_map_bad(obj, idx, elf->bad != NULL ? elf->bad : "its section has no bytes");
		return 0;
	}
	if (size < RECORD_MIN || size > end - record->off) {
		object_map_bad(obj, idx,
			       object_text(obj, "a record of 0x%llx bytes at 0x%llx of section %s",
					   size, record->off, elf->name));
		return 0;
	}
	read_words(obj, idx, elf->data + record->off, size);
	return 0;
}

/* No kind of address is known in a record. */
static int refuse_addresses(struct object *obj, u32 section)
{
	const struct section_info *info = &obj->index->sections[section];
	struct error detail = { 0 };
	u32 at = 0;

	if (object_read_relocs(obj, section, &detail) == ERR_NOMEM)
		return ERR_NOMEM;
	for (u32 i = info->first; i < info->first + info->count; i++) {
		u64 end = i + 1 < info->first + info->count ? obj->index->map_infos[i + 1].off
							    : UINT64_MAX;

		if (detail.status != 0)
			object_map_bad(obj, i, object_text(obj, "%s", detail.text));
		while (at < info->reloc_count &&
		       info->relocs[at].offset < obj->index->map_infos[i].off)
			at++;
		if (at < info->reloc_count && info->relocs[at].offset < end)
			object_map_bad(obj, i,
				       object_text(obj, "its record holds an address (0x%llx)",
						   info->relocs[at].offset));
	}
	return obj->index->no_memory ? ERR_NOMEM : 0;
}

int legacy_maps_read(struct object *obj, u32 section)
{
	u32 count = collect(obj, section, NULL);
	u64 size = obj->elf.sections[section].size;
	struct record *list = arena_array(&obj->arena, (size_t)count + 1, sizeof(*list));

	if (list == NULL)
		return ERR_NOMEM;
	collect(obj, section, list);
	if (sort_stable(list, count, sizeof(*list), record_compare) != 0)
		return ERR_NOMEM;
	for (u32 i = 0, next; i < count; i = next) {
		u64 end = size;

		next = i + 1;
		while (next < count && list[next].off == list[i].off)
			next++; /* another name for the same place */
		if (list[i].off >= size) {
			object_warn(obj, "map %s begins outside of section %s", list[i].name,
				    obj->elf.sections[section].name);
			continue;
		}
		if (next < count && list[next].off < size)
			end = list[next].off;
		if (read_record(obj, section, &list[i], end) != 0)
			return ERR_NOMEM;
	}
	return refuse_addresses(obj, section);
}

/* The template of a map of maps: by id when one is given, else by its place among all of them. */
static void find_inner(struct object *obj, const u32 *list, u32 count, u32 idx)
{
	const struct map_info *info = &obj->index->map_infos[idx];
	struct prog_map *map = &obj->maps[idx];

	if (map->type == NULL || (map->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return;
	if (info->inner_id != 0)
		object_find_inner(obj, idx);
	else if (info->inner_idx >= count)
		object_map_bad(obj, idx,
			       object_text(obj, "its inner map has index %u of %u", info->inner_idx,
					   count));
	else if (list[info->inner_idx] != idx) /* itself: none is given */
		map->inner = list[info->inner_idx];
}

int legacy_maps_find_inner(struct object *obj)
{
	const struct object_index *index = obj->index;
	u32 *list = arena_array(&obj->arena, (size_t)obj->map_count + 1, sizeof(*list));
	u32 count = 0;

	if (list == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < obj->map_count; i++)
		if (index->sections[index->map_infos[i].section].use == SECTION_LEGACY_MAPS)
			list[count++] = i;
	for (u32 i = 0; i < count; i++)
		find_inner(obj, list, count, list[i]);
	return index->no_memory ? ERR_NOMEM : 0;
}
