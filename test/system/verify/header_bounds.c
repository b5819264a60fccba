// SPDX-License-Identifier: MIT
// The check before a header is for the one before it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/ip.h>

SEC("xdp")
int HeaderBounds(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	return ip->protocol == 6 ? XDP_DROP : XDP_PASS; // HERE
}
