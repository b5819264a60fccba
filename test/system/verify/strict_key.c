// SPDX-License-Identifier: MIT
// The key of an array may be past its end, where the rules are strict.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 10);
	__type(key, uint32_t);
	__type(value, uint64_t);
} counters SEC(".maps");

SEC("bind")
int StrictKey(bind_md_t *ctx)
{
	uint32_t key = ctx->protocol;
	uint64_t *counter = bpf_map_lookup_elem(&counters, &key); // HERE

	if (counter != NULL)
		*counter += 1;
	return BIND_PERMIT_SOFT;
}
