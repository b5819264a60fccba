// SPDX-License-Identifier: MIT
// The function is one of a kernel that nobody described.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int no_such_function(int number) __attribute__((section(".ksyms")));

SEC("xdp")
int UnknownFunction(struct xdp_md *ctx)
{
	return no_such_function(ctx->ingress_ifindex) ? XDP_DROP : XDP_PASS; // HERE
}
