/* SPDX-License-Identifier: MIT */
/* Division by a constant as multiplication by its reciprocal and shifts. */
#pragma once

#include "base/compiler.h"

struct jit_magic {
	u64 factor; /* for signed division sign-extended */
	u32 shift;  /* of the product's upper half */
	bool add;   /* unsigned: the factor has one bit more than the width, on top */
};

/* n / d is the upper half of n * factor, h, shifted by `shift`; with add, ((n - h) / 2 + h) shifted
 * by shift - 1. d is at least 2 and no power of two. width: 32 or 64. */
struct jit_magic jit_magic_unsigned(u64 d, u32 width);
/* The signed upper half, plus n if d > 0 > factor, minus n if d < 0 < factor; shifted; plus its
 * sign bit. d is not -1, 0, 1. */
struct jit_magic jit_magic_signed(s64 d, u32 width);
