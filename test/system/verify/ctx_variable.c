// SPDX-License-Identifier: MIT
// The context is indexed by a number that is not constant.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int CtxVariable(struct __sk_buff *ctx)
{
	unsigned int i = ctx->mark & 3;

	return ctx->cb[i] == 1 ? 2 : 0; // HERE
}
