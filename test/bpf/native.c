/* SPDX-License-Identifier: MIT */
/* A program of each Windows type, for images: helpers, maps of two kinds, global data, a function,
 * long section names. */
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
#include "ebpf_netevent_hooks.h"
#include "ebpf_ntos_hooks.h"
#include "sample_ext_helpers.h"
#include "xdp/ebpfhook.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 16);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 4);
} counts SEC(".maps");

uint64_t limit = 7;

static __attribute__((noinline)) uint64_t count(uint32_t index)
{
	uint64_t *value = bpf_map_lookup_elem(&counts, &index);

	return value == NULL ? 0 : ++*value;
}

SEC("xdp") int on_packet(xdp_md_t *ctx)
{
	return bpf_xdp_adjust_head(ctx, 0) == 0 && count(0) > limit ? XDP_DROP : XDP_PASS;
}

SEC("bind") int on_bind(bind_md_t *ctx)
{
	uint32_t key = (uint32_t)ctx->process_id;
	uint64_t *times = bpf_map_lookup_elem(&seen, &key), one = 1;

	if (times == NULL)
		bpf_map_update_elem(&seen, &key, &one, 0);
	else
		++*times;
	return BIND_PERMIT_SOFT;
}

SEC("cgroup/connect4") int on_connect(bpf_sock_addr_t *ctx)
{
	return ctx->user_port == 0 || bpf_get_current_logon_id(ctx) == 0 ? 0 : 1;
}

SEC("sockops") int on_flow(bpf_sock_ops_t *ctx)
{
	return bpf_sock_ops_get_flow_id(ctx) == 0;
}

SEC("netevent_monitor") int on_event(netevent_event_md_t *ctx)
{
	(void)ctx;
	return (int)bpf_get_prandom_u32();
}

SEC("process") int on_process(process_md_t *ctx)
{
	return ctx->process_id == 0 && bpf_ktime_get_ns() == 0;
}

SEC("sample_ext") int on_sample(sample_program_context_t *ctx)
{
	(void)ctx;
	return (int)bpf_get_smp_processor_id();
}
