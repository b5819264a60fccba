/* SPDX-License-Identifier: MIT */
/* XDP: counts packets by size, on each processor apart.
 *
 * Teaches: per-CPU maps. Each processor has a value of its own for every key, so a program can add
 * to it without atomic instructions and without taking the memory from another processor. Whoever
 * reads the map gets all the values and adds them up.
 *
 *     oriel run --pcap capture.pcap --dump-maps percpu_stats.o */
#include "bpf_helpers.h"

#define SIZES 12 /* the last one: 2048 bytes and more */

struct traffic {
	uint64_t packets;
	uint64_t bytes;
};

/* Index n: packets of 2^n bytes up to twice as many. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, uint32_t);
	__type(value, struct traffic);
	__uint(max_entries, SIZES);
} sizes SEC(".maps");

static __always_inline uint32_t size_class(uint64_t bytes)
{
	uint32_t class = 0;

	/* A loop with a fixed end, as a verifier wants it. */
	for (int i = 1; i < SIZES; i++)
		if (bytes >> i != 0)
			class = i;
	return class;
}

SEC("xdp")
xdp_action_t CountSizes(xdp_md_t *ctx)
{
	uint64_t bytes = (uint64_t)(ctx->data_end - ctx->data);
	uint32_t class = size_class(bytes);
	struct traffic *sum = bpf_map_lookup_elem(&sizes, &class);

	if (sum == NULL)
		return XDP_PASS;
	/* Nobody else is here: plain additions do. */
	sum->packets++;
	sum->bytes += bytes;
	return XDP_PASS;
}
