/* SPDX-License-Identifier: MIT */
/* Bitwise CRC-32 of 256 bytes: short dependent ALU chains, no table. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u32 c = 0xffffffffu;
	for (u32 i = 0; i < 256; i++) {
		c ^= mem[i];
#pragma clang loop unroll(disable)
		for (u32 k = 0; k < 8; k++) {
			u32 m = -(c & 1);
			c = (c >> 1) ^ (0xEDB88320u & m);
		}
	}
	return c ^ 0xffffffffu;
}
