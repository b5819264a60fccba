// SPDX-License-Identifier: MIT
// Any number of 64 bits is added to an address.
#include "bpf_helpers.h"

struct table {
	uint8_t bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, struct table);
} tables SEC(".maps");

SEC("bind")
int PointerRange(bind_md_t *ctx)
{
	uint32_t key = 0;
	struct table *table = bpf_map_lookup_elem(&tables, &key);

	if (table == NULL)
		return BIND_PERMIT_SOFT;
	return table->bytes[ctx->process_id] == 1 ? BIND_DENY : BIND_PERMIT_SOFT; // HERE
}
