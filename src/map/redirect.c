/* SPDX-License-Identifier: MIT */
/* Maps of targets: arrays of numbers, one of which says that there is nothing, and a hash. What
 * updates and look-ups answer is as the Linux kernel does it, but that a target need not exist, and
 * that no program runs where the packet arrives. */
#include "map/redirect.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/hash.h"
#include "map/types.h"
#include "spec/spec.h"

#define CPUMAP_MAX_ENTRIES 1024
#define CPUMAP_MAX_QUEUE   16384
#define THERE		   (1ull << 32) /* above the number of a target */

struct place {
	u64 target; /* atomic; 0: none */
	u32 queue;  /* the index: what a program sees of a socket, struct bpf_xdp_sock */
};

struct map_targets {
	struct map map;
	struct place *places;
};

/* A value that is longer than a number says which program is to run there. */
struct target_value {
	u32 target;
	u32 prog; /* a descriptor, or an id when it is read */
};

static int check_sizes(const struct map *map, bool with_prog, struct error *err)
{
	const struct prog_map *def = &map->def;

	if (def->key_size != sizeof(u32))
		return error_set(err, ERR_INVAL, "key_size of a %s must be 4, not %u",
				 def->type->name, def->key_size);
	if (def->value_size != sizeof(u32) &&
	    (!with_prog || def->value_size != sizeof(struct target_value)))
		return error_set(err, ERR_INVAL, "value_size of a %s must be 4%s, not %u",
				 def->type->name, with_prog ? " or 8" : "", def->value_size);
	return 0;
}

/* --- arrays --- */

static int targets_init(struct map *map, struct error *err)
{
	struct map_targets *targets = (struct map_targets *)map;
	enum map_kind kind = map->def.type->kind;
	void *mem;
	int r = check_sizes(map, kind != MAP_KIND_XSKMAP, err);

	if (r == 0 && kind == MAP_KIND_CPUMAP && map->def.max_entries > CPUMAP_MAX_ENTRIES)
		r = error_set(err, ERR_TOOBIG, "a cpumap of %u processors is over the limit of %u",
			      map->def.max_entries, CPUMAP_MAX_ENTRIES);
	if (r == 0)
		r = map_alloc(map, map->def.max_entries, sizeof(struct place), &mem, err);
	if (r != 0)
		return r;
	targets->places = mem;
	for (u32 i = 0; i < map->def.max_entries; i++)
		targets->places[i].queue = i;
	map->read_only = true;
	return 0;
}

static void targets_fini(struct map *map)
{
	mem_free(((struct map_targets *)map)->places);
}

static struct place *place_at(const struct map *map, const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index < map->def.max_entries ? &((const struct map_targets *)map)->places[index]
					    : NULL;
}

static struct target_value value_of(const struct map *map, const void *value)
{
	struct target_value in = { 0 };

	memcpy(&in, value, map->def.value_size);
	return in;
}

/* There is nobody who would run a program for a target. */
static int check_prog(const struct target_value *in)
{
	return (s32)in->prog > 0 ? ERR_NOTSUP : 0;
}

static int check_place(const struct place *place, u64 flags)
{
	int r = map_check_update_flags(flags);

	if (r < 0)
		return r;
	if (place == NULL)
		return ERR_TOOBIG;
	return flags == MAP_NOEXIST ? ERR_EXIST : 0;
}

static int targets_write(struct map *map, const void *key, const void *value, u64 flags)
{
	struct target_value in = value_of(map, value);
	struct place *place = place_at(map, key);
	enum map_kind kind = map->def.type->kind;
	int r = check_place(place, flags);

	if (r == 0 && kind == MAP_KIND_CPUMAP && in.target > CPUMAP_MAX_QUEUE)
		r = ERR_OVERFLOW;
	if (r == 0)
		r = check_prog(&in);
	if (r != 0)
		return r;
	/* A processor is its index; the number is how long its queue is. */
	__atomic_store_n(&place->target,
			 in.target == 0 && kind != MAP_KIND_XSKMAP ? 0 : THERE | in.target,
			 __ATOMIC_RELAXED);
	return 0;
}

static int targets_erase(struct map *map, const void *key)
{
	struct place *place = place_at(map, key);

	if (place == NULL)
		return ERR_INVAL;
	__atomic_store_n(&place->target, 0, __ATOMIC_RELAXED);
	return 0;
}

static int targets_read(struct map *map, const void *key, void *ret_value)
{
	const struct place *place = place_at(map, key);
	u64 target = place == NULL ? 0 : __atomic_load_n(&place->target, __ATOMIC_RELAXED);
	struct target_value out = { .target = (u32)target };

	if (map->def.type->kind == MAP_KIND_XSKMAP)
		return ERR_NOTSUP;
	if (target == 0)
		return ERR_NOENT;
	memcpy(ret_value, &out, map->def.value_size);
	return 0;
}

