// SPDX-License-Identifier: MIT
// A helper overwrites the registers that hold arguments.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
__attribute__((naked)) int LostInCall(struct xdp_md *ctx)
{
	asm volatile("call 7\n" // HERE
		     "r0 = *(u32 *)(r1 + 12)\n"
		     "exit");
}
