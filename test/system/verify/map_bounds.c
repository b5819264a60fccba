// SPDX-License-Identifier: MIT
// An index that may be one too large.
#include "bpf_helpers.h"

struct table {
	uint32_t entries[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, struct table);
} tables SEC(".maps");

SEC("bind")
int MapBounds(bind_md_t *ctx)
{
	uint32_t key = 0, index = ctx->protocol;
	struct table *table = bpf_map_lookup_elem(&tables, &key);

	if (table == NULL || index > 16)
		return BIND_PERMIT_SOFT;
	table->entries[index] = 1; // HERE
	return BIND_PERMIT_SOFT;
}
