/* SPDX-License-Identifier: MIT */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
/* must follow windows.h */
#include <bcrypt.h>
#include <stdlib.h>

#include "os/lock.h"
#include "os/os.h"

u64 os_clock_monotonic(void)
{
	LARGE_INTEGER count, freq;
	u64 whole, rest;

	QueryPerformanceFrequency(&freq);
	QueryPerformanceCounter(&count);
	whole = (u64)count.QuadPart / (u64)freq.QuadPart;
	rest = (u64)count.QuadPart % (u64)freq.QuadPart;
	return whole * 1000000000u + rest * 1000000000u / (u64)freq.QuadPart;
}

u64 os_clock_boot(void)
{
	return GetTickCount64() * 1000000u;
}

u64 os_clock_thread(void)
{
	FILETIME times[4];

	if (!GetThreadTimes(GetCurrentThread(), &times[0], &times[1], &times[2], &times[3]))
		return os_clock_monotonic();
	/* Kernel and user time, in units of 100 ns. */
	return (((u64)times[2].dwHighDateTime << 32) + times[2].dwLowDateTime +
		((u64)times[3].dwHighDateTime << 32) + times[3].dwLowDateTime) *
	       100;
}

void os_random(void *buf, size_t len)
{
	if (BCryptGenRandom(NULL, buf, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
		abort(); /* no entropy, no secrets: nothing sensible can follow */
}

u32 os_cpu_current(void)
{
	return GetCurrentProcessorNumber();
}

u32 os_cpu_count(void)
{
	return MAX(GetMaximumProcessorCount(ALL_PROCESSOR_GROUPS), (DWORD)1);
}

bool os_cpu_has_lse(void)
{
	return false; /* there is no build for arm64 */
}

#define SPINS 100 /* then the holder is not running, most likely */

void os_relax(u32 round)
{
	if (round < SPINS)
		YieldProcessor();
	else
		SwitchToThread();
}

u32 os_process_id(void)
{
	return GetCurrentProcessId();
}

u32 os_thread_id(void)
{
	return GetCurrentThreadId();
}

/* Asks for one place after the other: what would do it in one call is not on every supported
 * release. */
void *os_low_alloc(size_t size)
{
	const u64 first = 0x10000000, end = 0x100000000ull, align = 0x10000;
	u64 step = (MAX(size, (size_t)1) + align - 1) & ~(align - 1);

	if (size > end - first)
		return NULL;
	for (u64 at = first; at + step <= end; at += step) {
		void *p = VirtualAlloc((void *)(uintptr_t)at, (size_t)step,
				       MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

		if (p != NULL)
			return p;
	}
	return NULL;
}

void os_low_free(void *ptr, UNUSED size_t size)
{
	if (ptr != NULL)
		VirtualFree(ptr, 0, MEM_RELEASE);
}

void os_memory_keep(size_t most)
{
	(void)most;
}
