/* SPDX-License-Identifier: MIT */
/* An operation takes some nanoseconds, to hand its cache lines from one processor to another takes
 * a hundred. Were the lock to change hands with each operation, two processors would do a tenth of
 * what one does. So a thread has it for a run of operations: whoever comes meanwhile sees on
 * another line that it is not his run, and goes away for a while. Then he says on that line that
 * the run is his, and the other one, who sees that with his next operation, goes away in turn. The
 * while follows what runs come to: it doubles after one of less than SHORT_RUN operations and
 * halves after one of more than twice as many, so it is tens of microseconds long where several
 * threads do nothing else, and never more than MOST pauses. That many, as what lies in a ring has
 * to come along, too. Half of it is random, so that several do not come back together.
 *
 * To wait for who does nothing is no use. So who waits looks now and then, less and less often,
 * whether there were operations since he last looked, and if not, makes the run nobody's: then
 * operations come as they come, and a lock that several use now and then moves one line for each. A
 * run is made of a STREAK of one thread's there, or when two threads meet at the lock. As these may
 * just miss each other time after time, each TRIALth change of thread waits a moment to see.
 *
 * Nobody waits for ever. Who has waited for his while, or met somebody at the lock, draws a number.
 * Whose turn it is makes the
 * run his, and makes it so again whenever it is not any more, until he has the lock; then it is the
 * next one's turn. Others take the lock at once in their own run only, or in nobody's while no
 * number is out. So meanwhile each other thread has the one operation that it was about to do, and
 * what fits between another store to run and the next repair: at the end of a streak, which needs a
 * time without numbers, and of a look in vain, of which each thread has one before it draws a
 * number itself.
 *
 * Mutual exclusion is the exchange's alone: nobody goes on who has not been the last to turn taken
 * from 0 to 1. Whose run it is, is advice. */
#include "map/busy_lock.h"

#define LEAST 4 /* pauses, of 10 to 50 ns each */
#if __STDC_HOSTED__
#define MOST 2048
#else
#define MOST 512 /* in a kernel nothing else runs on this processor meanwhile */
#endif
#define SHORT_RUN 2048
#define STREAK	  8
#define TRIAL	  16
#define FARTHER	  4 /* each look is so many times as far away as the one before */

static bool try_take(struct busy_lock *lock)
{
	return __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) == 0;
}

static void give_back(struct busy_lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

static u32 takes_of(const struct busy_lock *lock)
{
	return __atomic_load_n(&lock->takes, __ATOMIC_RELAXED);
}

static bool has_numbers(const struct busy_lock *lock)
{
	return __atomic_load_n(&lock->next, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&lock->turn, __ATOMIC_RELAXED);
}

static u32 pauses_of(const struct busy_lock *lock)
{
	return MAX(__atomic_load_n(&lock->pauses, __ATOMIC_RELAXED), (u32)LEAST);
}

static void rest(u32 count)
{
	for (; count > 0; count--)
		os_relax(0);
}

/* The lock is ours. A time in which it was nobody's counts as a run that was neither short nor
 * long: note_nobodys sees to that. */
static void begin_run(struct busy_lock *lock)
{
	u32 pauses = pauses_of(lock), len = lock->takes - lock->began;

	if (len < SHORT_RUN)
		pauses = MIN(2 * pauses, (u32)MOST);
	else if (len > 2 * SHORT_RUN)
		pauses = MAX(pauses / 2, (u32)LEAST);
	__atomic_store_n(&lock->pauses, pauses, __ATOMIC_RELAXED);
	lock->began = lock->takes;
}

static void take_with_number(struct busy_lock *lock)
{
	u32 mine = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED), round = 0;
	uintptr_t self = busy_lock_self();

	while (__atomic_load_n(&lock->turn, __ATOMIC_RELAXED) != mine)
		os_relax(round++);
	for (;;) {
		if (__atomic_load_n(&lock->run, __ATOMIC_RELAXED) != self)
			__atomic_store_n(&lock->run, self, __ATOMIC_RELAXED);
		if (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) == 0 && try_take(lock))
			break;
		os_relax(round++);
	}
	begin_run(lock);
	__atomic_store_n(&lock->turn, mine + 1, __ATOMIC_RELAXED);
}

/* Leaves the lock to the owner of the run. False: who does nothing. */
static bool leave_it(const struct busy_lock *lock)
{
	u32 all = pauses_of(lock), look = LEAST, takes = takes_of(lock);
	u64 random = ((u64)(uintptr_t)lock ^ os_thread_mark() ^ takes) * 6364136223846793005ull;

	all = all / 2 + (u32)(random >> 33) % (all / 2);
	for (u32 done = 0; done < all; look *= FARTHER) {
		u32 now;

		look = MIN(look, all - done);
		rest(look);
		done += look;
		now = takes_of(lock);
		if (now == takes && __atomic_load_n(&lock->taken, __ATOMIC_RELAXED) == 0)
			return false;
		takes = now;
	}
	return true;
}

/* The lock is ours, in nobody's run. True: it is time to see whether others want it all the time.
 */
static bool note_nobodys(struct busy_lock *lock)
{
	uintptr_t self = busy_lock_self();

	lock->began = lock->takes - SHORT_RUN;
	if (lock->last == self) {
		if (++lock->streak >= STREAK && !has_numbers(lock)) {
			__atomic_store_n(&lock->run, self, __ATOMIC_RELAXED);
			lock->began = lock->takes;
			lock->streak = 0;
		}
		return false;
	}
	lock->last = self;
	lock->streak = 0;
	return ++lock->changes % TRIAL == 0;
}

/* False: the lock is not to be had so, as others want it, too. */
static bool take_nobodys(struct busy_lock *lock)
{
	u32 takes;

	if (has_numbers(lock) || !try_take(lock))
		return false;
	if (!note_nobodys(lock))
		return true;
	takes = lock->takes;
	give_back(lock);
	rest(LEAST);
	return takes_of(lock) == takes && try_take(lock);
}

void busy_lock_wait(struct busy_lock *lock)
{
	uintptr_t run = __atomic_load_n(&lock->run, __ATOMIC_RELAXED);

	if (run == 0 && take_nobodys(lock))
		return;
	if (run != 0 && run != busy_lock_self() && !leave_it(lock) &&
	    __atomic_compare_exchange_n(&lock->run, &run, 0, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED) &&
	    take_nobodys(lock))
		return;
	take_with_number(lock);
}
