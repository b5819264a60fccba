/* SPDX-License-Identifier: MIT */
/* Queues and stacks: values in a ring, a lock around each operation. */
#include "base/mem.h"
#include "map/busy_lock.h"
#include "map/types.h"
#include "spec/spec.h"
#include "map/word.h"

/* What all operations change. */
struct ends {
	struct busy_lock lock;
	u32 first, count; /* the oldest value's position; values in use */
};

struct map_queue {
	struct map map;
	u64 stride;
	u8 *values;
	struct ends *ends; /* in space */
	u8 space[LINE_SPACE(sizeof(struct ends))];
};

static int queue_init(struct map *map, struct error *err)
{
	struct map_queue *queue = (struct map_queue *)map;
	void *mem;
	int r;

	queue->ends = line_in(queue->space);
	queue->stride = map_round8(map->def.value_size);
	if (queue->stride * map->def.max_entries > MAP_MAX_MEMORY)
		return error_set(err, ERR_TOOBIG,
				 "a %s of %u values of %u bytes is over the limit of 4 GiB",
				 map->def.type->name, map->def.max_entries, map->def.value_size);
	r = map_alloc(map, map->def.max_entries, queue->stride, &mem, err);
	if (r == 0)
		queue->values = mem;
	return r;
}

static void queue_fini(struct map *map)
{
	mem_free(((struct map_queue *)map)->values);
}

/* The n-th oldest, also for n = count. */
static void *value_at(const struct map_queue *queue, const struct ends *ends, u32 n)
{
	u64 at = (u64)ends->first + n;

	if (at >= queue->map.def.max_entries)
		at -= queue->map.def.max_entries;
	return queue->values + at * queue->stride;
}

static void drop_oldest(const struct map_queue *queue, struct ends *ends)
{
	ends->first = ends->first + 1 == queue->map.def.max_entries ? 0 : ends->first + 1;
	ends->count--;
}

/* MAP_EXIST: a full one loses its oldest value. */
static int queue_push(struct map *map, const void *value, u64 flags)
{
	struct map_queue *queue = (struct map_queue *)map;
	struct ends *ends = queue->ends;
	int r = 0;
	u8 state;

	if (flags != MAP_ANY && flags != MAP_EXIST)
		return ERR_INVAL;
	state = busy_lock_take(&ends->lock);
	if (ends->count == map->def.max_entries && flags == MAP_EXIST)
		drop_oldest(queue, ends);
	if (ends->count == map->def.max_entries) {
		r = ERR_TOOBIG;
	} else {
		memcpy(value_at(queue, ends, ends->count), value, map->def.value_size);
		ends->count++;
	}
	busy_lock_give(&ends->lock, state);
	return r;
}

/* n: how many pop would give before it. */
static int get(struct map *map, void *ret_value, u32 n, bool newest, bool take)
{
	struct map_queue *queue = (struct map_queue *)map;
	struct ends *ends = queue->ends;
	u8 state = busy_lock_take(&ends->lock);
	int r = 0;

	if (n >= ends->count) {
		memset(ret_value, 0, map->def.value_size);
		r = ERR_NOENT;
	} else {
		memcpy(ret_value, value_at(queue, ends, newest ? ends->count - 1 - n : n),
		       map->def.value_size);
		if (take && newest)
			ends->count--;
		else if (take)
			drop_oldest(queue, ends);
	}
	busy_lock_give(&ends->lock, state);
	return r;
}

static int queue_pop(struct map *map, void *ret_value)
{
	return get(map, ret_value, 0, false, true);
}

static int queue_peek(struct map *map, void *ret_value)
{
	return get(map, ret_value, 0, false, false);
}

static int stack_pop(struct map *map, void *ret_value)
{
	return get(map, ret_value, 0, true, true);
}

static int stack_peek(struct map *map, void *ret_value)
{
	return get(map, ret_value, 0, true, false);
}

static int queue_nth(struct map *map, u32 n, void *ret_value)
{
	return get(map, ret_value, n, false, false);
}

static int stack_nth(struct map *map, u32 n, void *ret_value)
{
	return get(map, ret_value, n, true, false);
}

#define COMMON_OPS                                                                     \
	.size = sizeof(struct map_queue), .flags = MAP_FLAGS_BOTH, .init = queue_init, \
	.fini = queue_fini, .lookup = map_no_lookup, .update = map_no_update,          \
	.remove = map_no_remove, .contains = map_no_values, .push = queue_push

const struct map_ops map_queue_ops = { COMMON_OPS, .pop = queue_pop, .peek = queue_peek,
				       .nth = queue_nth };
const struct map_ops map_stack_ops = { COMMON_OPS, .pop = stack_pop, .peek = stack_peek,
				       .nth = stack_nth };
