/* SPDX-License-Identifier: MIT */
/* Maps of providers. The elements are in a map of ours; changes are made one at a time, so that
 * what the provider is told of is what happens.
 *
 * A provider may leave while its maps are in use. A map is detached first: programs, which look at
 * that inside of an epoch, and applications, which are counted, do not call the provider from then
 * on. When those who were at it have gone, what the map holds is deleted. */
#include "map/custom.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/types.h"
#include "map/word.h"
#include "spec/spec.h"

struct map_custom {
	struct map map;
	struct map *base;
	struct map_provider *provider;
	void *context;
	struct map_custom *next;   /* of the provider's */
	struct map_custom **place; /* what points to this one; NULL: not in the list */
	struct os_lock lock;	   /* for changes */
	u32 busy;		   /* atomic: applications that call the provider */
	bool detached;		   /* atomic */
};

static struct map_custom *custom_of(const struct map *map)
{
	return map->ops == &map_custom_ops ? (struct map_custom *)(uintptr_t)map : NULL;
}

static struct map_custom *self(struct map *map)
{
	return (struct map_custom *)map;
}

static bool is_detached(const struct map_custom *custom)
{
	return __atomic_load_n(&custom->detached, __ATOMIC_SEQ_CST);
}

/* --- making and unmaking --- */

static void list(struct map_custom *custom)
{
	struct map_provider *provider = custom->provider;
	u8 state = os_lock_take(&provider->lock);

	custom->next = provider->maps;
	custom->place = &provider->maps;
	if (custom->next != NULL)
		custom->next->place = &custom->next;
	provider->maps = custom;
	os_lock_give(&provider->lock, state);
}

static void unlist(struct map_custom *custom)
{
	struct map_provider *provider = custom->provider;
	u8 state = os_lock_take(&provider->lock);

	if (custom->place != NULL)
		*custom->place = custom->next;
	if (custom->place != NULL && custom->next != NULL)
		custom->next->place = custom->place;
	custom->place = NULL;
	os_lock_give(&provider->lock, state);
}

/* Its memory is the map's, which has an account. */
static int make_base(struct map_custom *custom, u32 value_size, struct error *err)
{
	struct prog_map def = { .type = spec_map_type_by_kind(MAP_KIND_HASH),
				.key_size = custom->map.def.key_size,
				.value_size = value_size,
				.max_entries = custom->map.def.max_entries };
	struct map_options options = { .size = sizeof(options),
				       .def = &def,
				       .dialect = custom->map.dialect,
				       .account = custom->map.account };
	int r = map_create(&options, &custom->base, err);

	if (r < 0)
		return r;
	custom->map.memory = custom->base->memory;
	custom->base->account = NULL;
	return 0;
}

static int custom_init(struct map *map, struct error *err)
{
	struct map_custom *custom = self(map);
	struct map_provider *provider = map->provider;
	const struct prog_map *def = &map->def;
	u32 value_size = def->value_size;
	int r;

	if (provider == NULL)
		return error_set(err, ERR_NOTSUP, "no extension provides maps of type %s",
				 def->type->name);
	r = provider->ops.create(
		provider->arg,
		map->dialect == DIALECT_WINDOWS ? def->type->windows : def->type->linux_,
		def->key_size, def->value_size, def->max_entries, &value_size, &custom->context);
	if (r != 0)
		return error_set(err, r < 0 ? r : ERR_INVAL,
				 "the extension of type %s refuses keys of %u and values of %u "
				 "bytes, %u entries",
				 def->type->name, def->key_size, def->value_size, def->max_entries);
	if (value_size != def->value_size && !provider->changes_values)
		r = error_set(err, ERR_INVAL,
			      "the extension of type %s wants values of %u bytes, but does not "
			      "change them",
			      def->type->name, value_size);
	else
		r = make_base(custom, value_size, err);
	if (r < 0) {
		provider->ops.destroyed(provider->arg, custom->context);
		return r;
	}
	custom->provider = provider;
	if (provider->get != NULL)
		provider->get(provider);
	list(custom);
	return 0;
}

static void tell_deleted(struct map_custom *custom, const void *key, const void *value, u32 flags)
{
	const struct map_provider *provider = custom->provider;

	if (provider->ops.deleting != NULL)
		(void)provider->ops.deleting(provider->arg, custom->context,
					     custom->map.def.key_size, key,
					     custom->base->def.value_size, value, flags);
}

/* Nobody calls the provider any more, nor changes the map. */
static void clean_up(struct map_custom *custom)
{
	struct map *base = custom->base;
	u8 key[MAP_MAX_KEY];
	void *value;
	u32 cursor = 0;

	while (base->ops->walk(base, 0, &cursor, key, &value) == 0) {
		tell_deleted(custom, key, value, MAP_CUSTOM_CLEANUP);
		(void)base->ops->remove(base, key);
	}
	custom->provider->ops.destroyed(custom->provider->arg, custom->context);
	custom->context = NULL;
}

