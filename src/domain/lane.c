/* SPDX-License-Identifier: MIT */
/* Lanes: reduction, and arithmetic that wraps. Intervals move around the circle of numbers modulo
 * 2^bits as arcs (a start and a length); an arc bounds the unsigned view when it does not pass zero
 * and the signed view when it does not pass the smallest number. */
#include "domain/lane.h"

/* All of start, start + 1, ..., start + length modulo 2^bits. */
struct arc {
	u64 start, length;
};

struct lane lane_top(unsigned bits)
{
	u64 mask = width_mask(bits);

	return (struct lane){
		.bits = { .value = 0, .mask = mask },
		.umin = 0,
		.umax = mask,
		.smin = width_smin(bits),
		.smax = width_smax(bits),
	};
}

struct lane lane_range_u(unsigned bits, u64 lo, u64 hi)
{
	struct lane lane = lane_top(bits);

	lane.umin = lo;
	lane.umax = hi;
	return lane;
}

struct lane lane_range_s(unsigned bits, s64 lo, s64 hi)
{
	struct lane lane = lane_top(bits);

	lane.smin = lo;
	lane.smax = hi;
	return lane;
}

struct lane lane_join(const struct lane *a, const struct lane *b)
{
	return (struct lane){
		.bits = tnum_join(a->bits, b->bits),
		.umin = MIN(a->umin, b->umin),
		.umax = MAX(a->umax, b->umax),
		.smin = MIN(a->smin, b->smin),
		.smax = MAX(a->smax, b->smax),
	};
}

bool span_tighten(struct tnum bits, struct span *span)
{
	return span->lo <= span->hi && tnum_ceil(bits, span->lo, &span->lo) &&
	       tnum_floor(bits, span->hi, &span->hi) && span->lo <= span->hi;
}

/* Above the first bit where the ends differ the bits are known, and each unknown one below takes
 * both values: the largest member with that first bit clear and the smallest with it set lie
 * between the ends, and have the bits below it all set, all clear. */
struct tnum span_bits(struct tnum known, struct span span)
{
	u64 mask = known.mask & tnum_range(span.lo, span.hi).mask;

	return (struct tnum){ .value = span.lo & ~mask, .mask = mask };
}

struct lane lane_of_span(unsigned bits, struct tnum known, struct span span)
{
	return (struct lane){
		.bits = span_bits(known, span),
		.umin = span.lo,
		.umax = span.hi,
		.smin = width_signed(bits, span.lo),
		.smax = width_signed(bits, span.hi),
	};
}

/* Numbers without the sign bit, then those with it: in each the signed order is the unsigned one,
 * so both intervals cut one span out of it. */
unsigned lane_spans(unsigned bits, const struct lane *lane, struct span ret[2])
{
	u64 mask = width_mask(bits), sign = width_sign(bits);
	unsigned count = 0;

	if ((lane->bits.value & lane->bits.mask) != 0)
		return 0;
	if (lane->smax >= 0) {
		u64 low = lane->smin < 0 ? 0 : (u64)lane->smin;

		ret[0].lo = MAX(lane->umin, low);
		ret[0].hi = MIN(lane->umax, (u64)lane->smax & mask);
		count = span_tighten(lane->bits, &ret[0]) ? 1 : 0;
	}
	if (lane->smin < 0) {
		u64 high = lane->smax >= 0 ? mask : (u64)lane->smax & mask;
		struct span *span = &ret[count];

		span->lo = MAX(lane->umin, MAX(sign, (u64)lane->smin & mask));
		span->hi = MIN(lane->umax, high);
		count += span_tighten(lane->bits, span) ? 1 : 0;
	}
	return count;
}

