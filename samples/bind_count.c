/* SPDX-License-Identifier: MIT */
/* Counts binds in an array map and refuses those after the third.
 *
 *     oriel run --repeat 5 --dump-maps bind_count.o */
#include "bpf_helpers.h"

#define LIMIT 3

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 1);
} binds SEC(".maps");

/* A subprogram: it gets a stack frame of its own. */
static __noinline uint64_t count_bind(uint64_t process)
{
	uint32_t key = 0;
	uint64_t *value = bpf_map_lookup_elem(&binds, &key);

	if (value == NULL)
		return 0;
	*value += 1;
	bpf_printk("process %llu: bind %llu", process, *value);
	return *value;
}

SEC("bind")
bind_action_t BindCount(bind_md_t *ctx)
{
	if (ctx->operation != BIND_OPERATION_BIND)
		return BIND_PERMIT_SOFT;
	return count_bind(ctx->process_id) > LIMIT ? BIND_DENY : BIND_PERMIT_SOFT;
}
