/* SPDX-License-Identifier: MIT */
/* Parse 16 packets: Ethernet / VLAN / IPv4 / IPv6 / TCP / UDP / ICMP, branchy,
 * byte and half-word loads, byte swaps; keeps per-protocol counters on the stack. */
#include "bench.h"
INLINE u16 rd16(const u8 *p)
{
	return __builtin_bswap16(*(const u16 *)p);
}
INLINE u32 rd32(const u8 *p)
{
	return __builtin_bswap32(*(const u32 *)p);
}
INLINE u32 parse(const u8 *p)
{
	u32 off = 14;
	u16 et = rd16(p + 12);
	if (et == 0x8100 || et == 0x88a8) {
		et = rd16(p + 16);
		off = 18;
		if (et == 0x8100) {
			et = rd16(p + 20);
			off = 22;
		}
	}
	const u8 *q = p + off;
	u32 proto, hash;
	switch (et) {
	case 0x0800: {
		u32 ihl = q[0] & 15;
		if ((q[0] >> 4) != 4 || ihl < 5)
			return 1;
		if (rd16(q + 6) & 0x1fff)
			return 2;
		proto = q[9];
		hash = rd32(q + 12) ^ rd32(q + 16);
		q += 20;
		break;
	}
	case 0x86dd:
		proto = q[6];
		hash = rd32(q + 8) ^ rd32(q + 20) ^ rd32(q + 24) ^ rd32(q + 36);
		q += 40;
		break;
	case 0x0806: return 3;
	default: return 4;
	}
	switch (proto) {
	case 6: {
		u32 fl = q[13];
		if ((fl & 0x12) == 0x12)
			return 5;
		if (fl & 4)
			return 6;
		hash ^= ((u32)rd16(q) << 16) | rd16(q + 2);
		break;
	}
	case 17:
		if (rd16(q + 2) == 53)
			return 7;
		hash ^= ((u32)rd16(q) << 16) | rd16(q + 2);
		break;
	case 1:
	case 58: return 8;
	default: return 9;
	}
	return (hash & 7) + 10;
}
u64 bench(u8 *mem, u64 len)
{
	u64 acc = 0;
#pragma clang loop unroll(disable)
	for (u32 r = 0; r < 4; r++)
#pragma clang loop unroll(disable)
		for (u32 i = 0; i < 16; i++)
			acc = acc * 31 + parse(mem + 2048 + i * 128);
	return acc;
}
