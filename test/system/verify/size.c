// SPDX-License-Identifier: MIT
// A size that nothing limits.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("bind")
int Size(bind_md_t *ctx)
{
	char event[16] = "";

	bpf_ringbuf_output(&events, event, ctx->process_id, 0); // HERE
	return BIND_PERMIT_SOFT;
}
