// SPDX-License-Identifier: MIT
// One byte of an address that lies on the stack is overwritten.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int TornPointer(struct xdp_md *ctx)
{
	union {
		struct xdp_md *volatile pointer;
		volatile unsigned char bytes[8];
	} kept;

	kept.pointer = ctx;
	kept.bytes[3] = 7;
	return kept.pointer->ingress_ifindex == 1 ? XDP_DROP : XDP_PASS; // HERE
}
