/* SPDX-License-Identifier: MIT */
/* Where choices come from: a seed, or bytes of a fuzzer. */
#pragma once

#include "base/compiler.h"

struct choice {
	u64 seed;
	const u8 *at; /* NULL: the seed's */
	size_t left;
	/* Numbers worth trying, such as those that a program compares with. */
	s64 hints[64];
	u32 hint_count;
};

struct choice choice_of_seed(u64 seed);
struct choice choice_of_bytes(const u8 *data, size_t len);
u64 choice_bits(struct choice *c);
u32 pick(struct choice *c, u32 n);
static inline bool flip(struct choice *c)
{
	return pick(c, 2) != 0;
}
/* Small numbers, powers of two, ends of ranges, hints, all of them one more or less, or anything.
 */
u64 choice_number(struct choice *c);
s64 choice_imm(struct choice *c); /* what fits an immediate */
void choice_fill(struct choice *c, u8 *to, size_t len);
