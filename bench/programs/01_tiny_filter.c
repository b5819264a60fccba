/* SPDX-License-Identifier: MIT */
/* A 20-instruction packet filter: measures call-in/call-out cost. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	if (len < 64)
		return 0;
	u8 *p = mem + 2048;
	if (p[12] != 0x08 || p[13] != 0x00)
		return 2;
	if ((p[14] >> 4) != 4)
		return 2;
	if (p[23] == 17)
		return 1;
	u32 dst = *(u32 *)(p + 32); /* aligned stand-in for the IPv4 destination */
	if ((dst & 0xffu) == 10)
		return 1;
	return 2;
}
