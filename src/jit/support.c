/* SPDX-License-Identifier: MIT */
/* What generated code calls: the seldom parts of checks, and helpers' way back into the program. */
#include "base/str.h"
#include "jit/code.h"

static u64 *limits(struct exec *exec, u32 at)
{
	return &exec->engine[at];
}

/* An access at addr passes when addr - base is less than the limit of its size. */
static void set_limits(u64 *limit, u64 len)
{
	for (u32 i = 0; i < 4; i++) {
		u64 size = 1ull << i;

		limit[i] = len < size ? 0 : len - size + 1;
	}
}

static void set_stack(struct exec *exec, u64 base)
{
	u64 end = (u64)(uintptr_t)exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE;

	exec->engine[ENGINE_STACK_BASE] = base;
	set_limits(limits(exec, ENGINE_STACK_LIMIT), end - base);
}

static void set_region(struct exec *exec, const struct exec_region *region)
{
	exec->engine[ENGINE_REGION_BASE] = region->base;
	set_limits(limits(exec, ENGINE_REGION_LIMIT), region->size);
	set_limits(limits(exec, ENGINE_REGION_LIMIT + 4), region->writable ? region->size : 0);
}

static void jit_start(struct exec *exec, u64 live)
{
	u64 end = (u64)(uintptr_t)exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	const struct exec_region nothing = { 0 };

	memset((void *)(uintptr_t)(end - live), 0, live);
	set_stack(exec, end - live);
	set_region(exec, exec->region_count != 0 ? &exec->regions[0] : &nothing);
}

static bool holds(u64 base, u64 len, u64 addr, u32 size)
{
	return addr >= base && size <= len && addr - base <= len - size;
}

/* As access_slow of the interpreter. */
static bool may_access(struct exec *exec, u64 addr, u32 size, bool write)
{
	u64 base = exec->engine[ENGINE_STACK_BASE];
	u64 end = (u64)(uintptr_t)exec->stack + PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	u32 count = MIN(exec->region_count, EXEC_REGIONS);

	if (holds(base, end - base, addr, size))
		return true;
	for (u32 i = 0; i < count; i++) {
		const struct exec_region *region = &exec->regions[i];

		if (holds(region->base, region->size, addr, size) && (!write || region->writable)) {
			set_region(exec, region);
			return true;
		}
	}
	if (addr > UINT64_MAX - size)
		return false;
	return exec->may_access != NULL && exec->may_access(exec, addr, size, write);
}

static u64 jit_access(struct exec *exec, u64 addr, u64 what)
{
	u32 size = 1u << (what >> 2 & 3);
	bool write = (what & 2) != 0, misaligned = (what & 1) != 0;

	if (!misaligned && may_access(exec, addr, size, write))
		return 1;
	exec->fault = (struct exec_fault){ .status = ERR_FAULT,
					   .slot = (u32)(what >> 4),
					   .addr = addr,
					   .size = size,
					   .write = write };
	return 0;
}

static u64 jit_find(struct exec *exec, u64 id)
{
	const struct jit_program *program = (const struct jit_program *)exec->code;

	if (id > UINT32_MAX)
		return 0;
	return (u64)(uintptr_t)program->helper(program->arg, (u32)id).fn;
}

static u64 jit_packet(struct exec *exec, u64 at, u64 size)
{
	const struct exec_packet *packet = exec->packet;
	u64 value = 0;

	if (packet == NULL)
		return UINT64_MAX - 1;
	at = (u32)at;
	if (at > INT32_MAX || size > packet->len || at > packet->len - size)
		return UINT64_MAX;
	for (u32 i = 0; i < (u32)size; i++)
		value = value << 8 | packet->data[at + i];
	return value;
}

struct jit_support jit_host_support(void)
{
	return (struct jit_support){ .start = (u64)(uintptr_t)jit_start,
				     .access = (u64)(uintptr_t)jit_access,
				     .find = (u64)(uintptr_t)jit_find,
				     .packet = (u64)(uintptr_t)jit_packet };
}

/* --- callbacks ---------------------------------------------------------------------------------
 */

static const struct jit_callback *find_callback(const struct jit_program *program, u64 func)
{
	u32 low = 0, high = program->callback_count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (program->callbacks[middle].start < func)
			low = middle + 1;
		else
			high = middle;
	}
	return low < program->callback_count && program->callbacks[low].start == func
		       ? &program->callbacks[low]
		       : NULL;
}

/* 0, or why the callback cannot run. */
static int enter(struct exec *exec, const struct jit_program *program,
		 const struct jit_callback *callback)
{
	if (callback == NULL || program->thunk == NULL)
		return ERR_INVAL;
	if ((u32)exec->engine[ENGINE_DEPTH] >= PROG_MAX_FRAMES - 1)
		return ERR_LOOP;
	if (!program->checked)
		return 0;
	if (__builtin_sub_overflow(exec->budget, (u64)callback->charge, &exec->budget)) {
		exec->budget = 0;
		return ERR_TIME;
	}
	return 0;
}

/* The function runs on the host's stack above the helper, with a frame below the one of whoever
 * called that. When it ends other than by returning, the thunk's end is reached all the same, and
 * DONE is 0. */
bool jit_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result)
{
	const struct jit_program *program = (const struct jit_program *)exec->code;
	const struct jit_callback *callback = find_callback(program, func);
	u64 frame = exec->engine[ENGINE_FRAME], stack = exec->engine[ENGINE_STACK_BASE];
	u64 depth = exec->engine[ENGINE_DEPTH], result;
	const struct exec_region nothing = { 0 };
	int status = enter(exec, program, callback);

	if (status != 0) {
		exec->fault = (struct exec_fault){ .status = status,
						   .slot = PROG_NO_INDEX,
						   .addr = func };
		return false;
	}
	exec->engine[ENGINE_DEPTH]++;
	if (callback->framed) {
		u64 base = frame - 2 * PROG_FRAME_SIZE;

		frame -= PROG_FRAME_SIZE;
		if (program->zero_frames)
			memset((void *)(uintptr_t)base, 0, PROG_FRAME_SIZE);
		set_stack(exec, base);
	}
	if (program->checked)
		set_region(exec, &nothing);
	exec->engine[ENGINE_DONE] = 0;
	result = program->thunk(exec, program->code.mem + callback->offset, frame, args);
	exec->engine[ENGINE_DEPTH] = depth;
	exec->engine[ENGINE_FRAME] = frame + (callback->framed ? PROG_FRAME_SIZE : 0);
	if (program->checked)
		set_stack(exec, stack);
	if (exec->engine[ENGINE_DONE] == 0) {
		exec->ended = true;
		return false;
	}
	*ret_result = result;
	return true;
}