static void custom_fini(struct map *map)
{
	struct map_custom *custom = self(map);
	struct map_provider *provider = custom->provider;

	if (provider != NULL) {
		if (!is_detached(custom))
			clean_up(custom);
		unlist(custom);
		if (provider->put != NULL)
			provider->put(provider);
	}
	map_free(custom->base);
}

static void detach(struct map_custom *custom, struct epoch *epoch)
{
	__atomic_store_n(&custom->detached, true, __ATOMIC_SEQ_CST);
	epoch_synchronize(epoch);
	for (u32 round = 0; __atomic_load_n(&custom->busy, __ATOMIC_SEQ_CST) != 0; round++)
		os_relax(round);
	clean_up(custom);
	unlist(custom);
}

/* One that is on its way out cleans up by itself. */
void map_provider_leave(struct map_provider *provider, struct epoch *epoch)
{
	for (u32 round = 0;; round++) {
		u8 state = os_lock_take(&provider->lock);
		struct map_custom *first = provider->maps;
		bool held = first != NULL && core_try_get(&first->map.core);

		os_lock_give(&provider->lock, state);
		if (first == NULL)
			return;
		if (held) {
			detach(first, epoch);
			map_drop(&first->map);
		} else {
			epoch_synchronize(epoch);
			os_relax(round);
		}
	}
}

/* --- elements --- */

/* A provider says 0 or an ERR_ status, and nothing else. */
static int status_of(int r)
{
	return r > 0 ? ERR_INVAL : r;
}

/* key's value as the map holds it. */
static void *held(const struct map_custom *custom, const void *key)
{
	return custom->base->ops->lookup(custom->base, key);
}

/* For programs: the value itself, if the provider lets them have it. */
static void *custom_lookup(struct map *map, const void *key)
{
	struct map_custom *custom = self(map);
	const struct map_provider *provider = custom->provider;
	void *value;

	if (provider->changes_values || is_detached(custom))
		return NULL;
	value = held(custom, key);
	if (value == NULL || provider->ops.found == NULL)
		return value;
	return provider->ops.found(provider->arg, custom->context, map->def.key_size, key,
				   map->def.value_size, value, 0, NULL, MAP_CUSTOM_HELPER) == 0
		       ? value
		       : NULL;
}

/* 0, or what the update's flags say to that. */
static int check_presence(u64 flags, bool there)
{
	if (flags == MAP_NOEXIST && there)
		return ERR_EXIST;
	return flags == MAP_EXIST && !there ? ERR_NOENT : 0;
}

/* out: room for what the provider makes of the value; NULL: it leaves values as they are. */
static int put(struct map_custom *custom, const void *key, const void *value, u8 *out, u64 flags,
	       u32 how)
{
	const struct map_provider *provider = custom->provider;
	struct map *base = custom->base;
	const void *old = held(custom, key), *keep = out != NULL ? out : value;
	int r = check_presence(flags, old != NULL);

	if (r == 0 && provider->ops.adding != NULL)
		r = provider->ops.adding(provider->arg, custom->context, base->def.key_size, key,
					 custom->map.def.value_size, value,
					 out != NULL ? base->def.value_size : 0, out,
					 how | MAP_CUSTOM_UPDATE);
	if (r != 0)
		return status_of(r);
	if (old != NULL)
		tell_deleted(custom, key, old, how | MAP_CUSTOM_UPDATE);
	r = base->ops->update(base, key, keep, MAP_ANY);
	if (r < 0)
		tell_deleted(custom, key, keep, how | MAP_CUSTOM_UPDATE);
	return r;
}

static int change(struct map_custom *custom, const void *key, const void *value, u8 *out, u64 flags,
		  u32 how)
{
	int r = map_check_update_flags(flags);
	u8 state;

	if (r < 0)
		return r;
	state = os_lock_take(&custom->lock);
	r = put(custom, key, value, out, flags, how);
	os_lock_give(&custom->lock, state);
	return r;
}

static int custom_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct map_custom *custom = self(map);

	if (custom->provider->changes_values || is_detached(custom))
		return ERR_NOTSUP;
	return change(custom, key, value, NULL, flags, MAP_CUSTOM_HELPER);
}

/* ret_value: NULL, or room for the value as applications see it. The lock is held where it matters.
 */
static int show(struct map_custom *custom, const void *key, void *ret_value, u32 how)
{
	const struct map_provider *provider = custom->provider;
	const void *value = held(custom, key);
	const size_t size = custom->map.def.value_size;
	int r;

	if (value == NULL)
		return ERR_NOENT;
	if (!provider->changes_values)
		words_load(ret_value, value, (u32)size);
	if (provider->ops.found == NULL)
		return 0;
	r = provider->changes_values
		    ? provider->ops.found(provider->arg, custom->context, custom->map.def.key_size,
					  key, custom->base->def.value_size, value, size, ret_value,
					  how)
		    : provider->ops.found(provider->arg, custom->context, custom->map.def.key_size,
					  key, size, ret_value, 0, NULL, how);
	return status_of(r);
}

