// SPDX-License-Identifier: MIT
// A field of four bytes is read with eight.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int CtxWidth(struct xdp_md *ctx)
{
	volatile unsigned long long *both = (void *)&ctx->ingress_ifindex;

	return *both == 3 ? XDP_DROP : XDP_PASS; // HERE
}
