/* SPDX-License-Identifier: MIT */
/* SHA-256 of 512 bytes (8 blocks, no padding): 32-bit rotates/adds, W[] on the stack. */
#include "bench.h"
#define ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
u64 bench(u8 *mem, u64 len)
{
	u32 w[64];
	u32 h0 = 0x6a09e667, h1 = 0xbb67ae85, h2 = 0x3c6ef372, h3 = 0xa54ff53a;
	u32 h4 = 0x510e527f, h5 = 0x9b05688c, h6 = 0x1f83d9ab, h7 = 0x5be0cd19;
	const u32 *kt = (const u32 *)(mem + OFF_K);
	for (u32 blk = 0; blk < 8; blk++) {
		const u32 *in = (const u32 *)(mem + blk * 64);
#pragma clang loop unroll(disable)
		for (u32 i = 0; i < 16; i++)
			w[i] = __builtin_bswap32(in[i]);
#pragma clang loop unroll(disable)
		for (u32 i = 16; i < 64; i++) {
			u32 x = w[i - 15], y = w[i - 2];
			u32 s0 = ROR(x, 7) ^ ROR(x, 18) ^ (x >> 3);
			u32 s1 = ROR(y, 17) ^ ROR(y, 19) ^ (y >> 10);
			w[i] = w[i - 16] + s0 + w[i - 7] + s1;
		}
		u32 a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
#pragma clang loop unroll(disable)
		for (u32 i = 0; i < 64; i++) {
			u32 t1 = h + (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25)) + ((e & f) ^ (~e & g)) +
				 kt[i] + w[i];
			u32 t2 = (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22)) +
				 ((a & b) ^ (a & c) ^ (b & c));
			h = g;
			g = f;
			f = e;
			e = d + t1;
			d = c;
			c = b;
			b = a;
			a = t1 + t2;
		}
		h0 += a;
		h1 += b;
		h2 += c;
		h3 += d;
		h4 += e;
		h5 += f;
		h6 += g;
		h7 += h;
	}
	u64 r = ((u64)(h0 ^ h2 ^ h4 ^ h6) << 32) | (h1 ^ h3 ^ h5 ^ h7);
	return r;
}
