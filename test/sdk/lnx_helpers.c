/* SPDX-License-Identifier: MIT */
/* Linux dialect: what else <bpf/bpf_helpers.h> offers.
 *
 * needs clang: declaration tags, assembly */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { SLOTS = 4 };

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} inner_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SLOTS);
	__type(key, int);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner_map } };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__ulong(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SLOTS);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig __weak;
extern const int some_symbol __ksym __weak;

struct event {
	int kind;
	unsigned long long when;
};

__weak __noinline int twice(int value)
{
	return 2 * value;
}

__hidden int thrice(int value)
{
	return 3 * value;
}

struct iter_ctx {
	struct seq_file *seq;
};

static long on_each(unsigned int index, void *data)
{
	*(int *)data += (int)index;
	return 0;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	int sum = 0, i;
	char text[32];

	if (event != NULL) {
		event->kind = twice(bpf_ntohs((unsigned short)skb->protocol));
		event->when = bpf_ktime_get_ns();
		bpf_ringbuf_submit(event, 0);
	}
	bpf_loop(4, on_each, &sum, 0);
	bpf_for(i, 0, 10)
	{
		if (i == 7)
			break;
		sum += i;
	}
	bpf_repeat(3) sum++;
	BPF_SNPRINTF(text, sizeof(text), "%d %d", sum, thrice(i));
	if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 10, 0) || CONFIG_HZ == 0)
		return 0;
	if (bpf_ksym_exists(&some_symbol))
		sum++;
	barrier_var(sum);
	bpf_tail_call_static(skb, &programs, 2);
	return sum + text[0];
}

SEC("?iter/task")
int dump(struct iter_ctx *ctx)
{
	BPF_SEQ_PRINTF(ctx->seq, "%d of %d\n", 1, 2);
	BPF_SEQ_PRINTF(ctx->seq, "end\n");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
