/* SPDX-License-Identifier: MIT */
/* What states know of symbols, ids and references, and how they forget. */
#include "check/state.h"

#include "tap.h"

#define A 200
#define B 201
#define C 202

static struct value named(s64 lo, s64 hi, u32 sym, s64 dlo, s64 dhi)
{
	struct scalar n = scalar_range_s(lo, hi);
	struct value v = value_number(&n);

	v.sym = sym;
	v.dlo = dlo;
	v.dhi = dhi;
	return v;
}

static struct value record(u32 id, u32 parent)
{
	struct value v = value_pointer(VALUE_MEM, PROG_NO_INDEX);

	v.size = 16;
	v.id = id;
	v.parent = parent;
	v.flags = VALUE_NULLABLE;
	return v;
}

static bool range_is(const struct state *s, u32 sym, s64 lo, s64 hi)
{
	s64 least, most;

	state_sym_range(s, sym, &least, &most);
	return least == lo && most == hi;
}

static bool bound_is(const struct state *s, u32 a, u32 b, s64 c)
{
	s64 known;

	return diff_bound(&s->diff, a, b, &known) && known == c;
}

static bool has_row(const struct state *s, u32 sym)
{
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		if (s->diff.sym[row] == sym)
			return true;
	}
	return false;
}

static void test_ranges(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	state_init(s);
	CHECK(bound_is(s, SYM_ZERO, SYM_LEN, 0) && bound_is(s, SYM_ZERO, SYM_META, 1));
	CHECK(bound_is(s, SYM_LEN, SYM_ZERO, VALUE_MAX_PACKET));
	CHECK(bound_is(s, SYM_META, SYM_ZERO, VALUE_MAX_PACKET));
	CHECK(range_is(s, SYM_ZERO, 0, 0));
	s->regs[BPF_REG_FP] = value_none; /* without a constant that says so */
	s->regs[1] = named(0, 9, SYM_ZERO, 0, 9);
	CHECK(range_is(s, SYM_ZERO, 0, 0));
	CHECK(range_is(s, SYM_LEN, 0, VALUE_MAX_PACKET));
	CHECK(range_is(s, SYM_META, VALUE_MIN_META, VALUE_MAX_PACKET));
	CHECK(range_is(s, A, INT64_MIN, INT64_MAX));
	/* Of two values, with distances: A is in [3, 9] by r1 and in [2, 8] by r2. */
	s->regs[1] = named(3, 9, A, 0, 0);
	s->regs[2] = named(7, 10, A, 2, 5);
	CHECK(range_is(s, A, 3, 8));
	/* What may be null says nothing of the symbol. */
	s->regs[3] = record(70, 0);
	s->regs[3].sym = A;
	s->regs[3].dlo = s->regs[3].dhi = 0;
	CHECK(range_is(s, A, 3, 8));
	s->regs[3].flags = 0;
	CHECK(range_is(s, A, 3, 0));
	s->regs[3] = named(0, 5, SYM_LEN, 0, 0);
	CHECK(range_is(s, SYM_LEN, 0, 5));
	/* Too far away to say. */
	s->regs[1] = named(INT64_MIN, 5, B, 1, 1);
	CHECK(range_is(s, B, INT64_MIN, 4));
	s->regs[1] = named(5, INT64_MAX, B, -1, -1);
	CHECK(range_is(s, B, 6, INT64_MAX));
	/* Bounds between two: ranges, then what the matrix adds. */
	s->regs[1] = named(0, 10, B, 0, 0);
	s->regs[2] = named(20, 30, C, 0, 0);
	CHECK_EQ(state_sym_bound(s, B, C), -10);
	CHECK_EQ(state_sym_bound(s, C, B), 30);
	CHECK_EQ(state_sym_bound(s, B, B), 0);
	CHECK_EQ(state_sym_bound(s, A, B), INT64_MAX);
	CHECK_EQ(state_sym_bound(s, B, A), INT64_MAX);
	CHECK(state_sym_within(s, B, C, -10) && !state_sym_within(s, B, C, -11));
	CHECK(state_sym_within(s, B, B, 0) && !state_sym_within(s, B, B, -1));
	CHECK(diff_add(&s->diff, B, C, -15));
	CHECK_EQ(state_sym_bound(s, B, C), -15);
	CHECK(state_sym_within(s, B, C, -15) && !state_sym_within(s, B, C, -16));
	CHECK(diff_add(&s->diff, B, SYM_ZERO, 2));
	CHECK_EQ(state_sym_bound(s, B, C), -18);
	CHECK(diff_add(&s->diff, SYM_ZERO, C, -25));
	CHECK_EQ(state_sym_bound(s, B, C), -23);
	CHECK(state_sym_within(s, B, C, -23) && !state_sym_within(s, B, C, -24));
out:
	mem_free(s);
}

