/* SPDX-License-Identifier: MIT */
/* Sends connections to some ports to a proxy on this machine, but the proxy's own.
 *
 * Teaches: a context's fields that programs may change; a configuration in an array; telling the
 * proxy what it cannot know by itself.
 *
 * docs/connect-redirect.md shows it at work. */
#include "bpf_endian.h"
#include "bpf_helpers.h"

#define LOOPBACK 0x7f000001

volatile const uint32_t proxy_port = 8080;
volatile const uint32_t proxy_process = 0; /* whose connections stay as they are; 0: nobody's */

struct origin {
	uint8_t ip[16]; /* IPv4: the first four */
	uint16_t port;	/* in this machine's byte order */
	uint16_t family;
};

/* Ports, in this machine's byte order, whose connections go to the proxy; what it is to know of
 * them: a number. */
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
	__type(value, struct origin);
	__uint(max_entries, 4096);
} origins SEC(".maps");

/* Whether the proxy is to have it. */
static __always_inline int redirects(bpf_sock_addr_t *ctx, struct origin *origin)
{
	uint8_t *number;
	uint64_t cookie;

	origin->port = bpf_ntohs(ctx->user_port);
	origin->family = (uint16_t)ctx->family;
	number = bpf_map_lookup_elem(&ports, &origin->port);
	if (number == NULL)
		return 0;
	if (proxy_process != 0 && bpf_get_current_pid_tgid() >> 32 == proxy_process)
		return 0;
	cookie = (uint64_t)bpf_get_socket_cookie(ctx);
	bpf_map_update_elem(&origins, &cookie, origin, BPF_ANY);
	/* The proxy asks for it; where to, the host tells it by itself. */
	(void)bpf_sock_addr_set_redirect_context(ctx, number, sizeof(*number));
	ctx->user_port = bpf_htons((uint16_t)proxy_port);
	return 1;
}

SEC("cgroup/connect4")
int RedirectConnect4(bpf_sock_addr_t *ctx)
{
	struct origin origin = { 0 };

	memcpy(origin.ip, &ctx->user_ip4, sizeof(ctx->user_ip4));
	if (redirects(ctx, &origin))
		ctx->user_ip4 = bpf_htonl(LOOPBACK);
	return BPF_SOCK_ADDR_VERDICT_PROCEED;
}

SEC("cgroup/connect6")
int RedirectConnect6(bpf_sock_addr_t *ctx)
{
	struct origin origin = { 0 };

	memcpy(origin.ip, ctx->user_ip6, sizeof(origin.ip));
	if (redirects(ctx, &origin)) {
		ctx->user_ip6[0] = ctx->user_ip6[1] = ctx->user_ip6[2] = 0;
		ctx->user_ip6[3] = bpf_htonl(1);
	}
	return BPF_SOCK_ADDR_VERDICT_PROCEED;
}
