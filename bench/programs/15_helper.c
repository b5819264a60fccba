/* SPDX-License-Identifier: MIT */
/* 1000 calls of a trivial helper: call-out overhead. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 acc = 0;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 1000; i++)
		acc += (helper42(i) & 0xff) + i;
	return acc;
}
