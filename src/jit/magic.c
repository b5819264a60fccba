/* SPDX-License-Identifier: MIT */
/* Division by a constant as multiplication by its reciprocal and shifts. */
#include "jit/magic.h"

static u64 mask_of(u32 width)
{
	return width == 64 ? UINT64_MAX : UINT32_MAX;
}

/* The least power of two from the width on at which the reciprocal, rounded up, is exact for all
 * numerators; by long division, with what is left as the state. */
struct jit_magic jit_magic_unsigned(u64 d, u32 width)
{
	const u64 mask = mask_of(width), half = 1ull << (width - 1);
	const u64 nc = mask - ((0 - d) & mask) % d;
	u64 q1 = half / nc, r1 = half - q1 * nc, q2 = (half - 1) / d, r2 = (half - 1) - q2 * d;
	u64 delta;
	bool add = false;
	u32 p = width - 1;

	do {
		bool up1 = r1 >= nc - r1, up2 = r2 + 1 >= d - r2;

		p++;
		q1 = (2 * q1 + up1) & mask;
		r1 = (2 * r1 - (up1 ? nc : 0)) & mask;
		add |= q2 >= half - (up2 ? 1 : 0);
		q2 = (2 * q2 + up2) & mask;
		r2 = (2 * r2 + 1 - (up2 ? d : 0)) & mask;
		delta = d - 1 - r2;
	} while (p < 2 * width && (q1 < delta || (q1 == delta && r1 == 0)));
	return (struct jit_magic){ (q2 + 1) & mask, p - width, add };
}

struct jit_magic jit_magic_signed(s64 d, u32 width)
{
	const u64 mask = mask_of(width), half = 1ull << (width - 1);
	const u64 ad = d < 0 ? 0 - (u64)d : (u64)d, t = half + (d < 0 ? 1 : 0);
	const u64 anc = t - 1 - t % ad;
	u64 q1 = half / anc, r1 = half - q1 * anc, q2 = half / ad, r2 = half - q2 * ad, delta, m;
	u32 p = width - 1;

	do {
		p++;
		q1 = (2 * q1) & mask;
		r1 = 2 * r1;
		if (r1 >= anc) {
			q1++;
			r1 -= anc;
		}
		q2 = (2 * q2) & mask;
		r2 = 2 * r2;
		if (r2 >= ad) {
			q2++;
			r2 -= ad;
		}
		delta = ad - r2;
	} while (q1 < delta || (q1 == delta && r1 == 0));
	m = (d < 0 ? 0 - (q2 + 1) : q2 + 1) & mask;
	if (width == 32)
		m = (u64)(s64)(s32)m;
	return (struct jit_magic){ m, p - width, false };
}
