/* SPDX-License-Identifier: MIT */
/* Which memory a program may name to a helper: its stack, its context and packet, map values. */
#include "runtime/invocation.h"

static bool holds(u64 base, u64 size, u64 addr, u64 len)
{
	return addr >= base && len <= size && addr - base <= size - len;
}

bool exec_may_access(const struct exec *exec, u64 addr, u64 len, bool write)
{
	if (len == 0)
		return true;
	if (holds((u64)(uintptr_t)exec->stack, PROG_MAX_FRAMES * PROG_FRAME_SIZE, addr, len))
		return true;
	for (u32 i = 0; i < exec->region_count; i++) {
		const struct exec_region *region = &exec->regions[i];

		if (holds(region->base, region->size, addr, len) && (region->writable || !write))
			return true;
	}
	if (len > UINT32_MAX || addr > UINT64_MAX - len || exec->may_access == NULL)
		return false;
	return exec->may_access(exec, addr, (u32)len, write);
}

bool exec_check_slow(struct exec *exec, u64 addr, u64 len, bool write)
{
	if (exec_may_access(exec, addr, len, write))
		return true;
	/* The first fault is the one to tell. The engine knows the slot. */
	if (exec->fault.status == 0)
		exec->fault = (struct exec_fault){ .status = ERR_FAULT,
						   .slot = PROG_NO_INDEX,
						   .addr = addr,
						   .size = (u32)MIN(len, UINT32_MAX),
						   .write = write };
	return false;
}

/* Binary search: what holds for len holds for less. */
u32 exec_readable(const struct exec *exec, u64 addr, u32 max)
{
	u32 low = 0, high = max;

	if (exec_may_access(exec, addr, max, false))
		return max;
	while (low + 1 < high) {
		u32 middle = low + (high - low) / 2;

		if (exec_may_access(exec, addr, middle, false))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Any map of the runtime: a program may have found it in a map of maps. We are inside an epoch, so
 * maps that go away stay memory. */
static struct map *map_after(const struct runtime *rt, u32 *id)
{
	return core_to_map(core_table_walk(&rt->ids[CORE_MAP], id));
}

struct map *invocation_map_slow(struct invocation *inv, u64 addr)
{
	struct map *map;
	u32 id = 0;

	while ((map = map_after(inv->rt, &id)) != NULL)
		if ((u64)(uintptr_t)map == addr)
			return map;
	if (inv->exec.fault.status == 0)
		inv->exec.fault = (struct exec_fault){ .status = ERR_BADF,
						       .slot = PROG_NO_INDEX,
						       .addr = addr };
	return NULL;
}

bool invocation_may_access(const struct exec *exec, u64 addr, u32 size, bool write)
{
	const struct invocation *inv = exec->runtime;
	const struct map *map;
	u32 id = 0;

	if (invocation_reserved(inv, addr, size))
		return true;
	for (const struct lent_memory *lent = inv->lent; lent != NULL; lent = lent->outer)
		if (!write && holds(lent->base, lent->size, addr, size))
			return true;
	while ((map = map_after(inv->rt, &id)) != NULL)
		if (map->ops->contains(map, addr, size))
			return write ? !map->read_only : !map->write_only;
	return false;
}
