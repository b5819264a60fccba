/* SPDX-License-Identifier: MIT */
/* The rows of map_bench.c as a program for the running kernel: each section does one operation N
 * times in a loop, so that the host's calls do not count. */
#include "map_maps.h"

#define N      1000000
#define RING_N 10000 /* two threads' records have room in the ring */

LPM(lpm_256k, 262144);
LPM(lpm_1m, 1048576);

struct state {
	__u64 random, sum;
};

#define ROW_N(name, count, ...)                                       \
	static long do_##name(__u32 i, struct state *s)               \
	{                                                             \
		__u32 x = next(&s->random);                           \
		(void)i;                                              \
		__VA_ARGS__                                           \
		return 0;                                             \
	}                                                             \
	SEC("xdp")                                                    \
	int name(struct xdp_md *ctx)                                  \
	{                                                             \
		struct state s = { bpf_get_prandom_u32() | 1ull, 0 }; \
		(void)ctx;                                            \
		bpf_loop(count, do_##name, &s, 0);                    \
		return (int)s.sum;                                    \
	}

#define ROW(name, ...) ROW_N(name, N, __VA_ARGS__)

ROW(empty, s->sum += x;)
ROW(array_hit, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&array, &key);
    if (v) s->sum += *v;)
ROW(percpu_array_hit, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&cpu_array, &key);
    if (v) s->sum += *v;)
ROW(array_add, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&array, &key);
    if (v) __sync_fetch_and_add(v, x);)
ROW(hash_hit, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&small, &key);
    if (v) s->sum += *v;)
ROW(hash_miss, __u32 key = x | 0x80000000u; if (bpf_map_lookup_elem(&small, &key)) s->sum++;)
ROW(hash_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&small, &key, &v, 0);)
ROW(hash_del_ins, __u32 key = x & 1023; __u64 v = x; bpf_map_delete_elem(&small, &key);
    bpf_map_update_elem(&small, &key, &v, 0);)
#define BIG_KEY struct big_key key = { x & 65535, 7 }
ROW(large_hit, BIG_KEY; struct big_value *v = bpf_map_lookup_elem(&large, &key);
    if (v) s->sum += v->words[0];)
ROW(large_update, BIG_KEY; struct big_value v = { { x } };
    bpf_map_update_elem(&large, &key, &v, 0);)
ROW(percpu_hit, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&percpu, &key);
    if (v) s->sum += *v;)
ROW(percpu_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&percpu, &key, &v, 0);)
ROW(lru_hit, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&lru, &key); if (v) s->sum += *v;)
ROW(lru_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&lru, &key, &v, 0);)
ROW(lru_rolling, __u32 key = x & 16383; __u64 v = x; bpf_map_update_elem(&lru, &key, &v, 0);)
#define LOOK(map)                                   \
	struct prefix key = { 32, x };              \
	__u64 *v = bpf_map_lookup_elem(&map, &key); \
	if (v)                                      \
		s->sum += *v;
ROW(lpm_1k_hit, LOOK(lpm_1k))
ROW(lpm_16k_hit, LOOK(lpm_16k))
ROW(lpm_256k_hit, LOOK(lpm_256k))
ROW(lpm_1m_hit, LOOK(lpm_1m))
ROW_N(ring_discard, RING_N, s->sum += x; void *r = bpf_ringbuf_reserve(&ring, 64, 0);
      if (r) bpf_ringbuf_discard(r, 0);)
ROW(queue_push_pop, __u64 v = x; bpf_map_push_elem(&queue, &v, 0); bpf_map_pop_elem(&queue, &v);)
ROW(cpu_id, s->sum += x + bpf_get_smp_processor_id();)
ROW(ktime, s->sum += x + bpf_ktime_get_ns();)
ROW(prandom, s->sum += x + bpf_get_prandom_u32();)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
