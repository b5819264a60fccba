/* SPDX-License-Identifier: MIT */
/* XDP: each network interface has rules of its own, in a map of its own.
 *
 * Teaches: maps whose values are maps. The outer one says what its inner maps look like and the
 * file fills it; an application can replace an inner map by another one at once, so that no packet
 * meets half of the new rules.
 *
 *     oriel run --pcap capture.pcap --set ingress_ifindex=2 --map guests:53=1 --dump-maps \
 *         map_in_map.o */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/udp.h"

#define INTERFACES 8

/* Port -> 1: UDP datagrams to it are dropped. */
struct rules {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint16_t);
	__type(value, uint8_t);
	__uint(max_entries, 64);
} office SEC(".maps"), guests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, uint32_t); /* number of the interface */
	__type(value, uint32_t);
	__uint(max_entries, INTERFACES);
	__array(values, struct rules);
} rules_of SEC(".maps") = {
	.values = { [1] = &office, [2] = &guests },
};

/* The port that a UDP datagram goes to, 0 for anything else. */
static __always_inline uint16_t udp_port(const xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;
	IPV4_HEADER *ip = (IPV4_HEADER *)(eth + 1);
	UDP_HEADER *udp = (UDP_HEADER *)(ip + 1);

	if ((void *)(udp + 1) > ctx->data_end)
		return 0;
	if (eth->Type != bpf_htons(ETHERNET_TYPE_IPV4) || ip->Protocol != IPPROTO_UDP ||
	    ip->HeaderLength != 5)
		return 0;
	return bpf_ntohs(udp->destPort);
}

SEC("xdp")
xdp_action_t FilterByInterface(xdp_md_t *ctx)
{
	uint16_t port = udp_port(ctx);
	uint32_t interface = ctx->ingress_ifindex;
	uint8_t *drop;
	void *rules;

	if (port == 0)
		return XDP_PASS;
	/* The first lookup gives a map, or NULL where there is none. */
	rules = bpf_map_lookup_elem(&rules_of, &interface);
	if (rules == NULL)
		return XDP_PASS;
	drop = bpf_map_lookup_elem(rules, &port);
	return drop != NULL && *drop != 0 ? XDP_DROP : XDP_PASS;
}
