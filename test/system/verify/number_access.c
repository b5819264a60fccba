// SPDX-License-Identifier: MIT
// A number is used as an address.
#include "bpf_helpers.h"

SEC("bind")
int NumberAccess(bind_md_t *ctx)
{
	volatile uint32_t *made_up = (uint32_t *)ctx->process_id;

	return *made_up == 1 ? BIND_DENY : BIND_PERMIT_SOFT; // HERE
}
