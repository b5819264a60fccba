/* SPDX-License-Identifier: MIT */
/* Linux: tells an application of each connection.
 *
 * Teaches: a ring buffer's second way. A record is reserved in the buffer itself, filled in place
 * and then submitted (the application gets it) or discarded (it is skipped); exactly one of both
 * must happen. ring_buffer.c says what ring buffers are for. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LOOPBACK 0x7f000001

struct connect_event {
	__u32 process;
	__be32 ip;
	__u16 port; /* in this machine's byte order */
	__u16 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

__u64 lost;

SEC("cgroup/connect4")
int report_connect(struct bpf_sock_addr *ctx)
{
	struct connect_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return 1;
	}
	event->process = bpf_get_current_pid_tgid() >> 32;
	event->ip = ctx->user_ip4;
	event->port = bpf_ntohs(ctx->user_port);
	event->reserved = 0; /* what was here before is not the application's business */
	if (event->ip == bpf_htonl(LOOPBACK))
		bpf_ringbuf_discard(event, 0);
	else
		bpf_ringbuf_submit(event, 0);
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
