/* SPDX-License-Identifier: MIT */
/* Maps defined by BTF, in section .maps: a variable's struct type is the definition, and its
 * members are attributes. A number n is a pointer to an array of n elements (or an enumeration
 * with the one value n), a type a pointer to it, templates of inner maps are the elements of the
 * array "values". */
#include "base/sort.h"
#include "base/str.h"
#include "object/index.h"

struct definition {
	const char *name;
	u64 off; /* in the section; UINT64_MAX: no symbol */
	u32 type;
};

enum attribute_kind { ATTR_NUMBER, ATTR_TYPE, ATTR_VALUES };

enum attribute {
	MAP_ATTR_TYPE,
	MAP_ATTR_KEY_SIZE,
	MAP_ATTR_VALUE_SIZE,
	MAP_ATTR_MAX_ENTRIES,
	MAP_ATTR_FLAGS,
	MAP_ATTR_PINNING,
	MAP_ATTR_EXTRA,
	MAP_ATTR_NUMA_NODE,
	MAP_ATTR_ID,
	MAP_ATTR_INNER_ID,
	MAP_ATTR_KEY,
	MAP_ATTR_VALUE,
	MAP_ATTR_VALUES,
};

static const struct {
	const char *name;
	enum attribute attribute;
	enum attribute_kind kind;
} attributes[] = {
	{ "type", MAP_ATTR_TYPE, ATTR_NUMBER },
	{ "key_size", MAP_ATTR_KEY_SIZE, ATTR_NUMBER },
	{ "value_size", MAP_ATTR_VALUE_SIZE, ATTR_NUMBER },
	{ "max_entries", MAP_ATTR_MAX_ENTRIES, ATTR_NUMBER },
	{ "map_flags", MAP_ATTR_FLAGS, ATTR_NUMBER },
	{ "pinning", MAP_ATTR_PINNING, ATTR_NUMBER },
	{ "map_extra", MAP_ATTR_EXTRA, ATTR_NUMBER },
	{ "numa_node", MAP_ATTR_NUMA_NODE, ATTR_NUMBER },
	{ "id", MAP_ATTR_ID, ATTR_NUMBER },
	{ "inner_id", MAP_ATTR_INNER_ID, ATTR_NUMBER },
	{ "key", MAP_ATTR_KEY, ATTR_TYPE },
	{ "value", MAP_ATTR_VALUE, ATTR_TYPE },
	{ "values", MAP_ATTR_VALUES, ATTR_VALUES },
};

/* What one definition said so far. */
struct reading {
	struct object *obj;
	u32 idx; /* of the map */
	u32 type_number;
	u32 seen; /* a bit for each row of attributes */
	bool has_type, has_key_size, has_value_size;
	u32 values; /* type of the elements of "values", 0: none */
	const char *bad;
};

static int definition_compare(const void *left, const void *right)
{
	const struct definition *a = left, *b = right;

	return a->off < b->off ? -1 : a->off > b->off;
}

static const struct btf_type *bare(const struct object *obj, u32 id)
{
	return btf_type(&obj->btf, btf_skip_modifiers(&obj->btf, id));
}

static bool read_number(const struct object *obj, u32 id, u64 *ret)
{
	const struct btf_type *type = bare(obj, id);

	if ((type->kind == BTF_ENUM || type->kind == BTF_ENUM64) && type->count == 1) {
		*ret = (u64)type->members[0].value;
		return true;
	}
	if (type->kind != BTF_PTR)
		return false;
	type = bare(obj, type->type);
	if (type->kind != BTF_ARRAY)
		return false;
	*ret = type->count;
	return true;
}

static bool read_type_size(const struct object *obj, u32 id, u32 *ret)
{
	const struct btf_type *type = bare(obj, id);
	u64 size;

	if (type->kind != BTF_PTR || !btf_size_of(&obj->btf, type->type, &size) ||
	    size > UINT32_MAX)
		return false;
	*ret = (u32)size;
	return true;
}

/* A size may be given twice, as a number and by a type; then both have to agree. */
static void set_size(struct reading *reading, u32 *size, bool *has, u64 value)
{
	if (*has && *size != value)
		reading->bad = object_text(reading->obj, "two sizes, %u and %llu", *size, value);
	*size = (u32)value;
	*has = true;
}

