// SPDX-License-Identifier: MIT
// Metadata is read without a look at how much there is.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int MetaBounds(struct xdp_md *ctx)
{
	unsigned int *meta = (void *)(long)ctx->data_meta;

	return *meta == 7 ? XDP_DROP : XDP_PASS; // HERE
}