/* ret_value may be NULL. */
static int cut(struct map_custom *custom, const void *key, void *ret_value, u32 how)
{
	const struct map_provider *provider = custom->provider;
	u8 state = os_lock_take(&custom->lock);
	const void *value = held(custom, key);
	int r = value == NULL ? ERR_NOENT : 0;

	if (r == 0 && ret_value != NULL)
		r = show(custom, key, ret_value, how);
	if (r == 0 && provider->ops.deleting != NULL)
		r = status_of(provider->ops.deleting(provider->arg, custom->context,
						     custom->map.def.key_size, key,
						     custom->base->def.value_size, value, how));
	if (r == 0)
		r = custom->base->ops->remove(custom->base, key);
	os_lock_give(&custom->lock, state);
	return r;
}

static int custom_remove(struct map *map, const void *key)
{
	struct map_custom *custom = self(map);

	if (custom->provider->changes_values || is_detached(custom))
		return ERR_NOTSUP;
	return cut(custom, key, NULL, MAP_CUSTOM_HELPER);
}

static int custom_next_key(struct map *map, const void *key, void *ret_key)
{
	return self(map)->base->ops->next_key(self(map)->base, key, ret_key);
}

static bool custom_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_custom *custom = custom_of(map);

	return !custom->provider->changes_values &&
	       custom->base->ops->contains(custom->base, addr, size);
}

/* --- applications --- */

/* False: the provider has left. */
static bool begin(struct map_custom *custom)
{
	__atomic_add_fetch(&custom->busy, 1, __ATOMIC_SEQ_CST);
	if (!is_detached(custom))
		return true;
	__atomic_sub_fetch(&custom->busy, 1, __ATOMIC_SEQ_CST);
	return false;
}

static int end(struct map_custom *custom, int r)
{
	__atomic_sub_fetch(&custom->busy, 1, __ATOMIC_SEQ_CST);
	return r;
}

/* What the provider made of a value must not go while it is shown. */
static int custom_read(struct map *map, const void *key, void *ret_value)
{
	struct map_custom *custom = self(map);
	u8 state;
	int r;

	if (!begin(custom))
		return ERR_NOTSUP;
	state = os_lock_take(&custom->lock);
	r = show(custom, key, ret_value, 0);
	os_lock_give(&custom->lock, state);
	return end(custom, r);
}

static int custom_write(struct map *map, const void *key, const void *value, u64 flags)
{
	struct map_custom *custom = self(map);
	u8 *out = NULL;
	int r;

	if (!begin(custom))
		return ERR_NOTSUP;
	if (custom->provider->changes_values) {
		out = mem_zalloc(custom->base->def.value_size);
		if (out == NULL)
			return end(custom, ERR_NOMEM);
	}
	r = change(custom, key, value, out, flags, 0);
	mem_free(out);
	return end(custom, r);
}

static int custom_erase(struct map *map, const void *key)
{
	return begin(self(map)) ? end(self(map), cut(self(map), key, NULL, 0)) : ERR_NOTSUP;
}

static int custom_take(struct map *map, const void *key, void *ret_value)
{
	return begin(self(map)) ? end(self(map), cut(self(map), key, ret_value, 0)) : ERR_NOTSUP;
}

const struct map_ops map_custom_ops = {
	.size = sizeof(struct map_custom),
	.init = custom_init,
	.fini = custom_fini,
	.lookup = custom_lookup,
	.update = custom_update,
	.remove = custom_remove,
	.next_key = custom_next_key,
	.contains = custom_contains,
	.read = custom_read,
	.write = custom_write,
	.erase = custom_erase,
	.take = custom_take,
};

/* --- for the runtime --- */

int map_associate(const struct map *map, const struct guid *program_type)
{
	struct map_custom *custom = custom_of(map);
	const struct map_provider *provider;
	int r;

	if (custom == NULL)
		return 0;
	if (!begin(custom))
		return ERR_NOTSUP;
	provider = custom->provider;
	r = provider->ops.associate(provider->arg, custom->context, program_type);
	return end(custom, status_of(r));
}

void *map_custom_context(const struct map *map)
{
	const struct map_custom *custom = custom_of(map);

	return custom == NULL || is_detached(custom) ? NULL : custom->context;
}

void *map_custom_find(const struct map *map, const void *key)
{
	const struct map_custom *custom = custom_of(map);

	return custom == NULL || is_detached(custom) ? NULL : held(custom, key);
}