static void set_number(struct reading *reading, enum attribute attribute, u64 value)
{
	struct prog_map *map = &reading->obj->maps[reading->idx];

	if (value > UINT32_MAX && attribute != MAP_ATTR_EXTRA) {
		reading->bad =
			object_text(reading->obj, "attribute value 0x%llx is too large", value);
		return;
	}
	switch (attribute) {
	case MAP_ATTR_TYPE:
		reading->type_number = (u32)value;
		reading->has_type = true;
		break;
	case MAP_ATTR_KEY_SIZE:
	case MAP_ATTR_KEY: set_size(reading, &map->key_size, &reading->has_key_size, value); break;
	case MAP_ATTR_VALUE_SIZE:
	case MAP_ATTR_VALUE:
		set_size(reading, &map->value_size, &reading->has_value_size, value);
		break;
	case MAP_ATTR_MAX_ENTRIES: map->max_entries = (u32)value; break;
	case MAP_ATTR_FLAGS: map->flags = (u32)value; break;
	case MAP_ATTR_PINNING:
		map->pinning = (u32)value;
		if (value > 1)
			reading->bad = object_text(reading->obj, "pinning %llu is unknown", value);
		break;
	case MAP_ATTR_EXTRA: map->extra = value; break;
	case MAP_ATTR_ID: map->id = (u32)value; break;
	case MAP_ATTR_INNER_ID:
		reading->obj->index->map_infos[reading->idx].inner_id = (u32)value;
		break;
	case MAP_ATTR_NUMA_NODE: /* a hint about placement */
	case MAP_ATTR_VALUES: break;
	}
}

static void set_type(struct reading *reading, enum attribute attribute, u32 id)
{
	struct prog_map *map = &reading->obj->maps[reading->idx];

	if (attribute == MAP_ATTR_KEY)
		map->key_type = id;
	else
		map->value_type = id;
}

static void set_values(struct reading *reading, const struct btf_member *member)
{
	const struct btf_type *type = bare(reading->obj, member->type);

	struct map_info *info = &reading->obj->index->map_infos[reading->idx];

	if (type->kind != BTF_ARRAY) {
		reading->bad = "attribute values is not an array";
		return;
	}
	reading->values = type->type;
	info->has_values = true;
	info->values_off = info->off + member->off / 8;
}

static void read_attribute(struct reading *reading, const struct btf_member *member)
{
	struct object *obj = reading->obj;
	u64 number;
	u32 size;
	size_t i = 0;

	while (i < ARRAY_COUNT(attributes) && !str_eq(attributes[i].name, member->name))
		i++;
	if (i == ARRAY_COUNT(attributes)) {
		reading->bad = object_text(obj, "attribute \"%s\" is unknown", member->name);
		return;
	}
	if ((reading->seen & 1u << i) != 0) {
		reading->bad = object_text(obj, "attribute %s is given twice", member->name);
		return;
	}
	reading->seen |= 1u << i;
	switch (attributes[i].kind) {
	case ATTR_NUMBER:
		if (read_number(obj, member->type, &number)) {
			set_number(reading, attributes[i].attribute, number);
			return;
		}
		break;
	case ATTR_TYPE:
		if (read_type_size(obj, member->type, &size)) {
			set_number(reading, attributes[i].attribute, size);
			set_type(reading, attributes[i].attribute, bare(obj, member->type)->type);
			return;
		}
		break;
	case ATTR_VALUES: set_values(reading, member); return;
	}
	reading->bad = object_text(obj, "attribute %s has a type of another form", member->name);
}

/* Why a map cannot have the attribute values, NULL: it can. is_struct: of pointers to structs. */
static const char *check_values(struct object *obj, const struct prog_map *map, bool is_struct)
{
	bool of_maps;

	if (map->type == NULL)
		return NULL;
	of_maps = (map->type->flags & MAP_TYPE_OF_MAPS) != 0;
	if (!of_maps && map->type->kind != MAP_KIND_PROG_ARRAY)
		return object_text(obj, "a map of type %s has no values", map->type->name);
	return of_maps == is_struct ? NULL : "its values are of another type";
}

/* Of pointers to templates, or of pointers to programs. Returns the template's struct or 0. */
static u32 read_values(struct reading *reading)
{
	struct object *obj = reading->obj;
	struct prog_map *map = &obj->maps[reading->idx];
	const struct btf_type *element = bare(obj, reading->values);
	u32 inner = btf_skip_modifiers(&obj->btf,
				       element->kind == BTF_PTR ? element->type : reading->values);
	bool is_struct = btf_type(&obj->btf, inner)->kind == BTF_STRUCT;
	const char *bad = check_values(obj, map, is_struct);

	if (bad != NULL || obj->index->no_memory)
		object_map_bad(obj, reading->idx, bad);
	if (!reading->has_key_size)
		map->key_size = 4;
	if (!reading->has_value_size)
		map->value_size = 4;
	return is_struct ? inner : 0;
}

