/* SPDX-License-Identifier: MIT */
/* Helpers on what the packet says, for test/unit/runtime_kernel.c: it runs these programs here and
 * in the running kernel on the same packets. What a helper returned is in the result or in the
 * packet. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual MIT/GPL";

/* In the packet's first bytes; it has at least 160. */
struct input {
	__u32 number[4];
	__u64 wide[4];
	__u8 bytes[112];
};

#define INPUT(ctx)                                            \
	struct input *in = (struct input *)(long)(ctx)->data; \
	if ((void *)(in + 1) > (void *)(long)(ctx)->data_end) \
	return XDP_ABORTED

SEC("xdp")
int csum_diff(struct xdp_md *ctx)
{
	__u32 from[8], to[8];
	INPUT(ctx);

	__builtin_memcpy(from, in->bytes, sizeof(from));
	__builtin_memcpy(to, in->bytes + 32, sizeof(to));
	in->wide[0] = (__u64)bpf_csum_diff(from, in->number[0] & 28, to, in->number[1] & 28,
					   in->number[2]);
	in->wide[1] = (__u64)bpf_csum_diff(0, 0, to, in->number[1] & 31, in->number[2]);
	return XDP_PASS;
}

SEC("xdp")
int numbers(struct xdp_md *ctx)
{
	char text[24];
	long value = 77;
	unsigned long positive = 78;
	INPUT(ctx);

	__builtin_memcpy(text, in->bytes, sizeof(text));
	in->wide[0] = (__u64)bpf_strtol(text, sizeof(text), in->number[0], &value);
	in->wide[1] = (__u64)value;
	in->wide[2] = (__u64)bpf_strtoul(text, sizeof(text), in->number[0], &positive);
	in->wide[3] = positive;
	return XDP_PASS;
}

const char word[] = "filter";

SEC("xdp")
int compare(struct xdp_md *ctx)
{
	char text[8];
	INPUT(ctx);

	__builtin_memcpy(text, in->bytes, sizeof(text));
	return bpf_strncmp(text, sizeof(text), word) + 1;
}

#define PRINT(at, size, format)                                                            \
	do {                                                                               \
		static const char fmt[] = format;                                          \
		__u64 args[] = { in->wide[0], in->wide[1], in->wide[2], in->wide[3] };     \
		char text[24] = "";                                                        \
                                                                                           \
		in->number[at] = (__u32)bpf_snprintf(text, size, fmt, args, sizeof(args)); \
		__builtin_memcpy(in->bytes + 24 * (at), text, sizeof(text));               \
	} while (0)

/* The arguments are in the packet; three of these also cut the text. */
SEC("xdp")
int print(struct xdp_md *ctx)
{
	INPUT(ctx);

	PRINT(0, 24, "%d %i|%u %x");
	PRINT(1, 24, "%lld %5d|%-5u|%05x");
	PRINT(2, 16, "%llu %llx %ld %%%lx");
	PRINT(3, 24, "%X %08llX %c%c");
	return XDP_PASS;
}

SEC("xdp")
int addresses(struct xdp_md *ctx)
{
	static const char v4[] = "%pI4 %pi4", v6[] = "%pI6";
	__u8 address[16];
	__u64 args[] = { (unsigned long)address, (unsigned long)address };
	char text[40] = "";
	INPUT(ctx);

	__builtin_memcpy(address, in->bytes, sizeof(address));
	in->number[0] = (__u32)bpf_snprintf(text, sizeof(text), v4, args, 16);
	__builtin_memcpy(in->bytes + 16, text, sizeof(text));
	in->number[1] = (__u32)bpf_snprintf(text, sizeof(text), v6, args, 8);
	__builtin_memcpy(in->bytes + 56, text, sizeof(text));
	return XDP_PASS;
}

