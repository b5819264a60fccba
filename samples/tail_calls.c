/* SPDX-License-Identifier: MIT */
/* A packet goes from program to program, each of which knows one header.
 *
 * Teaches: tail calls, and an array of programs that the file itself fills. A tail call does not
 * return: the next program takes over, with the same context and a stack of its own. It comes back
 * only when there is no program at that place (or after 33 of them), so what follows it is what
 * happens then. */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/udp.h"

enum stage { STAGE_IPV4, STAGE_IPV6, STAGE_UDP, STAGE_COUNT };

#define DISCARD 9 /* the port whose datagrams nobody wants */

/* Whatever calls one another this way has the same type. */
xdp_hook_t parse_ethernet, parse_ipv4, parse_udp;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(uint32_t));
	__uint(max_entries, STAGE_COUNT);
	__array(values, xdp_hook_t);
} stages SEC(".maps") = {
	.values = {
		[STAGE_IPV4] = &parse_ipv4,
		/* Nothing for IPv6 yet: an administrator may put a program there. */
		[STAGE_UDP] = &parse_udp,
	},
};

SEC("xdp")
xdp_action_t parse_ethernet(xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;

	if ((void *)(eth + 1) > ctx->data_end)
		return XDP_PASS;
	if (eth->Type == bpf_htons(ETHERNET_TYPE_IPV4))
		bpf_tail_call(ctx, &stages, STAGE_IPV4);
	else if (eth->Type == bpf_htons(ETHERNET_TYPE_IPV6))
		bpf_tail_call(ctx, &stages, STAGE_IPV6);
	bpf_printk("no stage for type 0x%x", bpf_ntohs(eth->Type));
	return XDP_PASS;
}

/* A section of its own for each, since a section's name may tell only what begins there. */
SEC("xdp/ipv4")
xdp_action_t parse_ipv4(xdp_md_t *ctx)
{
	IPV4_HEADER *ip = (IPV4_HEADER *)((ETHERNET_HEADER *)ctx->data + 1);

	/* What the program before has checked does not count here. */
	if ((void *)(ip + 1) > ctx->data_end)
		return XDP_PASS;
	if (ip->Protocol == IPPROTO_UDP && ip->HeaderLength == 5)
		bpf_tail_call(ctx, &stages, STAGE_UDP);
	bpf_printk("no stage for protocol %u", ip->Protocol);
	return XDP_PASS;
}

SEC("xdp/udp")
xdp_action_t parse_udp(xdp_md_t *ctx)
{
	IPV4_HEADER *ip = (IPV4_HEADER *)((ETHERNET_HEADER *)ctx->data + 1);
	UDP_HEADER *udp = (UDP_HEADER *)(ip + 1);

	if ((void *)(udp + 1) > ctx->data_end)
		return XDP_PASS;
	bpf_printk("UDP to port %u", bpf_ntohs(udp->destPort));
	return udp->destPort == bpf_htons(DISCARD) ? XDP_DROP : XDP_PASS;
}