/* The definition of one map. *ret_inner: the struct of the template, 0 when there is none. */
static int read_definition(struct object *obj, u32 idx, u32 type_id, u32 *ret_inner)
{
	struct reading reading = { .obj = obj, .idx = idx };
	const struct btf_type *type = bare(obj, type_id);
	u32 inner = 0;

	if (type->kind != BTF_STRUCT)
		reading.bad = "its definition is not a struct";
	for (u32 i = 0; reading.bad == NULL && i < type->count && !obj->index->no_memory; i++)
		read_attribute(&reading, &type->members[i]);
	if (reading.bad == NULL && !reading.has_type)
		reading.bad = "its definition has no type";
	if (reading.bad == NULL)
		object_map_set_type(obj, idx, reading.type_number);
	else
		object_map_bad(obj, idx, reading.bad);
	if (reading.values != 0)
		inner = read_values(&reading);
	*ret_inner = inner;
	return obj->index->no_memory ? ERR_NOMEM : 0;
}

static int read_map(struct object *obj, u32 idx, u32 type_id)
{
	u32 inner, inner_idx, inner_of_inner;
	const char *name;

	if (read_definition(obj, idx, type_id, &inner) != 0)
		return ERR_NOMEM;
	if (inner == 0)
		return 0;
	name = object_text(obj, "%s.inner", obj->maps[idx].name);
	if (name == NULL || object_add_map(obj, name, 0, 0, &inner_idx) != 0)
		return ERR_NOMEM;
	obj->maps[idx].inner = inner_idx;
	if (read_definition(obj, inner_idx, inner, &inner_of_inner) != 0)
		return ERR_NOMEM;
	if (inner_of_inner != 0)
		object_map_bad(obj, inner_idx, "an inner map has inner maps");
	if (obj->index->map_infos[inner_idx].bad != NULL)
		object_map_bad(obj, idx, "its inner map's definition is bad");
	return 0;
}

/* The symbols of section, so that variables find their place by name. */
static int index_symbols(struct object *obj, u32 section)
{
	for (u32 i = 0; i < obj->index->sections[section].symbol_count; i++) {
		const struct elf_symbol *symbol = object_symbol(obj, section, i);

		if (symbol->type == ELF_STT_OBJECT &&
		    strmap_put(&obj->index->symbols, symbol->name, symbol->value) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

static int add_maps(struct object *obj, u32 section, const struct definition *list, u32 count)
{
	struct section_info *info = &obj->index->sections[section];
	u32 idx;

	for (u32 i = 0; i < count; i++) {
		if (object_add_map(obj, list[i].name, section, list[i].off, &idx) != 0)
			return ERR_NOMEM;
		info->count++;
		if (list[i].off >= obj->elf.sections[section].size)
			object_map_bad(obj, idx, "it has no symbol inside section .maps");
	}
	for (u32 i = 0; i < count; i++)
		if (read_map(obj, info->first + i, list[i].type) != 0)
			return ERR_NOMEM;
	for (u32 i = info->first; i < info->first + info->count; i++)
		if (obj->index->map_infos[i].inner_id != 0) /* the Windows dialect's way */
			object_find_inner(obj, i);
	return map_values_read(obj, section);
}

int btf_maps_read(struct object *obj, u32 section)
{
	const struct btf_type *datasec;
	struct definition *list;
	u32 count = 0;

	if (elf_section_by_name(&obj->elf, ".maps") != section) {
		object_warn(obj, "a second section .maps is ignored");
		return 0;
	}
	datasec = btf_type(&obj->btf, btf_find(&obj->btf, BTF_DATASEC, ".maps"));
	if (datasec->kind != BTF_DATASEC) {
		object_warn(obj, "section .maps has no description in BTF");
		return 0;
	}
	list = arena_array(&obj->arena, (size_t)datasec->count + 1, sizeof(*list));
	if (list == NULL || index_symbols(obj, section) != 0)
		return ERR_NOMEM;
	for (u32 i = 0; i < datasec->count; i++) {
		const struct btf_type *var = btf_type(&obj->btf, datasec->members[i].type);

		if (var->kind != BTF_VAR)
			continue;
		list[count] = (struct definition){ var->name, UINT64_MAX, var->type };
		strmap_get(&obj->index->symbols, var->name, &list[count].off);
		count++;
	}
	if (sort_stable(list, count, sizeof(*list), definition_compare) != 0)
		return ERR_NOMEM;
	return add_maps(obj, section, list, count);
}