static void test_spread(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v;

	CHECK(s != NULL);
	state_init(s);
	s->regs[1] = named(0, 100, A, 0, 0);
	s->regs[2] = named(4, 104, A, 4, 4);
	s->regs[3] = named(0, 200, A, -2, 5);
	s->regs[4] = named(0, 100, B, 0, 0);
	state_store(s, 0, -8, 8, &s->regs[1]);
	v = named(10, 20, A, 0, 0);
	CHECK(state_spread(s, &v));
	CHECK(s->regs[1].n.smin == 10 && s->regs[1].n.smax == 20);
	CHECK(s->regs[2].n.smin == 14 && s->regs[2].n.smax == 24);
	CHECK(s->regs[3].n.smin == 8 && s->regs[3].n.smax == 25);
	CHECK(s->regs[4].n.smin == 0 && s->regs[4].n.smax == 100);
	CHECK(s->cells[0].value.n.smin == 10 && s->cells[0].value.n.smax == 20);
	v = named(21, 30, A, 0, 0);
	CHECK(!state_spread(s, &v));
	/* Down to one number. */
	s->regs[1] = named(0, 100, A, 0, 0);
	s->regs[2] = named(4, 104, A, 4, 4);
	v = named(10, 10, A, 0, 0);
	CHECK(state_spread(s, &v));
	CHECK(s->regs[1].n.smin == 10 && s->regs[1].n.smax == 10);
	CHECK(s->regs[2].n.smin == 14 && s->regs[2].n.smax == 14);
	v = named(0, 9, A, 0, 0);
	CHECK(!state_spread(s, &v));
	/* Known bits go to exact copies. */
	s->regs[1] = named(0, 100, A, 0, 0);
	s->regs[2] = s->regs[1];
	s->regs[3] = s->regs[4] = value_none;
	state_clear(s, 0, -8, 8);
	v = s->regs[1];
	v.n.bits.value = 0;
	v.n.bits.mask = 0x7e;
	CHECK(scalar_reduce(&v.n));
	CHECK(state_spread(s, &v));
	CHECK_EQ(s->regs[2].n.bits.mask & 1, 0);
	/* Not of what may be null, and not to it. */
	s->regs[2] = record(70, 0);
	s->regs[2].sym = A;
	s->regs[2].dlo = s->regs[2].dhi = 0;
	v = named(6, 6, A, 0, 0);
	CHECK(state_spread(s, &v));
	CHECK(s->regs[2].n.smin == 0);
	v = s->regs[2];
	CHECK(state_spread(s, &v));
	/* Into the matrix, where the symbol is in it. */
	s->regs[2] = value_none;
	s->regs[1] = named(0, 100, A, 0, 0);
	CHECK(diff_add(&s->diff, A, SYM_LEN, -3));
	v = s->regs[1] = named(10, 20, A, 0, 0);
	CHECK(state_spread(s, &v));
	CHECK(bound_is(s, A, SYM_ZERO, 20) && bound_is(s, SYM_ZERO, A, -10));
	CHECK(bound_is(s, SYM_ZERO, SYM_LEN, -13));
	v = value_const(7);
	CHECK(state_spread(s, &v));
out:
	mem_free(s);
}

