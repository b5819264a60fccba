/* SPDX-License-Identifier: MIT */
/* Rows of the map benchmark, here and in the kernel's program (map_kernel.c has a section of each
 * name). */
#pragma once

#include <time.h>

#include "base/compiler.h"

#define BENCH_N	      1000000 /* operations a run, as in map_kernel.c */
#define BENCH_THREADS 2

/* The thread's own time, also in the kernel: others may run meanwhile. */
static inline u64 bench_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

static inline u32 bench_next(u64 *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (u32)(*random >> 16);
}

/* The n-th of the prefixes that a trie is filled with: 8 to 32 bits. */
static inline u64 bench_prefix(u64 *random)
{
	u64 len = 8 + bench_next(random) % 25;

	return len | (u64)bench_next(random) << 32;
}

/* Loads the object and fills its maps. False, with the reason on standard output, when this machine
 * has no such kernel or we may not. */
bool kernel_open(const char *object);
/* Nanoseconds of one operation of the section, in as many threads at a time; below 0: failed. */
double kernel_run(const char *section, u32 threads);
void kernel_close(void);
