/* SPDX-License-Identifier: MIT */
/* Limits how many ports a process may hold, and remembers who wanted more.
 *
 * Teaches: hash maps whose keys come from the context; a map that is the program's configuration,
 * which someone else writes while the program runs; several operations of one hook.
 *
 *     oriel run --set process_id=7 --map limits:0=2 --map ports:7=2 --dump-maps bind_monitor.o */
#include "bpf_helpers.h"

#define EVERYONE 0 /* no process has this number: the limit of all that have none of their own */
#define NO_LIMIT UINT32_MAX

/* process -> how many ports it may hold. The program only reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint64_t);
	__type(value, uint32_t);
	__uint(max_entries, 256);
} limits SEC(".maps");

/* process -> how many ports it holds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint64_t);
	__type(value, uint32_t);
	__uint(max_entries, 1024);
} ports SEC(".maps");

/* process -> how often it was refused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint64_t);
	__type(value, uint32_t);
	__uint(max_entries, 1024);
} refused SEC(".maps");

static __always_inline uint32_t limit_of(uint64_t process)
{
	uint64_t everyone = EVERYONE;
	uint32_t *limit = bpf_map_lookup_elem(&limits, &process);

	if (limit == NULL)
		limit = bpf_map_lookup_elem(&limits, &everyone);
	return limit != NULL ? *limit : NO_LIMIT;
}

/* A map is handed to a function like any other pointer. */
static __always_inline void add_one(void *map, uint64_t process)
{
	uint32_t one = 1;
	uint32_t *count = bpf_map_lookup_elem(map, &process);

	if (count != NULL)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(map, &process, &one, BPF_ANY);
}

static bind_action_t on_bind(uint64_t process)
{
	uint32_t *held = bpf_map_lookup_elem(&ports, &process);
	uint32_t limit = limit_of(process);

	if ((held != NULL ? *held : 0) >= limit) {
		add_one(&refused, process);
		bpf_printk("process %llu may not hold more than %u", process, limit);
		return BIND_DENY;
	}
	add_one(&ports, process);
	return BIND_PERMIT_SOFT;
}

static void on_unbind(uint64_t process)
{
	uint32_t *held = bpf_map_lookup_elem(&ports, &process);

	if (held == NULL)
		return; /* it had its port before this program was loaded */
	if (*held > 1)
		*held -= 1;
	else
		bpf_map_delete_elem(&ports, &process); /* leaves room for others */
}

SEC("bind")
bind_action_t BindMonitor(bind_md_t *ctx)
{
	switch (ctx->operation) {
	case BIND_OPERATION_BIND: return on_bind(ctx->process_id);
	case BIND_OPERATION_UNBIND: on_unbind(ctx->process_id); break;
	default: break;
	}
	return BIND_PERMIT_SOFT;
}
