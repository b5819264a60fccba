/* SPDX-License-Identifier: MIT */
/* One view of a value: the bits and intervals of a number of `bits` bits (1 to 64), held
 * zero-extended where unsigned, sign-extended where signed. A scalar is a lane of 64 bits and one
 * of 32 for its low half. As in scalar.h, the set of a lane is what satisfies all of it, every
 * function is sound, and nothing is assumed of how bounds and bits go together. Results are within
 * the width; they are reduced by lane_reduce only. */
#pragma once

#include "domain/tnum.h"
#include "domain/width.h"
#include "isa/insn.h"

struct lane {
	struct tnum bits;
	u64 umin, umax;
	s64 smin, smax;
};

/* Numbers from lo to hi, none with another sign than the others. */
struct span {
	u64 lo, hi;
};

/* Moves the ends to members of bits; false: there is none between them. */
MUST_CHECK bool span_tighten(struct tnum bits, struct span *span);

/* The smallest tnum that contains the members of `known` in a span whose ends are such members. */
struct tnum span_bits(struct tnum known, struct span span);

/* The smallest lane that contains the members of `known` in a span whose ends are such members. */
struct lane lane_of_span(unsigned bits, struct tnum known, struct span span);

struct lane lane_top(unsigned bits);
struct lane lane_range_u(unsigned bits, u64 lo, u64 hi); /* lo <= hi */
struct lane lane_range_s(unsigned bits, s64 lo, s64 hi); /* lo <= hi */

/* Componentwise, not reduced. */
struct lane lane_join(const struct lane *a, const struct lane *b);

/* The smallest spans that hold all members, in ascending unsigned order; both ends of each are
 * members. Returns how many, 0 to 2. */
unsigned lane_spans(unsigned bits, const struct lane *lane, struct span ret[2]);

/* Makes *lane the smallest that contains the members of *lane; false: there are none. */
MUST_CHECK bool lane_reduce(unsigned bits, struct lane *lane);

/* d OP s at this width. */
struct lane lane_alu(enum alu_op op, unsigned bits, const struct lane *d, const struct lane *s);

struct lane lane_neg(unsigned bits, const struct lane *a);

/* The low `to` of `from` bits; at most `from`. */
struct lane lane_cast(unsigned from, unsigned to, const struct lane *lane);

/* a << k at `to` bits, where from >= to - k: the bits of a that stay. */
struct lane lane_shl(unsigned from, unsigned to, const struct lane *a, unsigned k);

/* The quotients and remainders of lane_alu. */
struct lane lane_udiv(unsigned bits, const struct lane *d, const struct lane *s);
struct lane lane_umod(unsigned bits, const struct lane *d, const struct lane *s);
struct lane lane_sdiv(unsigned bits, const struct lane *d, const struct lane *s);
struct lane lane_smod(unsigned bits, const struct lane *d, const struct lane *s);
