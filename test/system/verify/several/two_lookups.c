// SPDX-License-Identifier: MIT
// Two lookups without a check, the first of them used twice.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, uint64_t);
} numbers SEC(".maps"), others SEC(".maps");

SEC("xdp")
int TwoLookups(xdp_md_t *ctx)
{
	uint32_t key = 1;
	uint64_t *first = bpf_map_lookup_elem(&numbers, &key), *second;
	*first += 1; // first
	if (ctx->ingress_ifindex == 3)
		return XDP_DROP;
	second = bpf_map_lookup_elem(&others, &key);
	*second += *first; // second
	return XDP_PASS;
}