static void test_differences(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	state_init(s);
	s->regs[1] = named(5, 10, A, 0, 0);
	s->regs[2] = named(0, 100, B, 0, 0);
	CHECK(state_add_diff(s, A, A, 0) && !state_add_diff(s, A, A, -1));
	CHECK(state_add_diff(s, A, B, -3));
	/* With the ranges of both: B is above 8 then. */
	CHECK(bound_is(s, SYM_ZERO, B, -8) && bound_is(s, A, SYM_ZERO, 10));
	CHECK(bound_is(s, B, SYM_ZERO, 100));
	CHECK(!state_add_diff(s, B, A, -8));
	/* Ranges that became narrower come in when the state is closed. */
	state_init(s);
	s->regs[1] = named(0, 10, A, 0, 0);
	s->regs[2] = named(0, 100, B, 0, 0);
	CHECK(diff_add(&s->diff, A, B, -3));
	CHECK(!bound_is(s, B, SYM_ZERO, 50));
	s->regs[2] = named(0, 50, B, 0, 0);
	state_close(s);
	CHECK(bound_is(s, B, SYM_ZERO, 50) && bound_is(s, SYM_ZERO, B, -3));
	/* Ranges without an end stay out. */
	s->regs[3] = named(INT64_MIN, INT64_MAX, C, 0, 0);
	CHECK(state_add_diff(s, C, SYM_LEN, 0));
	CHECK(!bound_is(s, SYM_ZERO, C, INT64_MIN));
out:
	mem_free(s);
}

static void test_names(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v;
	u32 sym;

	CHECK(s != NULL);
	state_init(s);
	/* At a distance from a symbol that is not exact: that is kept between the two. */
	v = s->regs[1] = named(0, 100, SYM_LEN, -20, -4);
	state_name(s, &s->regs[1]);
	sym = s->regs[1].sym;
	CHECK(sym >= SYM_FREE && s->regs[1].dlo == 0 && s->regs[1].dhi == 0);
	CHECK(bound_is(s, sym, SYM_LEN, -4) && bound_is(s, SYM_LEN, sym, 20));
	/* What is exact, or has none, keeps what it has. */
	v = s->regs[1];
	state_name(s, &s->regs[1]);
	CHECK(memcmp(&v, &s->regs[1], sizeof(v)) == 0);
	v = value_const(5);
	state_name(s, &v);
	CHECK_EQ(v.sym, SYM_ZERO);
	v = value_none;
	state_name(s, &v);
	CHECK_EQ(v.sym, SYM_NONE);
	v = named(0, 9, SYM_ZERO, 0, 9);
	state_name(s, &v);
	CHECK(v.sym > sym && v.dlo == 0 && v.dhi == 0);
	CHECK(!has_row(s, v.sym));
	v = named(0, 9, A, -9, 0);
	v.flags = VALUE_HALVED;
	state_name(s, &v);
	CHECK((v.flags & VALUE_HALVED) == 0);
	CHECK(bound_is(s, v.sym, A, 0) && bound_is(s, A, v.sym, 9));
	v = named(0, 9, A, INT64_MIN, 0);
	state_name(s, &v);
	CHECK(bound_is(s, v.sym, A, 0) && !bound_is(s, A, v.sym, INT64_MAX));
	CHECK(state_new_id(s) + 1 == state_new_id(s));
out:
	mem_free(s);
}

