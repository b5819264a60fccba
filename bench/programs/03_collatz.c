/* SPDX-License-Identifier: MIT */
/* Collatz step counts: data-dependent, badly predicted branches, 64-bit mul/shift. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 x = *(u32 *)mem | 1, steps = 0, sum = 0;
	for (u32 i = 0; i < 1000; i++) {
		if (x & 1)
			x = x * 3 + 1;
		else
			x >>= 1;
		steps++;
		if (x <= 1) {
			sum = sum * 31 + steps;
			steps = 0;
			x = (sum * 2654435761ull + i) & 0xffffff;
			x |= 1;
		}
	}
	return sum + steps;
}
