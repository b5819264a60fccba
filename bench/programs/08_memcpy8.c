/* SPDX-License-Identifier: MIT */
/* Copy 2 KiB in 8-byte words, then compare; what an unrolled memcpy costs. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 *d = (u64 *)(mem + OFF_SCR);
	const u64 *s = (const u64 *)mem;
	u64 bad = 0;
	for (u32 i = 0; i < 256; i++) {
		u64 v = s[i];
		OPAQUE(v);
		d[i] = v;
	}
	for (u32 i = 0; i < 256; i++) {
		u64 v = s[i];
		OPAQUE(v);
		if (d[i] != v)
			bad++;
	}
	return bad + d[7];
}
