/* SPDX-License-Identifier: MIT */
/* Scalars: reduction, order, join, meet, widening.
 *
 * Reduction is exact and needs no iteration. A value is a high half, of which only bits are known,
 * and a low half out of the set L (low bits, 32-bit intervals: at most two spans); the 64-bit
 * intervals then cut at most two spans out of these. Their ends are moved to members, so all
 * 64-bit bounds are attained. Projecting the spans to the low half gives the members of L that
 * occur, thus the 32-bit bounds; the known bits are those that all members share. */
#include "base/str.h"
#include "domain/scalar_lanes.h"

#define WORD_MASK width_mask(WORD_BITS)
#define HALF_MASK width_mask(HALF_BITS)

/* The values of which the low half is in one of the spans, ends being members of `low`, and the
 * high half in `high` (shifted down). */
struct product {
	struct tnum high, low;
	struct span spans[2];
	unsigned count;
};

struct scalar scalar_const(u64 value)
{
	struct lane word = lane_const(WORD_BITS, value), half = lane_const(HALF_BITS, value);
	struct scalar s;

	scalar_set_word(&s, &word);
	scalar_set_half(&s, &half);
	return s;
}

struct scalar scalar_top(void)
{
	struct lane word = lane_top(WORD_BITS), half = lane_top(HALF_BITS);
	struct scalar s;

	scalar_set_word(&s, &word);
	scalar_set_half(&s, &half);
	return s;
}

struct scalar scalar_from_word(const struct lane *word)
{
	struct scalar s = scalar_top();

	scalar_set_word(&s, word);
	return scalar_reduce(&s) ? s : scalar_top();
}

struct scalar scalar_from_half(const struct lane *half)
{
	struct lane lane = *half;
	struct scalar s;

	if (!lane_reduce(HALF_BITS, &lane))
		return scalar_top();
	scalar_set_half(&s, &lane);
	lane.smin = (s64)lane.umin;
	lane.smax = (s64)lane.umax;
	scalar_set_word(&s, &lane);
	return s;
}

struct scalar scalar_range_u(u64 lo, u64 hi)
{
	struct lane word = lane_range_u(WORD_BITS, lo, hi);

	return scalar_from_word(&word);
}

struct scalar scalar_range_s(s64 lo, s64 hi)
{
	struct lane word = lane_range_s(WORD_BITS, lo, hi);

	return scalar_from_word(&word);
}

bool scalar_is_const(const struct scalar *s, u64 *ret_value)
{
	if (s->bits.mask == 0)
		*ret_value = s->bits.value;
	return s->bits.mask == 0;
}

bool scalar_contains(const struct scalar *s, u64 x)
{
	s64 x64 = width_signed(WORD_BITS, x), x32 = width_signed(HALF_BITS, x);
	u64 low = x & HALF_MASK;

	return tnum_contains(s->bits, x) && s->umin <= x && x <= s->umax && s->smin <= x64 &&
	       x64 <= s->smax && s->umin32 <= low && low <= s->umax32 && s->smin32 <= x32 &&
	       x32 <= s->smax32;
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The next value of the low half, x itself allowed. Ends of spans are members, so none is passed.
 */
static bool low_ceil(const struct product *p, u64 x, u64 *ret)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (x <= p->spans[i].hi)
			return tnum_ceil(p->low, MAX(x, p->spans[i].lo), ret);
	}
	return false;
}

static bool low_floor(const struct product *p, u64 x, u64 *ret)
{
	for (unsigned i = p->count; i-- > 0;) {
		if (x >= p->spans[i].lo)
			return tnum_floor(p->low, MIN(x, p->spans[i].hi), ret);
	}
	return false;
}

/* The smallest member >= x: with x's own high half, else the first one with the next high half. */
static bool product_ceil(const struct product *p, u64 x, u64 *ret)
{
	u64 high = x >> HALF_BITS, next, low;

	if (tnum_contains(p->high, high) && low_ceil(p, x & HALF_MASK, &low)) {
		*ret = high << HALF_BITS | low;
		return true;
	}
	if (high == WORD_MASK >> HALF_BITS || !tnum_ceil(p->high, high + 1, &next))
		return false;
	*ret = next << HALF_BITS | p->spans[0].lo;
	return true;
}

