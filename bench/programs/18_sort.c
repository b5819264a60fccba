/* SPDX-License-Identifier: MIT */
/* Copy 64 u32 and insertion-sort them: nested loops, compares, memory moves. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u32 *v = (u32 *)(mem + OFF_SCR);
	const u32 *s = (const u32 *)mem;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 64; i++) {
		u32 x = s[i];
		OPAQUE(x);
		v[i] = x;
	}
#pragma clang loop unroll(disable)
	for (u32 i = 1; i < 64; i++) {
		u32 x = v[i];
		u32 j = i;
#pragma clang loop unroll(disable)
		while (j > 0 && v[(j - 1) & 63] > x) {
			v[j & 63] = v[(j - 1) & 63];
			j--;
		}
		v[j & 63] = x;
	}
	u64 acc = 0;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 64; i++)
		acc = acc * 33 + v[i];
	return acc;
}
