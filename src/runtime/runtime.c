/* SPDX-License-Identifier: MIT */
/* A runtime: its slots, and what it keeps for those who run programs without caring for objects. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

/* What runs in a slot: exec and the rest, and the stack. */
static int make_slot(struct runtime *rt, u32 slot)
{
	const size_t stack_off = (sizeof(struct invocation) + 15) & ~(size_t)15;
	struct slot_data *data = &rt->slot_data[slot];
	u8 *block = mem_zalloc(stack_off + PROG_MAX_FRAMES * PROG_FRAME_SIZE);

	if (block == NULL)
		return ERR_NOMEM;
	data->inv = (struct invocation *)(void *)block;
	data->inv->rt = rt;
	data->inv->exec.stack = block + stack_off;
	data->inv->exec.slot = slot;
	data->inv->exec.runtime = data->inv;
	data->inv->exec.may_access = invocation_may_access;
	return 0;
}

int runtime_new(const struct runtime_options *options, struct runtime **ret_rt, struct error *err)
{
	struct runtime *rt = mem_zalloc(sizeof(*rt));
	int r = 0;

	if (rt == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a runtime");
	rt->dialect = options->dialect;
	rt->events = options->events;
	rt->trace = options->trace;
	rt->trace_arg = options->trace_arg;
	rt->account.limit = options->memory_limit;
	rt->cpus = MIN(options->cpus == 0 ? os_cpu_count() : options->cpus, (u32)EPOCH_SLOTS);
	epoch_init(&rt->epoch, rt->cpus);
	for (u32 i = 0; i < EPOCH_SLOTS; i++) {
		u64 *random = &rt->slot_data[i].random;

		os_random(random, sizeof(*random));
		*random |= 1;
	}
	for (u32 i = 0; r == 0 && i < rt->cpus; i++)
		r = make_slot(rt, i);
	if (r < 0) {
		runtime_free(rt);
		return error_set(err, r, "no memory for a runtime");
	}
	*ret_rt = rt;
	return 0;
}

int runtime_own(struct runtime *rt, struct core_object *object)
{
	struct owned *owned = mem_zalloc(sizeof(*owned));

	if (owned == NULL)
		return ERR_NOMEM;
	owned->object = object;
	owned->next = __atomic_load_n(&rt->owned, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&rt->owned, &owned->next, owned, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return 0;
}

static void free_table(struct runtime *rt)
{
	for (u32 i = 0; rt->maps != NULL && i < rt->map_count; i++)
		map_free(rt->maps[i]);
	mem_free(rt->maps);
	mem_free(rt->map_addrs);
	mem_free(rt->map_values);
	rt->maps = NULL;
	rt->map_addrs = NULL;
	rt->map_values = NULL;
	rt->map_defs = NULL;
	rt->map_count = 0;
}

void runtime_free(struct runtime *rt)
{
	if (rt == NULL)
		return;
	runtime_unpin_all(rt);
	while (rt->owned != NULL) {
		struct owned *owned = rt->owned;

		rt->owned = owned->next;
		core_put_user(owned->object);
		mem_free(owned);
	}
	free_table(rt);
	epoch_fini(&rt->epoch);
	for (u32 i = 0; i < CORE_KINDS; i++)
		core_table_fini(&rt->ids[i]);
	for (u32 i = 0; i < EPOCH_SLOTS; i++)
		mem_free(rt->slot_data[i].inv);
	mem_free(rt);
}

void runtime_get_stats(const struct runtime *rt, struct runtime_stats *ret_stats)
{
	ret_stats->lines = __atomic_load_n(&rt->stats.lines, __ATOMIC_RELAXED);
	ret_stats->lines_dropped = __atomic_load_n(&rt->stats.lines_dropped, __ATOMIC_RELAXED);
	ret_stats->lines_cut = __atomic_load_n(&rt->stats.lines_cut, __ATOMIC_RELAXED);
	ret_stats->lines_refused = __atomic_load_n(&rt->stats.lines_refused, __ATOMIC_RELAXED);
}

int runtime_add_maps(struct runtime *rt, const struct prog_map *maps, u32 count, struct error *err)
{
	int r = 0;

	if (rt->map_defs == maps && rt->map_count == count)
		return 0;
	if (rt->map_defs != NULL)
		return error_set(err, ERR_BUSY, "the runtime has the maps of another object");
	if (count == 0)
		return 0;
	if (maps == NULL)
		return error_set(err, ERR_INVAL, "%u maps without definitions", count);
	rt->maps = mem_zalloc_array(count, sizeof(struct map *));
	rt->map_addrs = mem_zalloc_array(count, sizeof(u64));
	rt->map_values = mem_zalloc_array(count, sizeof(u64));
	rt->map_count = count;
	rt->map_defs = maps;
	if (rt->maps == NULL || rt->map_addrs == NULL || rt->map_values == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for %u maps", count);
	if (r == 0)
		r = runtime_create_maps(rt, maps, count, rt->maps, err);
	for (u32 i = 0; r == 0 && i < count; i++) {
		if (rt->maps[i] == NULL)
			continue;
		rt->map_addrs[i] = (u64)(uintptr_t)rt->maps[i];
		rt->map_values[i] = (u64)(uintptr_t)map_direct_value(rt->maps[i]);
	}
	if (r < 0)
		free_table(rt);
	return r;
}

struct map *runtime_map(struct runtime *rt, u32 idx)
{
	return idx < rt->map_count ? rt->maps[idx] : NULL;
}

enum dialect runtime_dialect(const struct runtime *rt)
{
	return rt->dialect;
}

u32 runtime_cpus(const struct runtime *rt)
{
	return rt->cpus;
}

struct map *runtime_map_by_id(struct runtime *rt, u32 id)
{
	struct map *map = runtime_get_map(rt, id);

	map_free(map); /* what the runtime keeps stays */
	return map;
}

int runtime_new_map(struct runtime *rt, const struct prog_map *def, const struct prog_map *inner,
		    struct map **ret_map, struct error *err)
{
	struct runtime_map_options options = { .size = sizeof(options),
					       .def = def,
					       .inner = inner };
	struct map *map;
	int r = runtime_create_map(rt, &options, &map, err);

	if (r < 0)
		return r;
	r = runtime_own(rt, &map->core);
	if (r < 0) {
		map_free(map);
		return error_set(err, r, "no memory for a map");
	}
	*ret_map = map;
	return 0;
}

int runtime_add_prog(struct runtime *rt, const struct prog *prog, const struct engine *engine,
		     const struct prog_facts *facts, struct runtime_prog **ret_prog,
		     struct error *err)
{
	struct runtime_prog_options options = {
		.size = sizeof(options), .prog = prog, .engine = engine, .facts = facts
	};
	struct runtime_prog *rp;
	int r = runtime_check_prog(rt, prog, err);

	if (r == 0)
		r = runtime_add_maps(rt, prog->maps, prog->map_count, err);
	if (r != 0)
		return r;
	options.maps = rt->maps;
	r = runtime_load_prog(rt, &options, &rp, err);
	if (r < 0)
		return r;
	r = runtime_own(rt, &rp->core);
	if (r < 0) {
		core_put_user(&rp->core);
		return error_set(err, r, "no memory for program '%s'", prog->name);
	}
	*ret_prog = rp;
	return 0;
}

int runtime_set_prog(struct runtime *rt, u32 map_idx, u32 index, struct runtime_prog *prog,
		     struct error *err)
{
	struct map *map = runtime_map(rt, map_idx);

	if (map == NULL)
		return error_set(err, ERR_NOENT, "there is no map %u", map_idx);
	return runtime_set_tail_call(map, index, prog, err);
}
