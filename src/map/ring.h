/* SPDX-License-Identifier: MIT */
/* One ring of records with many producers and one consumer: what ring buffers and perf event arrays
 * are made of. */
#pragma once

#include "map/busy_lock.h"
#include "map/types.h"
#include "os/os.h"

/* What all producers change. */
struct ring_end {
	struct busy_lock lock;
	u64 producer;	/* written under the lock */
	u64 unfinished; /* no unfinished record is before it; under the lock */
};

struct ring {
	struct os_ring mem;
	u64 capacity;	      /* a power of two */
	u64 wrap;	      /* size of what is mapped, minus 1 */
	struct ring_end *end; /* in space */
	u8 space[LINE_SPACE(sizeof(struct ring_end))];
	u32 consuming;
};

/* Below 0: stop after this record. */
typedef int (*ring_record_fn)(void *arg, const void *data, u32 size);

int ring_check_size(const struct map *map, struct error *err) MUST_CHECK;
int ring_init(struct ring *ring, struct map *map, u32 capacity, struct error *err) MUST_CHECK;
void ring_fini(struct ring *ring);
void *ring_reserve(struct ring *ring, u64 size);
/* True when the consumer waits for just this record. */
bool ring_finish(struct ring *ring, void *data, bool discard);
u64 ring_consumer(const struct ring *ring);
u64 ring_producer(const struct ring *ring);
int ring_consume(struct ring *ring, ring_record_fn fn, void *arg, u32 max) MUST_CHECK;
