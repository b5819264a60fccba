// SPDX-License-Identifier: MIT
// An address in a map.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, uint64_t);
} addresses SEC(".maps");

SEC("bind")
int Leak(bind_md_t *ctx)
{
	uint32_t key = 0;
	uint64_t *value = bpf_map_lookup_elem(&addresses, &key);

	if (value == NULL)
		return BIND_PERMIT_SOFT;
	*value = (uint64_t)ctx; // HERE
	return BIND_PERMIT_SOFT;
}
