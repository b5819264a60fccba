/* SPDX-License-Identifier: MIT */
/* The maps of map_kernel.c and map_programs.c, and the keys' random numbers. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAP(name, kind, key_type, value_type, entries) \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_##kind);     \
		__type(key, key_type);                 \
		__type(value, value_type);             \
		__uint(max_entries, entries);          \
	} name SEC(".maps")

struct big_key {
	__u64 a, b;
};
struct big_value {
	__u64 words[8];
};
struct prefix {
	__u32 len, bits;
};
MAP(array, ARRAY, __u32, __u64, 1024);
MAP(cpu_array, PERCPU_ARRAY, __u32, __u64, 1024);
MAP(small, HASH, __u32, __u64, 2048);
MAP(large, HASH, struct big_key, struct big_value, 131072);
MAP(percpu, PERCPU_HASH, __u32, __u64, 2048);
MAP(lru, LRU_HASH, __u32, __u64, 2048);

#define LPM(name, count)                             \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE); \
		__type(key, struct prefix);          \
		__type(value, __u64);                \
		__uint(map_flags, 1);                \
		__uint(max_entries, count);          \
	} name SEC(".maps")
LPM(lpm_1k, 1024);
LPM(lpm_16k, 16384);

/* Nobody consumes while a program runs. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2097152);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, __u64);
	__uint(max_entries, 64);
} queue SEC(".maps");

static __attribute__((always_inline)) __u32 next(__u64 *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (__u32)(*random >> 16);
}
