/* SPDX-License-Identifier: MIT */
/* Programs that call each other through arrays that the file fills, for test/unit/load.c. Each adds
 * a digit to order. */
#include "bpf_helpers.h"

uint64_t order, calls;

int First(bind_md_t *ctx);
int Second(bind_md_t *ctx);
int Third(bind_md_t *ctx);
int Round(bind_md_t *ctx);
int Packet(xdp_md_t *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(uint32_t));
	__uint(max_entries, 5);
	__array(values, int(void *));
} steps SEC(".maps") = {
	.values = { [1] = (void *)&Second, [2] = (void *)&Third, [4] = (void *)&First },
};

/* Only Second refers to it. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(uint32_t));
	__uint(max_entries, 1);
	__array(values, int(void *));
} rounds SEC(".maps") = {
	.values = { [0] = (void *)&Round },
};

/* Of a type that no program of bind can call. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(uint32_t));
	__uint(max_entries, 1);
	__array(values, int(void *));
} packets SEC(".maps") = {
	.values = { [0] = (void *)&Packet },
};

SEC("bind/first")
int First(bind_md_t *ctx)
{
	order = order * 10 + 1;
	bpf_tail_call(ctx, &steps, 0); /* empty: goes on */
	bpf_tail_call(ctx, &steps, 2);
	return -1;
}

SEC("bind/second")
int Second(bind_md_t *ctx)
{
	order = order * 10 + 2;
	bpf_tail_call(ctx, &rounds, 0);
	return -2;
}

SEC("bind/third")
int Third(bind_md_t *ctx)
{
	order = order * 10 + 3;
	bpf_tail_call(ctx, &steps, 1);
	return -3;
}

/* Calls itself as long as it may. */
SEC("bind/round")
int Round(bind_md_t *ctx)
{
	calls++;
	bpf_tail_call(ctx, &rounds, 0);
	return (int)calls;
}

SEC("bind/wrong")
int Wrong(bind_md_t *ctx)
{
	bpf_tail_call(ctx, &packets, 0);
	return 0;
}

SEC("xdp/packet")
int Packet(xdp_md_t *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
