/* SPDX-License-Identifier: MIT */
/* Every operation of scalars on small words against brute force: that it is sound, and that it is
 * as precise as domain_precision.def says. Of four bits all scalars there are serve as operands, of
 * eight bits random ones. */
#include "domain_small.h"

#define OPERANDS 4000

static struct operand operands[OPERANDS];
static unsigned operand_count;

static int operand_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct operand));
}

/* All sets' smallest descriptions, each once. */
static void make_every_operand(void)
{
	static struct operand all[65536];
	unsigned count = VALUES == 16 ? 65535 : 0;

	for (unsigned i = 0; i < count; i++) {
		struct set set;

		memset(&set, 0, sizeof(set));
		set.word[0] = i + 1;
		all[i].scalar = best(&set);
		all[i].set = members(&all[i].scalar);
	}
	qsort(all, count, sizeof(*all), operand_order);
	for (unsigned i = 0; i < count; i++) {
		if (i == 0 || operand_order(&all[i], &all[i - 1]) != 0)
			operands[operand_count++] = all[i];
	}
}

static void make_operands(void)
{
	if (operand_count != 0)
		return;
	if (VALUES == 16) {
		make_every_operand();
		return;
	}
	small_seed = 1;
	while (operand_count < OPERANDS) {
		struct operand *o = &operands[operand_count];

		o->scalar = raw_scalar();
		o->set = members(&o->scalar);
		if (small_random(8) == 0) {
			memset(&o->set, 0, sizeof(o->set));
			set_add(&o->set, small_random(VALUES));
		}
		if (set_count(&o->set) == 0)
			continue;
		o->scalar = best(&o->set);
		operand_count++;
	}
}

static const struct operand *pick(void)
{
	return &operands[small_random(operand_count)];
}

static bool is_best(const struct scalar *got, const struct set *want)
{
	struct scalar optimum = best(want);

	return memcmp(got, &optimum, sizeof(optimum)) == 0;
}

static struct set set_union(const struct set *a, const struct set *b)
{
	struct set set;

	for (unsigned i = 0; i < SET_WORDS; i++)
		set.word[i] = a->word[i] | b->word[i];
	return set;
}

static struct set set_intersection(const struct set *a, const struct set *b)
{
	struct set set;

	for (unsigned i = 0; i < SET_WORDS; i++)
		set.word[i] = a->word[i] & b->word[i];
	return set;
}

/* Of any description, also those that nothing satisfies. */
static void test_reduce(void)
{
	small_seed = 2;
	for (unsigned i = 0; i < 1600000 / VALUES; i++) {
		struct scalar raw = raw_scalar(), s = raw;
		struct set set = members(&raw);
		bool some = scalar_reduce(&s);

		CHECK_EQ(some, set_count(&set) != 0);
		CHECK(!some || is_best(&s, &set));
	}
	make_operands();
	for (unsigned i = 0; i < operand_count; i++) {
		struct scalar s = operands[i].scalar;

		CHECK(scalar_reduce(&s));
		CHECK(scalar_equal(&s, &operands[i].scalar));
	}
out:
	return;
}

static void test_makers(void)
{
	struct scalar s;
	struct set set;
	u64 value = 0;

	for (u64 lo = 0; lo < VALUES; lo++) {
		memset(&set, 0, sizeof(set));
		for (u64 hi = lo; hi < VALUES; hi++) {
			s64 from = (s64)lo - VALUES / 2, to = (s64)hi - VALUES / 2;
			struct set set_s;

			set_add(&set, hi);
			s = scalar_range_u(lo, hi);
			CHECK(is_best(&s, &set));
			memset(&set_s, 0, sizeof(set_s));
			for (s64 x = from; x <= to; x++)
				set_add(&set_s, (u64)x & (VALUES - 1));
			s = scalar_range_s(from, to);
			CHECK(is_best(&s, &set_s));
			CHECK(scalar_is_const(&s, &value) == (lo == hi));
			CHECK(lo != hi || value == ((u64)from & (VALUES - 1)));
		}
		memset(&set, 0, sizeof(set));
		set_add(&set, lo);
		s = scalar_const(lo);
		CHECK(is_best(&s, &set));
	}
	memset(&set, 0xff, sizeof(set));
	s = scalar_top();
	CHECK(is_best(&s, &set));
	s = scalar_range_u(2, 1);
	CHECK(is_best(&s, &set));
	s = scalar_range_s(-1, -2);
	CHECK(is_best(&s, &set));
out:
	return;
}

