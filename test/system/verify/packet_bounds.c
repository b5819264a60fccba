// SPDX-License-Identifier: MIT
// One byte less is compared than is read.
#include "bpf_helpers.h"

SEC("xdp")
int PacketBounds(xdp_md_t *ctx)
{
	volatile uint8_t *data = ctx->data;

	if ((uint8_t *)ctx->data + 13 > (uint8_t *)ctx->data_end)
		return XDP_PASS;
	return data[13] == 0 ? XDP_DROP : XDP_PASS; // HERE
}
