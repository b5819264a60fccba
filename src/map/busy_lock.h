/* SPDX-License-Identifier: MIT */
/* A lock for what every operation of every processor changes, as the ends of a queue: each thread
 * gets it for a run of operations. busy_lock.c says how, and why nobody waits for ever. */
#pragma once

#include "map/line.h"
#include "os/lock.h"

struct busy_lock {
	/* What operations look at, on a line that changes only with runs. Atomic. */
	uintptr_t run; /* whose operations may come now; 0: everybody's */
	u32 pauses;    /* how long to leave it to another */
	u32 next;      /* numbers given out to those who have waited that long */
	u32 turn;      /* whose number it is; written under the lock */
	u8 rest[LINE_SIZE - sizeof(uintptr_t) - 3 * sizeof(u32)];

	/* What operations change; all but taken is written under the lock only. What the lock
	 * protects goes behind it, on the same line, which moves once then. */
	u32 taken;	/* 0: free */
	u32 takes;	/* all operations, a count that comes round */
	u32 began;	/* what it was when the run began; in nobody's run: see begin_run */
	u32 streak;	/* operations of the same thread in a row, in nobody's run */
	u32 changes;	/* of the thread, in nobody's run */
	uintptr_t last; /* that thread */
};

/* As a run's owner: not 0, which a processor may be. */
static inline uintptr_t busy_lock_self(void)
{
	return os_thread_mark() + 1;
}

void busy_lock_wait(struct busy_lock *lock);

static inline u8 busy_lock_take(struct busy_lock *lock)
{
	u8 state = os_preempt_off();

	if (UNLIKELY(__atomic_load_n(&lock->run, __ATOMIC_RELAXED) != busy_lock_self()) ||
	    UNLIKELY(__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0))
		busy_lock_wait(lock);

	__atomic_store_n(&lock->takes, lock->takes + 1, __ATOMIC_RELAXED);
	return state;
}

static inline void busy_lock_give(struct busy_lock *lock, u8 state)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
	os_preempt_on(state);
}
