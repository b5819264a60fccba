/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/lock.h"
#include "os/os.h"

static u64 clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

u64 os_clock_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

u64 os_clock_boot(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

u64 os_clock_thread(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

s64 os_clock_utc(void)
{
	return (s64)time(NULL);
}

u64 os_clock_coarse(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

u64 os_clock_tai(void)
{
	return clock_ns(CLOCK_TAI);
}

void os_random(void *buf, size_t len)
{
	u8 *p = buf;

	while (len > 0) {
		ssize_t got = getrandom(p, len, 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			abort(); /* no entropy, no secrets: nothing sensible can follow */
		}
		p += got;
		len -= (size_t)got;
	}
}

u32 os_cpu_current(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (u32)cpu;
}

u32 os_cpu_count(void)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);

	return count < 1 ? 1 : (u32)count;
}

bool os_cpu_has_lse(void)
{
#if defined(__aarch64__)
	return (getauxval(AT_HWCAP) & 1u << 8) != 0; /* HWCAP_ATOMICS */
#else
	return false;
#endif
}

#define SPINS 100 /* then the holder is not running, most likely */

void os_relax(u32 round)
{
	if (round < SPINS) {
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#endif
	} else {
		sched_yield();
	}
}

u32 os_process_id(void)
{
	return (u32)getpid();
}

u32 os_thread_id(void)
{
	return (u32)syscall(SYS_gettid);
}

/* Asks for one place after the other: MAP_32BIT would do it in one call, on one architecture. The
 * kernel takes an address as a hint and says where the memory went. */
void *os_low_alloc(size_t size)
{
	const u64 first = 0x10000000, end = 0x100000000ull, align = 0x10000;
	u64 step = (MAX(size, (size_t)1) + align - 1) & ~(align - 1);

	if (size > end - first)
		return NULL;
	for (u64 at = first; at + step <= end; at += step) {
		void *p = mmap((void *)(uintptr_t)at, (size_t)step, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return NULL;
		if ((u64)(uintptr_t)p + step <= end)
			return p;
		munmap(p, (size_t)step);
	}
	return NULL;
}

void os_low_free(void *ptr, size_t size)
{
	const size_t align = 0x10000;

	if (ptr != NULL)
		munmap(ptr, (MAX(size, (size_t)1) + align - 1) & ~(align - 1));
}

void os_memory_keep(size_t most)
{
#ifdef M_TRIM_THRESHOLD
	int bytes = (int)MIN(most, (size_t)INT_MAX);

	/* What is mapped by itself is given back whatever the other one says. */
	(void)mallopt(M_MMAP_THRESHOLD, bytes);
	(void)mallopt(M_TRIM_THRESHOLD, bytes);
#else
	(void)most;
#endif
}