static bool product_floor(const struct product *p, u64 x, u64 *ret)
{
	u64 high = x >> HALF_BITS, next, low;

	if (tnum_contains(p->high, high) && low_floor(p, x & HALF_MASK, &low)) {
		*ret = high << HALF_BITS | low;
		return true;
	}
	if (high == 0 || !tnum_floor(p->high, high - 1, &next))
		return false;
	*ret = next << HALF_BITS | p->spans[p->count - 1].hi;
	return true;
}

static bool product_tighten(const struct product *p, struct span *span)
{
	return product_ceil(p, span->lo, &span->lo) && product_floor(p, span->hi, &span->hi) &&
	       span->lo <= span->hi;
}

/* Adds to half what of the low halves lies from lo to hi. */
static void add_low(const struct product *p, u64 lo, u64 hi, bool *is_empty, struct lane *half)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct lane piece = {
			.bits = p->low,
			.umin = MAX(lo, p->spans[i].lo),
			.umax = MIN(hi, p->spans[i].hi),
			.smin = width_smin(HALF_BITS),
			.smax = width_smax(HALF_BITS),
		};

		if (!lane_reduce(HALF_BITS, &piece))
			continue;
		*half = *is_empty ? piece : lane_join(half, &piece);
		*is_empty = false;
	}
}

/* Adds to half the low halves of the members in the span, whose ends are members. */
static void project(const struct product *p, struct span span, bool *is_empty, struct lane *half)
{
	u64 first = span.lo >> HALF_BITS, last = span.hi >> HALF_BITS, next;
	u64 lo = span.lo & HALF_MASK, hi = span.hi & HALF_MASK;

	if (first == last) {
		add_low(p, lo, hi, is_empty, half);
	} else if (tnum_ceil(p->high, first + 1, &next) && next < last) {
		add_low(p, 0, HALF_MASK, is_empty, half);
	} else {
		add_low(p, lo, HALF_MASK, is_empty, half);
		add_low(p, 0, hi, is_empty, half);
	}
}

static struct tnum high_bits(const struct product *p, struct span span)
{
	struct tnum range = tnum_range(span.lo >> HALF_BITS, span.hi >> HALF_BITS);
	u64 mask = range.mask & p->high.mask;

	return (struct tnum){ .value = span.lo >> HALF_BITS & ~mask, .mask = mask };
}

static bool reduce_both(struct scalar *s)
{
	struct lane word = scalar_word(s), half = scalar_half(s), low;
	struct product p = { .high = tnum_shr(s->bits, HALF_BITS), .low = half.bits };
	struct span spans[2];
	struct tnum high;
	unsigned found, count = 0;
	bool is_empty = true;

	p.count = lane_spans(HALF_BITS, &half, p.spans);
	if (p.count == 0)
		return false;
	found = lane_spans(WORD_BITS, &word, spans);
	for (unsigned i = 0; i < found; i++) {
		spans[count] = spans[i];
		count += product_tighten(&p, &spans[count]) ? 1 : 0;
	}
	if (count == 0)
		return false;
	high = high_bits(&p, spans[0]);
	project(&p, spans[0], &is_empty, &low);
	if (count == 2) {
		high = tnum_join(high, high_bits(&p, spans[1]));
		project(&p, spans[1], &is_empty, &low);
	}
	scalar_set_half(s, &low);
	s->bits.value = high.value << HALF_BITS | low.bits.value;
	s->bits.mask = high.mask << HALF_BITS | low.bits.mask;
	s->umin = spans[0].lo;
	s->umax = spans[count - 1].hi;
	s->smin = width_signed(WORD_BITS, spans[count - 1].lo);
	s->smax = width_signed(WORD_BITS, spans[0].hi);
	return true;
}

bool scalar_reduce(struct scalar *s)
{
	return reduce_both(s);
}

bool scalar_leq(const struct scalar *a, const struct scalar *b)
{
	return tnum_leq(a->bits, b->bits) && a->umin >= b->umin && a->umax <= b->umax &&
	       a->smin >= b->smin && a->smax <= b->smax && a->umin32 >= b->umin32 &&
	       a->umax32 <= b->umax32 && a->smin32 >= b->smin32 && a->smax32 <= b->smax32;
}

/* Componentwise. The smallest description of the union has the bounds and bits of the two smallest
 * ones, so the join of reduced scalars is reduced. */
