/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "base/str.h"

u64 hash_bytes(const void *data, size_t len, u64 seed)
{
	const u8 *p = data;
	u64 h = hash_mix(seed ^ (len * 0x9e3779b97f4a7c15ull));
	u64 word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = hash_mix(h ^ word) + seed;
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, p, len);
		h = hash_mix(h ^ word) + seed;
	}
	return hash_mix(h);
}
