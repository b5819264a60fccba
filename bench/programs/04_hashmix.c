/* SPDX-License-Identifier: MIT */
/* 64-bit multiply/xor-shift hash over 4 KiB, eight bytes at a time. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u64 h = 0xcbf29ce484222325ull;
	for (u32 i = 0; i < 512; i++) {
		u64 k = *(u64 *)(mem + i * 8);
		k *= 0x87c37b91114253d5ull;
		k = (k << 31) | (k >> 33);
		k *= 0x4cf5ad432745937full;
		h ^= k;
		h = (h << 27) | (h >> 37);
		h = h * 5 + 0x52dce729;
	}
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdull;
	h ^= h >> 33;
	return h;
}
