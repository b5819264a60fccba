// SPDX-License-Identifier: MIT
// Two frames together are larger than the stack.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int inner(struct __sk_buff *ctx)
{
	char bytes[300] = "";

	bpf_skb_load_bytes(ctx, 0, bytes, sizeof(bytes));
	return bytes[ctx->len & 255];
}

SEC("tc")
int StackDepth(struct __sk_buff *ctx) // HERE
{
	char bytes[300] = "";

	bpf_skb_load_bytes(ctx, 0, bytes, sizeof(bytes));
	return bytes[ctx->len & 255] + inner(ctx);
}
