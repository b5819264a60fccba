// SPDX-License-Identifier: MIT
// An access is not aligned, where the rules ask for that.
#include "bpf_helpers.h"

struct __attribute__((packed)) record {
	uint8_t kind;
	volatile uint32_t number;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, struct record);
} records SEC(".maps");

SEC("bind")
int Misaligned(bind_md_t *ctx)
{
	uint32_t key = 0;
	struct record *record = bpf_map_lookup_elem(&records, &key);
	uint32_t *number;

	if (record == NULL)
		return BIND_PERMIT_SOFT;
	number = (uint32_t *)((char *)record + 1);
	*number = (uint32_t)ctx->process_id; // HERE
	return BIND_PERMIT_SOFT;
}
