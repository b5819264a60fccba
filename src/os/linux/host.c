/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

u32 os_process_id(void)
{
	return (u32)getpid();
}

u32 os_thread_id(void)
{
	return (u32)syscall(SYS_gettid);
}
