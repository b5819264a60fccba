/* SPDX-License-Identifier: MIT */
/* Global variables by name: the symbols of the sections that became maps, with their types. */
#include "base/sort.h"
#include "object/index.h"

struct globals {
	struct object *obj;
	struct object_global *items;
	u32 count;
	struct strmap types; /* of one section's variables */
};

static int by_place(const void *a, const void *b)
{
	const struct object_global *x = a, *y = b;

	if (x->map != y->map)
		return x->map < y->map ? -1 : 1;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return 0;
}

/* How many there can be. */
static size_t limit_of(const struct object *obj, u32 map)
{
	if (!obj->maps[map].is_global || obj->index->sections == NULL)
		return 0;
	if (map == obj->index->config_map)
		return obj->index->config_count;
	return obj->index->sections[obj->index->map_infos[map].section].symbol_count;
}

/* The types of a section's variables, by name: before linking, BTF has no offsets. */
static int name_types(struct globals *globals, const char *section)
{
	const struct btf *btf = &globals->obj->btf;
	const struct btf_type *datasec = btf_type(btf, btf_find(btf, BTF_DATASEC, section));

	for (u32 i = 0; datasec->kind == BTF_DATASEC && i < datasec->count; i++) {
		const struct btf_type *var = btf_type(btf, datasec->members[i].type);

		if (var->kind == BTF_VAR && strmap_put(&globals->types, var->name, var->type) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

static void add(struct globals *globals, u32 map, const char *name, u64 off, u64 size)
{
	u64 type = 0;

	strmap_get(&globals->types, name, &type);
	globals->items[globals->count++] =
		(struct object_global){ name, map, (u32)off, (u32)size, (u32)type };
}

static void add_symbols(struct globals *globals, u32 map)
{
	struct object *obj = globals->obj;
	u32 section = obj->index->map_infos[map].section;
	u64 limit = obj->maps[map].value_size;

	for (u32 i = 0; i < obj->index->sections[section].symbol_count; i++) {
		const struct elf_symbol *symbol = object_symbol(obj, section, i);

		if (symbol->type == ELF_STT_OBJECT && symbol->name[0] != '\0' &&
		    symbol->value <= limit && symbol->size <= limit - symbol->value)
			add(globals, map, symbol->name, symbol->value, symbol->size);
	}
}

static int add_map(struct globals *globals, u32 map)
{
	const struct object_index *index = globals->obj->index;
	int status;

	strmap_init(&globals->types, index->symbols.seed);
	status = name_types(globals, globals->obj->maps[map].name);
	if (status == 0 && map == index->config_map)
		for (u32 i = 0; i < index->config_count; i++)
			add(globals, map, index->config_list[i].name, index->config_list[i].off,
			    index->config_list[i].size);
	else if (status == 0)
		add_symbols(globals, map);
	strmap_fini(&globals->types);
	return status;
}

int object_globals(struct object *obj, const struct object_global **ret_globals, u32 *ret_count,
		   struct error *err)
{
	struct globals globals = { .obj = obj };
	size_t limit = 0;

	for (u32 i = 0; i < obj->map_count; i++)
		limit += limit_of(obj, i);
	globals.items = arena_array(&obj->arena, limit + 1, sizeof(*globals.items));
	if (globals.items == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
	for (u32 i = 0; i < obj->map_count; i++)
		if (limit_of(obj, i) > 0 && add_map(&globals, i) != 0)
			return error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
	if (sort_stable(globals.items, globals.count, sizeof(*globals.items), by_place) != 0)
		return error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
	*ret_globals = globals.items;
	*ret_count = globals.count;
	return 0;
}
