/* SPDX-License-Identifier: MIT */
/* What a conditional jump tells of its operands. Each comparison is one of five relations, with its
 * operands in either order; both sides keep what some member of the other allows. */
#include "domain/scalar_lanes.h"

enum relation {
	RELATION_EQ,
	RELATION_NE,
	RELATION_LT, /* unsigned */
	RELATION_LE,
	RELATION_SLT,
	RELATION_SLE,
	RELATION_SET,	/* a bit in common */
	RELATION_CLEAR, /* none */
};

struct comparison {
	enum relation relation;
	bool is_swapped;
};

/* `d op s`, or its negation. */
static struct comparison comparison_of(enum jump_op op, bool taken)
{
	switch (op) {
	case JUMP_EQ: return (struct comparison){ taken ? RELATION_EQ : RELATION_NE, false };
	case JUMP_NE: return (struct comparison){ taken ? RELATION_NE : RELATION_EQ, false };
	case JUMP_SET: return (struct comparison){ taken ? RELATION_SET : RELATION_CLEAR, false };
	case JUMP_LT: return (struct comparison){ taken ? RELATION_LT : RELATION_LE, !taken };
	case JUMP_LE: return (struct comparison){ taken ? RELATION_LE : RELATION_LT, !taken };
	case JUMP_GT: return (struct comparison){ taken ? RELATION_LT : RELATION_LE, taken };
	case JUMP_GE: return (struct comparison){ taken ? RELATION_LE : RELATION_LT, taken };
	case JUMP_SLT: return (struct comparison){ taken ? RELATION_SLT : RELATION_SLE, !taken };
	case JUMP_SLE: return (struct comparison){ taken ? RELATION_SLE : RELATION_SLT, !taken };
	case JUMP_SGT: return (struct comparison){ taken ? RELATION_SLT : RELATION_SLE, taken };
	case JUMP_SGE: return (struct comparison){ taken ? RELATION_SLE : RELATION_SLT, taken };
	case JUMP_OP_COUNT: break;
	}
	return (struct comparison){ RELATION_LE, false };
}

static bool assume_eq(struct lane *a, struct lane *b)
{
	if (!tnum_meet(a->bits, b->bits, &a->bits))
		return false;
	a->umin = MAX(a->umin, b->umin);
	a->umax = MIN(a->umax, b->umax);
	a->smin = MAX(a->smin, b->smin);
	a->smax = MIN(a->smax, b->smax);
	*b = *a;
	return true;
}

/* Takes value out of the ends of a, which are members of it. False: nothing is left. */
static bool remove_value(unsigned bits, struct lane *a, u64 value)
{
	s64 negative = width_signed(bits, value);

	if (a->umin == a->umax)
		return a->umin != value;
	a->umin += a->umin == value ? 1 : 0;
	a->umax -= a->umax == value ? 1 : 0;
	if (a->smin == a->smax)
		return a->smin != negative;
	/* Unsigned, as of an empty interval the ends may be at the wrong end. */
	a->smin = (s64)((u64)a->smin + (a->smin == negative ? 1 : 0));
	a->smax = (s64)((u64)a->smax - (a->smax == negative ? 1 : 0));
	return true;
}

static bool assume_ne(unsigned bits, struct lane *a, struct lane *b)
{
	if (b->bits.mask == 0 && !remove_value(bits, a, b->bits.value))
		return false;
	return a->bits.mask != 0 || remove_value(bits, b, a->bits.value);
}

/* a < b, or a <= b. */
static bool assume_less(struct lane *a, struct lane *b, u64 strict)
{
	if (a->umin > b->umax || b->umax - a->umin < strict)
		return false;
	a->umax = MIN(a->umax, b->umax - strict);
	b->umin = MAX(b->umin, a->umin + strict);
	return true;
}

static bool assume_less_signed(struct lane *a, struct lane *b, bool strict)
{
	if (a->smin > b->smax || (strict && a->smin == b->smax))
		return false;
	a->smax = MIN(a->smax, b->smax - strict);
	b->smin = MAX(b->smin, a->smin + strict);
	return true;
}

/* The bit in common is known when only one is possible; neither is below the lowest one. */
static bool assume_set(struct lane *a, struct lane *b)
{
	u64 common = (a->bits.value | a->bits.mask) & (b->bits.value | b->bits.mask);
	u64 lowest = common & -common;
	struct lane *sides[] = { a, b };

	if (common == 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		struct lane *side = sides[i];

		if (common == lowest) {
			side->bits.value |= lowest;
			side->bits.mask &= ~lowest;
		}
		side->umin = MAX(side->umin, lowest);
	}
	return true;
}

/* Ones of one side are zeros of the other. */
static bool assume_clear(struct lane *a, struct lane *b)
{
	u64 a_ones = a->bits.value, b_ones = b->bits.value;

	a->bits.mask &= ~b_ones;
	b->bits.mask &= ~a_ones;
	return (a_ones & b_ones) == 0;
}

static bool assume_relation(enum relation relation, unsigned bits, struct lane *a, struct lane *b)
{
	switch (relation) {
	case RELATION_EQ: return assume_eq(a, b);
	case RELATION_NE: return assume_ne(bits, a, b);
	case RELATION_LT: return assume_less(a, b, 1);
	case RELATION_LE: return assume_less(a, b, 0);
	case RELATION_SLT: return assume_less_signed(a, b, true);
	case RELATION_SLE: return assume_less_signed(a, b, false);
	case RELATION_SET: return assume_set(a, b);
	case RELATION_CLEAR: return assume_clear(a, b);
	}
	return true;
}

/* s with its lane of this width replaced, reduced. */
static bool scalar_with(unsigned width, const struct lane *lane, struct scalar *s)
{
	if (width == WORD_BITS) {
		scalar_set_word(s, lane);
	} else {
		s->bits.value = (s->bits.value & ~width_mask(HALF_BITS)) | lane->bits.value;
		s->bits.mask = (s->bits.mask & ~width_mask(HALF_BITS)) | lane->bits.mask;
		scalar_set_half(s, lane);
	}
	return scalar_reduce(s);
}

bool scalar_assume(enum jump_op op, unsigned width, bool taken, struct scalar *a, struct scalar *b)
{
	struct comparison comparison = comparison_of(op, taken);
	struct scalar *x = comparison.is_swapped ? b : a, *y = comparison.is_swapped ? a : b;
	struct scalar left = *x, right = *y;
	struct lane l, r;

	if (op >= JUMP_OP_COUNT || (width != WORD_BITS && width != HALF_BITS))
		return true;
	if (comparison.relation == RELATION_EQ && width == WORD_BITS) {
		if (!scalar_meet(a, b, a))
			return false;
		*b = *a;
		return true;
	}
	l = width == WORD_BITS ? scalar_word(x) : scalar_half(x);
	r = width == WORD_BITS ? scalar_word(y) : scalar_half(y);
	if (!assume_relation(comparison.relation, width, &l, &r) ||
	    !scalar_with(width, &l, &left) || !scalar_with(width, &r, &right))
		return false;
	*x = left;
	*y = right;
	return true;
}
