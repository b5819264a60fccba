// SPDX-License-Identifier: MIT
// A map helper gets something that is no map.
#include "bpf_helpers.h"

SEC("bind")
int Argument(bind_md_t *ctx)
{
	uint64_t not_a_map = 0;

	if (bpf_map_lookup_elem(&not_a_map, &not_a_map) != NULL) // HERE
		return BIND_DENY;
	return BIND_PERMIT_SOFT;
}
