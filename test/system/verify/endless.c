// SPDX-License-Identifier: MIT
// A loop whose end hangs on a map that others write.
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, uint64_t);
} flags SEC(".maps");

SEC("bind")
int Endless(bind_md_t *ctx)
{
	uint32_t key = 0;
	volatile uint64_t *flag = bpf_map_lookup_elem(&flags, &key);

	if (flag == NULL)
		return BIND_PERMIT_SOFT;
	while (*flag != 0) // HERE
		;
	return BIND_PERMIT_SOFT;
}
