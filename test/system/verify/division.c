// SPDX-License-Identifier: MIT
// The divisor may be 0.
#include "bpf_helpers.h"

SEC("bind")
int Division(bind_md_t *ctx)
{
	uint64_t each = ctx->process_id / ctx->protocol; // HERE

	return each % 2 == 0 ? BIND_DENY : BIND_PERMIT_SOFT;
}