bool lane_reduce(unsigned bits, struct lane *lane)
{
	struct span spans[2];
	unsigned count = lane_spans(bits, lane, spans);
	struct tnum known;

	if (count == 0)
		return false;
	known = span_bits(lane->bits, spans[0]);
	if (count == 2)
		known = tnum_join(known, span_bits(lane->bits, spans[1]));
	lane->bits = known;
	lane->umin = spans[0].lo;
	lane->umax = spans[count - 1].hi;
	lane->smin = width_signed(bits, spans[count - 1].lo);
	lane->smax = width_signed(bits, spans[0].hi);
	return true;
}

/* The shorter of the two arcs that the lane's intervals are. An empty interval makes any arc. */
static struct arc lane_arc(unsigned bits, const struct lane *lane)
{
	u64 mask = width_mask(bits);
	u64 ulen = (lane->umax - lane->umin) & mask;
	u64 slen = ((u64)lane->smax - (u64)lane->smin) & mask;

	if (ulen <= slen)
		return (struct arc){ .start = lane->umin & mask, .length = ulen };
	return (struct arc){ .start = (u64)lane->smin & mask, .length = slen };
}

/* What the arc says of the intervals; the bits are the caller's. */
static struct lane lane_of_arc(unsigned bits, struct arc arc)
{
	struct lane lane = lane_top(bits);
	u64 mask = width_mask(bits), lo = arc.start & mask, hi = (arc.start + arc.length) & mask;

	if (arc.length > mask)
		return lane;
	if (lo <= hi) {
		lane.umin = lo;
		lane.umax = hi;
	}
	if (width_signed(bits, lo) <= width_signed(bits, hi)) {
		lane.smin = width_signed(bits, lo);
		lane.smax = width_signed(bits, hi);
	}
	return lane;
}

/* Lengths add up; one that does not fit becomes one that is too long. */
static u64 length_add(u64 a, u64 b)
{
	return a + b < a ? ~(u64)0 : a + b;
}

/* An arc of 2^64 numbers has the length of a sum that does not fit: both are everything. */
static struct lane lane_add(unsigned bits, const struct lane *a, const struct lane *b)
{
	struct arc x = lane_arc(bits, a), y = lane_arc(bits, b);
	struct arc sum = { .start = x.start + y.start, .length = length_add(x.length, y.length) };
	struct lane lane = lane_of_arc(bits, sum);

	lane.bits = tnum_cast(tnum_add(a->bits, b->bits), bits);
	return lane;
}

/* From the first start less the last end. */
static struct lane lane_sub(unsigned bits, const struct lane *a, const struct lane *b)
{
	struct arc x = lane_arc(bits, a), y = lane_arc(bits, b);
	struct arc difference = { .start = x.start - y.start - y.length,
				  .length = length_add(x.length, y.length) };
	struct lane lane = lane_of_arc(bits, difference);

	lane.bits = tnum_cast(tnum_sub(a->bits, b->bits), bits);
	return lane;
}

struct lane lane_neg(unsigned bits, const struct lane *a)
{
	struct lane zero = { 0 };

	return lane_sub(bits, &zero, a);
}

static struct lane lane_not(unsigned bits, const struct lane *a)
{
	u64 mask = width_mask(bits);

	return (struct lane){
		.bits = tnum_cast(tnum_not(a->bits), bits),
		.umin = mask - a->umax,
		.umax = mask - a->umin,
		.smin = -1 - a->smax,
		.smax = -1 - a->smin,
	};
}

static void clip_u(struct lane *lane, u64 lo, u64 hi)
{
	lane->umin = MAX(lane->umin, lo);
	lane->umax = MIN(lane->umax, hi);
}

static void clip_s(struct lane *lane, s64 lo, s64 hi)
{
	lane->smin = MAX(lane->smin, lo);
	lane->smax = MIN(lane->smax, hi);
}

static bool signed_product(unsigned bits, s64 a, s64 b, s64 *ret)
{
	return !__builtin_mul_overflow(a, b, ret) && *ret >= width_smin(bits) &&
	       *ret <= width_smax(bits);
}

