/* SPDX-License-Identifier: MIT */
/* Producers reserve one after the other, under a lock, and finish in any order; the
 * consumer stops at the first record that is not finished. Positions only grow.
 *
 * Where the consumer is its page says only now and then while it goes on, and always when it stops:
 * see BATCH.
 *
 * The consumer's page is the only one that a consumer outside may write. Its position is used to
 * see whether there is room, never to find memory that is in use: what has not been submitted is
 * not given away, whatever the position says, as the oldest such record is remembered here. */
#include "map/ring.h"

#include "map/word.h"
#include "spec/spec.h"

#define PAGE	    4096 /* what capacities are multiples of, whatever the host maps */
#define RECORD_BUSY 0x80000000u
#define RECORD_GONE 0x40000000u /* discarded */
#define MAX_RECORD  (UINT32_MAX / 4)

struct record {
	u32 len;  /* with RECORD_ bits */
	u32 page; /* from the record back to the first page, in pages of 4 KiB: for Linux's layout
		   */
};

int ring_check_size(const struct map *map, struct error *err)
{
	u32 size = map->def.max_entries;

	if (size != 0 && (size & (size - 1)) == 0 && size % PAGE == 0)
		return 0;
	return error_set(err, ERR_INVAL,
			 "max_entries of a %s must be a power of two and at least %u, not %u",
			 map->def.type->name, PAGE, size);
}

int ring_init(struct ring *ring, struct map *map, u32 capacity, struct error *err)
{
	int r = map_charge(map, capacity, err);

	if (r < 0)
		return r;
	if (os_ring_alloc(capacity, &ring->mem) != 0)
		return error_set(err, ERR_NOMEM, "no memory for a %s of %u bytes",
				 map->def.type->name, capacity);
	ring->end = line_in(ring->space);
	ring->capacity = capacity;
	ring->wrap = ring->mem.size - 1;
	return 0;
}

void ring_fini(struct ring *ring)
{
	os_ring_free(&ring->mem);
}

static struct record *record_at(const struct ring *ring, u64 pos)
{
	return (struct record *)(void *)(ring->mem.data + (pos & ring->wrap));
}

u64 ring_consumer(const struct ring *ring)
{
	return __atomic_load_n((const u64 *)(const void *)ring->mem.consumer, __ATOMIC_ACQUIRE);
}

static u64 whole_len(u32 len)
{
	return map_round8((u64)(len & ~(RECORD_BUSY | RECORD_GONE)) + sizeof(struct record));
}

/* Under the lock. */
static u64 first_unfinished(struct ring *ring)
{
	while (ring->end->unfinished != ring->end->producer) {
		u32 len = __atomic_load_n(&record_at(ring, ring->end->unfinished)->len,
					  __ATOMIC_ACQUIRE);

		if ((len & RECORD_BUSY) != 0)
			break;
		ring->end->unfinished += whole_len(len);
	}
	return ring->end->unfinished;
}

static void *reserve_locked(struct ring *ring, u32 size)
{
	u64 end = ring->end->producer + whole_len(size);
	struct record *record = record_at(ring, ring->end->producer);

	/* One byte less than all, as Linux counts. */
	if (end - ring_consumer(ring) >= ring->capacity ||
	    end - first_unfinished(ring) >= ring->capacity)
		return NULL;
	__atomic_store_n(&record->len, size | RECORD_BUSY, __ATOMIC_RELAXED);
	record->page = (u32)(((u8 *)record - ring->mem.consumer) / PAGE + 1);
	__atomic_store_n(&ring->end->producer, end, __ATOMIC_RELEASE);
	__atomic_store_n((u64 *)(void *)ring->mem.producer, end, __ATOMIC_RELEASE);
	return record + 1;
}

void *ring_reserve(struct ring *ring, u64 size)
{
	void *data;
	u8 state;

	if (size > MAX_RECORD || map_round8(size) + sizeof(struct record) > ring->capacity)
		return NULL;
	state = busy_lock_take(&ring->end->lock);
	data = reserve_locked(ring, (u32)size);
	busy_lock_give(&ring->end->lock, state);
	return data;
}

/* A consumer that is behind will come to this record by itself: only one that waits just here is
 * woken. Sequentially consistent: either it sees the record or we see where it is. */
bool ring_finish(struct ring *ring, void *data, bool discard)
{
	struct record *record = (struct record *)data - 1;
	u64 at = (u64)((u8 *)record - ring->mem.data) & ring->wrap;
	u32 len = __atomic_load_n(&record->len, __ATOMIC_RELAXED) & ~RECORD_BUSY;

	__atomic_exchange_n(&record->len, discard ? len | RECORD_GONE : len, __ATOMIC_SEQ_CST);
	return (ring_consumer(ring) & ring->wrap) == at;
}

u64 ring_producer(const struct ring *ring)
{
	return __atomic_load_n(&ring->end->producer, __ATOMIC_ACQUIRE);
}

/* Producers see where the consumer is after so much, or when it finds nothing more: the line of its
 * position is theirs, too, whenever there is no room. */
#define BATCH(ring) MIN((ring)->capacity / 32, (u64)2048)

/* One record at *at: 1, 2 when it was discarded, 0 when there is none, or an error. */
static int consume_one(const struct ring *ring, u64 *at, ring_record_fn fn, void *arg)
{
	u64 producer = ring_producer(ring);
	const struct record *record = record_at(ring, *at);
	u32 len;
	int r;

	if (*at == producer)
		return 0;
	if (producer - *at > ring->capacity || *at % sizeof(*record) != 0)
		return ERR_INVAL;
	len = __atomic_load_n(&record->len, __ATOMIC_ACQUIRE);
	if ((len & RECORD_BUSY) != 0)
		return 0;
	if (whole_len(len) > producer - *at)
		return ERR_INVAL;
	*at += whole_len(len);
	if ((len & RECORD_GONE) != 0)
		return 2;
	r = fn(arg, record + 1, len);
	return r < 0 ? r : 1;
}

/* Sequentially consistent: see ring_finish. */
static void show_consumer(struct ring *ring, u64 at)
{
	__atomic_store_n((u64 *)(void *)ring->mem.consumer, at, __ATOMIC_SEQ_CST);
}

int ring_consume(struct ring *ring, ring_record_fn fn, void *arg, u32 max)
{
	u32 count = 0;
	u64 at, shown;
	int r = 1;

	if (__atomic_exchange_n(&ring->consuming, 1, __ATOMIC_ACQUIRE) != 0)
		return ERR_BUSY;
	at = shown = ring_consumer(ring);
	while (r > 0 && (max == 0 || count < max) && count < INT32_MAX) {
		r = consume_one(ring, &at, fn, arg);
		count += r == 1;
		if (at - shown >= BATCH(ring) || (r <= 0 && at != shown)) {
			/* Nothing more: only what is not there once producers know that we
			 * wait for it makes them wake us. */
			r = r == 0 ? 2 : r;
			shown = at;
			show_consumer(ring, at);
		}
	}
	if (at != shown)
		show_consumer(ring, at);
	__atomic_store_n(&ring->consuming, 0, __ATOMIC_RELEASE);
	return r < 0 ? r : (int)count;
}