static void test_forgotten(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	u32 rows;

	CHECK(s != NULL);
	state_init(s);
	rows = state_diff_rows(s);
	CHECK_EQ(rows, 3); /* zero, LEN and META */
	s->regs[1] = named(0, 10, A, 0, 0);
	CHECK(diff_add(&s->diff, A, SYM_LEN, 0));
	CHECK(diff_add(&s->diff, B, SYM_LEN, 0));
	CHECK(diff_add(&s->diff, SYM_ANCHOR, SYM_LEN, 0));
	CHECK(diff_add(&s->diff, SYM_ENTRY, SYM_LEN, 0));
	CHECK_EQ(state_diff_rows(s), rows + 4);
	state_forget_unused(s);
	CHECK(has_row(s, A) && !has_row(s, B) && has_row(s, SYM_ANCHOR) && has_row(s, SYM_ENTRY));
	/* Room: what says nothing of the packet's end goes first. */
	state_init(s);
	s->regs[1] = named(0, 10, A, 0, 0);
	s->regs[2] = named(0, 10, B, 0, 0);
	s->regs[3] = named(0, 10, C, 0, 0);
	CHECK(diff_add(&s->diff, A, SYM_LEN, -4));
	CHECK(diff_add(&s->diff, SYM_LEN, B, 7));
	CHECK(diff_add(&s->diff, C, SYM_ZERO, 10));
	state_forget_distances(s, rows + 3);
	CHECK(has_row(s, A) && has_row(s, B) && has_row(s, C));
	state_forget_distances(s, rows + 2);
	CHECK(has_row(s, A) && has_row(s, B) && !has_row(s, C));
	state_forget_distances(s, 0);
	CHECK(has_row(s, A) && has_row(s, B) && has_row(s, SYM_LEN) && has_row(s, SYM_ZERO));
out:
	mem_free(s);
}

/* Which symbols make room: in whichever row they are, those that say nothing new. */
static void test_forgotten_rows(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	u32 rows;

	CHECK(s != NULL);
	state_init(s);
	rows = state_diff_rows(s);
	diff_init(&s->diff);
	s->regs[1] = named(0, 10, A, 0, 0);
	CHECK(diff_add(&s->diff, A, SYM_ZERO, 10));
	CHECK(s->diff.sym[0] == A || s->diff.sym[1] == A);
	state_forget_distances(s, 0);
	CHECK(!has_row(s, A));
	state_init(s);
	diff_init(&s->diff);
	CHECK(diff_add(&s->diff, SYM_ZERO, A, 0));
	state_forget_distances(s, 0);
	CHECK(!has_row(s, A));
	/* How far the end may be behind what is not below 0 follows from how far it may be. */
	for (s64 less = 0; less < 2; less++) {
		state_init(s);
		s->regs[1] = named(0, INT64_MAX, A, 0, 0);
		CHECK(diff_add(&s->diff, SYM_ZERO, A, 0));
		CHECK(diff_add(&s->diff, SYM_LEN, A, VALUE_MAX_PACKET - less));
		state_forget_distances(s, rows);
		CHECK_EQ(has_row(s, A), less != 0);
	}
	/* What the ranges of both say as well is no relation: at most 10, of at least 14 or 4. */
	for (u32 i = 0; i < 2; i++) {
		u32 end = i == 0 ? SYM_LEN : SYM_META;
		s64 least = i == 0 ? 14 : 4;

		for (s64 more = 0; more < 2; more++) {
			state_init(s);
			CHECK(diff_add(&s->diff, SYM_ZERO, end, -least));
			s->regs[1] = named(0, 10, A, 0, 0);
			CHECK(diff_add(&s->diff, A, SYM_ZERO, 10));
			CHECK(diff_add(&s->diff, A, end, 10 - least - more));
			state_forget_distances(s, rows);
			CHECK_EQ(has_row(s, A), more != 0);
		}
	}
out:
	mem_free(s);
}

