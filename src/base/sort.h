/* SPDX-License-Identifier: MIT */
/* Sorting of hostile data: n log n whatever the input, no recursion; items that compare equal stay
 * in order. */
#pragma once

#include "base/compiler.h"

/* Negative, 0 or positive, as strcmp. */
typedef int sort_compare(const void *a, const void *b);

/* What is sorted already costs one pass. 0 or ERR_NOMEM: an array as large is needed on the side.
 */
int sort_stable(void *items, size_t count, size_t size, sort_compare *compare) MUST_CHECK;
