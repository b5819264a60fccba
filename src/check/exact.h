/* SPDX-License-Identifier: MIT */
/* Arithmetic of bounds that says when it would leave s64, instead of wrapping. */
#pragma once

#include "base/compiler.h"

/* Of upper bounds: INT64_MAX is none. Too small a sum becomes the smallest number, which is weaker.
 */
static inline s64 exact_add(s64 a, s64 b)
{
	s64 sum;

	if (a == INT64_MAX || b == INT64_MAX)
		return INT64_MAX;
	if (__builtin_add_overflow(a, b, &sum))
		return a > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

/* a - b of an upper bound a. */
static inline s64 exact_sub(s64 a, s64 b)
{
	s64 difference;

	if (a == INT64_MAX)
		return INT64_MAX;
	if (__builtin_sub_overflow(a, b, &difference))
		return b < 0 ? INT64_MAX : INT64_MIN;
	return difference;
}

static inline bool exact_add_fits(s64 a, s64 b, s64 *ret)
{
	return !__builtin_add_overflow(a, b, ret);
}

static inline bool exact_sub_fits(s64 a, s64 b, s64 *ret)
{
	return !__builtin_sub_overflow(a, b, ret);
}
