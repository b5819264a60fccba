/* SPDX-License-Identifier: MIT */
/* A byte-code machine in BPF: 16-way switch per input byte (compare chains). */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 a = 1, b = 2, c = 3;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 1024; i++) {
		switch (mem[i] & 15) {
		case 0: a += b; break;
		case 1: a ^= c; break;
		case 2: b += 7; break;
		case 3: c = a - b; break;
		case 4: a <<= 1; break;
		case 5: b >>= 1; break;
		case 6: c ^= a; break;
		case 7: a -= c; break;
		case 8: b *= 3; break;
		case 9: c += i; break;
		case 10: a = b & c; break;
		case 11: b = a | c; break;
		case 12: c = ~c; break;
		case 13: a += 13; break;
		case 14: b ^= a; break;
		default: c -= b; break;
		}
	}
	return a ^ b ^ c;
}
