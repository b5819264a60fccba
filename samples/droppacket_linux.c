/* SPDX-License-Identifier: MIT */
/* XDP for Linux: drops empty UDP datagrams and counts them, per port of arrival.
 *
 * What differs from droppacket.c: other headers, with Linux's names; packet pointers are 32-bit
 * fields of the context, so they take two casts; helpers, map types and verdicts have other
 * numbers, which the headers know (XDP_DROP is 1 here and 2 there); a license. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u16);
	__type(value, __u64);
	__uint(max_entries, 64);
} dropped SEC(".maps");

static __always_inline void count(__u16 port)
{
	__u64 one = 1;
	__u64 *value = bpf_map_lookup_elem(&dropped, &port);

	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&dropped, &port, &one, BPF_NOEXIST);
}

SEC("xdp")
int drop_packet(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp;

	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = (void *)ip + ip->ihl * 4;
	if ((void *)(udp + 1) > end)
		return XDP_PASS;
	if (bpf_ntohs(udp->len) > sizeof(*udp))
		return XDP_PASS;
	count(bpf_ntohs(udp->dest));
	return XDP_DROP;
}

/* Linux lets a program call some helpers only if its license allows it. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";
