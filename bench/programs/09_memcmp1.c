/* SPDX-License-Identifier: MIT */
/* Byte-wise copy and compare of 1500 bytes: the worst case for interpreters. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u8 *d = mem + OFF_SCR;
	u32 i;
	for (i = 0; i < 1500; i++) {
		u32 v = mem[i];
		OPAQUE(v);
		d[i] = v;
	}
	for (i = 0; i < 1500; i++) {
		u32 v = mem[i];
		OPAQUE(v);
		if (d[i] != (u8)v)
			return 0;
	}
	return i;
}
