/* SPDX-License-Identifier: MIT */
/* Fixed-width types and the few compiler features that the code relies on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* u64 is `unsigned long long` on every host, so that %llu and %llx always fit it. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

_Static_assert(sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(u64) == 8, "fixed-width types");

#define MUST_CHECK    __attribute__((warn_unused_result))
#define NOINLINE      __attribute__((noinline))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNUSED	      __attribute__((unused))
#define FALLTHROUGH   __attribute__((fallthrough))
#define LIKELY(x)     __builtin_expect(!!(x), 1)
#define UNLIKELY(x)   __builtin_expect(!!(x), 0)

/* Our formatter follows C99 on every host, also where the C library's does not. */
#if defined(__clang__)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PRINTF_LIKE(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#endif

/* The calling convention of native modules' code, which is Microsoft's on every host. */
#if defined(__x86_64__) && !defined(_WIN32)
#define MODULE_ABI	   __attribute__((ms_abi))
#define MODULE_ABI_DIFFERS 1 /* from the host's */
#else
#define MODULE_ABI
#define MODULE_ABI_DIFFERS 0
#endif

#define ARRAY_COUNT(a)			(sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define MIN(a, b)			((a) < (b) ? (a) : (b))
#define MAX(a, b)			((a) > (b) ? (a) : (b))