/* Eight moves of the packet's bounds, one after the other. */
SEC("xdp")
int moves(struct xdp_md *ctx)
{
	__u8 steps[32];
	__u32 sum = 0;
	INPUT(ctx);

	__builtin_memcpy(steps, in->bytes, sizeof(steps));
#pragma unroll
	for (int i = 0; i < 8; i++) {
		int by = (short)(steps[i * 4 + 1] | steps[i * 4 + 2] << 8);
		long r;

		if (steps[i * 4] % 4 == 0)
			r = bpf_xdp_adjust_head(ctx, by);
		else if (steps[i * 4] % 4 == 1)
			r = bpf_xdp_adjust_meta(ctx, by);
		else
			r = bpf_xdp_adjust_tail(ctx, by);
		sum = sum * 31 + (__u32)r;
		sum = sum * 31 + (__u32)bpf_xdp_get_buff_len(ctx);
		sum = sum * 31 + (ctx->data - ctx->data_meta);
	}
	return (int)sum;
}

SEC("xdp")
int copies(struct xdp_md *ctx)
{
	__u8 buf[16] = { 0 };
	__u32 from, to, a, b;
	INPUT(ctx);

	from = in->number[0];
	to = in->number[1];
	a = (__u32)bpf_xdp_load_bytes(ctx, from, buf, sizeof(buf));
	b = (__u32)bpf_xdp_store_bytes(ctx, to, buf, sizeof(buf));
	return (int)(a * 31 + b);
}

SEC("xdp")
int redirects(struct xdp_md *ctx)
{
	INPUT(ctx);

	return (int)bpf_redirect(in->number[0], in->number[1]);
}

#define TARGETS(name, kind)             \
	struct {                        \
		__uint(type, kind);     \
		__uint(key_size, 4);    \
		__uint(value_size, 4);  \
		__uint(max_entries, 8); \
	} name SEC(".maps")
TARGETS(devices, BPF_MAP_TYPE_DEVMAP);
TARGETS(some_devices, BPF_MAP_TYPE_DEVMAP_HASH);
TARGETS(processors, BPF_MAP_TYPE_CPUMAP);
TARGETS(sockets, BPF_MAP_TYPE_XSKMAP);

/* Nothing is in them: what flags mean. */
SEC("xdp")
int redirect_maps(struct xdp_md *ctx)
{
	INPUT(ctx);

	switch (in->number[3] % 4) {
	case 0: return (int)bpf_redirect_map(&devices, in->number[0], in->number[1]);
	case 1: return (int)bpf_redirect_map(&some_devices, in->number[0], in->number[1]);
	case 2: return (int)bpf_redirect_map(&processors, in->number[0], in->number[1]);
	default: return (int)bpf_redirect_map(&sockets, in->number[0], in->number[1]);
	}
}

struct sum {
	__u64 total;
	__u32 stop;
};

static long add(__u32 i, struct sum *sum)
{
	sum->total += i;
	return i == sum->stop;
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	struct sum sum = { 0 };
	INPUT(ctx);

	sum.stop = in->number[1];
	in->wide[0] = (__u64)bpf_loop(in->number[0], add, &sum, in->number[2]);
	in->wide[1] = sum.total;
	return XDP_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 16);
} table SEC(".maps");

static long visit(void *map, __u32 *key, __u64 *value, struct sum *sum)
{
	(void)map;
	sum->total += *key * *value;
	return 0;
}

/* Puts in what the packet says, goes through all, and takes it out again. */
SEC("xdp")
int visits(struct xdp_md *ctx)
{
	struct sum sum = { 0 };
	INPUT(ctx);

	for (int i = 0; i < 4; i++) {
		__u32 key = in->number[i];

		bpf_map_update_elem(&table, &key, &in->wide[i], 0);
	}
	in->wide[0] = (__u64)bpf_for_each_map_elem(&table, visit, &sum, 0);
	in->wide[1] = sum.total;
	for (int i = 0; i < 4; i++) {
		__u32 key = in->number[i];

		bpf_map_delete_elem(&table, &key);
	}
	return XDP_PASS;
}
