/* SPDX-License-Identifier: MIT */
/* 64-bit unsigned division/modulo chain and decimal digit sums. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 acc = 0;
	for (u32 i = 0; i < 128; i++) {
		u64 n = *(u64 *)(mem + i * 8), d = *(u32 *)(mem + 2048 + i * 4) | 1;
		acc += n / d;
		acc ^= n % d;
		acc += (u32)n / ((u32)d | 3);
		u64 m = n >> 40;
		OPAQUE(m);
#pragma clang loop unroll(disable)
		for (u32 k = 0; k < 4; k++) {
			acc += m % 10;
			m /= 10;
		}
	}
	return acc;
}
