// SPDX-License-Identifier: MIT
// A reserved record is forgotten on one path.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("socket")
int RingLeak(struct __sk_buff *ctx)
{
	unsigned long long *event = bpf_ringbuf_reserve(&events, 8, 0);

	if (event == NULL)
		return 0;
	*event = ctx->len;
	if (*event != 7)
		bpf_ringbuf_submit(event, 0);
	return 0;
} // HERE
