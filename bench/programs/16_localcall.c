/* SPDX-License-Identifier: MIT */
/* 1000 BPF-to-BPF calls of a small function with its own stack frame. */
#include "bench.h"
NOINLINE u64 mix(u64 a, u64 b, u64 c)
{
	a ^= b * 0x9E3779B97F4A7C15ull;
	a = (a << 13) | (a >> 51);
	return a + c;
}
u64 bench(u8 *mem, u64 len)
{
	u64 acc = 1;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 1000; i++)
		acc = mix(acc, *(u64 *)(mem + (i & 511) * 8), i);
	return acc;
}
