/* SPDX-License-Identifier: MIT */
/* Ring buffers: one ring for all CPUs. */
#include "map/ringbuf.h"

#include "base/str.h"
#include "map/ring.h"
#include "spec/spec.h"

struct map_ringbuf {
	struct map map;
	struct ring ring;
	ringbuf_wakeup_fn wakeup;
	void *wakeup_arg;
};

static int ringbuf_init(struct map *map, struct error *err)
{
	int r = ring_check_size(map, err);

	return r < 0 ? r
		     : ring_init(&((struct map_ringbuf *)map)->ring, map, map->def.max_entries,
				 err);
}

static void ringbuf_fini(struct map *map)
{
	ring_fini(&((struct map_ringbuf *)map)->ring);
}

void *ringbuf_reserve(struct map *map, u64 size)
{
	return ring_reserve(&((struct map_ringbuf *)map)->ring, size);
}

static void finish(struct map *map, void *record, u64 flags, bool discard)
{
	struct map_ringbuf *rb = (struct map_ringbuf *)map;
	bool waits = ring_finish(&rb->ring, record, discard);

	if (rb->wakeup != NULL &&
	    ((flags & RINGBUF_FORCE_WAKEUP) != 0 || (waits && (flags & RINGBUF_NO_WAKEUP) == 0)))
		rb->wakeup(rb->wakeup_arg);
}

void ringbuf_submit(struct map *map, void *record, u64 flags)
{
	finish(map, record, flags, false);
}

void ringbuf_discard(struct map *map, void *record, u64 flags)
{
	finish(map, record, flags, true);
}

int ringbuf_output(struct map *map, const void *data, u64 size, u64 flags)
{
	void *record;

	if ((flags & ~(u64)(RINGBUF_NO_WAKEUP | RINGBUF_FORCE_WAKEUP)) != 0)
		return ERR_INVAL;
	record = ringbuf_reserve(map, size);
	if (record == NULL)
		return ERR_AGAIN;
	memcpy(record, data, (size_t)size);
	ringbuf_submit(map, record, flags);
	return 0;
}

u64 ringbuf_query(const struct map *map, u64 what)
{
	const struct ring *ring = &((const struct map_ringbuf *)map)->ring;

	switch (what) {
	case RINGBUF_AVAILABLE: return ring_producer(ring) - ring_consumer(ring);
	case RINGBUF_SIZE: return ring->capacity;
	case RINGBUF_CONSUMER: return ring_consumer(ring);
	case RINGBUF_PRODUCER: return ring_producer(ring);
	default: return 0;
	}
}

int ringbuf_consume(struct map *map, ringbuf_record_fn fn, void *arg, u32 max)
{
	if (map->ops != &map_ringbuf_ops)
		return ERR_INVAL;
	return ring_consume(&((struct map_ringbuf *)map)->ring, fn, arg, max);
}

int ringbuf_set_wakeup(struct map *map, ringbuf_wakeup_fn fn, void *arg)
{
	struct map_ringbuf *rb = (struct map_ringbuf *)map;

	if (map->ops != &map_ringbuf_ops)
		return ERR_INVAL;
	rb->wakeup_arg = arg;
	rb->wakeup = fn;
	return 0;
}

const struct map_ops map_ringbuf_ops = {
	.size = sizeof(struct map_ringbuf),
	.flags = MAP_F_NUMA_NODE,
	.no_value = true,
	.init = ringbuf_init,
	.fini = ringbuf_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.contains = map_no_values,
};
