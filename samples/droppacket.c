/* SPDX-License-Identifier: MIT */
/* XDP: drops empty UDP datagrams and counts them, per port of arrival.
 *
 * Reading a packet takes a check first: every pointer that is followed must have been compared with
 * data_end. */
#include "bpf_endian.h"
#include "bpf_helpers.h"

#define ETHERTYPE_IPV4 0x0800
#define IPPROTO_UDP    17

struct ethernet {
	uint8_t dst[6], src[6];
	uint16_t type;
} __attribute__((packed));

struct ipv4 {
	uint8_t version_words; /* length in its low half, in 32-bit words */
	uint8_t tos;
	uint16_t length, id, fragment;
	uint8_t ttl, protocol;
	uint16_t checksum;
	uint32_t src, dst;
} __attribute__((packed));

struct udp {
	uint16_t src, dst, length, checksum;
} __attribute__((packed));

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

	if (value != NULL)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&dropped, &port, &one, BPF_NOEXIST);
}

SEC("xdp")
xdp_action_t DropPacket(xdp_md_t *ctx)
{
	char *data = ctx->data, *end = ctx->data_end;
	struct ethernet *eth = (struct ethernet *)data;
	struct ipv4 *ip;
	struct udp *udp;

	if (data + sizeof(*eth) + sizeof(*ip) > end)
		return XDP_PASS;
	if (eth->type != bpf_htons(ETHERTYPE_IPV4))
		return XDP_PASS;
	ip = (struct ipv4 *)(data + sizeof(*eth));
	if (ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = (struct udp *)((char *)ip + (ip->version_words & 15) * 4);
	if ((char *)udp + sizeof(*udp) > end)
		return XDP_PASS;
	if (bpf_ntohs(udp->length) > sizeof(*udp))
		return XDP_PASS;
	count(bpf_ntohs(udp->dst));
	return XDP_DROP;
}
