/* SPDX-License-Identifier: MIT */
/* A program for each hook of sockets, Windows dialect: counts, answers as it is told, and sends
 * connections to one port to another one. */
#include "bpf_endian.h"
#include "bpf_helpers.h"

volatile const uint32_t verdict = 1, bind_verdict = 0, from_port = 0, to_port = 0, loud = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 64);
} seen SEC(".maps");

/* What helpers and contexts told. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 64);
} told SEC(".maps");

static __always_inline void count(uint32_t what)
{
	uint32_t one = 1, *value = bpf_map_lookup_elem(&seen, &what);

	if (value != NULL)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&seen, &what, &one, BPF_ANY);
}

static __always_inline void tell(uint32_t what, uint64_t value)
{
	bpf_map_update_elem(&told, &what, &value, BPF_ANY);
}

SEC("bind") bind_action_t on_bind(bind_md_t *ctx)
{
	uint64_t pid = bpf_get_current_pid_tgid();

	count(1);
	tell(1, pid >> 32 == ctx->process_id);
	tell(2, (uint64_t)(ctx->app_id_end - ctx->app_id_start) > 0);
	return (bind_action_t)bind_verdict;
}

static __always_inline int say(const bpf_sock_addr_t *ctx, uint32_t what)
{
	(void)ctx;
	count(what);
	return (int)verdict;
}

static __always_inline int decide(bpf_sock_addr_t *ctx, uint32_t what)
{
	count(what);
	if (from_port != 0 && ctx->user_port == bpf_htons(from_port))
		ctx->user_port = bpf_htons(to_port);
	return (int)verdict;
}

SEC("cgroup/bind4") int bind4(bpf_sock_addr_t *ctx)
{
	return say(ctx, 4);
}

SEC("cgroup/bind6") int bind6(bpf_sock_addr_t *ctx)
{
	return say(ctx, 6);
}

SEC("cgroup/connect4") int connect4(bpf_sock_addr_t *ctx)
{
	char text[] = "for a proxy";

	tell(3, bpf_get_socket_cookie(ctx) != 0);
	tell(4, bpf_get_current_logon_id(ctx) != 0);
	tell(5, (uint64_t)bpf_sock_addr_set_redirect_context(ctx, text, sizeof(text)));
	tell(6, ctx->compartment_id != 0);
	return decide(ctx, 14);
}

SEC("cgroup/connect6") int connect6(bpf_sock_addr_t *ctx)
{
	return decide(ctx, 16);
}

SEC("cgroup/connect_authorization4") int authorize4(bpf_sock_addr_t *ctx)
{
	bpf_sock_addr_network_context_t network = { 0 };

	tell(7, (uint64_t)bpf_sock_addr_get_network_context(ctx, &network, sizeof(network)));
	tell(8, network.interface_type);
	return say(ctx, 24);
}

SEC("cgroup/connect_authorization6") int authorize6(bpf_sock_addr_t *ctx)
{
	return say(ctx, 26);
}

SEC("cgroup/listen4") int listen4(bpf_sock_addr_t *ctx)
{
	return say(ctx, 34);
}

SEC("cgroup/listen6") int listen6(bpf_sock_addr_t *ctx)
{
	return say(ctx, 36);
}

SEC("cgroup/recv_accept4") int accept4(bpf_sock_addr_t *ctx)
{
	return say(ctx, 44);
}

SEC("cgroup/recv_accept6") int accept6(bpf_sock_addr_t *ctx)
{
	return say(ctx, 46);
}

/* A connection: what is told of its end is what was told of its beginning. */
struct flow {
	uint32_t family, local_port, remote_port, local_ip, remote_ip[4];
	uint32_t compartment, process;
	uint64_t protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint64_t);
	__type(value, struct flow);
	__uint(max_entries, 4096);
} flows SEC(".maps");

static __always_inline void follow(bpf_sock_ops_t *ctx)
{
	uint64_t id = (uint64_t)bpf_sock_ops_get_flow_id(ctx);
	struct flow *known = bpf_map_lookup_elem(&flows, &id);
	struct flow flow = {
		.family = ctx->family,
		.local_port = ctx->local_port,
		.remote_port = ctx->remote_port,
		.local_ip = ctx->local_ip4,
		.remote_ip = { ctx->remote_ip6[0], ctx->remote_ip6[1], ctx->remote_ip6[2],
			       ctx->remote_ip6[3] },
		.compartment = ctx->compartment_id,
		.process = (uint32_t)(bpf_get_current_pid_tgid() >> 32),
		.protocol = ctx->protocol,
	};

	if (ctx->op != BPF_SOCK_OPS_CONNECTION_DELETED_CB) {
		count(known == NULL ? 53 : 54);
		bpf_map_update_elem(&flows, &id, &flow, BPF_ANY);
	} else {
		count(known != NULL && memcmp(known, &flow, sizeof(flow)) == 0 ? 55 : 56);
		bpf_map_delete_elem(&flows, &id);
	}
}

SEC("sockops") int ops(bpf_sock_ops_t *ctx)
{
	count(50 + (uint32_t)ctx->op);
	if (loud != 0)
		bpf_printk("connection %u", ctx->op);
	follow(ctx);
	tell(9, bpf_sock_ops_get_flow_id(ctx) != 0);
	return 0;
}
