/* SPDX-License-Identifier: MIT */
/* Counts connections by where they lead, and refuses those to one port.
 *
 * Teaches: hooks on sockets; two programs in one file that share their maps; a structure as key.
 *
 *     oriel run --program connect4 --set user_ip=192.0.2.1 --set user_port=be16:443 --dump-maps \
 *         connection_count.o */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/ip.h"

#define TELNET 23

/* Every byte of a key counts, those between members too: there must be none, or they must be set
 * to zero. Here 16 + 2 + 2 bytes follow one another. */
struct destination {
	uint8_t ip[16]; /* IPv4: the first four */
	uint16_t port;	/* in this machine's byte order */
	uint16_t family;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct destination);
	__type(value, uint64_t);
	__uint(max_entries, 4096);
} connections SEC(".maps");

static __always_inline ebpf_sock_addr_verdict_t count(struct destination *to)
{
	uint64_t one = 1;
	uint64_t *value = bpf_map_lookup_elem(&connections, to);

	if (to->port == TELNET)
		return BPF_SOCK_ADDR_VERDICT_REJECT;
	if (value != NULL)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&connections, to, &one, BPF_NOEXIST);
	return BPF_SOCK_ADDR_VERDICT_PROCEED_SOFT;
}

SEC("cgroup/connect4")
ebpf_sock_addr_verdict_t connect4(bpf_sock_addr_t *ctx)
{
	struct destination to = { 0 };

	memcpy(to.ip, &ctx->user_ip4, sizeof(ctx->user_ip4));
	to.port = bpf_ntohs(ctx->user_port);
	to.family = AF_INET;
	return count(&to);
}

SEC("cgroup/connect6")
ebpf_sock_addr_verdict_t connect6(bpf_sock_addr_t *ctx)
{
	struct destination to = { 0 };

	memcpy(to.ip, ctx->user_ip6, sizeof(to.ip));
	to.port = bpf_ntohs(ctx->user_port);
	to.family = AF_INET6;
	return count(&to);
}
