/* SPDX-License-Identifier: MIT */
/* Positions in a table of equal elements without a division: a multiplication by a reciprocal that
 * is exact while the table is smaller than 4 GiB. */
#pragma once

#include "base/compiler.h"

struct stride {
	u64 magic; /* 2^64 / size, rounded up */
	u32 size;  /* at least 2 */
};

static inline struct stride stride_of(u32 size)
{
	return (struct stride){ ~0ull / size + 1, size };
}

/* off / size */
static inline u32 stride_index(struct stride stride, u32 off)
{
	return (u32)(((unsigned __int128)stride.magic * off) >> 64);
}
