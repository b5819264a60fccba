/* SPDX-License-Identifier: MIT */
/* Tells an application of each bind and unbind.
 *
 * Teaches: ring buffers. A map keeps state that an application looks at when it likes; a ring
 * buffer is a queue of records, of any size, that it gets in the order of the events. When it does
 * not keep up, the buffer is full and new records are lost: whoever cares counts them.
 *
 *     oriel run --repeat 2 --set process_id=7 --dump-maps ring_buffer.o */
#include "bpf_helpers.h"

/* Shared with the application, so its layout is fixed: the members leave no holes. */
struct bind_event {
	uint64_t process;
	uint64_t time; /* nanoseconds since the machine started */
	uint8_t address[16];
	uint32_t operation;
	uint32_t protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024); /* bytes; a power of two */
} events SEC(".maps");

uint64_t lost;

SEC("bind")
bind_action_t ReportBind(bind_md_t *ctx)
{
	struct bind_event event = {
		.process = ctx->process_id,
		.time = bpf_ktime_get_boot_ns(),
		.operation = ctx->operation,
		.protocol = ctx->protocol,
	};

	memcpy(event.address, ctx->socket_address, sizeof(event.address));
	/* Copies the record; what is on the stack is free for something else afterwards. */
	if (bpf_ringbuf_output(&events, &event, sizeof(event), 0) < 0)
		__sync_fetch_and_add(&lost, 1);
	return BIND_PERMIT_SOFT;
}
