/* SPDX-License-Identifier: MIT */
/* Slots and epochs. An invocation leases a slot, which nobody else has meanwhile: slots stand where
 * a kernel has CPUs, as threads migrate, and per-CPU data is indexed by them. The lease is at the
 * same time what keeps alive whatever the invocation finds: what is taken out of reach is freed
 * when all invocations that were under way at that time have ended. epoch.c says why that is so. */
#pragma once

#include "base/compiler.h"
#include "os/lock.h"

#define EPOCH_SLOTS 256 /* invocations that run at the same time, at most */
#define EPOCH_NONE  UINT32_MAX

/* Apart from other slots' cache lines, which processors fetch in pairs. */
struct epoch_slot {
	u64 active; /* 0: free; else the epoch in which it was leased */
	u64 pad[15];
};

/* A part of what is to be freed. */
struct epoch_item {
	struct epoch_item *next;
	u64 stamp;
	void (*free)(struct epoch_item *item);
};

struct epoch {
	u64 now; /* grows with whatever is retired; never 0 */
	u64 pad[15];
	struct epoch_item *retired; /* the oldest first; the lock is for changes */
	struct epoch_item *last;
	struct os_lock lock;
	u32 reclaiming;
	u32 count; /* slots in use */
	u64 pad2[12];
	struct epoch_slot slots[EPOCH_SLOTS];
};

void epoch_init(struct epoch *epoch, u32 count);
/* Nobody holds a slot any more; frees what is left. */
void epoch_fini(struct epoch *epoch);

/* The first free slot from hint on, round the end; EPOCH_NONE when all are taken. */
u32 epoch_enter(struct epoch *epoch, u32 hint);

/* Frees what was retired and nobody can hold any more. */
void epoch_reclaim(struct epoch *epoch);

static inline void epoch_leave(struct epoch *epoch, u32 slot)
{
	__atomic_store_n(&epoch->slots[slot].active, 0, __ATOMIC_RELEASE);
	if (UNLIKELY(__atomic_load_n(&epoch->retired, __ATOMIC_RELAXED) != NULL))
		epoch_reclaim(epoch);
}

/* item is out of reach for whoever enters from now on: frees it when all who are inside have left,
 * perhaps at once. May be called from inside. */
void epoch_retire(struct epoch *epoch, struct epoch_item *item,
		  void (*free)(struct epoch_item *item));

/* Returns when all who were inside have left; not from inside. */
void epoch_synchronize(struct epoch *epoch);
