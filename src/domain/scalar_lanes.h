/* SPDX-License-Identifier: MIT */
/* Between a scalar and its two lanes. */
#pragma once

#include "domain/lane.h"
#include "domain/scalar.h"

ALWAYS_INLINE struct lane scalar_word(const struct scalar *s)
{
	return (struct lane){
		.bits = s->bits,
		.umin = s->umin,
		.umax = s->umax,
		.smin = s->smin,
		.smax = s->smax,
	};
}

ALWAYS_INLINE struct lane scalar_half(const struct scalar *s)
{
	return (struct lane){
		.bits = tnum_cast(s->bits, HALF_BITS),
		.umin = s->umin32,
		.umax = s->umax32,
		.smin = s->smin32,
		.smax = s->smax32,
	};
}

ALWAYS_INLINE void scalar_set_word(struct scalar *s, const struct lane *word)
{
	s->bits = word->bits;
	s->umin = word->umin;
	s->umax = word->umax;
	s->smin = word->smin;
	s->smax = word->smax;
}

/* The intervals only. */
ALWAYS_INLINE void scalar_set_half(struct scalar *s, const struct lane *half)
{
	s->umin32 = (u32)half->umin;
	s->umax32 = (u32)half->umax;
	s->smin32 = (s32)half->smin;
	s->smax32 = (s32)half->smax;
}

/* Reduced; a lane without members gives scalar_top(). */
struct scalar scalar_from_word(const struct lane *word);
struct scalar scalar_from_half(const struct lane *half); /* zero-extended */
