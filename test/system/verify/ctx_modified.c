// SPDX-License-Identifier: MIT
// A helper gets the context with an offset.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int CtxModified(struct __sk_buff *ctx)
{
	char bytes[4];

	bpf_skb_load_bytes((char *)ctx + 8, 0, bytes, sizeof(bytes)); // HERE
	return 0;
}
