// SPDX-License-Identifier: MIT
// Beyond the end of the context.
#include "bpf_helpers.h"

SEC("bind")
int CtxBounds(bind_md_t *ctx)
{
	return ((volatile uint32_t *)(ctx + 1))[0] == 0 ? BIND_DENY : BIND_PERMIT_SOFT; // HERE
}
