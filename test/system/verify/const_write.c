// SPDX-License-Identifier: MIT
// A constant is written through a cast.
#include "bpf_helpers.h"

static const volatile uint32_t limit = 10;

SEC("bind")
int ConstWrite(bind_md_t *ctx)
{
	*(volatile uint32_t *)&limit = (uint32_t)ctx->process_id; // HERE
	return BIND_PERMIT_SOFT;
}
