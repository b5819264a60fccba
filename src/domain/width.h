/* SPDX-License-Identifier: MIT */
/* Widths of the two views that a scalar has of one value, and arithmetic at a given width. A number
 * of n bits is held zero-extended in a u64 or sign-extended in an s64. The tests define the widths
 * before they include the sources, so that all values of a small word can be tried. */
#pragma once

#include "base/compiler.h"

#ifndef WORD_BITS
#define WORD_BITS 64
#define HALF_BITS 32
#endif

ALWAYS_INLINE u64 width_mask(unsigned bits)
{
	return ~(u64)0 >> (64 - bits);
}

ALWAYS_INLINE u64 width_sign(unsigned bits)
{
	return (u64)1 << (bits - 1);
}

ALWAYS_INLINE s64 width_smax(unsigned bits)
{
	return (s64)(width_mask(bits) >> 1);
}

ALWAYS_INLINE s64 width_smin(unsigned bits)
{
	return -width_smax(bits) - 1;
}

/* The low bits of value as a signed number. */
ALWAYS_INLINE s64 width_signed(unsigned bits, u64 value)
{
	return (s64)(value << (64 - bits)) >> (64 - bits);
}
