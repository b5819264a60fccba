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

/* Words behind the first four, in the Windows dialect: inner index, pinning, id, inner id. */
static void read_windows(struct object *obj, u32 idx, const u32 *words)
{
	struct prog_map *map = &obj->maps[idx];
	struct map_info *info = &obj->index->map_infos[idx];

	info->inner_idx = words[4];
	map->pinning = words[5];
	map->id = words[6];
	info->inner_id = words[7];
}

/* In Linux's: flags; then for 28 bytes inner index and NUMA node, or id and pinning as iproute2
 * had them before its records grew to 36 bytes: id, pinning, inner id, inner index. */
static void read_linux(struct object *obj, u32 idx, const u32 *words, u64 size)
{
	struct prog_map *map = &obj->maps[idx];
	struct map_info *info = &obj->index->map_infos[idx];

	map->flags = words[4];
	if (size >= 36) {
		map->id = words[5];
		map->pinning = words[6] != 0;
		info->inner_id = words[7];
		info->inner_idx = words[8];
	} else if (map->type != NULL && (map->type->flags & MAP_TYPE_OF_MAPS) != 0) {
		info->inner_idx = words[5];
	} else {
		map->id = words[5];
		map->pinning = words[6] != 0;
	}
}

static int read_record(struct object *obj, u32 section, const struct record *record, u64 end)
{
	const struct elf_section *elf = &obj->elf.sections[section];
	u64 size = record->size != 0 ? record->size : end - record->off;
	u32 words[9] = { 0 };
	struct prog_map *map;
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
	for (u32 i = 0; i < ARRAY_COUNT(words) && (i + 1) * 4 <= size; i++)
		words[i] = le32_load(elf->data + record->off + i * 4);
	map = &obj->maps[idx];
	map->key_size = words[1];
	map->value_size = words[2];
	map->max_entries = words[3];
	object_map_set_type(obj, idx, words[0]);
	if (obj->dialect == DIALECT_WINDOWS)
		read_windows(obj, idx, words);
	else if (obj->dialect == DIALECT_LINUX)
		read_linux(obj, idx, words, size);
	return 0;
}

/* The template of a map of maps: by id when one is given, else by its place in the section. */
static void find_inner(struct object *obj, u32 section, u32 idx)
{
	const struct section_info *info = &obj->index->sections[section];
	const struct map_info *map_info = &obj->index->map_infos[idx];
	struct prog_map *map = &obj->maps[idx];
	/* Every map is compared with every other one: more have no templates by id. */
	u32 end = info->first + MIN(info->count, 4096);
	u32 inner = PROG_NO_INDEX;

	if (map->type == NULL || (map->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return;
	if (map_info->inner_id != 0) {
		for (u32 i = info->first; i < end; i++)
			if (i != idx && obj->maps[i].id == map_info->inner_id)
				inner = i;
	} else if (map_info->inner_idx < info->count && info->first + map_info->inner_idx != idx) {
		inner = info->first + map_info->inner_idx;
	}
	map->inner = inner;
}

int legacy_maps_read(struct object *obj, u32 section)
{
	u32 count = collect(obj, section, NULL);
	u64 size = obj->elf.sections[section].size;
	const struct section_info *info = &obj->index->sections[section];
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
	for (u32 i = info->first; i < info->first + info->count; i++)
		find_inner(obj, section, i);
	return 0;
}
