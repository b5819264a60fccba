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
	struct map *map;
	int r = map_create(&map_options, &map, err);

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
