/* SPDX-License-Identifier: MIT */
/* Objects by their ids, and from an object to what it is. */
#include "runtime/objects.h"

#include "runtime/invocation.h"

struct core_object *prog_core(struct runtime_prog *prog)
{
	return &prog->core;
}

struct core_object *link_core(struct runtime_link *link)
{
	return &link->core;
}

struct map *core_to_map(struct core_object *core)
{
	return core != NULL && core->kind == CORE_MAP ? CONTAINER_OF(core, struct map, core) : NULL;
}

struct runtime_prog *core_to_prog(struct core_object *core)
{
	return core != NULL && core->kind == CORE_PROG ? prog_of_core(core) : NULL;
}

struct runtime_link *core_to_link(struct core_object *core)
{
	return core != NULL && core->kind == CORE_LINK
		       ? CONTAINER_OF(core, struct runtime_link, core)
		       : NULL;
}

struct core_object *runtime_get_object(struct runtime *rt, enum core_kind kind, u32 id)
{
	return core_table_get(&rt->ids[kind], id);
}

struct map *runtime_get_map(struct runtime *rt, u32 id)
{
	return core_to_map(core_table_get(&rt->ids[CORE_MAP], id));
}

struct runtime_prog *runtime_get_prog(struct runtime *rt, u32 id)
{
	return core_to_prog(core_table_get(&rt->ids[CORE_PROG], id));
}

struct runtime_link *runtime_get_link(struct runtime *rt, u32 id)
{
	return core_to_link(core_table_get(&rt->ids[CORE_LINK], id));
}

/* What the walk sees is alive while the lock is held. */
u32 runtime_next_id(struct runtime *rt, enum core_kind kind, u32 id)
{
	return core_table_next(&rt->ids[kind], id);
}
