/* SPDX-License-Identifier: MIT */
/* XDP for Linux: counts packets and bytes by protocol, and passes all of them; packet_count.c says
 * more. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VLAN_TAGS 2 /* looked behind at most */
#define OTHER	  255

struct vlan_tag {
	__be16 tag;
	__be16 type; /* of what follows */
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

/* Index: IP protocol number; OTHER for what is not IP. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct traffic);
	__uint(max_entries, 256);
} traffic SEC(".maps");

/* What has not been read yet. */
struct cursor {
	void *at, *end;
};

/* The next size bytes, or NULL when there are fewer. */
static __always_inline void *take(struct cursor *cursor, __u32 size)
{
	void *header = cursor->at;

	if (header + size > cursor->end)
		return NULL;
	cursor->at = header + size;
	return header;
}

static __always_inline __u16 ethernet_type(struct cursor *cursor)
{
	struct ethhdr *eth = take(cursor, sizeof(*eth));
	__be16 type;

	if (!eth)
		return 0;
	type = eth->h_proto;
	for (int i = 0; i < VLAN_TAGS && type == bpf_htons(ETH_P_8021Q); i++) {
		struct vlan_tag *vlan = take(cursor, sizeof(*vlan));

		if (!vlan)
			return 0;
		type = vlan->type;
	}
	return bpf_ntohs(type);
}

static __always_inline __u32 protocol_of(struct cursor *cursor)
{
	struct iphdr *ip;
	struct ipv6hdr *ip6;

	switch (ethernet_type(cursor)) {
	case ETH_P_IP: ip = take(cursor, sizeof(*ip)); return ip ? ip->protocol : OTHER;
	case ETH_P_IPV6: ip6 = take(cursor, sizeof(*ip6)); return ip6 ? ip6->nexthdr : OTHER;
	default: return OTHER;
	}
}

SEC("xdp")
int count_packet(struct xdp_md *ctx)
{
	struct cursor cursor = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 protocol = protocol_of(&cursor);
	struct traffic *sum = bpf_map_lookup_elem(&traffic, &protocol);

	if (!sum)
		return XDP_PASS;
	__sync_fetch_and_add(&sum->packets, 1);
	__sync_fetch_and_add(&sum->bytes, ctx->data_end - ctx->data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