static void test_order(void)
{
	make_operands();
	small_seed = 3;
	for (unsigned i = 0; i < 200000; i++) {
		const struct operand *a = pick(), *b = pick();
		struct scalar raw = raw_scalar(), s;
		struct set both = set_union(&a->set, &b->set), raw_set = members(&raw);

		CHECK_EQ(scalar_leq(&a->scalar, &b->scalar), set_includes(&b->set, &a->set));
		CHECK_EQ(scalar_leq(&a->scalar, &raw), set_includes(&raw_set, &a->set));
		s = scalar_join(&a->scalar, &b->scalar);
		CHECK(is_best(&s, &both));
		CHECK(scalar_leq(&a->scalar, &s));
		CHECK_EQ(scalar_equal(&a->scalar, &b->scalar),
			 set_includes(&a->set, &b->set) && set_includes(&b->set, &a->set));
		for (u64 x = 0; x < VALUES; x++)
			CHECK_EQ(scalar_contains(&raw, x), set_has(&raw_set, x));
		if (VALUES > 16 && i > 8000)
			break;
	}
out:
	return;
}

static void test_meet(void)
{
	make_operands();
	small_seed = 4;
	for (unsigned i = 0; i < 100000; i++) {
		const struct operand *a = pick(), *b = pick();
		struct scalar s = scalar_const(1), raw = raw_scalar();
		struct set both = set_intersection(&a->set, &b->set), raw_set = members(&raw);
		bool some = scalar_meet(&a->scalar, &b->scalar, &s);

		CHECK_EQ(some, set_count(&both) != 0);
		CHECK(!some || is_best(&s, &both));
		CHECK(some || (s.umin == 1 && s.umax == 1));
		both = set_intersection(&raw_set, &b->set);
		some = scalar_meet(&raw, &b->scalar, &raw);
		/* Bits that contradict each other may be lost in the meet. */
		if (set_count(&raw_set) == 0)
			continue;
		CHECK_EQ(some, set_count(&both) != 0);
		CHECK(!some || is_best(&raw, &both));
		if (VALUES > 16 && i > 5000)
			break;
	}
out:
	return;
}

/* The values that an operation gives on two sets. */
static struct set image(const u8 table[VALUES][VALUES], const struct set *a, const struct set *b)
{
	struct set set;

	memset(&set, 0, sizeof(set));
	for (unsigned x = 0; x < VALUES; x++) {
		if (!set_has(a, x))
			continue;
		for (unsigned y = 0; y < VALUES; y++) {
			if (set_has(b, y))
				set_add(&set, table[x][y]);
		}
	}
	return set;
}

/* Rounds of a measurement in domain_precision.def; half of them with a constant source. */
#define ROUNDS (VALUES == 16 ? 8000 : 600)

struct floor {
	unsigned word, width;
	const char *name;
	struct precision least;
};

static const struct floor floors[] = {
#define PRECISION(word, width, name, exact, excess) { word, width, #name, { exact, excess } },
#include "domain_precision.def"
#undef PRECISION
	{ 0 },
};

/* At least as good as stated. PRECISION_PRINT in the environment prints rows for the file. */
static bool is_precise(unsigned width, const char *name, const struct precision *p)
{
	if (getenv("PRECISION_PRINT") != NULL) {
		printf("PRECISION(%d, %u, %s, %llu, %llu)\n", WORD_BITS, width, name, p->exact,
		       p->excess);
		return true;
	}
	for (const struct floor *f = floors; f->name != NULL; f++) {
		if (f->word == WORD_BITS && f->width == width && strcmp(f->name, name) == 0) {
			if (p->exact < f->least.exact || p->excess > f->least.excess)
				printf("# %s at %u bits: exact %llu, excess %llu\n", name, width,
				       p->exact, p->excess);
			return p->exact >= f->least.exact && p->excess <= f->least.excess;
		}
	}
	return false;
}