static void test_ids(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v = record(70, 0), borrowed = record(72, 70);

	CHECK(s != NULL);
	state_init(s);
	s->regs[1] = s->regs[2] = v;
	s->regs[3] = record(71, 0);
	s->regs[4] = borrowed;
	state_store(s, 0, -8, 8, &v);
	state_store(s, 0, -16, 8, &borrowed);
	CHECK_EQ(state_acquire(s, 71, 1, 5), 0);
	CHECK_EQ(state_acquire(s, 70, 2, 6), 0);
	CHECK_EQ(state_acquire(s, 75, 3, 7), 0);
	CHECK(state_reference(s, 70) == &s->refs[1] && state_reference(s, 72) == NULL);
	/* Null: all of them are 0, and there is nothing to release. */
	state_resolve_null(s, 70, true);
	for (u32 reg = 1; reg <= 2; reg++)
		CHECK(s->regs[reg].type == VALUE_NUMBER && s->regs[reg].n.umax == 0);
	CHECK(s->cells[1].value.type == VALUE_NUMBER);
	CHECK((s->regs[3].flags & VALUE_NULLABLE) != 0);
	CHECK_EQ(s->ref_count, 2);
	CHECK(state_reference(s, 70) == NULL && state_reference(s, 71) != NULL &&
	      state_reference(s, 75)->kind == 3);
	CHECK_EQ(s->refs[2].id, 0);
	/* Not null: an id that nothing else needs goes. */
	s->regs[1] = s->regs[2] = v;
	s->regs[2].flags |= VALUE_ACQUIRED;
	state_resolve_null(s, 70, false);
	CHECK(s->regs[1].flags == 0 && s->regs[1].id == ID_NONE);
	CHECK(s->regs[2].flags == VALUE_ACQUIRED && s->regs[2].id == 70);
	CHECK_EQ(s->ref_count, 2);
	/* A test of no id is of nothing. */
	s->regs[1].flags = VALUE_NULLABLE;
	state_resolve_null(s, ID_NONE, true);
	CHECK(s->regs[1].type == VALUE_MEM);
	/* Released: with what is borrowed. */
	s->regs[1] = v;
	state_store(s, 0, -8, 8, &v);
	state_release(s, 70);
	CHECK(s->regs[1].type == VALUE_NONE && s->regs[2].type == VALUE_NONE);
	CHECK(s->regs[4].type == VALUE_NONE && s->regs[3].type == VALUE_MEM);
	CHECK(!state_is_init(s, 0, -8, 1) && !state_is_init(s, 0, -16, 1));
	CHECK_EQ(s->cell_count, 0);
	CHECK_EQ(s->ref_count, 2);
	state_release(s, 71);
	CHECK(s->ref_count == 1 && s->refs[0].id == 75 && s->refs[1].id == 0);
	for (u32 i = 1; i < STATE_REFS; i++)
		CHECK_EQ(state_acquire(s, 100 + i, 1, 1), 0);
	CHECK(state_acquire(s, 99, 1, 1) < 0);
	CHECK_EQ(s->ref_count, STATE_REFS);
out:
	mem_free(s);
}

static void test_packet(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v = value_pointer(VALUE_PACKET, 0);

	CHECK(s != NULL);
	state_init(s);
	CHECK(diff_add(&s->diff, SYM_ZERO, SYM_LEN, -14));
	CHECK(diff_add(&s->diff, SYM_ZERO, SYM_META, -4));
	s->regs[1] = v;
	s->regs[2] = value_pointer(VALUE_META, 0);
	s->regs[3] = value_pointer(VALUE_PACKET_END, 0);
	s->regs[4] = value_pointer(VALUE_PACKET_LOW, VALUE_PACKET);
	s->regs[5] = value_pointer(VALUE_CTX, 0);
	s->regs[6] = named(14, 100, SYM_LEN, 0, 0);
	s->regs[7] = named(0, 100, SYM_META, 0, 0);
	state_store(s, 0, -8, 8, &v);
	state_store(s, 0, -16, 8, &s->regs[6]);
	state_kill_packet(s);
	CHECK_EQ(s->packet_moved, 1);
	for (u32 reg = 1; reg <= 4; reg++)
		CHECK_EQ(s->regs[reg].type, VALUE_NONE);
	CHECK(!state_is_init(s, 0, -8, 1));
	CHECK_EQ(s->regs[5].type, VALUE_CTX);
	/* Numbers stay, but are not the length any more. */
	CHECK(s->regs[6].sym == SYM_ZERO && s->regs[6].dlo == 14 && s->regs[6].n.smin == 14);
	CHECK(s->regs[7].sym == SYM_ZERO && s->cells[0].value.sym == SYM_ZERO);
	CHECK(bound_is(s, SYM_ZERO, SYM_LEN, 0) && bound_is(s, SYM_ZERO, SYM_META, 1));
	CHECK(bound_is(s, SYM_LEN, SYM_ZERO, VALUE_MAX_PACKET));
	CHECK(bound_is(s, SYM_META, SYM_ZERO, VALUE_MAX_PACKET));
out:
	mem_free(s);
}

