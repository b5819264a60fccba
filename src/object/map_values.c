/* SPDX-License-Identifier: MIT */
/* Maps and programs that a map of maps or an array of programs holds from the start: in the file,
 * the array "values" at the end of the map's variable, each element an address that a relocation
 * fills in. The element's index is the key. */
#include "base/le.h"
#include "base/str.h"
#include "object/index.h"

#define VALUE_SIZE 8 /* an address */

static bool holds_maps(const struct spec_map_type *type)
{
	return type->kind == MAP_KIND_ARRAY_OF_MAPS || type->kind == MAP_KIND_HASH_OF_MAPS;
}

/* What makes a map fit where its template stands; sizes are what programs rely on. */
static bool fits_template(const struct object *obj, const struct prog_map *outer, u32 idx)
{
	const struct prog_map *map = &obj->maps[idx], *inner;

	if (outer->inner == PROG_NO_INDEX)
		return true;
	inner = &obj->maps[outer->inner];
	return map->type_number == inner->type_number && map->key_size == inner->key_size &&
	       map->value_size == inner->value_size;
}

static const char *map_value(struct object *obj, u32 map, u64 off, struct prog_map_value *value)
{
	const struct prog_map *outer = &obj->maps[map];

	value->map = object_map_at(obj, obj->index->map_infos[map].section, off);
	if (value->map == PROG_NO_INDEX)
		return object_text(obj, "value %u is no map (0x%llx of section .maps)",
				   value->index, off);
	value->name = obj->maps[value->map].name;
	if (outer->type != NULL && !holds_maps(outer->type))
		return object_text(obj, "value %u is map %s, but it is no map of maps",
				   value->index, value->name);
	if (obj->index->map_infos[value->map].bad != NULL)
		return object_text(obj, "value %u: the definition of map %s is bad", value->index,
				   value->name);
	if (!fits_template(obj, outer, value->map))
		return object_text(obj, "value %u: map %s differs from the inner map's definition",
				   value->index, value->name);
	return NULL;
}

static const char *prog_value(struct object *obj, u32 map, u32 section, u64 off,
			      struct prog_map_value *value)
{
	const struct prog_map *outer = &obj->maps[map];

	value->prog = object_func_at(obj, section, off);
	if (value->prog == PROG_NO_INDEX || obj->progs[value->prog].off != off)
		return object_text(obj, "value %u: no program begins at 0x%llx of section %s",
				   value->index, off, obj->elf.sections[section].name);
	value->name = obj->progs[value->prog].name;
	if (outer->type != NULL && outer->type->kind != MAP_KIND_PROG_ARRAY)
		return object_text(obj, "value %u is program %s, but it is no array of programs",
				   value->index, value->name);
	return NULL;
}

/* One relocation. The text says what is wrong, NULL: nothing. */
static const char *read_value(struct object *obj, u32 map, const struct elf_reloc *reloc,
			      struct prog_map_value *value)
{
	const struct map_info *info = &obj->index->map_infos[map];
	const struct elf_section *section = &obj->elf.sections[info->section];
	const struct elf_symbol *symbol = &obj->elf.symbols[reloc->symbol];
	u64 index, off;

	/* Clang up to 12 used the type for code here, too. */
	if (reloc->type != RELOC_64_ABS64 && reloc->type != RELOC_64_64)
		return object_text(obj, "its value at 0x%llx has relocation type %u", reloc->offset,
				   reloc->type);
	if (!info->has_values || reloc->offset < info->values_off ||
	    (reloc->offset - info->values_off) % VALUE_SIZE != 0)
		return object_text(obj, "the address at 0x%llx is none of its values",
				   reloc->offset);
	if (section->size - reloc->offset < VALUE_SIZE)
		return object_text(obj, "its value at 0x%llx reaches beyond the section's end",
				   reloc->offset);
	index = (reloc->offset - info->values_off) / VALUE_SIZE;
	if (index >= obj->maps[map].max_entries)
		return object_text(obj, "value %llu of %u entries", index,
				   obj->maps[map].max_entries);
	if (symbol->section >= obj->elf.section_count || symbol->section == ELF_SHN_UNDEF)
		return object_text(obj, "value %llu: %s is not defined in the file", index,
				   symbol->name);
	*value = (struct prog_map_value){ (u32)index, PROG_NO_INDEX, PROG_NO_INDEX, NULL };
	off = symbol->value + (u64)reloc->addend + le64_load(section->data + reloc->offset);
	if (symbol->section == info->section)
		return map_value(obj, map, off, value);
	if (obj->index->sections[symbol->section].use == SECTION_CODE)
		return prog_value(obj, map, symbol->section, off, value);
	return object_text(obj, "value %llu is neither a map nor a program, but in section %s",
			   index, obj->elf.sections[symbol->section].name);
}

