/* SPDX-License-Identifier: MIT */
/* Seeded hashing. With a secret seed, input that is chosen to collide does not. */
#pragma once

#include "base/compiler.h"

static inline u64 hash_mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

u64 hash_bytes(const void *data, size_t len, u64 seed);
