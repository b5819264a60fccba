// SPDX-License-Identifier: MIT
// Addresses of different things are compared.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, uint64_t);
} numbers SEC(".maps");

SEC("xdp")
int PointerComparison(xdp_md_t *ctx)
{
	uint32_t key = 0;
	uint64_t *number = bpf_map_lookup_elem(&numbers, &key);

	if (number == NULL)
		return XDP_PASS;
	if ((void *)number < ctx->data) // HERE
		return XDP_DROP;
	return XDP_PASS;
}
