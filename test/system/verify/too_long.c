// SPDX-License-Identifier: MIT
// A loop goes as far as a number of 32 bits from outside.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int TooLong(struct xdp_md *ctx)
{
	unsigned long long count = ctx->ingress_ifindex;

	for (unsigned long long i = 0; i < count; i++) // HERE
		asm volatile("");
	return XDP_PASS;
}
