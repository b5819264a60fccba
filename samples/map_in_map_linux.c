/* SPDX-License-Identifier: MIT */
/* XDP for Linux: each network interface has rules of its own, in a map of its own; map_in_map.c
 * says more. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define INTERFACES 8

/* Port -> 1: UDP datagrams to it are dropped. */
struct rules {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u16);
	__type(value, __u8);
	__uint(max_entries, 64);
} office SEC(".maps"), guests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, __u32); /* number of the interface */
	__uint(max_entries, INTERFACES);
	__array(values, struct rules);
} rules_of SEC(".maps") = {
	.values = { [1] = &office, [2] = &guests },
};

/* The port that a UDP datagram goes to, 0 for anything else. */
static __always_inline __u16 udp_port(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > (void *)(long)ctx->data_end)
		return 0;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP || ip->ihl != 5)
		return 0;
	return bpf_ntohs(udp->dest);
}

SEC("xdp")
int filter_by_interface(struct xdp_md *ctx)
{
	__u16 port = udp_port(ctx);
	__u32 interface = ctx->ingress_ifindex;
	__u8 *drop;
	void *rules;

	if (port == 0)
		return XDP_PASS;
	rules = bpf_map_lookup_elem(&rules_of, &interface);
	if (!rules)
		return XDP_PASS;
	drop = bpf_map_lookup_elem(rules, &port);
	return drop && *drop ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
