/* SPDX-License-Identifier: MIT */
/* Linux dialect: packet headers from the system, maps, printing, byte order. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint16_t);
	__type(value, uint64_t);
	__uint(max_entries, 64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} dropped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

static __noinline bool is_wanted(const struct udphdr *udp)
{
	return bpf_ntohs(udp->len) > sizeof(*udp) || udp->dest == bpf_htons(53);
}

SEC("xdp")
int drop_empty(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);
	uint64_t one = 1, *count;
	uint16_t port;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	if (is_wanted(udp)) {
		bpf_tail_call(ctx, &next, 1);
		return XDP_PASS;
	}
	memcpy(&port, &udp->dest, sizeof(port));
	count = bpf_map_lookup_elem(&dropped, &port);
	if (count != NULL)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&dropped, &port, &one, BPF_NOEXIST);
	bpf_printk("dropped for port %d", bpf_ntohs(port));
	bpf_printk("%d %d %d %d", 1, 2, 3, 4);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "MIT";