static const char *const alu_names[] = {
#define ALU(NAME, name, code, off, group, symbol, expr) #name,
#include "isa/alu.def"
#undef ALU
};

static const char *const jump_names[] = {
#define JUMP(NAME, name, code, symbol, expr) #name,
#include "isa/jump.def"
#undef JUMP
};

static const unsigned widths[] = { WORD_BITS, HALF_BITS };

static void test_alu(void)
{
	static u8 table[VALUES][VALUES];

	make_operands();
	for (unsigned n = 0; n < 2 * ALU_OP_COUNT; n++) {
		unsigned op = n / 2, width = widths[n % 2];
		struct precision p = { 0 };

		small_seed = 5;
		for (unsigned x = 0; x < VALUES; x++) {
			for (unsigned y = 0; y < VALUES; y++)
				table[x][y] = (u8)reference_alu((enum alu_op)op, width, x, y);
		}
		for (unsigned i = 0; i < ROUNDS; i++) {
			struct operand a = *pick(), b = *pick();
			struct scalar s;
			struct set want;

			if (i % 2 == 0) {
				memset(&b.set, 0, sizeof(b.set));
				set_add(&b.set, i / 2 % VALUES);
				b.scalar = best(&b.set);
			}
			want = image(table, &a.set, &b.set);
			s = scalar_alu((enum alu_op)op, width, &a.scalar, &b.scalar);
			CHECK(precision_add(&p, &s, &want));
		}
		CHECK(is_precise(width, alu_names[op], &p));
	}
out:
	return;
}

/* Arguments that are not reduced, or empty. */
static void test_raw_alu(void)
{
	make_operands();
	small_seed = 6;
	for (unsigned i = 0; i < 200000 / VALUES; i++) {
		struct scalar a = raw_scalar(), b = raw_scalar(), s;
		struct set a_set = members(&a), b_set = members(&b);
		enum alu_op op = (enum alu_op)small_random(ALU_OP_COUNT);
		unsigned width = widths[i % 2];

		s = scalar_alu(op, width, &a, &b);
		for (u64 x = 0; x < VALUES; x++) {
			for (u64 y = 0; y < VALUES && set_has(&a_set, x); y++) {
				if (set_has(&b_set, y))
					CHECK(scalar_contains(&s, reference_alu(op, width, x, y)));
			}
		}
		CHECK(scalar_reduce(&s) || set_count(&b_set) == 0 || set_count(&a_set) == 0);
	}
out:
	return;
}

static u64 reference_swap(u64 x, unsigned size, bool reverse)
{
	u64 result = 0;

	for (unsigned i = 0; i < size; i++)
		result |= (x >> i & 1) << (reverse ? size - 1 - i : i);
	return result;
}

enum unary {
	UNARY_NEG,
	UNARY_MOVSX,
	UNARY_ZERO_EXTEND,
	UNARY_SIGN_EXTEND,
	UNARY_SWAP_LE,
	UNARY_SWAP_BE,
	UNARY_SWAP_ALWAYS,
	UNARY_COUNT,
};
static const char *const unary_names[] = { "neg",     "movsx",	 "zero_extend", "sign_extend",
					   "swap_le", "swap_be", "swap_always" };

/* At this word size, a byte is WORD_BITS / 8 bits. */
static u64 reference_unary(enum unary op, unsigned size, unsigned width, u64 x)
{
	unsigned bits = size * WORD_BITS / 8;
	u64 wide_x = (u64)as_signed(x, bits) & (VALUES - 1);

	switch (op) {
	case UNARY_NEG: return (u64)as_unsigned(0 - x, width);
	case UNARY_MOVSX: return (u64)as_unsigned(wide_x, width);
	case UNARY_ZERO_EXTEND: return (u64)as_unsigned(x, bits);
	case UNARY_SIGN_EXTEND: return wide_x;
	case UNARY_SWAP_LE: return reference_swap(x, size, false);
	case UNARY_SWAP_BE:
	case UNARY_SWAP_ALWAYS: return reference_swap(x, size, true);
	case UNARY_COUNT: break;
	}
	return 0;
}

