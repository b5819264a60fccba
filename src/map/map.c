/* SPDX-License-Identifier: MIT */
/* The rules that definitions of all map types obey, and the way from a definition to its type. */
#include "map/map.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/types.h"
#include "spec/spec.h"

/* NULL: the dialects have the type, this build does not. */
static const struct map_ops *ops_of(enum map_kind kind)
{
	static const struct map_ops *const table[MAP_KIND_COUNT] = {
		[MAP_KIND_HASH] = &map_hash_ops,
		[MAP_KIND_ARRAY] = &map_array_ops,
		[MAP_KIND_PROG_ARRAY] = &map_prog_array_ops,
	};

	return (u32)kind < MAP_KIND_COUNT ? table[kind] : NULL;
}

static int check_type(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	const struct spec_map_type *type = def->type;

	if (type == NULL)
		return error_set(err, ERR_INVAL, "the map's type is unknown");
	if ((dialect == DIALECT_WINDOWS && type->windows == 0) ||
	    (dialect == DIALECT_LINUX && type->linux_ == 0))
		return error_set(err, ERR_INVAL, "map type %s is not one of the %s dialect",
				 type->name, dialect_name(dialect));
	if (ops_of(type->kind) == NULL)
		return error_set(err, ERR_NOTSUP, "map type %s is not supported yet", type->name);
	return 0;
}

static int check_key_size(const struct prog_map *def, struct error *err)
{
	u32 flags = def->type->flags;

	if ((flags & MAP_TYPE_NO_KEY) != 0) {
		if (def->key_size != 0)
			return error_set(err, ERR_INVAL, "key_size of a %s must be 0, not %u",
					 def->type->name, def->key_size);
		return 0;
	}
	if ((flags & MAP_TYPE_INDEX_KEY) != 0) {
		if (def->key_size != sizeof(u32))
			return error_set(err, ERR_INVAL, "key_size of a %s must be 4, not %u",
					 def->type->name, def->key_size);
		return 0;
	}
	if (def->key_size == 0)
		return error_set(err, ERR_INVAL, "key_size must not be 0");
	if (def->key_size > MAP_MAX_KEY)
		return error_set(err, ERR_TOOBIG, "key_size %u is over the limit of %u",
				 def->key_size, MAP_MAX_KEY);
	return 0;
}

static int check_global(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	if (def->type->kind != MAP_KIND_ARRAY || def->max_entries != 1)
		return error_set(err, ERR_INVAL, "a global section must be an array of one entry");
	if (dialect == DIALECT_WINDOWS && def->value_size > MAP_MAX_GLOBAL)
		return error_set(err, ERR_TOOBIG,
				 "a global section of %u bytes is over the limit of %u",
				 def->value_size, MAP_MAX_GLOBAL);
	return 0;
}

static int check_flags(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	u32 unknown = def->flags;

	if (dialect != DIALECT_WINDOWS)
		unknown &= ~ops_of(def->type->kind)->flags;
	if (unknown != 0)
		return error_set(err, ERR_INVAL, "map flags 0x%x are not known for a %s", unknown,
				 def->type->name);
	return 0;
}

static int check_def(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	int r = check_type(def, dialect, err);

	if (r == 0)
		r = check_key_size(def, err);
	if (r == 0 && def->value_size == 0)
		r = error_set(err, ERR_INVAL, "value_size must not be 0");
	if (r == 0 && def->max_entries == 0)
		r = error_set(err, ERR_INVAL, "max_entries must not be 0");
	if (r == 0 && def->is_global)
		r = check_global(def, dialect, err);
	if (r == 0)
		r = check_flags(def, dialect, err);
	if (r == 0 && def->initial_len > def->value_size)
		r = error_set(err, ERR_INVAL, "%u bytes of initial contents for a value of %u",
			      def->initial_len, def->value_size);
	return r;
}

static int set_initial(struct map *map, const struct prog_map *def, struct error *err)
{
	void *value;

	if (def->initial == NULL || def->initial_len == 0)
		return 0;
	value = map_direct_value(map);
	if (value == NULL)
		return error_set(err, ERR_INVAL, "a %s takes no initial contents", def->type->name);
	memcpy(value, def->initial, def->initial_len);
	return 0;
}

int map_new(const struct prog_map *def, enum dialect dialect, struct map **ret_map,
	    struct error *err)
{
	const struct map_ops *ops;
	struct map *map;
	int r = check_def(def, dialect, err);

	if (r < 0)
		return r;
	ops = ops_of(def->type->kind);
	map = mem_zalloc(ops->size);
	if (map == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a map");
	map->ops = ops;
	map->def = *def;
	map->def.name = NULL;
	map->def.initial = NULL;
	map->def.initial_len = 0;
	map->dialect = dialect;
	map->read_only = def->read_only || (def->flags & MAP_F_RDONLY_PROG) != 0;
	r = ops->init(map, err);
	if (r == 0)
		r = set_initial(map, def, err);
	if (r < 0) {
		map_free(map);
		return r;
	}
	*ret_map = map;
	return 0;
}

void map_free(struct map *map)
{
	if (map == NULL)
		return;
	map->ops->fini(map);
	mem_free(map);
}

void *map_direct_value(struct map *map)
{
	static const u32 first;

	return map->def.type->kind == MAP_KIND_ARRAY ? map->ops->lookup(map, &first) : NULL;
}

int map_check_update_flags(u64 flags)
{
	return flags > MAP_EXIST ? ERR_INVAL : 0;
}

int map_next_index(const struct map *map, const void *key, void *ret_key)
{
	u32 next = 0;

	if (key != NULL) {
		memcpy(&next, key, sizeof(next));
		/* A key outside starts again, as a deleted key of a hash does. */
		next = next < map->def.max_entries ? next + 1 : 0;
	}
	if (next >= map->def.max_entries)
		return ERR_NOENT;
	memcpy(ret_key, &next, sizeof(next));
	return 0;
}
