// SPDX-License-Identifier: MIT
// A callback makes a tail call.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, unsigned int);
	__type(value, unsigned int);
} programs SEC(".maps");

static long each(unsigned int index, void *arg)
{
	bpf_tail_call(*(void **)arg, &programs, index); // HERE
	return 0;
}

SEC("xdp")
int TailCallCallback(struct xdp_md *ctx)
{
	bpf_loop(4, each, &ctx, 0);
	return XDP_PASS;
}
