/* SPDX-License-Identifier: MIT */
/* Which memory a running program may touch: the way round the inline checks of run.c. */
#include "interp/access.h"

void window_set(struct window *window, u64 base, u64 len, bool writable)
{
	window->base = base;
	for (u32 i = 0; i < 4; i++) {
		u64 size = 1ULL << i;

		window->limit[0][i] = len < size ? 0 : len - size + 1;
		window->limit[1][i] = writable ? window->limit[0][i] : 0;
	}
}

void state_push_frame(struct state *st)
{
	u8 *end = st->exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE;

	st->regs[BPF_REG_FP] = (u64)(uintptr_t)(end - st->live);
	st->live += PROG_FRAME_SIZE;
	memset(end - st->live, 0, PROG_FRAME_SIZE);
	window_set(&st->stack, (u64)(uintptr_t)(end - st->live), st->live, true);
}

void state_pop_frame(struct state *st)
{
	st->live -= PROG_FRAME_SIZE;
	window_set(&st->stack, st->stack.base + PROG_FRAME_SIZE, st->live, true);
}

static bool holds(u64 base, u64 len, u64 addr, u32 size)
{
	return addr >= base && size <= len && addr - base <= len - size;
}

bool access_slow(struct state *st, u64 addr, u32 size, bool write)
{
	const struct exec *exec = st->exec;
	u32 count = MIN(exec->region_count, EXEC_REGIONS);

	if (holds(st->stack.base, st->live, addr, size))
		return true;
	for (u32 i = 0; i < count; i++) {
		const struct exec_region *region = &exec->regions[i];

		if (holds(region->base, region->size, addr, size) && (!write || region->writable)) {
			window_set(&st->region, region->base, region->size, region->writable);
			return true;
		}
	}
	/* Whoever answers this shall not have to think about wrap-around. */
	if (addr > UINT64_MAX - size)
		return false;
	return exec->may_access != NULL && exec->may_access(exec, addr, size, write);
}

u64 state_fault(const struct state *st, const struct op *op, int status)
{
	st->exec->fault = (struct exec_fault){ .status = status, .slot = (u32)(op - st->ops) };
	return 0;
}

u64 state_fault_access(const struct state *st, const struct op *op, u64 addr, u32 size, bool write)
{
	state_fault(st, op, ERR_FAULT);
	st->exec->fault.addr = addr;
	st->exec->fault.size = size;
	st->exec->fault.write = write;
	return 0;
}
