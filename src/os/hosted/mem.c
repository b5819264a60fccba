/* SPDX-License-Identifier: MIT */
/* base/mem.h over the C library, with the counters that let a test fail any single allocation. */
#include "base/mem.h"

#include <stdlib.h>

static struct {
	u64 fail_at; /* allocations left before one fails; 0: none does */
	bool failed;
	u64 live;
} faults;

static bool take_fault(void)
{
	u64 left = __atomic_load_n(&faults.fail_at, __ATOMIC_RELAXED);

	if (LIKELY(left == 0))
		return false;
	if (__atomic_sub_fetch(&faults.fail_at, 1, __ATOMIC_RELAXED) != 0)
		return false;
	__atomic_store_n(&faults.failed, true, __ATOMIC_RELAXED);
	return true;
}

static void *count_live(void *ptr)
{
	if (ptr != NULL)
		__atomic_add_fetch(&faults.live, 1, __ATOMIC_RELAXED);
	return ptr;
}

void *mem_alloc(size_t size)
{
	return take_fault() ? NULL : count_live(malloc(MAX(size, (size_t)1)));
}

void *mem_zalloc(size_t size)
{
	return take_fault() ? NULL : count_live(calloc(1, MAX(size, (size_t)1)));
}

void *mem_realloc(void *ptr, size_t size)
{
	void *grown;

	if (ptr == NULL)
		return mem_alloc(size);
	if (take_fault())
		return NULL;
	grown = realloc(ptr, MAX(size, (size_t)1));
	return grown;
}

void mem_free(void *ptr)
{
	if (ptr == NULL)
		return;
	__atomic_sub_fetch(&faults.live, 1, __ATOMIC_RELAXED);
	free(ptr);
}

void mem_fail_at(u64 n)
{
	if (n != 0)
		__atomic_store_n(&faults.failed, false, __ATOMIC_RELAXED);
	__atomic_store_n(&faults.fail_at, n, __ATOMIC_RELAXED);
}

bool mem_has_failed(void)
{
	return __atomic_load_n(&faults.failed, __ATOMIC_RELAXED);
}

u64 mem_live_count(void)
{
	return __atomic_load_n(&faults.live, __ATOMIC_RELAXED);
}
