/* SPDX-License-Identifier: MIT */
/* 12x12 u32 matrix product: address arithmetic, loads, multiply-add. */
#include "bench.h"
#define N 12
u64 bench(u8 *mem, u64 len)
{
	const u32 *a = (const u32 *)mem, *b = (const u32 *)(mem + 1024);
	u32 *c = (u32 *)(mem + OFF_SCR);
	u64 acc = 0;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < N; i++)
#pragma clang loop unroll(disable)
		for (u32 j = 0; j < N; j++) {
			u32 s = 0;
#pragma clang loop unroll(disable)
			for (u32 k = 0; k < N; k++)
				s += a[i * N + k] * b[k * N + j];
			c[i * N + j] = s;
			acc += s;
		}
	return acc;
}
