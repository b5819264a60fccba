// SPDX-License-Identifier: MIT
// A lookup whose result, the start time, is used without a look at it.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, uint64_t);
} starts SEC(".maps");

SEC("xdp")
int Start(xdp_md_t *ctx)
{
	uint32_t key = 1;
	uint64_t *start = bpf_map_lookup_elem(&starts, &key);

	*start = bpf_ktime_get_boot_ns(); // HERE
	return XDP_PASS;
}
