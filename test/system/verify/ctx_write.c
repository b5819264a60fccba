// SPDX-License-Identifier: MIT
// The context tells of a process; writing does not change it.
#include "bpf_helpers.h"

SEC("bind")
int CtxWrite(bind_md_t *ctx)
{
	ctx->process_id = 7; // HERE
	return BIND_PERMIT_SOFT;
}
