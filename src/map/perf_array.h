/* SPDX-License-Identifier: MIT */
/* Perf event arrays: a ring of records for each CPU. In the Windows dialect max_entries is a ring's
 * size in bytes, in Linux's the number of CPUs; there a ring has PERF_ARRAY_RING bytes. */
#pragma once

#include "map/map.h"

#define PERF_ARRAY_RING 65536

/* Flags of an output: the CPU, and how many bytes of the context's data follow the record's. */
#define PERF_CPU_MASK	 0xffffffffull
#define PERF_CURRENT_CPU 0xffffffffull
#define PERF_EXTRA_MASK	 (0xfffffull << 32)

/* Two pieces as one record into cpu's ring. ERR_NOSPC when it is full: counted as lost; ERR_TOOBIG
 * beyond the array. */
int perf_array_output(struct map *map, u32 cpu, const void *data, u64 size, const void *extra,
		      u64 extra_size) MUST_CHECK;

/* As ringbuf_consume, from one CPU's ring; ERR_INVAL also for a CPU that there is not. */
int perf_array_consume(struct map *map, u32 cpu, int (*fn)(void *arg, const void *data, u32 size),
		       void *arg, u32 max) MUST_CHECK;
/* Records that had no room so far. */
u64 perf_array_lost(const struct map *map, u32 cpu);
