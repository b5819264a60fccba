/* SPDX-License-Identifier: MIT */
/* 1024 lookups in an array of 256 values: in C an index that is checked. */
#include "bench.h"

#define ENTRIES 256

#ifdef __bpf__
struct bpf_map_def {
	u32 type, key_size, value_size, max_entries, map_flags;
};
__attribute__((section("maps"), used)) struct bpf_map_def bench_values = { 2, 4, 8, ENTRIES, 0 };
static void *(*const lookup)(void *map, const void *key) = (void *)1;

INLINE u64 *find(u32 key)
{
	return lookup(&bench_values, &key);
}
#else
extern u64 bench_values[ENTRIES];

INLINE u64 *find(u32 key)
{
	return key < ENTRIES ? &bench_values[key] : 0;
}
#endif

u64 bench(u8 *mem, u64 len)
{
	u64 acc = len;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 1024; i++) {
		u64 *value = find(mem[i] + (u32)(mem[i + 1] & 1));

		if (value)
			acc = (acc ^ *value) + i;
	}
	return acc;
}