/* An arc times a constant is an arc, with gaps. Other products are largest and smallest at the
 * corners, unless one of those wraps. */
NOINLINE static struct lane lane_mul(unsigned bits, const struct lane *a, const struct lane *b)
{
	const struct lane *x = b->bits.mask == 0 ? a : b, *c = b->bits.mask == 0 ? b : a;
	struct arc arc = lane_arc(bits, x);
	struct lane lane = lane_top(bits);
	u64 product;
	s64 p[4];

	if (c->bits.mask == 0 && !__builtin_mul_overflow(arc.length, c->bits.value, &product)) {
		arc.start *= c->bits.value;
		arc.length = product;
		lane = lane_of_arc(bits, arc);
	}
	lane.bits = tnum_cast(tnum_mul(c->bits, x->bits), bits);
	if (!__builtin_mul_overflow(a->umax, b->umax, &product) && product <= width_mask(bits))
		clip_u(&lane, a->umin * b->umin, product);
	if (signed_product(bits, a->smin, b->smin, &p[0]) &&
	    signed_product(bits, a->smin, b->smax, &p[1]) &&
	    signed_product(bits, a->smax, b->smin, &p[2]) &&
	    signed_product(bits, a->smax, b->smax, &p[3]))
		clip_s(&lane, MIN(MIN(p[0], p[1]), MIN(p[2], p[3])),
		       MAX(MAX(p[0], p[1]), MAX(p[2], p[3])));
	return lane;
}

struct lane lane_cast(unsigned from, unsigned to, const struct lane *a)
{
	struct lane lane;

	if (from == to)
		return *a;
	lane = lane_of_arc(to, lane_arc(from, a));
	lane.bits = tnum_cast(a->bits, to);
	return lane;
}

/* All bits up to the highest one of x. */
static u64 fill_below(u64 x)
{
	return x == 0 ? 0 : ~(u64)0 >> __builtin_clzll(x);
}

/* Bits that may change are below 2^n; so x goes no further than it does with them all set or all
 * clear. */
static void clip_low_bits(unsigned bits, const struct lane *x, u64 changed, struct lane *lane)
{
	u64 low = fill_below(changed);

	clip_u(lane, x->umin & ~low, x->umax | low);
	if ((low & width_sign(bits)) == 0)
		clip_s(lane, x->smin & ~(s64)low, x->smax | (s64)low);
}

/* What x & y is, seen from x: it is not above x, nor is it in signed order when y keeps the sign.
 */
static void and_side(unsigned bits, const struct lane *x, const struct lane *y, struct lane *lane)
{
	u64 c = y->bits.value;

	clip_low_bits(bits, x, ~c & width_mask(bits), lane);
	lane->umax = MIN(lane->umax, x->umax);
	if (y->smax < 0)
		lane->smax = MIN(lane->smax, x->smax);
	/* Ones in low bits only: a cast. */
	if (y->bits.mask == 0 && c != 0 && (c & (c + 1)) == 0) {
		struct lane cast = lane_cast(bits, 64 - (unsigned)__builtin_clzll(c), x);

		clip_u(lane, cast.umin, cast.umax);
	}
}

NOINLINE static struct lane lane_and(unsigned bits, const struct lane *a, const struct lane *b)
{
	struct lane lane = lane_top(bits);

	lane.bits = tnum_and(a->bits, b->bits);
	and_side(bits, a, b, &lane);
	and_side(bits, b, a, &lane);
	return lane;
}

NOINLINE static struct lane lane_or(unsigned bits, const struct lane *a, const struct lane *b)
{
	struct lane x = lane_not(bits, a), y = lane_not(bits, b), both = lane_and(bits, &x, &y);

	return lane_not(bits, &both);
}

