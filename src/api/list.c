/* SPDX-License-Identifier: MIT */
/* oriel/object.h: what is in an object. */
#include "api/api.h"

int oriel_object_get_info(const struct oriel_object *object, struct oriel_object_info *ret_info)
{
	const struct object *obj = object->object;
	const struct oriel_object_info info = {
		.size = sizeof(info),
		.file = obj->file,
		.dialect_why = obj->dialect_why,
		.license = obj->license,
		.dialect = (enum oriel_dialect)obj->dialect,
		.section_count = obj->elf.section_count,
		.program_count = obj->prog_count,
		.map_count = obj->map_count,
		.global_count = object->global_count,
		.warning_count = obj->warning_count,
		.btf_type_count = obj->btf.type_count > 0 ? obj->btf.type_count - 1 : 0,
		.core_relocation_count = object_core_relo_count(obj),
	};

	return api_give_info(&info, ret_info);
}

const char *oriel_object_warning(const struct oriel_object *object, uint32_t index)
{
	const struct object *obj = object->object;

	return index < obj->warning_count ? obj->warnings[index] : NULL;
}

int oriel_object_get_section(const struct oriel_object *object, uint32_t index,
			     struct oriel_section_info *ret_info)
{
	const struct object *obj = object->object;
	struct oriel_section_info info = { .size = sizeof(info) };
	const struct elf_section *section;

	if (index >= obj->elf.section_count)
		return ERR_RANGE;
	section = &obj->elf.sections[index];
	info.name = section->name;
	info.bytes = section->data;
	info.bad = section->bad;
	info.byte_count = section->size;
	info.flags = section->flags;
	info.type = section->type;
	info.link = section->link;
	return api_give_info(&info, ret_info);
}

int oriel_object_get_program(const struct oriel_object *object, uint32_t index,
			     struct oriel_program_info *ret_info)
{
	const struct object *obj = object->object;
	struct oriel_program_info info = { .size = sizeof(info) };
	const struct object_prog *prog;

	if (index >= obj->prog_count)
		return ERR_RANGE;
	prog = &obj->progs[index];
	info.name = prog->name;
	info.section = prog->section;
	info.offset = prog->off;
	info.section_index = prog->section_idx;
	info.insn_count = prog->count;
	info.flags = prog->is_subprog ? ORIEL_PROGRAM_SUBPROGRAM : 0;
	if (prog->match != NULL && prog->match->type != NULL) {
		info.type = prog->match->type->name;
		info.type_number = prog->match->type->number;
	}
	if (prog->match != NULL && prog->match->attach != NULL) {
		info.attach_type = prog->match->attach->name;
		info.attach_type_number = prog->match->attach->number;
	}
	return api_give_info(&info, ret_info);
}

uint32_t oriel_object_find_program(const struct oriel_object *object, const char *name)
{
	return object_find_prog(object->object, name);
}
_Static_assert(ORIEL_NO_INDEX == PROG_NO_INDEX, "find_program passes it on");

static u32 map_properties(const struct prog_map *map)
{
	return (map->is_global ? ORIEL_MAP_GLOBAL : 0u) |
	       (map->read_only ? ORIEL_MAP_READ_ONLY : 0u);
}

int oriel_object_get_map(const struct oriel_object *object, uint32_t index,
			 struct oriel_map_info *ret_info)
{
	const struct object *obj = object->object;
	struct oriel_map_info info = { .size = sizeof(info) };
	const struct prog_map *map;

	if (index >= obj->map_count)
		return ERR_RANGE;
	map = &obj->maps[index];
	info.name = map->name;
	info.type = map->type != NULL ? map->type->name : NULL;
	info.initial = map->initial;
	info.initial_size = map->initial_len;
	info.extra = map->extra;
	info.type_number = map->type_number;
	info.key_size = map->key_size;
	info.value_size = map->value_size;
	info.max_entries = map->max_entries;
	info.flags = map->flags;
	info.inner_map = map->inner;
	info.pinning = map->pinning;
	info.properties = map_properties(map);
	return api_give_info(&info, ret_info);
}

int oriel_object_get_global(const struct oriel_object *object, uint32_t index,
			    struct oriel_global_info *ret_info)
{
	struct oriel_global_info info = { .size = sizeof(info) };
	const struct object_global *global;

	if (index >= object->global_count)
		return ERR_RANGE;
	global = &object->globals[index];
	info.name = global->name;
	info.map = global->map;
	info.offset = global->off;
	info.byte_count = global->size;
	info.properties = map_properties(&object->object->maps[global->map]);
	return api_give_info(&info, ret_info);
}
