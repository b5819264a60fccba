/* SPDX-License-Identifier: MIT */
/* Ring buffers: programs put records in, one consumer takes them out in order. The memory has
 * Linux's layout, so that it can be given to a process that reads it by itself. */
#pragma once

#include "map/map.h"

enum ringbuf_flag {
	RINGBUF_NO_WAKEUP = 1,
	RINGBUF_FORCE_WAKEUP = 2,
};

/* What ringbuf_query tells. */
enum ringbuf_query {
	RINGBUF_AVAILABLE, /* bytes between the positions */
	RINGBUF_SIZE,
	RINGBUF_CONSUMER,
	RINGBUF_PRODUCER,
};

/* --- the programs' side; map is a ring buffer ----------------------------------------------------
 */

/* Room for size bytes, aligned to 8, that no consumer sees until it is submitted; NULL when there
 * is none. Each is submitted or discarded, once. */
void *ringbuf_reserve(struct map *map, u64 size);
void ringbuf_submit(struct map *map, void *record, u64 flags);
void ringbuf_discard(struct map *map, void *record, u64 flags);
/* Both in one: ERR_INVAL for unknown flags, ERR_AGAIN when there is no room. */
int ringbuf_output(struct map *map, const void *data, u64 size, u64 flags) MUST_CHECK;
u64 ringbuf_query(const struct map *map, u64 what); /* unknown: 0 */

/* --- the application's side ----------------------------------------------------------------------
 */

/* A record; below 0: stop after this one. */
typedef int (*ringbuf_record_fn)(void *arg, const void *data, u32 size);
/* Gives fn up to max records that are there (0: all) and goes on behind them. Their number, or what
 * fn returned when below 0. ERR_BUSY: somebody consumes already; ERR_INVAL: whoever shares the
 * consumer's page wrote nonsense, or map is no ring buffer. Does not wait. */
int ringbuf_consume(struct map *map, ringbuf_record_fn fn, void *arg, u32 max) MUST_CHECK;

/* Called by whoever submits what the consumer is to be woken for; must not block. Set it before
 * programs run. */
typedef void (*ringbuf_wakeup_fn)(void *arg);
int ringbuf_set_wakeup(struct map *map, ringbuf_wakeup_fn fn, void *arg) MUST_CHECK;
