/* SPDX-License-Identifier: MIT */
/* Helpers on maps, and tail calls. */
#include "runtime/invocation.h"
#include "spec/spec.h"

/* The map and its key, both checked; NULL after a fault. */
static struct map *map_and_key(struct invocation *inv, u64 map_arg, u64 key)
{
	struct map *map = invocation_map(inv, map_arg);

	if (map == NULL || !exec_check(&inv->exec, key, map->def.key_size, false))
		return NULL;
	return map;
}

/* Values that were looked up last are found among the regions, before maps are asked. */
static void remember_value(struct invocation *inv, const struct map *map, const void *value)
{
	struct exec *exec = &inv->exec;

	if (exec->unchecked || map->write_only || inv->value_region >= EXEC_REGIONS)
		return;
	exec->regions[inv->value_region] =
		(struct exec_region){ (u64)(uintptr_t)value, map->def.value_size, !map->read_only };
	exec->region_count = MAX(exec->region_count, inv->value_region + 1);
	inv->value_region =
		inv->value_region + 1 < EXEC_REGIONS ? inv->value_region + 1 : EXEC_REGIONS - 2;
}

/* The address that a program gets. What a map of maps gives is no memory of the program's. */
static u64 found(struct invocation *inv, const struct map *map, void *value)
{
	if (value != NULL && (map->def.type->flags & MAP_TYPE_OF_MAPS) == 0)
		remember_value(inv, map, value);
	return (u64)(uintptr_t)value;
}

static void *lookup(const struct invocation *inv, struct map *map, u64 key)
{
	const void *p = (const void *)(uintptr_t)key;

	if (map->ops->lookup_cpu != NULL)
		return map->ops->lookup_cpu(map, p, inv->exec.slot);
	return map->ops->lookup(map, p);
}

u64 helper_map_lookup_elem(u64 map_arg, u64 key, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_key(inv, map_arg, key);

	return map == NULL ? 0 : found(inv, map, lookup(inv, map, key));
}

/* Of a CPU of the program's choice. */
u64 helper_map_lookup_percpu_elem(u64 map_arg, u64 key, u64 cpu, UNUSED u64 r4, UNUSED u64 r5,
				  void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_key(inv, map_arg, key);

	if (map == NULL || map->ops->lookup_cpu == NULL || (u32)cpu >= map->cpus)
		return 0;
	return found(inv, map, map->ops->lookup_cpu(map, (const void *)(uintptr_t)key, (u32)cpu));
}

u64 helper_map_update_elem(u64 map_arg, u64 key, u64 value, u64 flags, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_key(inv, map_arg, key);
	const void *k = (const void *)(uintptr_t)key, *v = (const void *)(uintptr_t)value;

	if (map == NULL || !exec_check(&inv->exec, value, map->def.value_size, false))
		return helper_status(inv, ERR_FAULT);
	if (map->read_only)
		return helper_status(inv, ERR_ACCES);
	if (map->ops->update_cpu != NULL)
		return helper_status(inv, map->ops->update_cpu(map, k, v, flags, inv->exec.slot));
	return helper_status(inv, map->ops->update(map, k, v, flags));
}

u64 helper_map_delete_elem(u64 map_arg, u64 key, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_key(inv, map_arg, key);

	if (map == NULL)
		return helper_status(inv, ERR_FAULT);
	if (map->read_only)
		return helper_status(inv, ERR_ACCES);
	if ((map->def.type->flags & MAP_TYPE_OF_MAPS) != 0)
		return helper_status(inv, ERR_INVAL); /* only applications change those */
	return helper_status(inv, map->ops->remove(map, (const void *)(uintptr_t)key));
}

