/* SPDX-License-Identifier: MIT */
/* XDP: counts packets and bytes by protocol, and passes all of them.
 *
 * Teaches: parsing headers of changing length (Ethernet with VLAN tags, IPv4 with options, IPv6)
 * with one cursor; an array map with a structure as value.
 *
 *     oriel run --no-verify --pcap capture.pcap --dump-maps packet_count.o */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"

#define ETHERNET_TYPE_VLAN 0x8100
#define VLAN_TAGS	   2 /* looked behind at most */
#define OTHER		   255

struct vlan_tag {
	uint16_t tag;
	uint16_t type; /* of what follows */
};

struct traffic {
	uint64_t packets;
	uint64_t bytes;
};

/* Index: IP protocol number; OTHER for what is not IP. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, struct traffic);
	__uint(max_entries, 256);
} traffic SEC(".maps");

/* What has not been read yet. */
struct cursor {
	void *at, *end;
};

/* The next size bytes, or NULL when there are fewer. */
static __always_inline void *take(struct cursor *cursor, uint32_t size)
{
	void *header = cursor->at;

	if (header + size > cursor->end)
		return NULL;
	cursor->at = header + size;
	return header;
}

static __always_inline uint16_t ethernet_type(struct cursor *cursor)
{
	ETHERNET_HEADER *eth = take(cursor, sizeof(*eth));
	uint16_t type;

	if (eth == NULL)
		return 0;
	type = eth->Type;
	for (int i = 0; i < VLAN_TAGS && type == bpf_htons(ETHERNET_TYPE_VLAN); i++) {
		struct vlan_tag *vlan = take(cursor, sizeof(*vlan));

		if (vlan == NULL)
			return 0;
		type = vlan->type;
	}
	return bpf_ntohs(type);
}

static __always_inline uint32_t protocol_of(struct cursor *cursor)
{
	IPV4_HEADER *ip;
	IPV6_HEADER *ip6;

	switch (ethernet_type(cursor)) {
	case ETHERNET_TYPE_IPV4:
		ip = take(cursor, sizeof(*ip));
		return ip != NULL ? ip->Protocol : OTHER;
	case ETHERNET_TYPE_IPV6:
		ip6 = take(cursor, sizeof(*ip6));
		return ip6 != NULL ? ip6->NextHeader : OTHER;
	default: return OTHER;
	}
}

SEC("xdp")
xdp_action_t CountPacket(xdp_md_t *ctx)
{
	struct cursor cursor = { ctx->data, ctx->data_end };
	uint32_t protocol = protocol_of(&cursor);
	struct traffic *sum = bpf_map_lookup_elem(&traffic, &protocol);

	/* An array has all its elements, but a lookup's result is only safe after this. */
	if (sum == NULL)
		return XDP_PASS;
	__sync_fetch_and_add(&sum->packets, 1);
	__sync_fetch_and_add(&sum->bytes, (uint64_t)(ctx->data_end - ctx->data));
	return XDP_PASS;
}
