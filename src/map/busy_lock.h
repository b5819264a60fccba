/* SPDX-License-Identifier: MIT */
/* A lock for what every operation of every processor changes, as the ends of a queue: each thread
 * gets it for a run of operations. busy_lock.c says how, and why nobody waits for ever. */
#pragma once

#include "os/lock.h"

struct busy_lock {
	u32 taken;     /* 0: free */
	u32 next;      /* numbers given out to those who have waited for long; atomic */
	u32 pauses;    /* how long to leave it alone, 0: no need to; atomic */
	u32 turn;      /* whose number may take it; this and what follows is under the lock */
	uintptr_t run; /* of which thread the operations are now */
	u32 takes;     /* all operations, a count that comes round */
	u32 began;     /* what it was when the run began */
	u32 changes;   /* of runs, without a wait */
};

/* What the lock protects goes behind it, on the same line, which moves once then. */
#define BUSY_LINE 64

/* Room for something of that size on lines that nothing else is on, wherever the room is. */
#define BUSY_SPACE(size) (((size) + BUSY_LINE - 1) / BUSY_LINE * BUSY_LINE + BUSY_LINE)

static inline void *busy_line(void *space)
{
	return (void *)(((uintptr_t)space + BUSY_LINE - 1) & ~(uintptr_t)(BUSY_LINE - 1));
}

void busy_lock_wait(struct busy_lock *lock);
void busy_lock_turn(struct busy_lock *lock);

static inline u8 busy_lock_take(struct busy_lock *lock)
{
	u8 state = os_preempt_off();

	if (UNLIKELY(__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0))
		busy_lock_wait(lock);
	else if (UNLIKELY(lock->run != os_thread_mark()) ||
		 UNLIKELY(__atomic_load_n(&lock->next, __ATOMIC_RELAXED) != lock->turn))
		busy_lock_turn(lock);

	lock->takes++;
	return state;
}

static inline void busy_lock_give(struct busy_lock *lock, u8 state)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
	os_preempt_on(state);
}
