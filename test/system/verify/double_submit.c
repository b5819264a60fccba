// SPDX-License-Identifier: MIT
// A record is handed over twice.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("socket")
int DoubleSubmit(struct __sk_buff *ctx)
{
	unsigned long long *event = bpf_ringbuf_reserve(&events, 8, 0);

	if (!event)
		return 0;
	*event = ctx->len;
	bpf_ringbuf_submit(event, 0);
	bpf_ringbuf_submit(event, 0); // HERE
	return 0;
}
