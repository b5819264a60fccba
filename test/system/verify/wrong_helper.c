// SPDX-License-Identifier: MIT
// The helper is not for programs of this type.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int WrongHelper(struct xdp_md *ctx)
{
	char bytes[4];

	return bpf_skb_load_bytes(ctx, 0, bytes, sizeof(bytes)) < 0 ? XDP_DROP : XDP_PASS; // HERE
}
