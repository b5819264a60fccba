/* SPDX-License-Identifier: MIT */
/* Programs of the Windows dialect for test/unit/load.c: globals, maps, subprograms, printk, tail
 * calls. */
#include "bpf_helpers.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint64_t);
	__type(value, uint64_t);
	__uint(max_entries, 4);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 3);
} progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 8);
} sockets SEC(".maps");

uint64_t total;			   /* .bss */
uint64_t step = 3;		   /* .data */
const volatile uint64_t limit = 7; /* .rodata */

static __noinline uint64_t count(uint64_t process)
{
	uint64_t one = 1;
	uint64_t *value = bpf_map_lookup_elem(&seen, &process);

	if (value == NULL) {
		bpf_map_update_elem(&seen, &process, &one, BPF_NOEXIST);
		return 1;
	}
	*value += 1;
	return *value;
}

SEC("bind")
int Count(bind_md_t *ctx)
{
	uint64_t times = count(ctx->process_id);

	total += step;
	bpf_printk("process %llu: %llu times\n", ctx->process_id, times);
	return total > limit ? BIND_DENY : BIND_PERMIT_SOFT;
}

SEC("bind/length")
int Length(bind_md_t *ctx)
{
	return (int)(ctx->app_id_end - ctx->app_id_start);
}

SEC("bind/call")
int Call(bind_md_t *ctx)
{
	bpf_tail_call(ctx, &progs, 1);
	return 1000;
}

SEC("bind/sockets")
int Sockets(bind_md_t *ctx)
{
	uint32_t key = 1;

	(void)ctx;
	return (int)bpf_map_delete_elem(&sockets, &key);
}

/* Reads a byte behind the application's name. */
SEC("bind/bad")
int Bad(bind_md_t *ctx)
{
	return *ctx->app_id_end;
}
