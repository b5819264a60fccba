/* SPDX-License-Identifier: MIT */
/* Atomic add / fetch-add / cmpxchg / xchg on uncontended memory. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 *c = (u64 *)(mem + OFF_SCR);
	u32 *c32 = (u32 *)(mem + OFF_SCR + 64);
	u64 acc = 0;
	c[0] = 0;
	c[1] = 0;
	c[2] = 0;
	c32[0] = 0;
	for (u32 i = 0; i < 200; i++) {
		__sync_fetch_and_add(&c[0], 1);
		acc += __sync_fetch_and_add(&c[1], 3);
		acc ^= __sync_val_compare_and_swap(&c[2], acc & 1, i);
		acc += __sync_fetch_and_add(c32, 7);
	}
	return acc + c[0];
}
