/* SPDX-License-Identifier: MIT */
/* XDP for Linux: counts packets by size, on each processor apart; percpu_stats.c says more. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SIZES 12 /* the last one: 2048 bytes and more */

struct traffic {
	__u64 packets;
	__u64 bytes;
};

/* Index n: packets of 2^n bytes up to twice as many. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct traffic);
	__uint(max_entries, SIZES);
} sizes SEC(".maps");

static __always_inline __u32 size_class(__u64 bytes)
{
	__u32 class = 0;

	for (int i = 1; i < SIZES; i++)
		if (bytes >> i != 0)
			class = i;
	return class;
}

SEC("xdp")
int count_sizes(struct xdp_md *ctx)
{
	__u64 bytes = ctx->data_end - ctx->data;
	__u32 class = size_class(bytes);
	struct traffic *sum = bpf_map_lookup_elem(&sizes, &class);

	if (!sum)
		return XDP_PASS;
	sum->packets++;
	sum->bytes += bytes;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
