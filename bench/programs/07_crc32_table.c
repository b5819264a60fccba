/* SPDX-License-Identifier: MIT */
/* Table-driven CRC-32 of a 1500-byte packet: byte loads + dependent table loads. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u32 c = 0xffffffffu;
	const u32 *t = (const u32 *)(mem + OFF_CRC);
	for (u32 i = 0; i < 1500; i++)
		c = (c >> 8) ^ t[(c ^ mem[i]) & 0xff];
	return c ^ 0xffffffffu;
}
