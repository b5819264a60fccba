/* SPDX-License-Identifier: MIT */
/* Helpers on ring buffers and perf event arrays. An invocation knows what it has reserved: a
 * program that is not verified can neither give away what it does not have nor touch what it gave
 * away, and what it forgets is discarded. */
#include "map/ringbuf.h"

#include "map/perf_array.h"
#include "runtime/invocation.h"

static struct map *ring_of(struct invocation *inv, u64 map_arg)
{
	struct map *map = invocation_map(inv, map_arg);

	return map != NULL && map->def.type->kind == MAP_KIND_RINGBUF ? map : NULL;
}

u64 helper_ringbuf_output(u64 map_arg, u64 data, u64 size, u64 flags, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = ring_of(inv, map_arg);
	int r;

	if (map == NULL)
		return helper_status(inv, ERR_INVAL);
	if (!exec_check(&inv->exec, data, size, false))
		return helper_status(inv, ERR_FAULT);
	r = ringbuf_output(map, (const void *)(uintptr_t)data, size, flags);
	if (r == ERR_AGAIN && inv->rt->dialect == DIALECT_WINDOWS)
		r = ERR_NOSPC;
	return helper_status(inv, r);
}

static struct reserved *free_entry(struct invocation *inv)
{
	for (u32 i = 0; i < inv->reserved_count; i++)
		if (inv->reserved[i].record == NULL)
			return &inv->reserved[i];
	if (inv->reserved_count == RESERVED_COUNT)
		return NULL;
	return &inv->reserved[inv->reserved_count++];
}

u64 helper_ringbuf_reserve(u64 map_arg, u64 size, u64 flags, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = ring_of(inv, map_arg);
	struct reserved *entry;

	if (map == NULL || flags != 0)
		return 0;
	entry = free_entry(inv);
	if (entry == NULL)
		return 0;
	*entry = (struct reserved){ map, ringbuf_reserve(map, size), size };
	return (u64)(uintptr_t)entry->record;
}

/* The entry, taken out of the list. None: the program is ended. */
static struct reserved take_reserved(struct invocation *inv, u64 record)
{
	struct reserved found = { 0 };

	for (u32 i = 0; i < inv->reserved_count; i++) {
		struct reserved *entry = &inv->reserved[i];

		if (entry->record != NULL && (u64)(uintptr_t)entry->record == record) {
			found = *entry;
			entry->record = NULL;
			return found;
		}
	}
	if (inv->exec.fault.status == 0)
		inv->exec.fault = (struct exec_fault){ .status = ERR_INVAL,
						       .slot = PROG_NO_INDEX,
						       .addr = record };
	return found;
}

u64 helper_ringbuf_submit(u64 record, u64 flags, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			  void *ctx)
{
	struct reserved entry = take_reserved(invocation_of(ctx), record);

	if (entry.record != NULL)
		ringbuf_submit(entry.map, entry.record, flags);
	return 0;
}

u64 helper_ringbuf_discard(u64 record, u64 flags, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct reserved entry = take_reserved(invocation_of(ctx), record);

	if (entry.record != NULL)
		ringbuf_discard(entry.map, entry.record, flags);
	return 0;
}

u64 helper_ringbuf_query(u64 map_arg, u64 flags, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			 void *ctx)
{
	struct map *map = ring_of(invocation_of(ctx), map_arg);

	return map == NULL ? 0 : ringbuf_query(map, flags);
}

void invocation_discard_reserved(struct invocation *inv)
{
	for (u32 i = 0; i < inv->reserved_count; i++) {
		struct reserved *entry = &inv->reserved[i];

		if (entry->record != NULL)
			ringbuf_discard(entry->map, entry->record, 0);
	}
	inv->reserved_count = 0;
}

bool invocation_reserved(const struct invocation *inv, u64 addr, u64 size)
{
	for (u32 i = 0; i < inv->reserved_count; i++) {
		const struct reserved *entry = &inv->reserved[i];
		u64 base = (u64)(uintptr_t)entry->record;

		if (base != 0 && addr >= base && size <= entry->size &&
		    addr - base <= entry->size - size)
			return true;
	}
	return false;
}

static int perf_output(struct invocation *inv, struct map *map, u64 flags, u64 data, u64 size)
{
	u64 cpu = flags & PERF_CPU_MASK, extra = (flags & PERF_EXTRA_MASK) >> 32;
	u64 packet = 0, packet_len = 0;
	bool has_packet = packet_of(inv, &packet, &packet_len);

	if ((flags & ~(PERF_CPU_MASK | PERF_EXTRA_MASK)) != 0)
		return ERR_INVAL;
	if (cpu == PERF_CURRENT_CPU)
		cpu = inv->exec.slot;
	else if (inv->rt->dialect == DIALECT_LINUX && cpu >= map->def.max_entries)
		return ERR_TOOBIG;
	/* Nobody but programs of a CPU writes to its ring. */
	if (cpu != inv->exec.slot)
		return inv->rt->dialect == DIALECT_LINUX ? ERR_NOTSUP : ERR_INVAL;
	if (extra > 0 && (!has_packet || extra > packet_len))
		return inv->rt->dialect == DIALECT_LINUX && has_packet ? ERR_FAULT : ERR_INVAL;
	return perf_array_output(map, (u32)cpu, (const void *)(uintptr_t)data, size,
				 extra == 0 ? NULL : (const void *)(uintptr_t)packet, extra);
}

u64 helper_perf_event_output(UNUSED u64 r1, u64 map_arg, u64 flags, u64 data, u64 size, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = invocation_map(inv, map_arg);

	if (map == NULL || map->def.type->kind != MAP_KIND_PERF_EVENT_ARRAY)
		return helper_status(inv, ERR_INVAL);
	if (!exec_check(&inv->exec, data, size, false))
		return helper_status(inv, ERR_FAULT);
	return helper_status(inv, perf_output(inv, map, flags, data, size));
}
