/* SPDX-License-Identifier: MIT */
/* Differences between symbols: a small dense matrix of bounds sym_i - sym_j <= c over the
 * mathematical integers. A symbol is a u32 other than zero; what it stands for is the caller's
 * concern, as is that no machine arithmetic wrapped on the way to a constraint.
 *
 * The set of a matrix is the set of all assignments of integers to symbols that satisfy each of its
 * bounds. Bounds are closed: each is the shortest path. Arithmetic that leaves the range of s64
 * loses the bound, never a solution. */
#pragma once

#include "base/compiler.h"

#define DIFF_ROWS 16
#define DIFF_NONE ((s64)(~(u64)0 >> 1)) /* no bound */

struct diff {
	u32 sym[DIFF_ROWS]; /* 0: a free row; bounds in it, or with it, mean nothing */
	s64 bound[DIFF_ROWS][DIFF_ROWS];
};

/* No symbol, no bound. */
void diff_init(struct diff *d);
/* What is in use. */
void diff_copy(struct diff *to, const struct diff *from);

/* Adds a - b <= c. False: that contradicts what is known, d is untouched. A symbol that is new
 * takes a free row, or that of the symbol with the fewest bounds. */
MUST_CHECK bool diff_add(struct diff *d, u32 a, u32 b, s64 c);

/* The smallest c for which a - b <= c is known; false: none is. */
MUST_CHECK bool diff_bound(const struct diff *d, u32 a, u32 b, s64 *ret_c);

/* Forgets the symbol, keeping what follows about the others. */
void diff_forget(struct diff *d, u32 sym);

/* Names change all at once: what was map[i].from is map[i].to afterwards, 0: forgotten. Symbols
 * that are not named stay, but one whose name is taken by another is forgotten. Each `from` is
 * named at most once; of two that get the same name the later row is forgotten. */
struct diff_name {
	u32 from, to;
};
void diff_rename(struct diff *d, const struct diff_name *map, size_t count);
