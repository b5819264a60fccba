/* SPDX-License-Identifier: MIT */
/* Naive search for a 6-byte needle in 1500 bytes of small-alphabet text. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 hits = 0, part = 0;
	for (u32 i = 0; i < 1500; i++) {
		const u8 *p = mem + i;
		if ((p[0] & 3) != 1)
			continue;
		if ((p[1] & 3) != 2) {
			part++;
			continue;
		}
		if ((p[2] & 3) != 1) {
			part++;
			continue;
		}
		if ((p[3] & 3) != 0) {
			part++;
			continue;
		}
		hits++;
	}
	return hits * 65536 + part;
}
