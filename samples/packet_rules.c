/* SPDX-License-Identifier: MIT */
/* XDP: counts packets and bytes of each source, and drops what a rule for its network says. The
 * rule for the longest prefix counts, so that there may be exceptions.
 *
 * Teaches: longest-prefix tries; one function for addresses of two lengths; a table of those who
 * were active last.
 *
 * docs/packet-rules.md shows it at work. */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"

struct rule {
	uint32_t drop; /* 0: counted only */
	uint32_t hits;
};

struct net4 {
	uint32_t bits;
	uint8_t address[4];
};

struct net6 {
	uint32_t bits;
	uint8_t address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct net4);
	__type(value, struct rule);
	__uint(max_entries, 1024);
} rules4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct net6);
	__type(value, struct rule);
	__uint(max_entries, 1024);
} rules6 SEC(".maps");

struct source {
	uint8_t address[16]; /* IPv4: the first four */
	uint32_t version;
};

struct traffic {
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct source);
	__type(value, struct traffic);
	__uint(max_entries, 4096);
} sources SEC(".maps");

static __always_inline xdp_action_t decide(struct rule *rule)
{
	if (rule == NULL)
		return XDP_PASS;
	__sync_fetch_and_add(&rule->hits, 1);
	return rule->drop != 0 ? XDP_DROP : XDP_PASS;
}

static __always_inline void count(const struct source *source, uint64_t bytes, xdp_action_t verdict)
{
	struct traffic first = { .packets = 1, .bytes = bytes, .dropped = verdict == XDP_DROP };
	struct traffic *known = bpf_map_lookup_elem(&sources, source);

	if (known == NULL) {
		bpf_map_update_elem(&sources, source, &first, BPF_ANY);
		return;
	}
	__sync_fetch_and_add(&known->packets, 1);
	__sync_fetch_and_add(&known->bytes, bytes);
	__sync_fetch_and_add(&known->dropped, first.dropped);
}

SEC("xdp")
xdp_action_t PacketRules(xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;
	IPV4_HEADER *ip = (IPV4_HEADER *)(eth + 1);
	IPV6_HEADER *ip6 = (IPV6_HEADER *)(eth + 1);
	struct source source = { 0 };
	struct net4 net4 = { .bits = 32 };
	struct net6 net6 = { .bits = 128 };
	xdp_action_t verdict;

	if ((void *)(eth + 1) > ctx->data_end)
		return XDP_PASS;
	if (eth->Type == bpf_htons(ETHERNET_TYPE_IPV4) && (void *)(ip + 1) <= ctx->data_end) {
		memcpy(net4.address, &ip->SourceAddress, sizeof(net4.address));
		memcpy(source.address, net4.address, sizeof(net4.address));
		source.version = 4;
		verdict = decide(bpf_map_lookup_elem(&rules4, &net4));
	} else if (eth->Type == bpf_htons(ETHERNET_TYPE_IPV6) &&
		   (void *)(ip6 + 1) <= ctx->data_end) {
		memcpy(net6.address, ip6->SourceAddress, sizeof(net6.address));
		memcpy(source.address, net6.address, sizeof(net6.address));
		source.version = 6;
		verdict = decide(bpf_map_lookup_elem(&rules6, &net6));
	} else {
		return XDP_PASS;
	}
	count(&source, (uint64_t)(ctx->data_end - ctx->data), verdict);
	return verdict;
}