/* Names in canonical states: the same ones for the same things, wherever they are. */
static void test_canonical(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	state_init(s);
	diff_init(&s->diff);
	CHECK(diff_add(&s->diff, A, SYM_LEN, -4)); /* in the first row */
	s->regs[1] = named(0, 9, A, 0, 0);
	s->regs[2] = named(1, 10, A, 1, 1);
	state_canonical(s);
	CHECK(s->regs[1].sym == SYM_FREE && s->regs[2].sym == SYM_FREE && s->regs[2].dlo == 1);
	CHECK(bound_is(s, SYM_FREE, SYM_LEN, -4) && !has_row(s, A));
	/* A lock whose value is gone is still one of some value. */
	state_init(s);
	s->lock = (struct state_lock){ .held = 1, .region = 2, .id = 444, .off = 4 };
	state_canonical(s);
	CHECK(s->lock.id >= ID_FREE && s->lock.id != 444);
	s->regs[1] = record(444, 445);
	s->lock.id = 444;
	state_canonical(s);
	CHECK(s->lock.id == s->regs[1].id && s->regs[1].parent != s->regs[1].id);
	CHECK(s->regs[1].parent >= ID_FREE && s->regs[1].parent != 445);
	/* References by rising id, which are named in the order of before. */
	state_init(s);
	CHECK_EQ(state_acquire(s, 10, 1, 1), 0);
	CHECK_EQ(state_acquire(s, 444, 2, 2), 0);
	CHECK_EQ(state_acquire(s, 9, 3, 3), 0);
	CHECK_EQ(state_acquire(s, 8, 4, 4), 0);
	state_canonical(s);
	CHECK(s->refs[0].id == 8 && s->refs[0].kind == 4 && s->refs[0].slot == 4);
	CHECK(s->refs[1].id == 9 && s->refs[2].id == 10);
	CHECK(s->refs[3].id >= ID_FREE && s->refs[3].kind == 2);
	/* A symbol that one value has stays when the matrix relates it, in whichever row. */
	for (u32 first = 0; first < 2; first++) {
		state_init(s);
		diff_init(&s->diff);
		s->regs[1] = named(0, 9, A, 0, 0);
		CHECK(diff_add(&s->diff, first == 0 ? A : SYM_LEN, first == 0 ? SYM_LEN : A, 5));
		state_canonical(s);
		CHECK_EQ(s->regs[1].sym, SYM_FREE);
		/* But not for a distance from zero. */
		state_init(s);
		diff_init(&s->diff);
		s->regs[1] = named(0, 9, A, 0, 0);
		CHECK(diff_add(&s->diff, first == 0 ? A : SYM_ZERO, first == 0 ? SYM_ZERO : A, 5));
		state_canonical(s);
		CHECK_EQ(s->regs[1].sym, SYM_ZERO);
	}
	/* Below the free ones names stay. */
	state_init(s);
	s->regs[1] = record(10, 11);
	s->lock.id = 10;
	state_canonical(s);
	CHECK(s->lock.id == 10 && s->regs[1].id == 10 && s->regs[1].parent == 11);
out:
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_ranges), TAP_TEST(test_spread), TAP_TEST(test_differences),
	 TAP_TEST(test_names), TAP_TEST(test_forgotten), TAP_TEST(test_forgotten_rows),
	 TAP_TEST(test_ids), TAP_TEST(test_packet), TAP_TEST(test_canonical))
