/* SPDX-License-Identifier: MIT */
/* Perf event arrays: a ring a CPU, which nobody but programs on that CPU writes to. */
#include "map/perf_array.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/ring.h"
#include "spec/spec.h"

struct perf_ring {
	struct ring ring;
	u64 lost; /* atomic */
	u64 pad[6];
};

struct map_perf_array {
	struct map map;
	u32 count;
	struct perf_ring *rings;
};

static int perf_init(struct map *map, struct error *err)
{
	struct map_perf_array *perf = (struct map_perf_array *)map;
	bool windows = map->dialect == DIALECT_WINDOWS;
	u32 capacity = windows ? map->def.max_entries : PERF_ARRAY_RING, count = map->cpus;
	void *mem;
	int r = 0;

	if (windows)
		r = ring_check_size(map, err);
	else if (map->def.key_size != sizeof(u32) || map->def.value_size != sizeof(u32))
		r = error_set(err, ERR_INVAL, "keys and values of a perf_event_array have 4 bytes");
	else if (map->def.max_entries == 0)
		map->def.max_entries = count;
	if (r < 0)
		return r;
	if (!windows)
		count = MIN(count, map->def.max_entries);
	r = map_alloc(map, count, sizeof(*perf->rings), &mem, err);
	if (r < 0)
		return r;
	perf->rings = mem;
	for (; r == 0 && perf->count < count; perf->count++)
		r = ring_init(&perf->rings[perf->count].ring, map, capacity, err);
	return r;
}

static void perf_fini(struct map *map)
{
	struct map_perf_array *perf = (struct map_perf_array *)map;

	for (u32 i = 0; i < perf->count; i++)
		ring_fini(&perf->rings[i].ring);
	mem_free(perf->rings);
}

int perf_array_output(struct map *map, u32 cpu, const void *data, u64 size, const void *extra,
		      u64 extra_size)
{
	struct map_perf_array *perf = (struct map_perf_array *)map;
	struct perf_ring *ring;
	u8 *record;

	if (cpu >= perf->count)
		return ERR_TOOBIG;
	ring = &perf->rings[cpu];
	record = size > UINT32_MAX ? NULL : ring_reserve(&ring->ring, size + extra_size);
	if (record == NULL) {
		__atomic_fetch_add(&ring->lost, 1, __ATOMIC_RELAXED);
		return ERR_NOSPC;
	}
	memcpy(record, data, (size_t)size);
	if (extra_size > 0)
		memcpy(record + size, extra, (size_t)extra_size);
	ring_finish(&ring->ring, record, false);
	return 0;
}

int perf_array_consume(struct map *map, u32 cpu, ring_record_fn fn, void *arg, u32 max)
{
	struct map_perf_array *perf = (struct map_perf_array *)map;

	if (map->ops != &map_perf_event_array_ops || cpu >= perf->count)
		return ERR_INVAL;
	return ring_consume(&perf->rings[cpu].ring, fn, arg, max);
}

u64 perf_array_lost(const struct map *map, u32 cpu)
{
	const struct map_perf_array *perf = (const struct map_perf_array *)map;

	if (map->ops != &map_perf_event_array_ops || cpu >= perf->count)
		return 0;
	return __atomic_load_n(&perf->rings[cpu].lost, __ATOMIC_RELAXED);
}

const struct map_ops map_perf_event_array_ops = {
	.size = sizeof(struct map_perf_array),
	.flags = MAP_FLAGS_APP | MAP_F_PRESERVE_ELEMS,
	.no_entries = true,
	.any_sizes = true,
	.each_cpu = true,
	.init = perf_init,
	.fini = perf_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.contains = map_no_values,
};
