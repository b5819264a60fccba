/* SPDX-License-Identifier: MIT */
/* A program for each hook of sockets, Linux dialect: refuses one port, sends another one elsewhere.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

volatile const __u32 refused_port = 4444, from_port = 0, to_port = 0;
volatile const int retval = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 64);
} seen SEC(".maps");

static __always_inline void count(__u32 what)
{
	__u32 one = 1, *value = bpf_map_lookup_elem(&seen, &what);

	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&seen, &what, &one, BPF_ANY);
}

static __always_inline int decide(struct bpf_sock_addr *ctx, __u32 what)
{
	__u32 port = bpf_ntohs(ctx->user_port);

	count(what);
	if (from_port != 0 && port == from_port)
		ctx->user_port = bpf_htons(to_port);
	if (retval != 0)
		bpf_set_retval(retval);
	return port != refused_port;
}

SEC("cgroup/bind4") int bind4(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 4);
}

SEC("cgroup/bind6") int bind6(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 6);
}

SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 14);
}

SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 16);
}

SEC("cgroup/sendmsg4") int send4(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 24);
}

SEC("cgroup/sendmsg6") int send6(struct bpf_sock_addr *ctx)
{
	return decide(ctx, 26);
}

SEC("sockops") int ops(struct bpf_sock_ops *ctx)
{
	char name[16];

	bpf_get_current_comm(name, sizeof(name));
	count(50 + ctx->op);
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
