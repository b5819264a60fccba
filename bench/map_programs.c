/* SPDX-License-Identifier: MIT */
/* Rows of map_bench_jit.c as programs: each does one operation LOOPS times, with random keys as
 * map_bench.c and map_kernel.c have them. */
#include "map_maps.h"

#define LOOPS 1000 /* as in map_bench_jit.c */

int tail_call(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(max_entries, 2);
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = {
	.values = { [1] = &tail_call },
};

#define ROW(name, ...)                                                                  \
	SEC("xdp")                                                                      \
	int name(struct xdp_md *ctx)                                                    \
	{                                                                               \
		__u64 random = bpf_get_prandom_u32() | 1ull;                            \
		__u64 sum = ctx->rx_queue_index;                                        \
		_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < LOOPS; i++) \
		{                                                                       \
			__u32 x = next(&random);                                        \
                                                                                        \
			__VA_ARGS__                                                     \
		}                                                                       \
		return (int)sum;                                                        \
	}

#define LOOK(map)                                       \
	__u64 *found = bpf_map_lookup_elem(&map, &key); \
	if (found)                                      \
		sum += *found;

ROW(empty, sum += x;)
ROW(array_hit, __u32 key = x & 1023; LOOK(array))
ROW(percpu_array_hit, __u32 key = x & 1023; LOOK(cpu_array))
ROW(array_add, __u32 key = x & 1023; __u64 *v = bpf_map_lookup_elem(&array, &key);
    if (v) __sync_fetch_and_add(v, x);)
ROW(hash_hit, __u32 key = x & 1023; LOOK(small))
ROW(hash_miss, __u32 key = x | 0x80000000u; LOOK(small))
ROW(hash_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&small, &key, &v, 0);)
ROW(hash_del_ins, __u32 key = x & 1023; __u64 v = x; bpf_map_delete_elem(&small, &key);
    bpf_map_update_elem(&small, &key, &v, 0);)
#define BIG_KEY struct big_key key = { x & 65535, 7 }
ROW(large_hit, BIG_KEY; struct big_value *v = bpf_map_lookup_elem(&large, &key);
    if (v) sum += v->words[0];)
ROW(large_update, BIG_KEY; struct big_value v = { { x } };
    bpf_map_update_elem(&large, &key, &v, 0);)
ROW(percpu_hit, __u32 key = x & 1023; LOOK(percpu))
ROW(percpu_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&percpu, &key, &v, 0);)
ROW(lru_hit, __u32 key = x & 1023; LOOK(lru))
ROW(lru_update, __u32 key = x & 1023; __u64 v = x; bpf_map_update_elem(&lru, &key, &v, 0);)
ROW(lpm_1k_hit, struct prefix key = { 32, x }; LOOK(lpm_1k))
ROW(lpm_16k_hit, struct prefix key = { 32, x }; LOOK(lpm_16k))
ROW(ring_discard, sum += x; void *r = bpf_ringbuf_reserve(&ring, 64, 0);
    if (r) bpf_ringbuf_discard(r, 0);)
ROW(queue_push_pop, __u64 v = x; bpf_map_push_elem(&queue, &v, 0); bpf_map_pop_elem(&queue, &v);)
ROW(cpu_id, sum += x + bpf_get_smp_processor_id();)
ROW(ktime, sum += x + bpf_ktime_get_ns();)
ROW(prandom, sum += x + bpf_get_prandom_u32();)

/* One call that fails, and before it as many as may be. */
SEC("xdp")
int no_tail_call(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return 0;
}

SEC("xdp")
int tail_call(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
