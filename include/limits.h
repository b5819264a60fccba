/* SPDX-License-Identifier: MIT */
/* <limits.h> for BPF targets. Any other target gets its own. */
#ifndef __BPF__
#include_next <limits.h>
#elif !defined(ORIEL_LIMITS_H)
#define ORIEL_LIMITS_H

#define CHAR_BIT   __CHAR_BIT__
#define SCHAR_MAX  __SCHAR_MAX__
#define SCHAR_MIN  (-__SCHAR_MAX__ - 1)
#define UCHAR_MAX  (__SCHAR_MAX__ * 2 + 1)
#define CHAR_MAX   __SCHAR_MAX__
#define CHAR_MIN   (-__SCHAR_MAX__ - 1)
#define SHRT_MAX   __SHRT_MAX__
#define SHRT_MIN   (-__SHRT_MAX__ - 1)
#define USHRT_MAX  (__SHRT_MAX__ * 2 + 1)
#define INT_MAX	   __INT_MAX__
#define INT_MIN	   (-__INT_MAX__ - 1)
#define UINT_MAX   (__INT_MAX__ * 2U + 1U)
#define LONG_MAX   __LONG_MAX__
#define LONG_MIN   (-__LONG_MAX__ - 1L)
#define ULONG_MAX  (__LONG_MAX__ * 2UL + 1UL)
#define LLONG_MAX  __LONG_LONG_MAX__
#define LLONG_MIN  (-__LONG_LONG_MAX__ - 1LL)
#define ULLONG_MAX (__LONG_LONG_MAX__ * 2ULL + 1ULL)

#if defined(__has_include)
#if __has_include(<linux/limits.h>)
#include <linux/limits.h>
#endif
#endif
#endif
