/* SPDX-License-Identifier: MIT */
/* Ring buffers. Producers reserve one after the other, under a lock, and finish in any order; the
 * consumer stops at the first record that is not finished. Positions only grow.
 *
 * The consumer's page is the only one that a consumer outside may write. Its position is used to
 * see whether there is room, never to find memory that is in use: what has not been submitted is
 * not given away, whatever the position says, as the oldest such record is remembered here. */
#include "map/ringbuf.h"
#include "spec/spec.h"

#include "map/types.h"
#include "map/word.h"
#include "os/lock.h"
#include "os/os.h"

#define PAGE	    4096 /* what capacities are multiples of, whatever the host maps */
#define RECORD_BUSY 0x80000000u
#define RECORD_GONE 0x40000000u /* discarded */
#define MAX_RECORD  (UINT32_MAX / 4)

struct record {
	u32 len;  /* with RECORD_ bits */
	u32 page; /* from the record back to the first page, in pages of 4 KiB: for Linux's layout
		   */
};

struct map_ringbuf {
	struct map map;
	struct os_ring ring;
	u64 wrap; /* size of what is mapped, minus 1 */
	struct os_lock lock;
	u64 producer;	/* written under the lock */
	u64 unfinished; /* no unfinished record is before it; under the lock */
	u32 consuming;
	ringbuf_wakeup_fn wakeup;
	void *wakeup_arg;
};

static int ringbuf_init(struct map *map, struct error *err)
{
	struct map_ringbuf *rb = (struct map_ringbuf *)map;
	u32 size = map->def.max_entries;
	int r;

	if ((size & (size - 1)) != 0 || size % PAGE != 0)
		return error_set(err, ERR_INVAL,
				 "max_entries of a ringbuf must be a power of two and at least %u, "
				 "not %u",
				 PAGE, size);
	r = map_charge(map, size, err);
	if (r < 0)
		return r;
	if (os_ring_alloc(size, &rb->ring) != 0)
		return error_set(err, ERR_NOMEM, "no memory for a ringbuf of %u bytes", size);
	rb->wrap = rb->ring.size - 1;
	return 0;
}

static void ringbuf_fini(struct map *map)
{
	os_ring_free(&((struct map_ringbuf *)map)->ring);
}

static struct record *record_at(const struct map_ringbuf *rb, u64 pos)
{
	return (struct record *)(void *)(rb->ring.data + (pos & rb->wrap));
}

static u64 consumer_of(const struct map_ringbuf *rb)
{
	return __atomic_load_n((const u64 *)(const void *)rb->ring.consumer, __ATOMIC_ACQUIRE);
}

static u64 whole_len(u32 len)
{
	return map_round8((u64)(len & ~(RECORD_BUSY | RECORD_GONE)) + sizeof(struct record));
}

/* Under the lock. */
static u64 first_unfinished(struct map_ringbuf *rb)
{
	while (rb->unfinished != rb->producer) {
		u32 len = __atomic_load_n(&record_at(rb, rb->unfinished)->len, __ATOMIC_ACQUIRE);

		if ((len & RECORD_BUSY) != 0)
			break;
		rb->unfinished += whole_len(len);
	}
	return rb->unfinished;
}

static void *reserve_locked(struct map_ringbuf *rb, u32 size)
{
	u64 capacity = rb->map.def.max_entries;
	u64 end = rb->producer + whole_len(size);
	struct record *record = record_at(rb, rb->producer);

	/* One byte less than all, as Linux counts. */
	if (end - consumer_of(rb) >= capacity || end - first_unfinished(rb) >= capacity)
		return NULL;
	__atomic_store_n(&record->len, size | RECORD_BUSY, __ATOMIC_RELAXED);
	record->page = (u32)(((u8 *)record - rb->ring.consumer) / PAGE + 1);
	__atomic_store_n(&rb->producer, end, __ATOMIC_RELEASE);
	__atomic_store_n((u64 *)(void *)rb->ring.producer, end, __ATOMIC_RELEASE);
	return record + 1;
}