/* The value stays memory of its map, so the program can still read what it has just taken out. */
u64 helper_map_lookup_and_delete_elem(u64 map_arg, u64 key, UNUSED u64 r3, UNUSED u64 r4,
				      UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_key(inv, map_arg, key);
	void *value;

	/* Elements of an array cannot be taken out. */
	if (map == NULL || map->read_only ||
	    (map->def.type->flags & (MAP_TYPE_INDEX_KEY | MAP_TYPE_OF_MAPS)) != 0)
		return 0;
	value = lookup(inv, map, key);
	if (value == NULL || map->ops->remove(map, (const void *)(uintptr_t)key) != 0)
		return 0;
	return found(inv, map, value);
}

/* --- types without keys --- */

/* The map and its value, both checked; NULL after a fault. */
static struct map *map_and_value(struct invocation *inv, u64 map_arg, u64 value, bool write)
{
	struct map *map = invocation_map(inv, map_arg);

	if (map == NULL || !exec_check(&inv->exec, value, map->def.value_size, write))
		return NULL;
	return map;
}

/* In the Windows dialect there is no key that could be missing: no object. */
static u64 taken_status(const struct invocation *inv, int r)
{
	return helper_status(inv,
			     r == ERR_NOENT && inv->rt->dialect == DIALECT_WINDOWS ? ERR_BADF : r);
}

u64 helper_map_push_elem(u64 map_arg, u64 value, u64 flags, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_value(inv, map_arg, value, false);

	if (map == NULL)
		return helper_status(inv, ERR_FAULT);
	if (map->ops->push == NULL)
		return helper_status(inv, ERR_INVAL);
	if (map->read_only)
		return helper_status(inv, ERR_ACCES);
	return helper_status(inv, map->ops->push(map, (const void *)(uintptr_t)value, flags));
}

u64 helper_map_pop_elem(u64 map_arg, u64 value, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = map_and_value(inv, map_arg, value, true);

	if (map == NULL)
		return helper_status(inv, ERR_FAULT);
	if (map->ops->pop == NULL)
		return helper_status(inv, ERR_INVAL);
	if (map->read_only)
		return helper_status(inv, ERR_ACCES);
	return taken_status(inv, map->ops->pop(map, (void *)(uintptr_t)value));
}

u64 helper_map_peek_elem(u64 map_arg, u64 value, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			 void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = invocation_map(inv, map_arg);

	/* A bloom filter is asked about the value. */
	if (map == NULL || !exec_check(&inv->exec, value, map->def.value_size,
				       map->def.type->kind != MAP_KIND_BLOOM_FILTER))
		return helper_status(inv, ERR_FAULT);
	if (map->ops->peek == NULL)
		return helper_status(inv, ERR_INVAL);
	return taken_status(inv, map->ops->peek(map, (void *)(uintptr_t)value));
}

/* --- tail calls --- */

/* 0: the engine ends this program and the runtime goes on with the other one. */
u64 helper_tail_call(UNUSED u64 r1, u64 map_arg, u64 index, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = invocation_map(inv, map_arg);
	const struct runtime_prog *prog;

	if (map == NULL)
		return helper_status(inv, ERR_BADF);
	if (map->def.type->kind != MAP_KIND_PROG_ARRAY || (u32)index >= map->def.max_entries)
		return helper_status(inv, ERR_INVAL);
	prog = prog_of_core(prog_array_get(map, (u32)index));
	if (prog == NULL || __atomic_load_n(&prog->unbound, __ATOMIC_ACQUIRE))
		return helper_status(inv, ERR_NOENT);
	if (inv->exec.callbacks > 0) /* there is a helper to return to */
		return helper_status(inv, ERR_NOTSUP);
	if (prog->prog->type != inv->prog->prog->type) /* it takes the caller's context */
		return helper_status(inv, ERR_INVAL);
	if (inv->exec.tail_calls >= PROG_MAX_TAIL_CALLS)
		return helper_status(inv, ERR_LOOP);
	inv->exec.tail_calls++;
	inv->exec.tail_call = prog->code;
	inv->tail = prog;
	return 0;
}