static int read_values(struct object *obj, u32 map, const struct elf_reloc *relocs, u32 count)
{
	struct prog_map_value *values;
	const char *bad = NULL;

	if (obj->index->map_infos[map].bad != NULL)
		return 0;
	if (count > OBJECT_MAX_VALUES) {
		object_map_bad(obj, map,
			       object_text(obj, "%u initial values, the limit is %u", count,
					   OBJECT_MAX_VALUES));
		return 0;
	}
	values = arena_array(&obj->arena, count, sizeof(*values));
	if (values == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; bad == NULL && i < count && !obj->index->no_memory; i++) {
		bad = read_value(obj, map, &relocs[i], &values[i]);
		if (bad == NULL && i > 0 && values[i].index == values[i - 1].index)
			bad = object_text(obj, "value %u is given twice", values[i].index);
	}
	if (obj->index->no_memory)
		return ERR_NOMEM;
	if (bad != NULL) {
		object_map_bad(obj, map, bad);
		return 0;
	}
	obj->maps[map].values = values;
	obj->maps[map].value_count = count;
	return 0;
}

/* Without its relocations nobody knows what a map with values holds. */
static int no_relocs(struct object *obj, const struct section_info *info, const struct error *err)
{
	if (err->status == ERR_NOMEM)
		return ERR_NOMEM;
	for (u32 i = info->first; i < info->first + info->count; i++)
		if (obj->index->map_infos[i].has_values)
			object_map_bad(obj, i, object_text(obj, "its values: %s", err->text));
	return obj->index->no_memory ? ERR_NOMEM : 0;
}

/* A definition's bytes mean nothing beside the addresses in it, so they are zero. at: the first
 * relocation that may be in it; returns the first one behind it. */
static u32 check_bytes(struct object *obj, u32 map, u64 end, u32 at)
{
	const struct map_info *map_info = &obj->index->map_infos[map];
	const struct section_info *info = &obj->index->sections[map_info->section];
	const u8 *data = obj->elf.sections[map_info->section].data;

	for (u64 off = map_info->off; off < end; off++) {
		if (at < info->reloc_count && info->relocs[at].offset <= off) {
			if (off - info->relocs[at].offset < VALUE_SIZE) {
				off = info->relocs[at].offset + VALUE_SIZE - 1;
				at++;
				continue;
			}
			at++;
		}
		if (data[off] != 0) {
			object_map_bad(obj, map,
				       object_text(obj, "byte 0x%llx of section %s has no meaning",
						   off, obj->elf.sections[map_info->section].name));
			break;
		}
	}
	while (at < info->reloc_count && info->relocs[at].offset < end)
		at++;
	return at;
}

static int check_all_bytes(struct object *obj, u32 section)
{
	const struct section_info *info = &obj->index->sections[section];
	u64 size = obj->elf.sections[section].size;
	u32 at = 0;

	for (u32 i = info->first; i < info->first + info->count; i++) {
		u64 end =
			i + 1 < info->first + info->count ? obj->index->map_infos[i + 1].off : size;

		if (obj->index->map_infos[i].off < size)
			at = check_bytes(obj, i, MIN(end, size), at);
	}
	return obj->index->no_memory ? ERR_NOMEM : 0;
}

int map_values_read(struct object *obj, u32 section)
{
	const struct section_info *info = &obj->index->sections[section];
	struct error detail = { 0 };
	u32 at = 0;

	if (info->count == 0 || obj->elf.sections[section].data == NULL)
		return 0;
	if (object_read_relocs(obj, section, &detail) != 0)
		return no_relocs(obj, info, &detail);
	while (at < info->reloc_count &&
	       info->relocs[at].offset < obj->index->map_infos[info->first].off)
		at++;
	if (at > 0)
		object_warn(obj, "section .maps: %u addresses before its first map are ignored",
			    at);
	/* Relocations and maps are both in order of their offsets. */
	for (u32 i = 0; i < info->count && at < info->reloc_count; i++) {
		u32 map = info->first + i, from = at;

		while (at < info->reloc_count &&
		       (i + 1 == info->count ||
			info->relocs[at].offset < obj->index->map_infos[map + 1].off))
			at++;
		if (at > from && read_values(obj, map, &info->relocs[from], at - from) != 0)
			return ERR_NOMEM;
	}
	return check_all_bytes(obj, section);
}