/* Operands without a bit in common: as addition. A constant of ones: as complement. */
NOINLINE static struct lane lane_xor(unsigned bits, const struct lane *a, const struct lane *b)
{
	struct lane lane = lane_top(bits);
	u64 a_possible = a->bits.value | a->bits.mask, b_possible = b->bits.value | b->bits.mask;

	if ((a_possible & b_possible) == 0)
		return lane_add(bits, a, b);
	if (b->bits.mask == 0 && b->bits.value == width_mask(bits))
		return lane_not(bits, a);
	lane.bits = tnum_xor(a->bits, b->bits);
	clip_low_bits(bits, a, b_possible, &lane);
	clip_low_bits(bits, b, a_possible, &lane);
	return lane;
}

/* The low bits move up, so their views' order is the result's. */
struct lane lane_shl(unsigned from, unsigned to, const struct lane *a, unsigned k)
{
	struct lane lane = lane_cast(from, to - k, a);

	lane.bits = tnum_shl(lane.bits, to, k);
	lane.umin <<= k;
	lane.umax <<= k;
	lane.smin = width_signed(to, (u64)lane.smin << k);
	lane.smax = width_signed(to, (u64)lane.smax << k);
	return lane;
}

static struct lane shift_right(unsigned bits, const struct lane *a, unsigned k)
{
	struct lane lane = lane_range_u(bits, a->umin >> k, a->umax >> k);

	lane.bits = tnum_shr(a->bits, k);
	return lane;
}

/* Keeps the sign, so both orders. */
static struct lane shift_signed(unsigned bits, const struct lane *a, unsigned k)
{
	u64 mask = width_mask(bits);

	return (struct lane){
		.bits = tnum_sar(a->bits, bits, k),
		.umin = (u64)(width_signed(bits, a->umin) >> k) & mask,
		.umax = (u64)(width_signed(bits, a->umax) >> k) & mask,
		.smin = a->smin >> k,
		.smax = a->smax >> k,
	};
}

static struct lane shift_const(enum alu_op op, unsigned bits, const struct lane *a, unsigned k)
{
	return op == ALU_LSH   ? lane_shl(bits, bits, a, k)
	       : op == ALU_RSH ? shift_right(bits, a, k)
			       : shift_signed(bits, a, k);
}

/* The join over all amounts, which are masked; each is reduced before it loses by the join. */
NOINLINE static struct lane lane_shift(enum alu_op op, unsigned bits, const struct lane *a,
				       const struct lane *s)
{
	struct lane result = lane_top(bits), one;
	bool first = true;

	if (s->bits.mask == 0)
		return shift_const(op, bits, a, (unsigned)s->bits.value & (bits - 1));
	for (unsigned k = 0; k < bits; k++) {
		if (((k ^ s->bits.value) & ~s->bits.mask & (bits - 1)) != 0)
			continue;
		if (s->umax < bits && (k < s->umin || k > s->umax))
			continue;
		one = shift_const(op, bits, a, k);
		result = first ? one : lane_join(&result, &one);
		first = false;
	}
	return result;
}

struct lane lane_alu(enum alu_op op, unsigned bits, const struct lane *d, const struct lane *s)
{
	switch (op) {
	case ALU_ADD: return lane_add(bits, d, s);
	case ALU_SUB: return lane_sub(bits, d, s);
	case ALU_MUL: return lane_mul(bits, d, s);
	case ALU_DIV: return lane_udiv(bits, d, s);
	case ALU_SDIV: return lane_sdiv(bits, d, s);
	case ALU_OR: return lane_or(bits, d, s);
	case ALU_AND: return lane_and(bits, d, s);
	case ALU_LSH:
	case ALU_RSH:
	case ALU_ARSH: return lane_shift(op, bits, d, s);
	case ALU_MOD: return lane_umod(bits, d, s);
	case ALU_SMOD: return lane_smod(bits, d, s);
	case ALU_XOR: return lane_xor(bits, d, s);
	case ALU_MOV: return *s;
	case ALU_OP_COUNT: break;
	}
	return lane_top(bits);
}
