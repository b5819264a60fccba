/* SPDX-License-Identifier: MIT */
/* XDP, Linux dialect: does with UDP datagrams what their port says; all else passes. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

volatile const __u32 target = 0; /* interface */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 4);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 2);
} told SEC(".maps");

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

#define DATA(ctx) ((struct headers *)(long)(ctx)->data)
#define END(ctx)  ((void *)(long)(ctx)->data_end)

static __always_inline void tell(__u32 key, __u32 value)
{
	__u32 *slot = bpf_map_lookup_elem(&told, &key);

	if (slot)
		*slot = value;
}

static __always_inline void fix_ip(void *at, int by)
{
	__u32 sum = 0;
	struct iphdr *ip = at;
	__u16 *words = at;

	ip->tot_len = bpf_htons(bpf_ntohs(ip->tot_len) + by);
	ip->check = 0;
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
}

/* Back to where it came from. */
static __always_inline int answer(struct headers *h)
{
	unsigned char mac[6];
	__be32 ip = h->ip.saddr;
	__be16 port = h->udp.source;

	__builtin_memcpy(mac, h->eth.h_source, 6);
	__builtin_memcpy(h->eth.h_source, h->eth.h_dest, 6);
	__builtin_memcpy(h->eth.h_dest, mac, 6);
	h->ip.saddr = h->ip.daddr;
	h->ip.daddr = ip;
	h->udp.source = h->udp.dest;
	h->udp.dest = port;
	return XDP_TX;
}

/* The first four bytes of the text go. */
static __always_inline int shorten_head(struct xdp_md *ctx)
{
	struct headers copy = *DATA(ctx), *h;

	if (bpf_xdp_adjust_head(ctx, 4) != 0)
		return XDP_ABORTED;
	h = DATA(ctx);
	if ((void *)(h + 1) > END(ctx))
		return XDP_ABORTED;
	*h = copy;
	fix_ip(&h->ip, -4);
	h->udp.len = bpf_htons(bpf_ntohs(h->udp.len) - 4);
	h->udp.check = 0;
	return XDP_PASS;
}

/* Four others come before it. */
static __always_inline int lengthen_head(struct xdp_md *ctx)
{
	struct headers copy = *DATA(ctx), *h;

	if (bpf_xdp_adjust_head(ctx, -4) != 0)
		return XDP_ABORTED;
	h = DATA(ctx);
	if ((void *)(h + 1) + 4 > END(ctx))
		return XDP_ABORTED;
	*h = copy;
	fix_ip(&h->ip, 4);
	h->udp.len = bpf_htons(bpf_ntohs(h->udp.len) + 4);
	h->udp.check = 0;
	__builtin_memcpy(h + 1, "HEAD", 4);
	return XDP_PASS;
}

static __always_inline int change_tail(struct xdp_md *ctx, int by)
{
	struct headers *h;

	if (bpf_xdp_adjust_tail(ctx, by) != 0)
		return XDP_ABORTED;
	h = DATA(ctx);
	if ((void *)(h + 1) > END(ctx))
		return XDP_ABORTED;
	fix_ip(&h->ip, by);
	h->udp.len = bpf_htons(bpf_ntohs(h->udp.len) + by);
	h->udp.check = 0;
	return XDP_PASS;
}

static __always_inline int remember(struct xdp_md *ctx)
{
	__u32 *meta;

	if (bpf_xdp_adjust_meta(ctx, -4) != 0)
		return XDP_ABORTED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_ABORTED;
	*meta = 0x01020304;
	tell(1, *meta);
	return XDP_PASS;
}

static __always_inline int rewrite(struct headers *h)
{
	h->udp.dest = bpf_htons(7001);
	h->udp.check = 0;
	return XDP_PASS;
}

SEC("xdp")
int packets(struct xdp_md *ctx)
{
	struct headers *h = DATA(ctx);

	if ((void *)(h + 1) > END(ctx) || h->eth.h_proto != bpf_htons(ETH_P_IP) || h->ip.ihl != 5 ||
	    h->ip.protocol != IPPROTO_UDP)
		return XDP_PASS;
	tell(0, ctx->ingress_ifindex);
	switch (bpf_ntohs(h->udp.dest)) {
	case 7002: return XDP_DROP;
	case 7003: return answer(h);
	case 7004: return bpf_redirect(target, 0);
	case 7005: return bpf_redirect_map(&ports, 1, 0);
	case 7006: return rewrite(h);
	case 7007: return shorten_head(ctx);
	case 7008: return lengthen_head(ctx);
	case 7009: return change_tail(ctx, -4);
	case 7010: return change_tail(ctx, 4);
	case 7011: return remember(ctx);
	case 7012: return 77;
	case 7013: return XDP_ABORTED;
	case 7014: return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
	case 7015: return bpf_redirect_map(&ports, 3, XDP_PASS); /* there is none */
	case 7016: return bpf_redirect(999999, 0);
	default: return XDP_PASS;
	}
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
