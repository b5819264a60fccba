/* SPDX-License-Identifier: MIT */
/* Map types of extensions: from what an extension registers to what map/custom.h wants, and what
 * its helpers see of its maps. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

static struct guid map_type_id(u32 number)
{
	return (struct guid){ .data1 = number };
}

/* --- registering --- */

static const struct spec_map_type *type_of(const struct runtime *rt, u32 number)
{
	return spec_map_type_by_number(rt->dialect, number);
}

static int check_types(const struct runtime *rt, const struct ext_map_data *data, struct error *err)
{
	const struct spec_map_type *type = type_of(rt, data->map_type);
	const struct spec_map_type *base = type_of(rt, data->base_map_type);

	if (type == NULL || (type->flags & MAP_TYPE_CUSTOM) == 0 || rt->dialect != DIALECT_WINDOWS)
		return error_set(err, ERR_INVAL, "map type %u is none that extensions provide",
				 data->map_type);
	if (base == NULL || base->kind != MAP_KIND_HASH)
		return error_set(err, ERR_NOTSUP,
				 "map type %u cannot hold the elements of a %s: only a hash can",
				 data->base_map_type, type->name);
	return 0;
}

static void get(struct map_provider *maps)
{
	provider_get(CONTAINER_OF(maps, struct provider, maps));
}

static void put(struct map_provider *maps)
{
	provider_put(CONTAINER_OF(maps, struct provider, maps));
}

static int take_map(struct provider *provider, const struct ext_map_data *data, struct error *err)
{
	struct ext_map_properties properties = { 0 };
	struct ext_map_dispatch dispatch = { 0 };
	int r = ext_take(data->properties, &properties, sizeof(properties), "the map's properties",
			 err);

	if (r == 0)
		r = ext_take(data->dispatch, &dispatch, sizeof(dispatch), "the map's functions",
			     err);
	if (r != 0)
		return r;
	if (dispatch.create == NULL || dispatch.destroyed == NULL || dispatch.associate == NULL)
		return error_set(err, ERR_INVAL,
				 "a map type that does not create, destroy and associate");
	if (properties.updates_original_value &&
	    (dispatch.found == NULL || dispatch.adding == NULL || dispatch.deleting == NULL))
		return error_set(
			err, ERR_INVAL,
			"a map type that changes values and does not find, add and delete");
	provider->maps = (struct map_provider){
		.ops = { .create = dispatch.create,
			 .destroyed = dispatch.destroyed,
			 .associate = dispatch.associate,
			 .found = dispatch.found,
			 .adding = dispatch.adding,
			 .deleting = dispatch.deleting },
		.arg = data->arg,
		.changes_values = properties.updates_original_value,
		.get = get,
		.put = put,
	};
	provider->id = map_type_id(data->map_type);
	return 0;
}

int runtime_register_map(struct runtime *rt, const struct ext_map_data *data,
			 struct provider **ret_provider, struct error *err)
{
	struct provider *provider = provider_new(PROVIDER_MAP, err);
	struct ext_map_data known;
	int r;

	if (provider == NULL)
		return ERR_NOMEM;
	r = ext_take(data, &known, sizeof(known), "map data", err);
	if (r == 0)
		r = check_types(rt, &known, err);
	if (r == 0)
		r = take_map(provider, &known, err);
	if (r != 0) {
		provider_put(provider);
		return r;
	}
	return provider_publish(rt, provider, ret_provider, err);
}

/* --- maps --- */

struct provider *map_provider_hold(struct runtime *rt, const struct spec_map_type *type)
{
	struct provider *provider;
	struct guid id;

	if (type == NULL || (type->flags & MAP_TYPE_CUSTOM) == 0 || rt->dialect != DIALECT_WINDOWS)
		return NULL;
	id = map_type_id(type->windows);
	os_mutex_take(&rt->admin);
	provider = provider_find(rt, PROVIDER_MAP, &id);
	if (provider != NULL)
		__atomic_add_fetch(&provider->busy, 1, __ATOMIC_RELAXED);
	os_mutex_give(&rt->admin);
	return provider;
}

void map_provider_release(struct provider *provider)
{
	if (provider == NULL)
		return;
	__atomic_sub_fetch(&provider->busy, 1, __ATOMIC_RELEASE);
	provider_put(provider);
}

/* --- for helpers --- */

static struct map *map_of_type(void *context, u64 addr, u32 map_type)
{
	struct map *map = invocation_map(invocation_of(context), addr);

	return map != NULL && map->def.type->windows == map_type ? map : NULL;
}

void *ext_map_context(void *context, u64 addr, u32 map_type)
{
	struct map *map = map_of_type(context, addr, map_type);

	return map == NULL ? NULL : map_custom_context(map);
}

void *ext_map_find(void *context, u64 addr, u32 map_type, const void *key)
{
	struct map *map = map_of_type(context, addr, map_type);

	return map == NULL ? NULL : map_custom_find(map, key);
}

/* --- memory --- */

static void free_block(struct epoch_item *item)
{
	mem_free(item);
}

/* 16 bytes' alignment, as other memory has. */
#define BLOCK_HEAD ((sizeof(struct epoch_item) + 15) & ~(size_t)15)

void *ext_epoch_alloc(UNUSED struct runtime *rt, size_t size)
{
	u8 *block = size > SIZE_MAX - BLOCK_HEAD ? NULL : mem_zalloc(BLOCK_HEAD + size);

	return block == NULL ? NULL : block + BLOCK_HEAD;
}

void ext_epoch_free(struct runtime *rt, void *mem)
{
	if (mem != NULL)
		epoch_retire(&rt->epoch, (struct epoch_item *)(void *)((u8 *)mem - BLOCK_HEAD),
			     free_block);
}