static struct scalar unary(enum unary op, unsigned size, unsigned width, const struct scalar *s)
{
	switch (op) {
	case UNARY_NEG: return scalar_neg(s, width);
	case UNARY_MOVSX: return scalar_movsx(s, size, width);
	case UNARY_ZERO_EXTEND: return scalar_extend(s, size, false);
	case UNARY_SIGN_EXTEND: return scalar_extend(s, size, true);
	case UNARY_SWAP_LE: return scalar_swap(s, SWAP_LE, size);
	case UNARY_SWAP_BE: return scalar_swap(s, SWAP_BE, size);
	case UNARY_SWAP_ALWAYS: return scalar_swap(s, SWAP_ALWAYS, size);
	case UNARY_COUNT: break;
	}
	return scalar_top();
}

static bool check_unary(enum unary op, unsigned size, unsigned width, const struct operand *o,
			struct precision *p)
{
	struct scalar s = unary(op, size, width, &o->scalar);
	struct set want;

	memset(&want, 0, sizeof(want));
	for (u64 x = 0; x < VALUES; x++) {
		if (set_has(&o->set, x))
			set_add(&want, reference_unary(op, size, width, x));
	}
	return precision_add(p, &s, &want);
}

static void test_unary(void)
{
	make_operands();
	for (unsigned op = 0; op < UNARY_COUNT; op++) {
		for (unsigned w = 0; w < 2; w++) {
			struct precision p = { 0 };

			for (unsigned i = 0; i<operand_count; i += VALUES> 16 ? 4 : 1) {
				/* Of 4 bits, the smallest size has half a bit, and bytes no whole
				 * one. */
				if (VALUES == 16 && op >= UNARY_SWAP_LE)
					break;
				for (unsigned size = VALUES == 16 ? 2 : 1; size <= 8; size *= 2) {
					CHECK(check_unary((enum unary)op, size, widths[w],
							  &operands[i], &p));
				}
			}
			CHECK(is_precise(widths[w], unary_names[op], &p));
		}
	}
out:
	return;
}

/* The members of a that op takes (or not) with some member of b; and the other way round. */
static void assume_image(const u8 table[VALUES][VALUES], const struct operand *a,
			 const struct operand *b, struct set *ret_a, struct set *ret_b)
{
	memset(ret_a, 0, sizeof(*ret_a));
	memset(ret_b, 0, sizeof(*ret_b));
	for (u64 x = 0; x < VALUES; x++) {
		for (u64 y = 0; y < VALUES && set_has(&a->set, x); y++) {
			if (!set_has(&b->set, y) || !table[x][y])
				continue;
			set_add(ret_a, x);
			set_add(ret_b, y);
		}
	}
}

static void test_assume(void)
{
	static u8 table[VALUES][VALUES];

	make_operands();
	for (unsigned n = 0; n < 4 * JUMP_OP_COUNT; n++) {
		enum jump_op op = (enum jump_op)(n / 4);
		unsigned width = widths[n / 2 % 2];
		bool taken = n % 2 == 0;
		struct precision p = { 0 };
		char name[40];

		small_seed = 7;
		for (unsigned x = 0; x < VALUES; x++) {
			for (unsigned y = 0; y < VALUES; y++)
				table[x][y] = reference_jump(op, width, x, y) == taken;
		}
		for (unsigned i = 0; i < ROUNDS; i++) {
			const struct operand *a = pick(), *b = pick();
			struct operand constant;
			struct scalar x = a->scalar, y;
			struct set want_a, want_b;
			bool some;

			if (i % 2 == 0) {
				memset(&constant, 0, sizeof(constant));
				set_add(&constant.set, i / 2 % VALUES);
				constant.scalar = best(&constant.set);
				b = &constant;
			}
			y = b->scalar;
			assume_image(table, a, b, &want_a, &want_b);
			some = scalar_assume(op, width, taken, &x, &y);
			if (!some) {
				CHECK_EQ(set_count(&want_a), 0);
				CHECK(scalar_equal(&x, &a->scalar) && scalar_equal(&y, &b->scalar));
				continue;
			}
			if (set_count(&want_a) == 0) {
				p.excess += VALUES;
				continue;
			}
			CHECK(precision_add(&p, &x, &want_a));
			CHECK(precision_add(&p, &y, &want_b));
		}
		snprintf(name, sizeof(name), "%s_%s", jump_names[op], taken ? "taken" : "not");
		CHECK(is_precise(width, name, &p));
	}
out:
	return;
}