void *ringbuf_reserve(struct map *map, u64 size)
{
	struct map_ringbuf *rb = (struct map_ringbuf *)map;
	void *data;
	u8 state;

	if (size > MAX_RECORD || map_round8(size) + sizeof(struct record) > map->def.max_entries)
		return NULL;
	state = os_lock_take(&rb->lock);
	data = reserve_locked(rb, (u32)size);
	os_lock_give(&rb->lock, state);
	return data;
}

/* A consumer that is behind will come to this record by itself: only one that waits just here is
 * woken. Sequentially consistent: either it sees the record or we see where it is. */
static void finish(struct map_ringbuf *rb, void *data, u32 bits, u64 flags)
{
	struct record *record = (struct record *)data - 1;
	u64 at = (u64)((u8 *)record - rb->ring.data) & rb->wrap;
	u32 len = __atomic_load_n(&record->len, __ATOMIC_RELAXED);
	bool waits;

	__atomic_exchange_n(&record->len, (len & ~RECORD_BUSY) | bits, __ATOMIC_SEQ_CST);
	waits = (consumer_of(rb) & rb->wrap) == at;
	if (rb->wakeup != NULL &&
	    ((flags & RINGBUF_FORCE_WAKEUP) != 0 || (waits && (flags & RINGBUF_NO_WAKEUP) == 0)))
		rb->wakeup(rb->wakeup_arg);
}

void ringbuf_submit(struct map *map, void *record, u64 flags)
{
	finish((struct map_ringbuf *)map, record, 0, flags);
}

void ringbuf_discard(struct map *map, void *record, u64 flags)
{
	finish((struct map_ringbuf *)map, record, RECORD_GONE, flags);
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
	const struct map_ringbuf *rb = (const struct map_ringbuf *)map;
	u64 producer = __atomic_load_n(&rb->producer, __ATOMIC_ACQUIRE);

	switch (what) {
	case RINGBUF_AVAILABLE: return producer - consumer_of(rb);
	case RINGBUF_SIZE: return map->def.max_entries;
	case RINGBUF_CONSUMER: return consumer_of(rb);
	case RINGBUF_PRODUCER: return producer;
	default: return 0;
	}
}

/* --- the application's side --- */

/* One record: 1, 0 when there is none, or an error. */
static int consume_one(struct map_ringbuf *rb, ringbuf_record_fn fn, void *arg)
{
	u64 at = consumer_of(rb), producer = __atomic_load_n(&rb->producer, __ATOMIC_ACQUIRE);
	const struct record *record = record_at(rb, at);
	u32 len;
	int r = 1;

	if (at == producer)
		return 0;
	if (producer - at > rb->map.def.max_entries || at % sizeof(*record) != 0)
		return ERR_INVAL;
	len = __atomic_load_n(&record->len, __ATOMIC_ACQUIRE);
	if ((len & RECORD_BUSY) != 0)
		return 0;
	if (whole_len(len) > producer - at)
		return ERR_INVAL;
	if ((len & RECORD_GONE) == 0) {
		r = fn(arg, record + 1, len);
		r = r < 0 ? r : 1;
	}
	__atomic_store_n((u64 *)(void *)rb->ring.consumer, at + whole_len(len), __ATOMIC_SEQ_CST);
	return (len & RECORD_GONE) != 0 ? 2 : r;
}

int ringbuf_consume(struct map *map, ringbuf_record_fn fn, void *arg, u32 max)
{
	struct map_ringbuf *rb = (struct map_ringbuf *)map;
	u32 count = 0;
	int r = 1;

	if (map->ops != &map_ringbuf_ops)
		return ERR_INVAL;
	if (__atomic_exchange_n(&rb->consuming, 1, __ATOMIC_ACQUIRE) != 0)
		return ERR_BUSY;
	while (r > 0 && (max == 0 || count < max) && count < INT32_MAX) {
		r = consume_one(rb, fn, arg);
		count += r == 1;
	}
	__atomic_store_n(&rb->consuming, 0, __ATOMIC_RELEASE);
	return r < 0 ? r : (int)count;
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
