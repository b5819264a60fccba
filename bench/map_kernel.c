/* SPDX-License-Identifier: MIT */
/* The rows of map_bench.c as a program for the running kernel: each section does one operation N
 * times in a loop, so that the host's calls do not count. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define N 1000000

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 2048);
} small SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1024);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1024);
} cpu_array SEC(".maps");

struct big_key {
	__u64 a, b;
};
struct big_value {
	__u64 words[8];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct big_key);
	__type(value, struct big_value);
	__uint(max_entries, 131072);
} large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 2048);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 2048);
} lru SEC(".maps");

struct prefix {
	__u32 len, bits;
};
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
LPM(lpm_256k, 262144);
LPM(lpm_1m, 1048576);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, __u64);
	__uint(max_entries, 64);
} queue SEC(".maps");

struct state {
	__u64 random, sum;
};

static __attribute__((always_inline)) __u32 next(struct state *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (__u32)(s->random >> 16);
}

#define ROW(name, ...)                                                \
	static long do_##name(__u32 i, struct state *s)               \
	{                                                             \
		__u32 x = next(s);                                    \
		(void)i;                                              \
		__VA_ARGS__                                           \
		return 0;                                             \
	}                                                             \
	SEC("xdp")                                                    \
	int name(struct xdp_md *ctx)                                  \
	{                                                             \
		struct state s = { bpf_get_prandom_u32() | 1ull, 0 }; \
		(void)ctx;                                            \
		bpf_loop(N, do_##name, &s, 0);                        \
		return (int)s.sum;                                    \
	}

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
ROW(ring_discard, s->sum += x; void *r = bpf_ringbuf_reserve(&ring, 64, 0);
    if (r) bpf_ringbuf_discard(r, 0);)
ROW(queue_push_pop, __u64 v = x; bpf_map_push_elem(&queue, &v, 0); bpf_map_pop_elem(&queue, &v);)
ROW(cpu_id, s->sum += x + bpf_get_smp_processor_id();)
ROW(ktime, s->sum += x + bpf_ktime_get_ns();)
ROW(prandom, s->sum += x + bpf_get_prandom_u32();)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
