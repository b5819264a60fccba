/* SPDX-License-Identifier: MIT */
/* Prime sieve up to 200 on the 512-byte stack: variable-offset stack stores. */
#include "bench.h"
u64 bench(u8 *mem, u64 len)
{
	u8 s[200];
	u32 n = 0;
	u64 *z = (u64 *)s;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 25; i++) {
		u64 v = 0;
		OPAQUE(v);
		z[i] = v;
	}
	for (u32 i = 2; i < 200; i++) {
		if (s[i])
			continue;
		n++;
#pragma clang loop unroll(disable)
		for (u32 j = i + i; j < 200; j += i)
			s[j] = 1;
	}
	return n;
}
