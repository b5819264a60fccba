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

/* A compare-and-exchange is a full barrier on x86; elsewhere loads may overtake its store. */
static inline void epoch_full_barrier(void)
{
#if !defined(__x86_64__)
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Leasing acquires what the slot's last user released, so data of a slot needs no other order. */
static inline bool epoch_try(struct epoch *epoch, u32 slot)
{
	u64 expected = 0, now = __atomic_load_n(&epoch->now, __ATOMIC_RELAXED);

	if (!__atomic_compare_exchange_n(&epoch->slots[slot].active, &expected, now, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	epoch_full_barrier();
	return true;
}

/* The first free slot after that one, round the end. */
u32 epoch_enter_after(struct epoch *epoch, u32 first);

/* The first free slot from hint on, round the end; EPOCH_NONE when all are taken. */
static inline u32 epoch_enter(struct epoch *epoch, u32 hint)
{
	u32 first = LIKELY(hint < epoch->count) ? hint : hint % epoch->count;

	return LIKELY(epoch_try(epoch, first)) ? first : epoch_enter_after(epoch, first);
}

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
