/* SPDX-License-Identifier: MIT */
/* A program of the Windows dialect, with a header of the project's own. */
#include "bpf_helpers.h"
#include "limit.h"

SEC("bind")
bind_action_t Limit(bind_md_t *ctx)
{
	(void)ctx;
	bpf_printk(GREETING " %d", LIMIT);
	return BIND_DENY;
}
