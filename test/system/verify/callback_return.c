// SPDX-License-Identifier: MIT
// A callback returns what is neither "go on" nor "stop".
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static long each(unsigned int index, void *arg)
{
	return index == 3 ? 2 : 0; // HERE
}

SEC("xdp")
int CallbackReturn(struct xdp_md *ctx)
{
	bpf_loop(4, each, 0, 0);
	return XDP_PASS;
}
