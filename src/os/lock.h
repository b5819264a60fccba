/* SPDX-License-Identifier: MIT */
/* Locks for a few instructions: not recursive, no waiting but by turning round. In a kernel the
 * holder cannot be interrupted by another program on its processor, which might want the same lock;
 * in user mode it can, so whoever waits long gives its processor away. */
#pragma once

#include "base/compiler.h"

struct os_lock {
	u32 taken; /* 0: free */
};

/* Once round in a loop that waits for another processor; round counts from 0. */
void os_relax(u32 round);

#if __STDC_HOSTED__
static inline u8 os_preempt_off(void)
{
	return 0;
}
static inline void os_preempt_on(UNUSED u8 state) {}
#else
u32 os_cpu_current(void);
u8 os_preempt_off(void); /* gives what os_preempt_on needs */
void os_preempt_on(u8 state);
#endif

/* Another number for each thread (in a kernel, where it cannot lose its processor: each processor).
 */
static inline uintptr_t os_thread_mark(void)
{
#if !__STDC_HOSTED__
	return os_cpu_current();
#elif defined(__x86_64__)
	uintptr_t mark;

	/* Where the host has a thread's own data, which starts with its address. */
#if defined(_WIN32)
	__asm__("movq %%gs:0x30, %0" : "=r"(mark));
#else
	__asm__("movq %%fs:0, %0" : "=r"(mark));
#endif
	return mark;
#else
	return (uintptr_t)__builtin_thread_pointer();
#endif
}

static inline u8 os_lock_take(struct os_lock *lock)
{
	u8 state = os_preempt_off();

	for (u32 round = 0;
	     UNLIKELY(__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0);) {
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) != 0)
			os_relax(round++);
	}
	return state;
}

/* For administration, where nobody is in a hurry: a holder may wait and take memory, so whoever
 * waits gives its processor away. */
struct os_mutex {
	u32 taken;
};

static inline void os_mutex_take(struct os_mutex *mutex)
{
	for (u32 round = 0; __atomic_exchange_n(&mutex->taken, 1, __ATOMIC_ACQUIRE) != 0; round++)
		os_relax(round);
}

static inline void os_mutex_give(struct os_mutex *mutex)
{
	__atomic_store_n(&mutex->taken, 0, __ATOMIC_RELEASE);
}

static inline bool os_lock_try(struct os_lock *lock, u8 *ret_state)
{
	u8 state = os_preempt_off();

	if (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0) {
		os_preempt_on(state);
		return false;
	}
	*ret_state = state;
	return true;
}

static inline void os_lock_give(struct os_lock *lock, u8 state)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
	os_preempt_on(state);
}
