// SPDX-License-Identifier: MIT
// A function calls itself.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int depth(struct xdp_md *ctx, int n)
{
	asm volatile("" : "+r"(n));
	if (n == 0)
		return ctx->ingress_ifindex;
	return depth(ctx, n - 1) + depth(ctx, n - 2); // HERE
}

SEC("xdp")
int Recursion(struct xdp_md *ctx)
{
	return depth(ctx, 3);
}
