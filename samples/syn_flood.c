/* SPDX-License-Identifier: MIT */
/* XDP: a filter against floods of TCP connections. Who begins more than `limit` of them in a second
 * is blocked for `block_seconds`; and who is in the map `blocked` is, as long as it says.
 *
 * Teaches: a map that the program and others change while it runs; counting in windows of time;
 * least-recently-used hashes, which a flood cannot fill up.
 *
 * docs/syn-flood.md shows it at work. */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/tcp.h"

volatile const uint32_t limit = 100;
volatile const uint32_t block_seconds = 60;

#define SECOND	 1000000000ull
#define FOR_EVER 0

struct address {
	uint8_t bytes[4];
};

struct window {
	uint64_t begin; /* nanoseconds since the machine started */
	uint32_t syns;
	uint32_t pad;
};

/* By IPv4 address: until when, in nanoseconds since the machine started; FOR_EVER. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct address);
	__type(value, uint64_t);
	__uint(max_entries, 16384);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct address);
	__type(value, struct window);
	__uint(max_entries, 65536);
} sources SEC(".maps");

enum { PASSED, DROPPED, BLOCKS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 3);
} counts SEC(".maps");

static __always_inline void count(uint32_t what)
{
	uint64_t *value = bpf_map_lookup_elem(&counts, &what);

	if (value != NULL)
		__sync_fetch_and_add(value, 1);
}

static __always_inline int is_blocked(const struct address *source, uint64_t now)
{
	uint64_t *until = bpf_map_lookup_elem(&blocked, source);

	if (until == NULL)
		return 0;
	if (*until == FOR_EVER || *until > now)
		return 1;
	bpf_map_delete_elem(&blocked, source);
	return 0;
}

static __always_inline int is_too_much(const struct address *source, uint64_t now)
{
	struct window first = { .begin = now, .syns = 1 };
	struct window *window = bpf_map_lookup_elem(&sources, source);
	uint64_t until = now + block_seconds * SECOND;

	if (window == NULL) {
		bpf_map_update_elem(&sources, source, &first, BPF_ANY);
		return limit == 0;
	}
	if (now - window->begin >= SECOND) {
		window->begin = now;
		window->syns = 0;
	}
	__sync_fetch_and_add(&window->syns, 1);
	if (window->syns <= limit)
		return 0;
	count(BLOCKS);
	bpf_map_update_elem(&blocked, source, &until, BPF_ANY);
	return 1;
}

static __always_inline xdp_action_t decide(const IPV4_HEADER *ip, const struct tcphdr *tcp)
{
	uint64_t now = bpf_ktime_get_boot_ns();
	struct address source;

	memcpy(source.bytes, &ip->SourceAddress, sizeof(source.bytes));
	if (is_blocked(&source, now) ||
	    (tcp != NULL && tcp->syn && !tcp->ack && is_too_much(&source, now))) {
		count(DROPPED);
		return XDP_DROP;
	}
	count(PASSED);
	return XDP_PASS;
}

SEC("xdp")
xdp_action_t SynFlood(xdp_md_t *ctx)
{
	ETHERNET_HEADER *eth = ctx->data;
	IPV4_HEADER *ip = (IPV4_HEADER *)(eth + 1);
	struct tcphdr *tcp;

	if ((void *)(ip + 1) > ctx->data_end || eth->Type != bpf_htons(ETHERNET_TYPE_IPV4))
		return XDP_PASS;
	/* Only the first fragment has the header. */
	tcp = (struct tcphdr *)((char *)ip + ip->HeaderLength * 4);
	if ((void *)(tcp + 1) > ctx->data_end || ip->Protocol != IPPROTO_TCP ||
	    (ip->FlagsAndOffset & bpf_htons(0x1fff)) != 0)
		tcp = NULL;
	return decide(ip, tcp);
}
