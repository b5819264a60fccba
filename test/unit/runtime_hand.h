/* SPDX-License-Identifier: MIT */
/* Helpers called without an engine: an invocation with nothing but a stack. */
#pragma once

#include "runtime_fixture.h"

#include "runtime/invocation.h"

/* An invocation made by hand: helpers are called on it as an engine would. */
struct hand {
	struct runtime *rt;
	struct {
		struct invocation inv;
		u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
		struct ctx_header header;
		u64 ctx;
	} * run;
};

static inline int hand_open(struct hand *h, const struct runtime_options *options)
{
	int r = runtime_new(options, &h->rt, NULL);

	if (r < 0)
		return r;
	h->run = mem_zalloc(sizeof(*h->run));
	if (h->run == NULL)
		return ERR_NOMEM;
	h->run->header.exec = &h->run->inv.exec;
	h->run->inv.rt = h->rt;
	h->run->inv.exec.stack = h->run->stack;
	h->run->inv.exec.runtime = &h->run->inv;
	h->run->inv.exec.may_access = invocation_may_access;
	return 0;
}

static inline int hand_new(struct hand *h, enum dialect dialect, const struct prog_map *maps,
			   u32 count)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 4 };
	int r = hand_open(h, &options);

	return r < 0 ? r : runtime_add_maps(h->rt, maps, count, NULL);
}

static inline void hand_fini(struct hand *h)
{
	runtime_free(h->rt);
	mem_free(h->run);
	memset(h, 0, sizeof(*h));
}

static inline u64 call(struct hand *h, u32 id, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct helper_binding binding = helper_bind(h->rt, id);

	return binding.fn == NULL ? 0xdeadull : binding.fn(r1, r2, r3, r4, r5, &h->run->ctx);
}

/* Addresses in the hand's stack: a key and a value. */
static inline u64 key_of(struct hand *h, u32 key)
{
	memcpy(h->run->stack, &key, sizeof(key));
	return (u64)(uintptr_t)h->run->stack;
}

static inline u64 value_of(struct hand *h, u64 value)
{
	memcpy(h->run->stack + 8, &value, sizeof(value));
	return (u64)(uintptr_t)h->run->stack + 8;
}

static inline u64 map_of(struct hand *h, u32 idx)
{
	return h->rt->map_addrs[idx];
}

/* Takes the fault away and tells its status. */
static inline int fault_of(struct hand *h)
{
	int status = h->run->inv.exec.fault.status;

	h->run->inv.exec.fault.status = 0;
	return status;
}
