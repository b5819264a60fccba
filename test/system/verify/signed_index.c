// SPDX-License-Identifier: MIT
// An index that may be negative is compared with its upper limit alone.
#include "bpf_helpers.h"

struct table {
	uint64_t slots[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, struct table);
} tables SEC(".maps");

SEC("bind")
int SignedIndex(bind_md_t *ctx)
{
	uint32_t key = 0;
	int index = (int)ctx->process_id;
	struct table *table = bpf_map_lookup_elem(&tables, &key);

	if (table == NULL || index >= 8)
		return BIND_PERMIT_SOFT;
	table->slots[index] = 1; // HERE
	return BIND_PERMIT_SOFT;
}