struct scalar scalar_join(const struct scalar *a, const struct scalar *b)
{
	return (struct scalar){
		.bits = tnum_join(a->bits, b->bits),
		.umin = MIN(a->umin, b->umin),
		.umax = MAX(a->umax, b->umax),
		.smin = MIN(a->smin, b->smin),
		.smax = MAX(a->smax, b->smax),
		.umin32 = MIN(a->umin32, b->umin32),
		.umax32 = MAX(a->umax32, b->umax32),
		.smin32 = MIN(a->smin32, b->smin32),
		.smax32 = MAX(a->smax32, b->smax32),
	};
}

bool scalar_meet(const struct scalar *a, const struct scalar *b, struct scalar *ret)
{
	struct scalar s = {
		.umin = MAX(a->umin, b->umin),
		.umax = MIN(a->umax, b->umax),
		.smin = MAX(a->smin, b->smin),
		.smax = MIN(a->smax, b->smax),
		.umin32 = MAX(a->umin32, b->umin32),
		.umax32 = MIN(a->umax32, b->umax32),
		.smin32 = MAX(a->smin32, b->smin32),
		.smax32 = MIN(a->smax32, b->smax32),
	};

	if (!tnum_meet(a->bits, b->bits, &s.bits) || !scalar_reduce(&s))
		return false;
	*ret = s;
	return true;
}

/* A bit that becomes unknown takes all higher ones with it; intervals give those back. So the known
 * bits are the low ones, and shrink at most 64 times. */
static struct tnum widen_bits(struct tnum old, struct tnum new)
{
	struct tnum both = tnum_join(old, new);
	u64 grown = both.mask & ~old.mask;

	if (grown == 0)
		return both;
	both.mask |= -(grown & -grown) & WORD_MASK;
	both.value &= ~both.mask;
	return both;
}

/* The next threshold that is not passed, else the end of the range. */
static u64 widen_up(unsigned bits, u64 bound, const s64 *thresholds, size_t count)
{
	u64 mask = width_mask(bits), best = mask;

	for (size_t i = 0; i < count; i++) {
		u64 t = (u64)thresholds[i] & mask;

		if (t >= bound && t < best)
			best = t;
	}
	return best;
}

static u64 widen_down(unsigned bits, u64 bound, const s64 *thresholds, size_t count)
{
	u64 mask = width_mask(bits), best = 0;

	for (size_t i = 0; i < count; i++) {
		u64 t = (u64)thresholds[i] & mask;

		if (t <= bound && t > best)
			best = t;
	}
	return best;
}

static s64 widen_up_signed(unsigned bits, s64 bound, const s64 *thresholds, size_t count)
{
	s64 best = width_smax(bits);

	for (size_t i = 0; i < count; i++) {
		s64 t = width_signed(bits, (u64)thresholds[i]);

		if (t >= bound && t < best)
			best = t;
	}
	return best;
}

static s64 widen_down_signed(unsigned bits, s64 bound, const s64 *thresholds, size_t count)
{
	s64 best = width_smin(bits);

	for (size_t i = 0; i < count; i++) {
		s64 t = width_signed(bits, (u64)thresholds[i]);

		if (t <= bound && t > best)
			best = t;
	}
	return best;
}

static void widen_intervals(unsigned bits, const struct lane *new, const s64 *thresholds,
			    size_t count, struct lane *lane)
{
	if (new->umin < lane->umin)
		lane->umin = widen_down(bits, new->umin, thresholds, count);
	if (new->umax > lane->umax)
		lane->umax = widen_up(bits, new->umax, thresholds, count);
	if (new->smin < lane->smin)
		lane->smin = widen_down_signed(bits, new->smin, thresholds, count);
	if (new->smax > lane->smax)
		lane->smax = widen_up_signed(bits, new->smax, thresholds, count);
}

/* Each part by itself: a bound that moves goes to a threshold that it has not passed or to the end,
 * so it moves at most count + 1 times. */
struct scalar scalar_widen(const struct scalar *old, const struct scalar *new,
			   const s64 *thresholds, size_t count)
{
	struct lane word = scalar_word(old), half = scalar_half(old);
	struct lane new_word = scalar_word(new), new_half = scalar_half(new);
	struct scalar s;

	widen_intervals(WORD_BITS, &new_word, thresholds, count, &word);
	widen_intervals(HALF_BITS, &new_half, thresholds, count, &half);
	word.bits = widen_bits(old->bits, new->bits);
	scalar_set_word(&s, &word);
	scalar_set_half(&s, &half);
	return s;
}
