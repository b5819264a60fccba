/* SPDX-License-Identifier: MIT */
/* Maps as objects of a runtime. */
#include "base/str.h"
#include "runtime/invocation.h"

int runtime_create_map(struct runtime *rt, const struct runtime_map_options *options,
		       struct map **ret_map, struct error *err)
{
	const struct prog_map *def = options->def;
	struct map_options map_options = { .size = sizeof(map_options),
					   .def = def,
					   .dialect = rt->dialect,
					   .cpus = rt->cpus,
					   .inner = options->inner,
					   .account = &rt->account,
					   .epoch = &rt->epoch };
	struct provider *provider = map_provider_hold(rt, def->type);
	struct map *map;
	int r;

	if (provider != NULL)
		map_options.provider = &provider->maps;
	r = map_create(&map_options, &map, err);
	map_provider_release(provider);
	if (r == 0) {
		r = core_table_add(&rt->ids[CORE_MAP], &map->core);
		if (r < 0) {
			map_free(map);
			r = error_set(err, r, "%s",
				      r == ERR_NOSPC ? "too many maps" : "no memory for a map");
		}
	}
	if (r < 0) {
		(void)error_prefix(err, "map '%s'", def->name == NULL ? "?" : def->name);
		return r;
	}
	*ret_map = map;
	return 0;
}

/* What an inner map has to be: as the file says, or as the first one that it puts in. */
static const struct prog_map *template_of(const struct prog_map *maps, u32 count,
					  const struct prog_map *def)
{
	u32 idx = def->inner;

	if (def->type == NULL || (def->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return NULL;
	if (idx == PROG_NO_INDEX && def->value_count > 0)
		idx = def->values[0].map;
	return idx < count ? &maps[idx] : NULL;
}

static int make_map(struct runtime *rt, const struct prog_map *maps, u32 count, u32 idx,
		    struct map **ret_map, struct error *err)
{
	const struct prog_map *def = &maps[idx];
	struct runtime_map_options options = { .size = sizeof(options),
					       .def = def,
					       .inner = template_of(maps, count, def) };
	int r = def->pinning == 1 ? runtime_reuse_map(rt, &options, NULL, ret_map, NULL, err)
				  : runtime_create_map(rt, &options, ret_map, err);

	if (r == ERR_NOTSUP) {
		/* Not the caller's error, unless a program needs the map. */
		if (err != NULL)
			*err = (struct error){ 0 };
		return 0;
	}
	return r;
}

/* The inner maps that the file puts in. Arrays of programs are filled when programs are loaded. */
static int fill_map(struct map *const *maps, u32 count, u32 idx, const struct prog_map *def,
		    struct error *err)
{
	int r = 0;

	if (maps[idx] == NULL || (def->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return 0;
	for (u32 i = 0; r == 0 && i < def->value_count; i++) {
		const struct prog_map_value *value = &def->values[i];

		if (value->map >= count || maps[value->map] == NULL)
			continue; /* a type that this build lacks */
		r = map_set_inner(maps[idx], &value->index, maps[value->map], MAP_ANY, err);
		if (r < 0) {
			(void)error_prefix(err, "value %u, '%s'", value->index, value->name);
			(void)error_prefix(err, "map '%s'", def->name == NULL ? "?" : def->name);
		}
	}
	return r;
}

int runtime_create_maps(struct runtime *rt, const struct prog_map *maps, u32 count,
			struct map **ret_maps, struct error *err)
{
	int r = 0;

	for (u32 i = 0; r == 0 && i < count; i++)
		r = make_map(rt, maps, count, i, &ret_maps[i], err);
	for (u32 i = 0; r == 0 && i < count; i++)
		r = fill_map(ret_maps, count, i, &maps[i], err);
	return r;
}

static const struct spec_prog_type *type_of(const struct core_object *core)
{
	return CONTAINER_OF(core, const struct runtime_prog, core)->prog->type;
}

/* The type of the programs that the array holds already; NULL when it is empty. */
static const struct spec_prog_type *type_in(struct map *map)
{
	const struct spec_prog_type *type = NULL;
	u8 state = os_lock_take(&map->inner_lock); /* what is in there stays */

	for (u32 i = 0; type == NULL && i < map->def.max_entries; i++) {
		const struct core_object *prog = prog_array_get(map, i);

		if (prog != NULL)
			type = type_of(prog);
	}
	os_lock_give(&map->inner_lock, state);
	return type;
}

int runtime_set_tail_call(struct map *array, u32 index, struct runtime_prog *prog,
			  struct error *err)
{
	const char *name = array->core.name;
	const struct spec_prog_type *type;
	int r;

	if (array->def.type->kind != MAP_KIND_PROG_ARRAY)
		return error_set(err, ERR_INVAL, "map '%s' is no prog array", name);
	type = type_in(array);
	if (prog != NULL && type != NULL && type != prog->prog->type)
		return error_set(err, ERR_INVAL,
				 "program '%s' is of type %s, prog array '%s' holds %s",
				 prog->prog->name, prog->prog->type->name, name, type->name);
	r = prog_array_set(array, index, prog == NULL ? NULL : &prog->core);
	if (r < 0)
		return error_set(err, r, "index %u is outside prog array '%s' of %u", index, name,
				 array->def.max_entries);
	return 0;
}

static u32 inner_id(struct map *map)
{
	u8 key[MAP_MAX_KEY];
	u32 id = 0;
	int r;

	if ((map->def.type->flags & MAP_TYPE_OF_MAPS) == 0)
		return 0;
	for (r = map_next_key(map, NULL, key); r == 0; r = map_next_key(map, key, key))
		if (map_read(map, key, &id) == 0)
			return id;
	return 0;
}

void runtime_map_info(struct runtime *rt, struct map *map, struct runtime_map_info *ret_info)
{
	*ret_info = (struct runtime_map_info){
		.id = map->core.id,
		.type_number = rt->dialect == DIALECT_WINDOWS ? map->def.type->windows
							      : map->def.type->linux_,
		.key_size = map->def.key_size,
		.value_size = map->def.value_size,
		.max_entries = map->def.max_entries,
		.flags = map->def.flags,
		.inner_id = inner_id(map),
		.pins = __atomic_load_n(&map->core.pins, __ATOMIC_RELAXED),
		.extra = map->def.extra,
		.memory = map->memory,
		.type = map->def.type->name,
	};
	memcpy(ret_info->name, map->core.name, sizeof(ret_info->name));
}
