/* SPDX-License-Identifier: MIT */
/* Quotients and remainders of lanes. x / 0 = 0 and x % 0 = x; the smallest number divided by -1 is
 * itself. Unsigned ones are monotone apart from a divisor of 0; signed ones are those of the
 * magnitudes, a quarter at a time. */
#include "domain/lane.h"

struct lane lane_udiv(unsigned bits, const struct lane *d, const struct lane *s)
{
	u64 least = MAX(s->umin, 1);
	struct lane lane;

	if (s->umax == 0)
		return (struct lane){ 0 };
	lane = lane_range_u(bits, s->umin == 0 ? 0 : d->umin / s->umax, d->umax / least);
	lane.bits = tnum_udiv(d->bits, s->bits);
	return lane;
}

struct lane lane_umod(unsigned bits, const struct lane *d, const struct lane *s)
{
	struct lane lane;
	u64 hi = d->umax;

	if (s->umax == 0 || (s->umin != 0 && d->umax < s->umin))
		return *d;
	if (s->umin != 0)
		hi = MIN(hi, s->umax - 1);
	lane = lane_range_u(bits, 0, hi);
	/* One divisor and one quotient: the remainder moves with the dividend. */
	if (s->umin == s->umax && d->umin / s->umin == d->umax / s->umin) {
		lane.umin = d->umin % s->umin;
		lane.umax = d->umax % s->umin;
	}
	lane.bits = tnum_umod(d->bits, s->bits);
	return lane;
}

/* The members without the sign bit, or the magnitudes of those with it; false: there are none. The
 * magnitude of the smallest number is itself, as an unsigned number. */
static bool magnitude(unsigned bits, bool negative, const struct lane *lane, struct lane *ret)
{
	*ret = *lane;
	if (negative)
		ret->smax = MIN(ret->smax, -1);
	else
		ret->smin = MAX(ret->smin, 0);
	if (!lane_reduce(bits, ret))
		return false;
	if (negative)
		*ret = lane_neg(bits, ret);
	return lane_reduce(bits, ret);
}

/* By magnitude: a quotient is negative when one of the signs is, a remainder when the dividend is.
 */
static struct lane lane_signed(bool quotient, unsigned bits, const struct lane *d,
			       const struct lane *s)
{
	struct lane result = lane_top(bits), x, y, one;
	bool is_first = true;

	for (unsigned i = 0; i < 4; i++) {
		bool d_negative = (i & 1) != 0, s_negative = (i & 2) != 0;

		if (!magnitude(bits, d_negative, d, &x) || !magnitude(bits, s_negative, s, &y))
			continue;
		one = quotient ? lane_udiv(bits, &x, &y) : lane_umod(bits, &x, &y);
		if (quotient ? d_negative != s_negative : d_negative)
			one = lane_neg(bits, &one);
		if (!lane_reduce(bits, &one))
			continue;
		result = is_first ? one : lane_join(&result, &one);
		is_first = false;
	}
	return result;
}

struct lane lane_sdiv(unsigned bits, const struct lane *d, const struct lane *s)
{
	return lane_signed(true, bits, d, s);
}

struct lane lane_smod(unsigned bits, const struct lane *d, const struct lane *s)
{
	return lane_signed(false, bits, d, s);
}
