// SPDX-License-Identifier: MIT
// An index reaches behind a global array.
#include "bpf_helpers.h"

static uint32_t seen[16];

SEC("bind")
int GlobalBounds(bind_md_t *ctx)
{
	uint32_t index = ctx->protocol;

	if (index <= 16)
		seen[index]++; // HERE
	return BIND_PERMIT_SOFT;
}
