/* SPDX-License-Identifier: MIT */
/* The rings. A producer is alone in its slot, the consumer is alone: head is the one's, tail the
 * other's, and each reads the other's with acquire before it touches what that one gave away. A
 * record that would go over the ring's end is preceded by one without a kind that fills it up. */
#include "runtime/trace.h"

#include "base/mem.h"
#include "base/str.h"

struct record {
	u32 size; /* of all of it, a multiple of 8 */
	u32 kind; /* 0: filling */
	u64 ns;
	u32 prog, len;
	/* the text and its terminator */
};

struct ring {
	u64 head; /* the producer's */
	u64 dropped;
	u64 pad[6];
	u64 tail; /* the consumer's, and how far it goes this time */
	u64 until;
	u64 pad2[6];
};

struct trace {
	u32 slots, size;
	struct ring *rings;
	u8 *bytes;
};

int trace_new(u32 slots, u32 ring_size, struct trace **ret_trace, struct error *err)
{
	struct trace *trace;

	if (slots == 0 || ring_size < 4096 || (ring_size & (ring_size - 1)) != 0)
		return error_set(err, ERR_INVAL, "%u rings of %u bytes", slots, ring_size);
	trace = mem_zalloc(sizeof(*trace));
	if (trace == NULL)
		return error_set(err, ERR_NOMEM, "no memory to trace");
	trace->slots = slots;
	trace->size = ring_size;
	trace->rings = mem_zalloc_array(slots, sizeof(*trace->rings));
	trace->bytes = mem_zalloc_array(slots, ring_size);
	if (trace->rings == NULL || trace->bytes == NULL) {
		trace_free(trace);
		return error_set(err, ERR_NOMEM, "no memory for %u rings of %u bytes", slots,
				 ring_size);
	}
	*ret_trace = trace;
	return 0;
}

void trace_free(struct trace *trace)
{
	if (trace == NULL)
		return;
	mem_free(trace->rings);
	mem_free(trace->bytes);
	mem_free(trace);
}

static struct record *record_at(const struct trace *trace, u32 slot, u64 at)
{
	return (struct record *)(void *)(trace->bytes + (size_t)slot * trace->size +
					 (at & (trace->size - 1)));
}

void trace_put(struct trace *trace, const struct trace_event *event)
{
	struct ring *ring;
	u32 len = MIN(event->len, (u32)TRACE_TEXT - 1);
	u32 size = ((u32)sizeof(struct record) + len + 1 + 7) & ~7u, to_end;
	struct record *record;
	u64 head, tail;

	if (event->slot >= trace->slots)
		return;
	ring = &trace->rings[event->slot];
	head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
	tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	to_end = trace->size - (u32)(head & (trace->size - 1));
	if (to_end >= size)
		to_end = 0;
	if (head + to_end + size - tail > trace->size) {
		__atomic_fetch_add(&ring->dropped, 1, __ATOMIC_RELAXED);
		return;
	}
	if (to_end > 0) {
		record = record_at(trace, event->slot, head);
		record->size = to_end;
		record->kind = 0;
		head += to_end;
	}
	record = record_at(trace, event->slot, head);
	*record = (struct record){ size, (u32)event->kind, event->ns, event->prog, len };
	memcpy(record + 1, event->text, len);
	((char *)(record + 1))[len] = '\0';
	__atomic_store_n(&ring->head, head + size, __ATOMIC_RELEASE);
}

/* The next event of a slot; NULL: none that was there in the beginning. */
static const struct record *peek(struct trace *trace, u32 slot)
{
	struct ring *ring = &trace->rings[slot];
	u64 tail = ring->tail;
	const struct record *record;

	if (ring->until == tail)
		return NULL;
	record = record_at(trace, slot, tail);
	if (record->kind != 0)
		return record;
	tail += record->size;
	__atomic_store_n(&ring->tail, tail, __ATOMIC_RELEASE);
	return ring->until == tail ? NULL : record_at(trace, slot, tail);
}

u32 trace_drain(struct trace *trace, void (*fn)(void *arg, const struct trace_event *event),
		void *arg)
{
	/* Programs may print faster than this goes. */
	for (u32 slot = 0; slot < trace->slots; slot++)
		trace->rings[slot].until =
			__atomic_load_n(&trace->rings[slot].head, __ATOMIC_ACQUIRE);
	for (u32 count = 0;; count++) {
		const struct record *first = NULL;
		struct trace_event event = { 0 };

		for (u32 slot = 0; slot < trace->slots; slot++) {
			const struct record *record = peek(trace, slot);

			if (record != NULL && (first == NULL || record->ns < first->ns)) {
				first = record;
				event.slot = slot;
			}
		}
		if (first == NULL)
			return count;
		event.kind = (enum trace_kind)first->kind;
		event.prog = first->prog;
		event.ns = first->ns;
		event.len = first->len;
		event.text = (const char *)(first + 1);
		fn(arg, &event);
		__atomic_store_n(&trace->rings[event.slot].tail,
				 trace->rings[event.slot].tail + first->size, __ATOMIC_RELEASE);
	}
}

u64 trace_dropped(const struct trace *trace)
{
	u64 dropped = 0;

	for (u32 slot = 0; slot < trace->slots; slot++)
		dropped += __atomic_load_n(&trace->rings[slot].dropped, __ATOMIC_RELAXED);
	return dropped;
}
