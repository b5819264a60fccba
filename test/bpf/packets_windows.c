/* SPDX-License-Identifier: MIT */
/* XDP, Windows dialect: does with UDP datagrams what their port says; all else passes. */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/udp.h"

struct headers {
	ETHERNET_HEADER eth;
	IPV4_HEADER ip;
	UDP_HEADER udp;
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 1);
} told SEC(".maps");

static __always_inline xdp_action_t answer(struct headers *h)
{
	uint8_t mac[6];
	uint32_t ip = h->ip.SourceAddress;
	uint16_t port = h->udp.srcPort;

	__builtin_memcpy(mac, h->eth.Source, 6);
	__builtin_memcpy(h->eth.Source, h->eth.Destination, 6);
	__builtin_memcpy(h->eth.Destination, mac, 6);
	h->ip.SourceAddress = h->ip.DestinationAddress;
	h->ip.DestinationAddress = ip;
	h->udp.srcPort = h->udp.destPort;
	h->udp.destPort = port;
	return XDP_TX;
}

/* A tag of VLAN 5 comes in front of what it holds. */
static __always_inline xdp_action_t tag(xdp_md_t *ctx)
{
	struct tagged {
		uint8_t addresses[12];
		uint16_t type, tag;
	} * to;
	uint8_t addresses[12];

	__builtin_memcpy(addresses, ctx->data, 12);
	if (bpf_xdp_adjust_head(ctx, -4) != 0)
		return XDP_DROP;
	to = ctx->data;
	if ((void *)(to + 1) > ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(to->addresses, addresses, 12);
	to->type = bpf_htons(0x8100);
	to->tag = bpf_htons(5);
	return XDP_PASS;
}

SEC("xdp")
xdp_action_t packets(xdp_md_t *ctx)
{
	struct headers *h = ctx->data;
	uint32_t key = 0, *slot;

	if ((void *)(h + 1) > ctx->data_end || h->eth.Type != bpf_htons(ETHERNET_TYPE_IPV4) ||
	    h->ip.HeaderLength != 5 || h->ip.Protocol != IPPROTO_UDP)
		return XDP_PASS;
	slot = bpf_map_lookup_elem(&told, &key);
	if (slot != NULL)
		*slot = ctx->ingress_ifindex;
	switch (bpf_ntohs(h->udp.destPort)) {
	case 7002: return XDP_DROP;
	case 7003: return answer(h);
	case 7007: return tag(ctx);
	case 7012: return (xdp_action_t)77;
	case 7013: return (xdp_action_t)0;
	default: return XDP_PASS;
	}
}
