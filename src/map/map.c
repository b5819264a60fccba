/* SPDX-License-Identifier: MIT */
/* The rules that definitions of all map types obey, and the way from a definition to its type. */
#include "map/map.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/types.h"
#include "spec/spec.h"

/* Stands in rows of types that are not offered. */
const struct map_ops map_NONE_ops = { 0 };

/* NULL: the dialects have the type, this build does not. */
static const struct map_ops *ops_of(const struct spec_map_type *type, enum dialect dialect)
{
	static const struct map_ops *const table[MAP_KIND_COUNT] = {
#define MAP_TYPE(NAME, name, windows, linux, impl, flags) [MAP_KIND_##NAME] = &map_##impl##_ops,
#include "spec/map_types.def"
#undef MAP_TYPE
	};

	if ((type->flags & MAP_TYPE_CUSTOM) != 0 && dialect == DIALECT_WINDOWS)
		return &map_custom_ops;
	return (u32)type->kind < MAP_KIND_COUNT && table[type->kind] != &map_NONE_ops
		       ? table[type->kind]
		       : NULL;
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
	if (ops_of(type, dialect) == NULL)
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

static int check_value_size(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	if (ops_of(def->type, dialect)->no_value) {
		if (def->value_size != 0)
			return error_set(err, ERR_INVAL, "value_size of a %s must be 0, not %u",
					 def->type->name, def->value_size);
		return 0;
	}
	if (def->value_size == 0)
		return error_set(err, ERR_INVAL, "value_size must not be 0");
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
		unknown &= ~ops_of(def->type, dialect)->flags;
	if (unknown != 0)
		return error_set(err, ERR_INVAL, "map flags 0x%x are not known for a %s", unknown,
				 def->type->name);
	if (dialect == DIALECT_LINUX && def->extra != 0 && def->type->kind != MAP_KIND_BLOOM_FILTER)
		return error_set(err, ERR_INVAL, "a %s takes no map_extra", def->type->name);
	if ((def->flags & MAP_F_RDONLY) != 0 && (def->flags & MAP_F_WRONLY) != 0)
		return error_set(err, ERR_INVAL, "applications could neither read nor write it");
	if ((def->flags & MAP_F_RDONLY_PROG) != 0 && (def->flags & MAP_F_WRONLY_PROG) != 0)
		return error_set(err, ERR_INVAL, "programs could neither read nor write it");
	return 0;
}

static int check_def(const struct prog_map *def, enum dialect dialect, struct error *err)
{
	int r = check_type(def, dialect, err);
	const struct map_ops *ops = r == 0 ? ops_of(def->type, dialect) : NULL;

	if (r == 0 && !ops->any_sizes)
		r = check_key_size(def, err);
	if (r == 0 && !ops->any_sizes)
		r = check_value_size(def, dialect, err);
	if (r == 0 && def->max_entries == 0 && !ops->no_entries)
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

static void release(struct core_object *object);

static void fill_in(struct map *map, const struct map_options *options)
{
	const struct prog_map *def = options->def;

	core_object_init(&map->core, CORE_MAP, def->name, release);
	map->ops = ops_of(def->type, options->dialect);
	map->def = *def;
	map->def.name = NULL;
	map->def.initial = NULL;
	map->def.initial_len = 0;
	map->def.values = NULL;
	map->def.value_count = 0;
	map->dialect = options->dialect;
	map->read_only = def->read_only || (def->flags & MAP_F_RDONLY_PROG) != 0;
	map->write_only = (def->flags & MAP_F_WRONLY_PROG) != 0;
	map->cpus = map->ops->each_cpu || (def->type->flags & MAP_TYPE_PER_CPU) != 0
			    ? MAX(options->cpus, 1u)
			    : 1;
	map->core.id = options->id;
	map->account = options->account;
	map->epoch = options->epoch;
	map->provider = options->provider;
	if (options->inner != NULL)
		map->inner = *options->inner;
}

int map_create(const struct map_options *options, struct map **ret_map, struct error *err)
{
	const struct prog_map *def = options->def;
	struct map *map;
	int r = check_def(def, options->dialect, err);

	if (r == 0 && options->cpus > MAP_MAX_CPUS)
		r = error_set(err, ERR_INVAL, "%u CPUs are more than %u", options->cpus,
			      MAP_MAX_CPUS);
	if (r < 0)
		return r;
	map = mem_zalloc(ops_of(def->type, options->dialect)->size);
	if (map == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a map");
	fill_in(map, options);
	r = map->ops->init(map, err);
	if (r == 0)
		r = set_initial(map, def, err);
	if (r != 0) {
		map_free(map);
		return r;
	}
	/* What is in there has been relied upon when programs were verified. */
	map->frozen = def->is_global && def->read_only;
	*ret_map = map;
	return 0;
}

int map_new(const struct prog_map *def, enum dialect dialect, struct map **ret_map,
	    struct error *err)
{
	struct map_options options = { .size = sizeof(options), .def = def, .dialect = dialect };

	return map_create(&options, ret_map, err);
}

void map_hold(struct map *map)
{
	core_get(&map->core);
}

void map_drop(struct map *map)
{
	if (map != NULL)
		core_put(&map->core);
}

static void destroy(struct epoch_item *item)
{
	struct map *map = CONTAINER_OF(item, struct map, retired);

	map->ops->fini(map);
	if (map->account != NULL)
		__atomic_fetch_sub(&map->account->used, map->memory, __ATOMIC_RELAXED);
	mem_free(map);
}

void map_free(struct map *map)
{
	if (map != NULL)
		core_put_user(&map->core);
}

static void release(struct core_object *object)
{
	struct map *map = CONTAINER_OF(object, struct map, core);

	if (map->epoch != NULL)
		epoch_retire(map->epoch, &map->retired, destroy);
	else
		destroy(&map->retired);
}

int map_charge(struct map *map, u64 size, struct error *err)
{
	struct map_account *account = map->account;

	if (account != NULL) {
		u64 used = __atomic_add_fetch(&account->used, size, __ATOMIC_RELAXED);

		if (account->limit != 0 && (used > account->limit || used < size)) {
			__atomic_fetch_sub(&account->used, size, __ATOMIC_RELAXED);
			return error_set(err, ERR_NOMEM,
					 "%llu bytes are over the limit of %llu for all maps", size,
					 account->limit);
		}
	}
	map->memory += size;
	return 0;
}

int map_alloc(struct map *map, u64 count, u64 size, void **ret_mem, struct error *err)
{
	u64 total;
	void *mem;
	int r;

	if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX / 2)
		return error_set(err, ERR_TOOBIG, "%llu times %llu bytes are too many", count,
				 size);
	r = map_charge(map, total, err);
	if (r < 0)
		return r;
	mem = mem_zalloc((size_t)total);
	if (mem == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a %s of %llu bytes",
				 map->def.type->name, total);
	*ret_mem = mem;
	return 0;
}

u64 map_lookup_of(const struct map *map)
{
	/* One's own value has to be asked for by slot, too. */
	return map->ops->lookup_cpu == NULL ? (u64)(uintptr_t)map->ops->lookup : 0;
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

void *map_no_lookup(UNUSED struct map *map, UNUSED const void *key)
{
	return NULL;
}

int map_no_update(UNUSED struct map *map, UNUSED const void *key, UNUSED const void *value,
		  UNUSED u64 flags)
{
	return ERR_INVAL;
}

int map_no_remove(UNUSED struct map *map, UNUSED const void *key)
{
	return ERR_INVAL;
}

bool map_no_values(UNUSED const struct map *map, UNUSED u64 addr, UNUSED u32 size)
{
	return false;
}
