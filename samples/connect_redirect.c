/* SPDX-License-Identifier: MIT */
/* Sends connections to some ports to a proxy on this machine, but the proxy's own.
 *
 * Teaches: a context's fields that programs may change; a configuration in an array; telling the
 * proxy where a connection was meant to go.
 *
 * docs/connect-redirect.md shows it at work. */
#include "bpf_endian.h"
#include "bpf_helpers.h"

#define LOOPBACK 0x7f000001

volatile const uint32_t proxy_port = 8080;
volatile const uint32_t proxy_process = 0; /* whose connections stay as they are; 0: nobody's */

struct destination {
	uint32_t ip; /* in network byte order, as is the port */
	uint16_t port;
	uint16_t pad;
};

/* Ports, in this machine's byte order, whose connections go to the proxy. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint16_t);
	__type(value, uint8_t);
	__uint(max_entries, 64);
} ports SEC(".maps");

/* A socket's cookie -> where it was meant to go. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, uint64_t);
	__type(value, struct destination);
	__uint(max_entries, 4096);
} origins SEC(".maps");

SEC("cgroup/connect4")
int RedirectConnect(bpf_sock_addr_t *ctx)
{
	struct destination origin = { .ip = ctx->user_ip4, .port = ctx->user_port };
	uint16_t port = bpf_ntohs(ctx->user_port);
	uint64_t cookie;

	if (bpf_map_lookup_elem(&ports, &port) == NULL)
		return BPF_SOCK_ADDR_VERDICT_PROCEED;
	if (proxy_process != 0 && bpf_get_current_pid_tgid() >> 32 == proxy_process)
		return BPF_SOCK_ADDR_VERDICT_PROCEED;
	cookie = (uint64_t)bpf_get_socket_cookie(ctx);
	bpf_map_update_elem(&origins, &cookie, &origin, BPF_ANY);
	/* Where the host can hand it over, the proxy asks its socket for this. */
	(void)bpf_sock_addr_set_redirect_context(ctx, &origin, sizeof(origin));
	ctx->user_ip4 = bpf_htonl(LOOPBACK);
	ctx->user_port = bpf_htons((uint16_t)proxy_port);
	return BPF_SOCK_ADDR_VERDICT_PROCEED;
}
