/* SPDX-License-Identifier: MIT */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
/* must follow windows.h */
#include <bcrypt.h>
#include <stdlib.h>

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

void os_random(void *buf, size_t len)
{
	if (BCryptGenRandom(NULL, buf, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
		abort(); /* no entropy, no secrets: nothing sensible can follow */
}

u32 os_cpu_current(void)
{
	return GetCurrentProcessorNumber();
}

u32 os_process_id(void)
{
	return GetCurrentProcessId();
}

u32 os_thread_id(void)
{
	return GetCurrentThreadId();
}
