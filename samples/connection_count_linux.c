/* SPDX-License-Identifier: MIT */
/* Linux: counts connections by where they lead, and refuses those to one port.
 *
 * What differs from connection_count.c: IPv4 and IPv6 addresses are different fields, the port is a
 * field of 32 bits with the port in its lower half, and the verdict is just 1 (go on) or 0
 * (refuse). */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TELNET	 23
#define AF_INET	 2
#define AF_INET6 10

enum { REFUSE, PROCEED };

struct destination {
	__u8 ip[16]; /* IPv4: the first four */
	__u16 port;  /* in this machine's byte order */
	__u16 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct destination);
	__type(value, __u64);
	__uint(max_entries, 4096);
} connections SEC(".maps");

static __always_inline int count(struct destination *to)
{
	__u64 one = 1;
	__u64 *value = bpf_map_lookup_elem(&connections, to);

	if (to->port == TELNET)
		return REFUSE;
	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&connections, to, &one, BPF_NOEXIST);
	return PROCEED;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	struct destination to = {};

	__builtin_memcpy(to.ip, &ctx->user_ip4, sizeof(ctx->user_ip4));
	to.port = bpf_ntohs(ctx->user_port);
	to.family = AF_INET;
	return count(&to);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	struct destination to = {};

	__builtin_memcpy(to.ip, ctx->user_ip6, sizeof(to.ip));
	to.port = bpf_ntohs(ctx->user_port);
	to.family = AF_INET6;
	return count(&to);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
