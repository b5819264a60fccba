/* SPDX-License-Identifier: MIT */
/* Slots stand where a kernel has CPUs: threads migrate, so each invocation leases one that nobody
 * else has meanwhile, and per-CPU data is indexed by it. */
#pragma once

#include "base/compiler.h"

#define SLOT_COUNT 256 /* invocations that run at the same time */
#define SLOT_NONE  UINT32_MAX

struct slots {
	u64 taken[SLOT_COUNT / 64];
};

/* Only the first count slots are leased. */
void slots_init(struct slots *slots, u32 count);
/* The first free slot from hint on (round the end), SLOT_NONE when all are taken. With the current
 * CPU as the hint a program mostly sees the number it expects, and no thread fights for a slot. */
u32 slots_lease(struct slots *slots, u32 hint);
void slots_release(struct slots *slots, u32 slot);
