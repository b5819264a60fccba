/* SPDX-License-Identifier: MIT */
/* Scalars of a small word: the build compiles the domain's sources with WORD_BITS and HALF_BITS, so
 * that a set of values can be written down and its smallest description found by looking at each
 * member. */
#pragma once

#include "domain/scalar.h"
#include "domain/width.h"
#include "isa_reference.h"
#include "tap.h"

#define VALUES	   (1u << WORD_BITS)
#define HALF_COUNT (1u << HALF_BITS)
#define SET_WORDS  ((VALUES + 63) / 64)

struct set {
	u64 word[SET_WORDS];
};

static inline void set_add(struct set *set, u64 x)
{
	set->word[x / 64] |= (u64)1 << x % 64;
}

static inline bool set_has(const struct set *set, u64 x)
{
	return (set->word[x / 64] >> x % 64 & 1) != 0;
}

static inline unsigned set_count(const struct set *set)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SET_WORDS; i++)
		count += (unsigned)__builtin_popcountll(set->word[i]);
	return count;
}

static inline bool set_includes(const struct set *large, const struct set *small)
{
	for (unsigned i = 0; i < SET_WORDS; i++) {
		if ((small->word[i] & ~large->word[i]) != 0)
			return false;
	}
	return true;
}

/* The smallest scalar that contains the members, of which there is one at least. */
static inline struct scalar best(const struct set *set)
{
	struct scalar s;
	u64 ones = ~(u64)0, all = 0;
	bool first = true;

	memset(&s, 0, sizeof(s));
	for (u64 x = 0; x < VALUES; x++) {
		s64 x_signed = (s64)as_signed(x, WORD_BITS);
		u32 low = (u32)as_unsigned(x, HALF_BITS);
		s32 low_signed = (s32)as_signed(x, HALF_BITS);

		if (!set_has(set, x))
			continue;
		ones &= x;
		all |= x;
		s.umin = first || x < s.umin ? x : s.umin;
		s.umax = first || x > s.umax ? x : s.umax;
		s.smin = first || x_signed < s.smin ? x_signed : s.smin;
		s.smax = first || x_signed > s.smax ? x_signed : s.smax;
		s.umin32 = first || low < s.umin32 ? low : s.umin32;
		s.umax32 = first || low > s.umax32 ? low : s.umax32;
		s.smin32 = first || low_signed < s.smin32 ? low_signed : s.smin32;
		s.smax32 = first || low_signed > s.smax32 ? low_signed : s.smax32;
		first = false;
	}
	s.bits.value = ones;
	s.bits.mask = ones ^ all;
	return s;
}

/* Membership as scalar.h defines it. */
static inline bool is_member(const struct scalar *s, u64 x)
{
	s64 x_signed = (s64)as_signed(x, WORD_BITS), low_signed = (s64)as_signed(x, HALF_BITS);
	s64 low = (s64)as_unsigned(x, HALF_BITS);

	return (x & ~s->bits.mask) == s->bits.value && x >= s->umin && x <= s->umax &&
	       x_signed >= s->smin && x_signed <= s->smax && low >= s->umin32 && low <= s->umax32 &&
	       low_signed >= s->smin32 && low_signed <= s->smax32;
}

static inline struct set members(const struct scalar *s)
{
	struct set set;

	memset(&set, 0, sizeof(set));
	for (u64 x = 0; x < VALUES; x++) {
		if (is_member(s, x))
			set_add(&set, x);
	}
	return set;
}

static u64 small_seed;

/* Below limit. */
static inline u64 small_random(u64 limit)
{
	small_seed = small_seed * 6364136223846793005ull + 1442695040888963407ull;
	return (small_seed >> 20) % limit;
}

/* Any description: bounds in any order, bits that contradict each other. */
static inline struct scalar raw_scalar(void)
{
	struct scalar s = {
		.umin = small_random(VALUES),
		.umax = small_random(VALUES),
		.smin = (s64)as_signed(small_random(VALUES), WORD_BITS),
		.smax = (s64)as_signed(small_random(VALUES), WORD_BITS),
		.umin32 = (u32)small_random(HALF_COUNT),
		.umax32 = (u32)small_random(HALF_COUNT),
		.smin32 = (s32)as_signed(small_random(HALF_COUNT), HALF_BITS),
		.smax32 = (s32)as_signed(small_random(HALF_COUNT), HALF_BITS),
	};
	u64 loose = small_random(16);

	s.bits.mask = VALUES - 1;
	if (small_random(2) == 0) {
		s.bits.mask = small_random(VALUES);
		s.bits.value = small_random(VALUES) & small_random(VALUES);
		if (small_random(8) != 0)
			s.bits.value &= ~s.bits.mask;
	}
	/* Constraints that do not constrain, so that more than a few members are left. */
	if ((loose & 1) != 0) {
		s.umin = 0;
		s.umax = VALUES - 1;
	}
	if ((loose & 2) != 0) {
		s.smin = -(s64)VALUES / 2;
		s.smax = (s64)VALUES / 2 - 1;
	}
	if ((loose & 4) != 0) {
		s.umin32 = 0;
		s.umax32 = HALF_COUNT - 1;
	}
	if ((loose & 8) != 0) {
		s.smin32 = -(s32)(HALF_COUNT / 2);
		s.smax32 = (s32)(HALF_COUNT / 2) - 1;
	}
	return s;
}

/* The scalars that tests run over, with their members. */
struct operand {
	struct scalar scalar;
	struct set set;
};

/* How far results are from the smallest possible ones. */
struct precision {
	u64 exact;  /* results that are the smallest */
	u64 excess; /* members of the others that need not be there */
};

/* Counts a result for what has the members `want`; false: it is not sound. */
static inline bool precision_add(struct precision *p, const struct scalar *got,
				 const struct set *want)
{
	struct scalar optimum = best(want);
	struct set have, least;

	if (memcmp(got, &optimum, sizeof(optimum)) == 0) {
		p->exact++;
		return true;
	}
	have = members(got);
	least = members(&optimum);
	p->excess += set_count(&have) - set_count(&least);
	return set_includes(&have, want);
}
