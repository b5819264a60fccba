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
	u64 word = value & WORD_MASK;
	u32 half = (u32)(value & HALF_MASK);
	s64 signed_word = width_signed(WORD_BITS, value);
	s32 signed_half = (s32)width_signed(HALF_BITS, value);

	return (struct scalar){ { .value = word }, word, word, signed_word,
				signed_word,	   half, half, signed_half,
				signed_half };
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

/* Joins to half what of the low halves lies from lo to hi. */
static void join_low(const struct product *p, u64 lo, u64 hi, bool *is_empty, struct lane *half)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct span span = { .lo = MAX(lo, p->spans[i].lo), .hi = MIN(hi, p->spans[i].hi) };
		struct lane piece;

		if (!span_tighten(p->low, &span))
			continue;
		piece = lane_of_span(HALF_BITS, p->low, span);
		*half = *is_empty ? piece : lane_join(half, &piece);
		*is_empty = false;
	}
}

/* Some high half lies between those of the ends; then with every low half. */
static bool has_all_low(struct tnum high, struct span span)
{
	u64 first = span.lo >> HALF_BITS, last = span.hi >> HALF_BITS, next;

	return first < last && tnum_ceil(high, first + 1, &next) && next < last;
}

/* Joins to half the low halves of the members in the span, whose ends are members. */
NOINLINE static void project(const struct product *p, struct span span, bool *is_empty,
			     struct lane *half)
{
	u64 lo = span.lo & HALF_MASK, hi = span.hi & HALF_MASK;

	if (has_all_low(p->high, span)) {
		join_low(p, 0, HALF_MASK, is_empty, half);
	} else if (span.lo >> HALF_BITS == span.hi >> HALF_BITS) {
		join_low(p, lo, hi, is_empty, half);
	} else {
		join_low(p, lo, HALF_MASK, is_empty, half);
		join_low(p, 0, hi, is_empty, half);
	}
}

/* The bounds are the ends of the spans, the low half is given. */
static void set_from_spans(struct scalar *s, const struct span spans[2], unsigned count,
			   const struct lane *low)
{
	struct tnum bits = span_bits(s->bits, spans[0]);

	if (count == 2)
		bits = tnum_join(bits, span_bits(s->bits, spans[1]));
	s->bits.value = (bits.value & ~HALF_MASK) | low->bits.value;
	s->bits.mask = (bits.mask & ~HALF_MASK) | low->bits.mask;
	s->umin = spans[0].lo;
	s->umax = spans[count - 1].hi;
	s->smin = width_signed(WORD_BITS, spans[count - 1].lo);
	s->smax = width_signed(WORD_BITS, spans[0].hi);
	scalar_set_half(s, low);
}

/* Out of line, as are the shortcuts below: they need not be on the stack all at once. */
NOINLINE static unsigned word_spans(const struct scalar *s, struct span ret[2])
{
	struct lane word = scalar_word(s);

	return lane_spans(WORD_BITS, &word, ret);
}

NOINLINE static struct product product_of(const struct scalar *s)
{
	struct lane half = scalar_half(s);
	struct product p = { .high = tnum_shr(s->bits, HALF_BITS), .low = half.bits };

	p.count = lane_spans(HALF_BITS, &half, p.spans);
	return p;
}

NOINLINE static bool reduce_both(struct scalar *s)
{
	struct product p = product_of(s);
	struct span spans[2];
	struct lane low;
	unsigned found, count = 0;
	bool is_empty = true;

	if (p.count == 0)
		return false;
	found = word_spans(s, spans);
	for (unsigned i = 0; i < found; i++) {
		spans[count] = spans[i];
		count += product_tighten(&p, &spans[count]) ? 1 : 0;
	}
	for (unsigned i = 0; i < count; i++)
		project(&p, spans[i], &is_empty, &low);
	if (is_empty)
		return false;
	set_from_spans(s, spans, count, &low);
	return true;
}

/* The 32-bit intervals say no more than the bits: *ret_low is what they become if all low halves
 * occur. */
static bool is_half_free(const struct scalar *s, struct lane *ret_low)
{
	struct lane half = scalar_half(s), low = { .bits = half.bits };
	u64 sign = half.bits.mask & width_sign(HALF_BITS);

	low.umin = half.bits.value;
	low.umax = half.bits.value | half.bits.mask;
	low.smin = width_signed(HALF_BITS, low.umin | sign);
	low.smax = width_signed(HALF_BITS, low.umax & ~sign);
	*ret_low = low;
	return half.umin <= low.umin && half.umax >= low.umax && half.smin <= low.smin &&
	       half.smax >= low.smax;
}

/* With a free low half members are those of the word; false: not so, or not all low halves occur.
 */
NOINLINE static bool reduce_free(struct scalar *s)
{
	struct lane low;
	struct span spans[2];
	struct tnum high = tnum_shr(s->bits, HALF_BITS);
	unsigned count;

	if (!is_half_free(s, &low))
		return false;
	count = word_spans(s, spans);
	if (count == 0 || (!has_all_low(high, spans[0]) && !has_all_low(high, spans[count - 1])))
		return false;
	set_from_spans(s, spans, count, &low);
	return true;
}

/* The high half is zero, so the two views are one. */
NOINLINE static bool reduce_small(struct scalar *s)
{
	struct lane lane = scalar_half(s);

	if (s->bits.value > HALF_MASK || s->smax < 0)
		return false;
	lane.umin = MAX(lane.umin, s->umin);
	lane.umax = MIN(lane.umax, MIN(s->umax, (u64)s->smax));
	if (s->smin > 0)
		lane.umin = MAX(lane.umin, (u64)s->smin);
	if (!lane_reduce(HALF_BITS, &lane))
		return false;
	scalar_set_half(s, &lane);
	lane.smin = (s64)lane.umin;
	lane.smax = (s64)lane.umax;
	scalar_set_word(s, &lane);
	return true;
}

NOINLINE static bool reduce_const(struct scalar *s)
{
	u64 value = s->bits.value;

	if (!scalar_contains(s, value))
		return false;
	*s = scalar_const(value);
	return true;
}

/* The others are shortcuts of the last. */
bool scalar_reduce(struct scalar *s)
{
	if (s->bits.mask == 0)
		return reduce_const(s);
	if (s->umax <= HALF_MASK)
		return reduce_small(s);
	return reduce_free(s) || reduce_both(s);
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

	/* It has the bits of grown already; with -grown, all from the lowest of them. */
	both.mask |= -grown & WORD_MASK;
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
