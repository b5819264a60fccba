// SPDX-License-Identifier: MIT
// A pointer into the packet is used after the packet was moved.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int StalePacket(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if ((void *)(data + 14) > end)
		return XDP_PASS;
	if (bpf_xdp_adjust_head(ctx, 4) != 0)
		return XDP_PASS;
	return data[0] == 1 ? XDP_DROP : XDP_PASS; // HERE
}