/* Arguments that are not reduced; and both sides the same object. */
static void test_raw_assume(void)
{
	make_operands();
	small_seed = 8;
	for (unsigned i = 0; i < 200000 / VALUES; i++) {
		struct scalar a = raw_scalar(), b = raw_scalar(), same = a;
		struct set a_set = members(&a), b_set = members(&b);
		enum jump_op op = (enum jump_op)small_random(JUMP_OP_COUNT);
		unsigned width = widths[i % 2];
		bool taken = i % 4 < 2;
		bool some = scalar_assume(op, width, taken, &a, &b);
		bool same_some = scalar_assume(op, width, taken, &same, &same);

		for (u64 x = 0; x < VALUES; x++) {
			if (!set_has(&a_set, x))
				continue;
			if (reference_jump(op, width, x, x) == taken)
				CHECK(same_some && scalar_contains(&same, x));
			for (u64 y = 0; y < VALUES; y++) {
				if (!set_has(&b_set, y) || reference_jump(op, width, x, y) != taken)
					continue;
				CHECK(some && scalar_contains(&a, x) && scalar_contains(&b, y));
			}
		}
	}
out:
	return;
}

/* The bound that widening gives, by looking at all that it may be. */
static s64 widened(s64 old, s64 new, bool up, s64 lo, s64 hi, const bool *is_threshold)
{
	if (up ? new <= old : new >= old)
		return old;
	while (new != (up ? hi : lo) && !is_threshold[new - lo])
		new += up ? 1 : -1;
	return new;
}

static void test_widen(void)
{
	make_operands();
	small_seed = 9;
	for (unsigned i = 0; i < 20000; i++) {
		const struct operand *a = pick(), *b = pick();
		s64 thresholds[3];
		bool u[VALUES] = { 0 }, s[VALUES] = { 0 }, u32s[VALUES] = { 0 },
		     s32s[VALUES] = { 0 };
		unsigned count = (unsigned)small_random(4);
		struct scalar w, joined;
		u64 unknown;

		for (unsigned k = 0; k < count; k++) {
			u64 t = small_random(VALUES);

			thresholds[k] = (s64)t - (small_random(2) == 0 ? VALUES : 0);
			u[t] = true;
			s[as_signed(t, WORD_BITS) + VALUES / 2] = true;
			u32s[as_unsigned(t, HALF_BITS)] = true;
			s32s[as_signed(t, HALF_BITS) + HALF_COUNT / 2] = true;
		}
		w = scalar_widen(&a->scalar, &b->scalar, thresholds, count);
		joined = scalar_join(&a->scalar, &b->scalar);
#define CHECK_BOUND(name, up, lo, hi, set) \
	CHECK_EQ((s64)w.name, widened((s64)a->scalar.name, (s64)b->scalar.name, up, lo, hi, set))
		CHECK_BOUND(umin, false, 0, VALUES - 1, u);
		CHECK_BOUND(umax, true, 0, VALUES - 1, u);
		CHECK_BOUND(smin, false, -(s64)VALUES / 2, VALUES / 2 - 1, s);
		CHECK_BOUND(smax, true, -(s64)VALUES / 2, VALUES / 2 - 1, s);
		CHECK_BOUND(umin32, false, 0, HALF_COUNT - 1, u32s);
		CHECK_BOUND(umax32, true, 0, HALF_COUNT - 1, u32s);
		CHECK_BOUND(smin32, false, -(s64)HALF_COUNT / 2, HALF_COUNT / 2 - 1, s32s);
		CHECK_BOUND(smax32, true, -(s64)HALF_COUNT / 2, HALF_COUNT / 2 - 1, s32s);
#undef CHECK_BOUND
		/* Bits below the lowest one that became unknown stay. */
		unknown = joined.bits.mask & ~a->scalar.bits.mask;
		for (unsigned k = 0; k < WORD_BITS; k++) {
			bool stays = unknown == 0 || unknown % ((u64)2 << k) == 0;
			bool known = (a->scalar.bits.mask >> k & 1) == 0;

			CHECK_EQ((w.bits.mask >> k & 1) == 0, stays && known);
		}
		CHECK_EQ(w.bits.value, a->scalar.bits.value & ~w.bits.mask);
		CHECK(scalar_leq(&joined, &w));
	}
out:
	return;
}

