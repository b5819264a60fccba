/* SPDX-License-Identifier: MIT */
/* The map table: legacy definitions, BTF definitions and one array for each section of global
 * variables. A map whose definition is bad stays in the table, so that the others keep their
 * places; a program that refers to it does not link. */
#include "base/str.h"
#include "object/index.h"

#define GLOBALS_MAX_WINDOWS (1u << 20)
#define GLOBALS_MAX	    (1u << 30)

int object_add_map(struct object *obj, const char *name, u32 section, u64 off, u32 *ret_idx)
{
	struct object_index *index = obj->index;

	if (obj->map_count ==
	    index->map_cap) { /* the old arrays stay in the arena, half as large */
		u32 cap = index->map_cap < 8 ? 16 : index->map_cap * 2;
		struct prog_map *maps = arena_array(&obj->arena, cap, sizeof(*maps));
		struct map_info *infos = arena_array(&obj->arena, cap, sizeof(*infos));

		if (maps == NULL || infos == NULL)
			return ERR_NOMEM;
		if (obj->map_count > 0) {
			memcpy(maps, obj->maps, obj->map_count * sizeof(*maps));
			memcpy(infos, index->map_infos, obj->map_count * sizeof(*infos));
		}
		obj->maps = maps;
		index->map_infos = infos;
		index->map_cap = cap;
	}
	obj->maps[obj->map_count] = (struct prog_map){ .name = name, .inner = PROG_NO_INDEX };
	index->map_infos[obj->map_count] = (struct map_info){ .section = section, .off = off };
	*ret_idx = obj->map_count++;
	return 0;
}

void object_map_bad(struct object *obj, u32 idx, const char *text)
{
	if (text == NULL) {
		obj->index->no_memory = true;
		return;
	}
	if (obj->index->map_infos[idx].bad != NULL)
		return;
	obj->index->map_infos[idx].bad = text;
	obj->maps[idx].type = NULL;
	object_warn(obj, "map %s: %s", obj->maps[idx].name, text);
}

void object_map_set_type(struct object *obj, u32 idx, u32 number)
{
	struct prog_map *map = &obj->maps[idx];

	map->type_number = number;
	map->type = spec_map_type_by_number(obj->dialect, number);
	if (map->type == NULL && obj->dialect != DIALECT_UNKNOWN)
		object_map_bad(obj, idx,
			       object_text(obj, "map type %u is not known in the %s dialect",
					   number, dialect_name(obj->dialect)));
}

static enum section_use use_of(const struct object *obj, u32 map)
{
	return obj->index->sections[obj->index->map_infos[map].section].use;
}

void object_find_inner(struct object *obj, u32 idx)
{
	/* Every map is compared with every other one: more have no templates by id. */
	u32 end = MIN(obj->map_count, 4096), id = obj->index->map_infos[idx].inner_id, found = 0;

	for (u32 i = 0; i < end; i++) {
		if (i == idx || obj->maps[i].id != id || use_of(obj, i) != use_of(obj, idx))
			continue;
		obj->maps[idx].inner = i;
		found++;
	}
	if (found != 1)
		object_map_bad(obj, idx,
			       object_text(obj, "%s map has the id %u of its inner map",
					   found == 0 ? "no" : "more than one", id));
}

u32 object_map_at(const struct object *obj, u32 section, u64 off)
{
	const struct section_info *info = &obj->index->sections[section];
	u32 low = info->first, high = info->first + info->count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		u64 at = obj->index->map_infos[mid].off;

		if (at == off)
			return mid;
		if (at < off)
			low = mid + 1;
		else
			high = mid;
	}
	return PROG_NO_INDEX;
}

static bool is_globals(const struct elf_section *section)
{
	if (section->type != ELF_SHT_PROGBITS && section->type != ELF_SHT_NOBITS)
		return false;
	return (section->flags & ELF_SHF_ALLOC) != 0 && section->size > 0 &&
	       (elf_name_is(section->name, ".data") || elf_name_is(section->name, ".rodata") ||
		elf_name_is(section->name, ".bss"));
}

static int add_globals(struct object *obj, u32 idx)
{
	const struct elf_section *section = &obj->elf.sections[idx];
	struct section_info *info = &obj->index->sections[idx];
	u32 limit = obj->dialect == DIALECT_WINDOWS ? GLOBALS_MAX_WINDOWS : GLOBALS_MAX;
	struct prog_map *map;
	u32 map_idx;

	if (object_add_map(obj, section->name, idx, 0, &map_idx) != 0)
		return ERR_NOMEM;
	info->use = SECTION_GLOBALS;
	info->first = map_idx;
	info->count = 1;
	map = &obj->maps[map_idx];
	map->type = spec_map_type_by_kind(MAP_KIND_ARRAY);
	map->key_size = 4;
	map->max_entries = 1;
	map->is_global = true;
	map->read_only = elf_name_is(section->name, ".rodata");
	if (section->size > limit) {
		object_map_bad(obj, map_idx,
			       object_text(obj,
					   "0x%llx bytes of global variables, the limit is 0x%x",
					   section->size, limit));
		return 0;
	}
	map->value_size = (u32)section->size;
	if (section->type == ELF_SHT_NOBITS)
		return 0;
	if (section->data == NULL) {
		object_map_bad(obj, map_idx, section->bad);
		return 0;
	}
	map->initial = section->data;
	map->initial_len = (u32)section->size;
	return 0;
}

static int read_section(struct object *obj, u32 idx)
{
	const struct elf_section *section = &obj->elf.sections[idx];
	struct section_info *info = &obj->index->sections[idx];

	if (info->use != SECTION_OTHER)
		return 0;
	if (str_eq(section->name, "maps") || str_starts(section->name, "maps/")) {
		info->use = SECTION_LEGACY_MAPS;
		info->first = obj->map_count;
		return legacy_maps_read(obj, idx);
	}
	if (str_eq(section->name, ".maps")) {
		info->use = SECTION_BTF_MAPS;
		info->first = obj->map_count;
		return btf_maps_read(obj, idx);
	}
	return is_globals(section) ? add_globals(obj, idx) : 0;
}

int object_find_maps(struct object *obj, const struct kconfig *kconfig, struct error *err)
{
	for (u32 i = 1; i < obj->elf.section_count; i++)
		if (read_section(obj, i) != 0)
			return error_set(err, ERR_NOMEM, "out of memory");
	if (legacy_maps_find_inner(obj) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	if (object_find_map_fields(obj) != 0 || object_read_kconfig(obj, kconfig) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	return 0;
}
