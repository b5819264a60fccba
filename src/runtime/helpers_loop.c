/* SPDX-License-Identifier: MIT */
/* Helpers that call the program's own functions. */
#include "runtime/invocation.h"

#define LOOP_MAX (1u << 23) /* times, as Linux has it */

u64 helper_loop(u64 times, u64 func, u64 callback_ctx, u64 flags, UNUSED u64 r5, void *ctx)
{
	struct exec *exec = exec_of(ctx);
	u64 args[5] = { 0, callback_ctx }, result;

	if (flags != 0)
		return (u64)ERR_INVAL;
	if ((u32)times > LOOP_MAX)
		return (u64)ERR_TOOBIG;
	for (u32 i = 0; i < (u32)times; i++) {
		args[0] = i;
		if (!exec_call_subprog(exec, func, args, &result))
			return 0;
		if (result != 0)
			return i + 1;
	}
	return (u32)times;
}

/* A key is given to the callback as a copy, as another program may put a new one in its place. */
u64 helper_for_each_map_elem(u64 map_arg, u64 func, u64 callback_ctx, u64 flags, UNUSED u64 r5,
			     void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct map *map = invocation_map(inv, map_arg);
	_Alignas(8) u8 key[MAP_MAX_KEY];
	struct lent_memory lent = { (u64)(uintptr_t)key, 0, inv->lent };
	u64 args[5] = { map_arg, lent.base, 0, callback_ctx }, result = 0, visited = 0;
	u32 cursor = 0;
	void *value;

	if (map == NULL || map->ops->walk == NULL || flags != 0)
		return helper_status(inv, ERR_INVAL);
	lent.size = map->def.key_size;
	inv->lent = &lent;
	while (map->ops->walk(map, inv->exec.slot, &cursor, key, &value) == 0) {
		args[2] = (u64)(uintptr_t)value;
		visited++;
		if (!exec_call_subprog(&inv->exec, func, args, &result) || result != 0)
			break;
	}
	inv->lent = lent.outer;
	return visited;
}