/* A chain that an adversary makes as long as he can. */
static void test_widen_ends(void)
{
	make_operands();
	small_seed = 10;
	for (unsigned i = 0; i < 300; i++) {
		struct scalar s = pick()->scalar;
		s64 thresholds[4];
		unsigned changes = 0;

		for (unsigned k = 0; k < 4; k++)
			thresholds[k] = (s64)small_random(VALUES);
		for (unsigned k = 0; k < 2000; k++) {
			struct scalar next = scalar_const(small_random(VALUES));
			struct scalar wider = scalar_widen(&s, &next, thresholds, 4);

			changes += scalar_equal(&s, &wider) ? 0 : 1;
			CHECK(scalar_leq(&s, &wider));
			s = wider;
		}
		CHECK(changes <= WORD_BITS + 8 * 5);
	}
out:
	return;
}

static bool is_top(struct scalar s)
{
	struct scalar top = scalar_top();

	return scalar_equal(&s, &top);
}

/* What does not exist says nothing. */
static void test_unknown(void)
{
	struct scalar one = scalar_const(1), two = scalar_const(2), a = one, b = two;

	CHECK(is_top(scalar_alu(ALU_OP_COUNT, WORD_BITS, &one, &two)));
	CHECK(is_top(scalar_alu(ALU_OP_COUNT, HALF_BITS, &one, &two)));
	CHECK(is_top(scalar_alu(ALU_ADD, WORD_BITS - 1, &one, &two)));
	CHECK(is_top(scalar_alu(ALU_MOV, WORD_BITS + 1, &one, &two)));
	CHECK(is_top(scalar_neg(&one, 1)));
	CHECK(is_top(scalar_movsx(&one, 4, 1)));
	CHECK(is_top(scalar_movsx(&one, 3, WORD_BITS)));
	CHECK(is_top(scalar_swap(&one, SWAP_ALWAYS, 3)));
	for (unsigned size = 0; size < 20; size++) {
		bool exists = size == 2 || size == 4 || size == 8 || (VALUES > 16 && size == 1);

		CHECK_EQ(is_top(scalar_extend(&one, size, false)), !exists);
		CHECK_EQ(is_top(scalar_from_load(size, true)), !exists || size == 8);
	}
	CHECK(scalar_assume(JUMP_OP_COUNT, WORD_BITS, true, &a, &b));
	CHECK(scalar_assume(JUMP_EQ, WORD_BITS + 1, true, &a, &b));
	CHECK(scalar_equal(&a, &one) && scalar_equal(&b, &two));
out:
	return;
}

TAP_MAIN(TAP_TEST(test_reduce), TAP_TEST(test_makers), TAP_TEST(test_order), TAP_TEST(test_meet),
	 TAP_TEST(test_alu), TAP_TEST(test_raw_alu), TAP_TEST(test_unary), TAP_TEST(test_assume),
	 TAP_TEST(test_raw_assume), TAP_TEST(test_widen), TAP_TEST(test_widen_ends),
	 TAP_TEST(test_unknown))
