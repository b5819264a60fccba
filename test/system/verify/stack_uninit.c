// SPDX-License-Identifier: MIT
// Half of the key is never written.
#include "bpf_helpers.h"

struct key {
	uint32_t first, second;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, uint64_t);
} counts SEC(".maps");

SEC("bind")
int StackUninit(bind_md_t *ctx)
{
	struct key key;

	key.first = ctx->protocol;
	if (bpf_map_lookup_elem(&counts, &key) != NULL) // HERE
		return BIND_DENY;
	return BIND_PERMIT_SOFT;
}
