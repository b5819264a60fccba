/* SPDX-License-Identifier: MIT */
/* A program of the Linux dialect for test/unit/load.c, written without headers: the packet's
 * pointers have 4 bytes in its context. */
typedef unsigned int u32;
typedef unsigned char u8;

struct xdp_md {
	u32 data;
	u32 data_end;
	u32 data_meta;
	u32 ingress_ifindex;
	u32 rx_queue_index;
	u32 egress_ifindex;
};

static long (*bpf_trace_printk)(const char *fmt, u32 fmt_size, ...) = (void *)6;

__attribute__((section("xdp"), used)) int filter(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	char fmt[] = "%d bytes, first %02x";
	u32 sum = 0;

	if (data + 2 > end)
		return 1;
	bpf_trace_printk(fmt, sizeof(fmt), (u32)(end - data), data[0]);
	sum = data[0] + data[1];
	data[0] = 0;
	return sum;
}
