/* SPDX-License-Identifier: MIT */
/* Windows dialect: a program of each hook, with the hook's own helpers. */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "xdp/ebpfhook.h"

xdp_hook_t drop_packet;
bind_hook_t on_bind;
sock_addr_hook_t on_connect;
sock_ops_hook_t on_flow;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, uint64_t);
	__type(value, uint32_t);
	__uint(max_entries, 100);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

SEC("maps")
struct bpf_map_def legacy = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
};

SEC("xdp")
xdp_action_t drop_packet(xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;
	IPV4_HEADER *ip = (IPV4_HEADER *)(eth + 1);
	UDP_HEADER *udp;

	if ((char *)ctx->data + sizeof(*eth) + sizeof(*ip) + sizeof(*udp) > (char *)ctx->data_end)
		return XDP_PASS;
	if (ntohs(eth->Type) != ETHERNET_TYPE_IPV4 || ip->Protocol != IPPROTO_UDP ||
	    ip->HeaderLength != 5)
		return XDP_PASS;
	udp = (UDP_HEADER *)((char *)ip + sizeof(uint32_t) * 5);
	if (ntohs(udp->length) <= sizeof(UDP_HEADER))
		return XDP_DROP;
	return bpf_xdp_adjust_head(ctx, 4) == 0 ? XDP_TX : XDP_PASS;
}

SEC("xdp/syn")
int count_syn(struct xdp_md *ctx)
{
	struct iphdr *ip = (struct iphdr *)((struct ethhdr *)ctx->data + 1);
	struct tcphdr *tcp = (struct tcphdr *)(ip + 1);

	if ((void *)(tcp + 1) > ctx->data_end)
		return XDP_PASS;
	return ip->protocol == IPPROTO_TCP && tcp->syn && !tcp->ack ? XDP_DROP : XDP_PASS;
}

SEC("bind")
bind_action_t on_bind(bind_md_t *ctx)
{
	uint32_t *count = bpf_map_lookup_elem(&seen, &ctx->process_id);

	bpf_printk("pid %llu operation %u", ctx->process_id, ctx->operation);
	return ctx->operation == BIND_OPERATION_BIND && count != NULL && *count > 3 ? BIND_DENY
										    : BIND_PERMIT;
}

SEC("cgroup/connect4")
ebpf_sock_addr_verdict_t on_connect(bpf_sock_addr_t *ctx)
{
	bpf_sock_addr_network_context_t network = { 0 };
	uint64_t who = bpf_sock_addr_get_current_pid_tgid(ctx);

	if (ctx->family != AF_INET || ctx->user_ip4 == bpf_htonl(0x7f000001))
		return BPF_SOCK_ADDR_VERDICT_REJECT;
	if (bpf_sock_addr_get_network_context(ctx, &network, sizeof(network)) == 0 &&
	    network.interface_type == 6)
		bpf_sock_addr_set_redirect_context(ctx, &who, sizeof(who));
	ctx->user_port = bpf_htons(8080);
	return BPF_SOCK_ADDR_VERDICT_PROCEED_SOFT;
}

SEC("sockops")
int on_flow(bpf_sock_ops_t *ctx)
{
	struct {
		int64_t flow;
		uint32_t op;
	} event = { bpf_sock_ops_get_flow_id(ctx), ctx->op };

	if (ctx->op == BPF_SOCK_OPS_CONNECTION_DELETED_CB)
		return 0;
	return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}
