/* SPDX-License-Identifier: MIT */
/* An operation takes some nanoseconds, to hand its cache lines from one processor to another takes
 * a hundred. Were the lock to change hands with each operation, two processors would do a tenth of
 * what one does. So who comes to it in the run of another leaves it, goes away for a while without
 * looking, and has a run of its own then, when the other one goes away in turn. The while follows
 * what runs come to: it doubles after one of less than SHORT_RUN operations and halves after one of
 * more than twice as many, so it is tens of microseconds long where several threads do nothing
 * else, and never more than MOST pauses. That many, as what lies in a ring has to come along, too.
 * Half of it is random, so that several do not come back together. If the other one did nothing
 * meanwhile, waiting is no use: runs change at once then, and only each TRIALth change waits for
 * LEAST pauses, to see whether that is still so.
 *
 * Nobody waits for ever. Who finds the lock taken PATIENCE times in a row draws a number. While
 * numbers are out, whoever gets the lock and is not the one whose turn it is gives it back and
 * draws one. So a thread waits for PATIENCE whiles, then for whoever holds the lock and one
 * operation of each thread that drew before it; and who does the operation cannot come by again
 * before that. The turn goes on under the lock, so the next one is let in when its predecessor has
 * been.
 *
 * Mutual exclusion is the exchange's alone: nobody goes on who has not been the last to turn taken
 * from 0 to 1. All but taken, next, turn and pauses is touched under the lock only. */
#include "map/busy_lock.h"

#define LEAST	  4 /* pauses, of 10 to 50 ns each */
#define MOST	  2048
#define SHORT_RUN 2048 /* operations */
#ifndef PATIENCE
#define PATIENCE 4
#endif
#define TRIAL 16

static bool try_take(struct busy_lock *lock)
{
	return __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) == 0;
}

static void give_back(struct busy_lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

static bool has_numbers(const struct busy_lock *lock)
{
	return __atomic_load_n(&lock->next, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&lock->turn, __ATOMIC_RELAXED);
}

static void wait_with_number(struct busy_lock *lock)
{
	u32 mine = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED), round = 0;

	while (__atomic_load_n(&lock->turn, __ATOMIC_RELAXED) != mine || !try_take(lock))
		os_relax(round++);
	__atomic_store_n(&lock->turn, mine + 1, __ATOMIC_RELAXED);
}

/* False: in vain. */
static bool come_back(struct busy_lock *lock, u32 pauses)
{
	u64 random = (u64)(uintptr_t)lock ^ os_thread_mark();

	for (u32 i = 0; i < PATIENCE; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		for (u32 n = pauses / 2 + (u32)(random >> 33) % (pauses / 2); n > 0; n--)
			os_relax(0);
		if (!try_take(lock))
			continue;
		if (!has_numbers(lock))
			return true;
		give_back(lock);
		break;
	}
	return false;
}

/* The lock is ours now; takes: what it was when we left. */
static void begin_run(struct busy_lock *lock, u32 pauses)
{
	u32 len = lock->takes - lock->began;

	if (len < SHORT_RUN)
		pauses = MIN(2 * pauses, (u32)MOST);
	else if (len > 2 * SHORT_RUN)
		pauses = MAX(pauses / 2, (u32)LEAST);
	__atomic_store_n(&lock->pauses, pauses, __ATOMIC_RELAXED);
	lock->run = os_thread_mark();
	lock->began = lock->takes;
}

void busy_lock_wait(struct busy_lock *lock)
{
	u32 pauses = MAX(__atomic_load_n(&lock->pauses, __ATOMIC_RELAXED), (u32)LEAST);

	if (!come_back(lock, pauses))
		wait_with_number(lock);
	begin_run(lock, pauses);
}

void busy_lock_turn(struct busy_lock *lock)
{
	u32 pauses = __atomic_load_n(&lock->pauses, __ATOMIC_RELAXED), takes = lock->takes;

	if (has_numbers(lock)) {
		give_back(lock);
		wait_with_number(lock);
		begin_run(lock, MAX(pauses, (u32)LEAST));
		return;
	}
	if (pauses == 0 && ++lock->changes % TRIAL != 0) {
		lock->run = os_thread_mark();
		lock->began = takes;
		return;
	}
	pauses = MAX(pauses, (u32)LEAST);
	give_back(lock);
	if (!come_back(lock, pauses))
		wait_with_number(lock);
	begin_run(lock, pauses);
	if (lock->takes == takes)
		__atomic_store_n(&lock->pauses, 0, __ATOMIC_RELAXED);
}
