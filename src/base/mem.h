/* SPDX-License-Identifier: MIT */
/* The only door to memory. os/ defines these; nothing else calls an allocator. */
#pragma once

#include "base/compiler.h"

/* NULL when there is no memory (or when a test makes this call fail); 16-byte aligned. A size
 * of 0 gives a pointer that may be freed and not used. */
void *mem_alloc(size_t size) MUST_CHECK;
void *mem_zalloc(size_t size) MUST_CHECK;
/* NULL leaves the old block as it was. */
void *mem_realloc(void *ptr, size_t size) MUST_CHECK;
void mem_free(void *ptr); /* NULL is allowed */

/* False when count * size does not fit. */
static inline bool mem_array_size(size_t count, size_t size, size_t *ret)
{
	return !__builtin_mul_overflow(count, size, ret);
}

static inline MUST_CHECK void *mem_zalloc_array(size_t count, size_t size)
{
	size_t len;

	return mem_array_size(count, size, &len) ? mem_zalloc(len) : NULL;
}

/* For tests, in user mode only. The n-th allocation from now fails (n = 1 is the next one) and an
 * earlier failure is forgotten; 0 only switches that off. Then: whether it has happened, and how
 * many blocks are live. */
void mem_fail_at(u64 n);
bool mem_has_failed(void);
u64 mem_live_count(void);
