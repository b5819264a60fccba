// SPDX-License-Identifier: MIT
// Elements are looked up in a ring buffer.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("bind")
int MapKind(bind_md_t *ctx)
{
	uint32_t key = (uint32_t)ctx->process_id;

	return bpf_map_lookup_elem(&events, &key) != NULL ? BIND_DENY : BIND_PERMIT_SOFT; // HERE
}
