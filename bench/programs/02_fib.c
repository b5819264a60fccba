/* SPDX-License-Identifier: MIT */
/* Iterated Fibonacci/xor recurrence: pure 64-bit register ALU, one tight loop. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 a = *(u64 *)mem, b = *(u64 *)(mem + 8);
	for (u32 i = 0; i < 4000; i++) {
		u64 t = a + b;
		a = b ^ (t >> 3);
		b = t;
	}
	return a ^ b;
}
