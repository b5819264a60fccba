/* SPDX-License-Identifier: MIT */
/* XDP: drops empty UDP datagrams and counts them, per port of arrival.
 *
 * Reading a packet takes a check first: every pointer that is followed must have been compared with
 * data_end. droppacket_linux.c is the same program for Linux.
 *
 *     oriel run --pcap capture.pcap --dump-maps droppacket.o */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/udp.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint16_t);
	__type(value, uint64_t);
	__uint(max_entries, 64);
} dropped SEC(".maps");

static __always_inline void count(uint16_t port)
{
	uint64_t one = 1;
	uint64_t *value = bpf_map_lookup_elem(&dropped, &port);

	/* Other processors may be counting the same port: the addition must be atomic. */
	if (value != NULL)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&dropped, &port, &one, BPF_NOEXIST);
}

SEC("xdp")
xdp_action_t DropPacket(xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;
	IPV4_HEADER *ip = (IPV4_HEADER *)(eth + 1);
	UDP_HEADER *udp;

	/* One comparison covers both headers, as they follow one another. */
	if ((void *)(ip + 1) > ctx->data_end)
		return XDP_PASS;
	/* Numbers in packets are in network byte order, this machine's is another. */
	if (eth->Type != bpf_htons(ETHERNET_TYPE_IPV4) || ip->Protocol != IPPROTO_UDP)
		return XDP_PASS;
	/* Options may make the header longer: it says its length, in words of four bytes. */
	udp = (UDP_HEADER *)((char *)ip + ip->HeaderLength * 4);
	if ((void *)(udp + 1) > ctx->data_end)
		return XDP_PASS;
	if (bpf_ntohs(udp->length) > sizeof(*udp))
		return XDP_PASS;
	count(bpf_ntohs(udp->destPort));
	return XDP_DROP;
}