static int targets_next_key(struct map *map, const void *key, void *ret_key)
{
	return map_next_index(map, key, ret_key);
}

static int targets_take(UNUSED struct map *map, UNUSED const void *key, UNUSED void *ret_value)
{
	return ERR_NOTSUP;
}

/* Programs ask whether there is a socket, and on which queue it is. */
static void *socket_lookup(struct map *map, const void *key)
{
	struct place *place = place_at(map, key);

	return place == NULL || __atomic_load_n(&place->target, __ATOMIC_RELAXED) == 0
		       ? NULL
		       : &place->queue;
}

static bool socket_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_targets *targets = (const struct map_targets *)map;
	u64 off = addr - (u64)(uintptr_t)targets->places, in;

	if (off >= (u64)map->def.max_entries * sizeof(struct place))
		return false;
	in = off % sizeof(struct place);
	return in >= offsetof(struct place, queue) &&
	       in + size <= offsetof(struct place, queue) + sizeof(u32);
}

#define TARGETS_OPS                                                                  \
	.size = sizeof(struct map_targets), .any_sizes = true, .init = targets_init, \
	.fini = targets_fini, .update = map_no_update, .remove = map_no_remove,      \
	.next_key = targets_next_key, .read = targets_read, .write = targets_write,  \
	.erase = targets_erase, .take = targets_take

const struct map_ops map_devmap_ops = {
	TARGETS_OPS,
	.flags = MAP_FLAGS_APP,
	.lookup = map_no_lookup,
	.contains = map_no_values,
};

const struct map_ops map_cpumap_ops = {
	TARGETS_OPS,
	.flags = MAP_F_NUMA_NODE,
	.lookup = map_no_lookup,
	.contains = map_no_values,
};

const struct map_ops map_xskmap_ops = {
	TARGETS_OPS,
	.flags = MAP_FLAGS_APP,
	.lookup = socket_lookup,
	.contains = socket_contains,
};

/* --- the hash --- */

static int devmap_hash_init(struct map *map, struct error *err)
{
	int r = check_sizes(map, true, err);

	return r < 0 ? r : hash_init(map, err);
}

static int devmap_hash_read(struct map *map, const void *key, void *ret_value)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 name;
	u64 tag;

	do {
		name = hash_find(hash, key, hash_of(hash, key), &tag);
		if (name == 0)
			return ERR_NOENT;
		hash_values_load(hash, name, ret_value);
	} while (!hash_is_still(hash_elem_at(hash, name), tag));
	return 0;
}

static int devmap_hash_write(struct map *map, const void *key, const void *value, u64 flags)
{
	struct target_value in = value_of(map, value);
	struct hash_put put = { .key = key,
				.value = &in,
				.flags = flags == MAP_NOEXIST ? MAP_NOEXIST : MAP_ANY };
	int r = map_check_update_flags(flags);

	if (r == 0 && in.target == 0)
		r = ERR_INVAL;
	if (r == 0)
		r = check_prog(&in);
	in.prog = 0;
	return r < 0 ? r : hash_put((struct map_hash *)map, &put);
}

static int devmap_hash_erase(struct map *map, const void *key)
{
	return hash_cut((struct map_hash *)map, key, NULL);
}

const struct map_ops map_devmap_hash_ops = {
	.size = sizeof(struct map_hash),
	.flags = MAP_FLAGS_APP,
	.any_sizes = true,
	.init = devmap_hash_init,
	.fini = hash_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.next_key = hash_next_key,
	.contains = map_no_values,
	.read = devmap_hash_read,
	.write = devmap_hash_write,
	.erase = devmap_hash_erase,
	.take = targets_take,
};

/* --- for the runtime --- */

int redirect_target(const struct map *map, u32 key, u32 *ret_target)
{
	struct map *mine = (struct map *)(uintptr_t)map;
	struct target_value value = { 0 };
	const struct place *place;
	u64 target;
	int r;

	if (map->ops == &map_devmap_hash_ops) {
		r = devmap_hash_read(mine, &key, &value);
		if (r == 0)
			*ret_target = value.target;
		return r;
	}
	if (map->ops != &map_devmap_ops && map->ops != &map_cpumap_ops &&
	    map->ops != &map_xskmap_ops)
		return ERR_INVAL;
	place = place_at(map, &key);
	target = place == NULL ? 0 : __atomic_load_n(&place->target, __ATOMIC_RELAXED);
	if (target == 0)
		return ERR_NOENT;
	*ret_target = map->ops == &map_cpumap_ops ? key : (u32)target;
	return 0;
}
