/* SPDX-License-Identifier: MIT */
/* Inclusion of states: names that are fixed and names that are not, in locks, references, loans and
 * relations. */
#include "check_named.h"
#include "check_pair.h"

static bool leq_entry(struct fixture *f)
{
	return state_leq(f->a, f->b, LEQ_ENTRY, NULL, f->map);
}

static bool leq_again(struct fixture *f)
{
	return state_leq(f->a, f->b, LEQ_AGAIN, NULL, f->map);
}

/* Halves of a number, on the stack behind other things: not as a load would give them. */
static void test_halved_cell(void)
{
	struct value five = value_const(5), v = named(0, 50, SYM_ENTRY, -50, 0);
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	v.flags = VALUE_HALVED;
	for (s32 off = -32; off < -8; off += 8)
		state_store(f.a, 0, off, 8, &five);
	state_store(f.a, 0, -8, 8, &five);
	f.a->cells[3].value = v;
	state_store(f.b, 0, -8, 8, &five);
	f.b->cells[0].value = v;
	CHECK(leq(&f));
	f.a->cells[3].value.flags = 0;
	CHECK(!leq(&f));
	f.a->cells[3].value = five;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

static void test_locks(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->regs[1] = record(100, 0, VALUE_INNER);
	f.b->regs[1] = record(200, 0, VALUE_INNER);
	f.a->lock = (struct state_lock){ .held = 1, .region = 2, .id = 100, .off = 4 };
	f.b->lock = (struct state_lock){ .held = 1, .region = 2, .id = 200, .off = 4 };
	CHECK(leq(&f));
	f.a->lock.id = 101;
	CHECK(!leq(&f));
	f.a->lock.id = ID_NONE;
	CHECK(!leq(&f));
	f.a->lock.id = 100;
	f.b->lock.id = ID_NONE;
	CHECK(!leq(&f));
	f.a->lock.id = ID_NONE;
	CHECK(leq(&f));
	/* Names that nothing binds: fixed ones have to be the same. */
	f.a->lock.id = f.b->lock.id = 10;
	CHECK(leq(&f));
	f.a->lock.id = 11;
	CHECK(!leq(&f));
	f.a->lock.id = f.b->lock.id = 300;
	CHECK(!leq(&f));
	f.a->lock.id = f.b->lock.id = ID_NONE;
	f.a->lock.region = 3;
	CHECK(!leq(&f));
	/* One is held, or none: not a matter of where and whose it is. */
	memset(&f.a->lock, 0, sizeof(f.a->lock));
	CHECK(!leq(&f));
	f.b->lock = f.a->lock;
	CHECK(leq(&f));
	f.a->lock.held = 1;
	CHECK(!leq(&f));
	f.b->lock.held = 1;
	CHECK(leq(&f));
	f.a->lock.held = 0;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

static void test_fixed_ids(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* An id of the state of entry is that very one inside of the instance. */
	f.a->regs[1] = record(10, 0, VALUE_NULLABLE);
	f.b->regs[1] = record(10, 0, VALUE_NULLABLE);
	CHECK(leq(&f));
	f.a->regs[1].id = 11;
	CHECK(!leq(&f));
	CHECK(leq_entry(&f)); /* where it is only a name */
	CHECK(!leq_again(&f));
	f.a->regs[1].id = 100;
	CHECK(!leq(&f));
	CHECK(leq_entry(&f));
	f.a->regs[1] = value_const(0);
	CHECK(!leq(&f));
	CHECK(leq_entry(&f));
	CHECK(!leq_again(&f));
	f.b->regs[1].id = 64;
	CHECK(leq(&f));
	/* Loans from a fixed reference, which no value names. */
	f.b->regs[1] = record(0, 10, 0);
	f.a->regs[1] = record(0, 10, 0);
	CHECK(leq(&f));
	f.a->regs[1].parent = 11;
	CHECK(!leq(&f));
	CHECK(leq_entry(&f));
	/* Two loans are of one lender, or of two. */
	f.b->regs[1].parent = f.b->regs[2].parent = 200;
	f.b->regs[2] = record(0, 200, 0);
	f.a->regs[1] = record(0, 100, 0);
	f.a->regs[2] = record(0, 100, 0);
	CHECK(leq(&f));
	f.a->regs[2].parent = 101;
	CHECK(!leq(&f));
	f.b->regs[2].parent = 201;
	CHECK(leq(&f));
	f.a->regs[2].parent = 100;
	CHECK(!leq(&f)); /* released under one name, it would stay under the other */
	f.b->regs[2].parent = 0;
	CHECK(!leq(&f));
	f.a->regs[2].parent = 0;
	CHECK(leq(&f));
out:
	fixture_fini(&f);
}

/* The loan comes before the lender. */
static void test_lender_later(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.b->regs[1] = record(0, 200, 0);
	f.b->regs[2] = record(200, 0, VALUE_ACQUIRED);
	f.a->regs[1] = record(0, 100, 0);
	f.a->regs[2] = record(100, 0, VALUE_ACQUIRED);
	CHECK_EQ(state_acquire(f.a, 100, 7, 3), 0);
	CHECK_EQ(state_acquire(f.b, 200, 7, 3), 0);
	CHECK(leq(&f));
	f.a->regs[2].id = 101;
	f.a->refs[0].id = 101;
	CHECK(!leq(&f));
	f.a->regs[2].id = f.a->refs[0].id = 100;
	f.a->regs[2].flags |= VALUE_NULLABLE;
	f.b->regs[2].flags |= VALUE_NULLABLE;
	CHECK(!leq(&f)); /* that it is there was said, too */
out:
	fixture_fini(&f);
}

static void test_references(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* Held by no value: by kind, one for one. */
	CHECK_EQ(state_acquire(f.a, 100, 1, 3), 0);
	CHECK_EQ(state_acquire(f.a, 101, 2, 3), 0);
	CHECK_EQ(state_acquire(f.b, 200, 2, 3), 0);
	CHECK_EQ(state_acquire(f.b, 201, 1, 3), 0);
	CHECK(leq(&f));
	f.b->refs[0].kind = 1;
	CHECK(!leq(&f));
	f.a->refs[1].kind = 1;
	CHECK(leq(&f));
	f.b->ref_count = 1;
	CHECK(!leq(&f));
	f.a->ref_count = 1;
	CHECK(leq(&f));
	/* A fixed one is that very one. */
	f.b->refs[0].id = 10;
	CHECK(!leq(&f));
	f.a->refs[0].id = 10;
	CHECK(leq(&f));
	f.a->refs[0].id = 11;
	CHECK(!leq(&f));
	CHECK(leq_entry(&f));
	/* What a tail call must know of. */
	f.a->refs[0].id = 10;
	f.a->outer_refs = 1;
	CHECK(!leq(&f));
	f.b->outer_refs = 1;
	CHECK(leq(&f));
	f.a->outer_refs = 0;
	CHECK(leq(&f));
	f.b->frame_count = 2;
	CHECK(!leq(&f));
	/* Each is there for one only, the second of them, too. */
	state_init(f.a);
	state_init(f.b);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(state_acquire(f.a, 100 + i, i < 2 ? 1 : 2, 3), 0);
		CHECK_EQ(state_acquire(f.b, 200 + i, 1, 3), 0);
	}
	CHECK(!leq(&f));
	f.b->refs[0].kind = 2;
	CHECK(leq(&f));
out:
	fixture_fini(&f);
}

/* What kind of thing it is that is pointed to. */
static void test_flags(void)
{
	static const u8 flags[] = { VALUE_INNER, VALUE_ACQUIRED };
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
		state_init(f.a);
		state_init(f.b);
		/* The reference itself is in both, and no value of b holds it. */
		CHECK_EQ(state_acquire(f.a, 100, 1, 3), 0);
		CHECK_EQ(state_acquire(f.b, 200, 1, 3), 0);
		f.a->regs[1] = f.b->regs[1] = value_pointer(VALUE_MAP, 3);
		CHECK(leq(&f));
		f.a->regs[1].flags = flags[i];
		f.a->regs[1].id = 100;
		CHECK(!leq(&f));
		f.b->regs[1].flags = flags[i];
		f.b->regs[1].id = 200;
		CHECK(leq(&f));
		f.a->regs[1].flags = 0;
		CHECK(!leq(&f));
		f.a->regs[1].flags = flags[i];
		f.a->regs[1].region = 4;
		CHECK(!leq(&f));
	}
out:
	fixture_fini(&f);
}

/* A map's value with a lock: one that has no name may be any of them. */
static void test_named(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->regs[1] = f.b->regs[1] = value_pointer(VALUE_MAP_VALUE, 3);
	f.a->regs[1].flags = f.b->regs[1].flags = VALUE_NAMED;
	f.a->regs[1].id = 100;
	f.b->regs[1].id = 200;
	CHECK(leq(&f));
	f.b->regs[1].id = ID_NONE;
	CHECK(leq(&f));
	f.b->regs[1].id = 200;
	f.a->regs[1].id = ID_NONE;
	CHECK(!leq(&f));
	f.b->regs[1].id = ID_NONE;
	CHECK(leq(&f));
	/* Without locks it does not matter. */
	f.a->regs[1].flags = f.b->regs[1].flags = 0;
	f.b->regs[1].id = 200;
	CHECK(leq(&f));
	f.a->regs[1].flags = VALUE_NAMED;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* What was found out about other states is forgotten: none of 64 ids is the last one's. */
static void test_map_again(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->regs[1] = record(100, 0, VALUE_NULLABLE);
	f.b->regs[1] = record(200, 0, VALUE_NULLABLE);
	f.a->regs[2] = named(0, 9, 140, 0, 0);
	f.b->regs[2] = named(0, 9, 300, 0, 0);
	CHECK(leq(&f));
	CHECK(f.map->id_count == 1 && f.map->sym_count == 1);
	f.a->regs[1].id = 101;
	f.a->regs[2].sym = 141;
	CHECK(leq(&f));
	CHECK(f.map->id_count == 1 && f.map->ids[0].to == 101);
	CHECK(f.map->sym_count == 1 && f.map->syms[0].to == 141);
out:
	fixture_fini(&f);
}

/* What follows from ranges and bounds together is found when it is needed. */
static void test_closing(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* a: r1 >= 20 and r1 + 5 <= LEN; b: LEN >= 25. */
	f.a->regs[1] = named(20, 100, 140, 0, 0);
	CHECK(diff_add(&f.a->diff, 140, SYM_LEN, -5));
	CHECK(diff_add(&f.b->diff, SYM_ZERO, SYM_LEN, -26));
	CHECK(!leq(&f));
	state_init(f.b);
	CHECK(diff_add(&f.b->diff, SYM_ZERO, SYM_LEN, -25));
	CHECK(leq(&f));
	/* What is wrong with a value is so however much is known. */
	f.b->regs[1] = named(30, 100, SYM_ZERO, 30, 100);
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* The stack of each frame. */
static void test_frames(void)
{
	struct value pointer = value_pointer(VALUE_CTX, 0), five = value_const(5);
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->frame_count = f.b->frame_count = 3;
	for (u32 frame = 0; frame < 3; frame++) {
		state_havoc(f.b, frame, -512, 8, true);
		CHECK(!leq(&f));
		state_havoc(f.a, frame, -512, 8, true);
		CHECK(leq(&f));
		state_store(f.a, frame, -16, 8, &pointer);
		CHECK(leq(&f));
		state_havoc(f.b, frame, -16, 1, true);
		CHECK(!leq(&f)); /* a number for b */
		state_store(f.b, frame, -16, 8, &pointer);
		CHECK(leq(&f));
		state_store(f.b, frame, -24, 8, &five);
		CHECK(!leq(&f));
		state_store(f.a, frame, -24, 8, &five);
		CHECK(leq(&f));
	}
	/* Cells of a that b does not have, before and between those that both have. */
	state_store(f.a, 0, -40, 8, &five);
	state_store(f.a, 1, -20, 4, &five);
	state_store(f.a, 2, -8, 8, &five);
	CHECK(!leq(&f)); /* a cell of b is cut */
	state_store(f.a, 1, -24, 8, &five);
	CHECK(leq(&f));
out:
	fixture_fini(&f);
}

/* Values at distances from different symbols. */
static void test_relations(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* b: r2 is in r1 + [1, 5]. a: r1 = s, r2 = t, and t - s in [2, 4] by the matrix. */
	f.b->regs[1] = named(0, 100, 300, 0, 0);
	f.b->regs[2] = named(0, 200, 300, 1, 5);
	f.a->regs[1] = named(0, 100, 140, 0, 0);
	f.a->regs[2] = named(0, 100, 141, 0, 0);
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, 141, 140, 4));
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, 140, 141, -2));
	CHECK(leq(&f));
	f.b->regs[2].dhi = 3;
	CHECK(!leq(&f));
	f.b->regs[2].dhi = 4;
	CHECK(leq(&f));
	f.b->regs[2].dlo = 3;
	CHECK(!leq(&f));
	f.b->regs[2].dlo = 2;
	CHECK(leq(&f));
	/* One-sided claims, of which one side says nothing. */
	f.b->regs[2].dhi = INT64_MAX;
	CHECK(!leq(&f));
	f.b->regs[2].dhi = 4;
	f.b->regs[2].dlo = INT64_MIN;
	CHECK(!leq(&f));
	/* The same symbol: by the distances alone. */
	f.b->regs[2].dlo = 2;
	f.a->regs[2] = named(0, 100, 140, 2, 4);
	CHECK(leq(&f));
	f.a->regs[2].dlo = 1;
	CHECK(!leq(&f));
	f.a->regs[2].dlo = 2;
	f.a->regs[2].dhi = 5;
	CHECK(!leq(&f));
	f.a->regs[2].dhi = 4;
	/* r1 is at a distance itself. */
	f.a->regs[1].dlo = f.a->regs[1].dhi = 10;
	CHECK(!leq(&f));
	f.a->regs[2].dlo = 12;
	f.a->regs[2].dhi = 14;
	CHECK(leq(&f));
	/* Half of a symbol is half of that symbol. */
	f.b->regs[2].flags = VALUE_HALVED;
	CHECK(!leq(&f));
	f.a->regs[2].flags = VALUE_HALVED;
	CHECK(!leq(&f));
	f.a->regs[1].dlo = f.a->regs[1].dhi = 0;
	f.a->regs[2].dlo = 2;
	f.a->regs[2].dhi = 4;
	CHECK(leq(&f));
	f.a->regs[2].flags = 0;
	CHECK(!leq(&f));
	f.a->regs[2].flags = VALUE_HALVED;
	f.a->regs[2].sym = 142;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* A bound that is none, on one side only: r2 is at most 2^63 - 2 above r1. */
static void test_far_relations(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.b->regs[1] = named(INT64_MIN, INT64_MAX, 300, 0, 0);
	f.b->regs[2] = named(INT64_MIN, INT64_MAX, 300, 1, INT64_MAX - 1);
	f.a->regs[1] = named(INT64_MIN, INT64_MAX, 140, 0, 0);
	f.a->regs[2] = named(INT64_MIN, INT64_MAX, 141, -1, -1);
	CHECK(diff_add(&f.a->diff, 140, 141, -2));
	CHECK(!leq(&f));
	f.a->regs[2].dlo = f.a->regs[2].dhi = 0;
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, 141, 140, 9));
	CHECK(leq(&f));
	/* And at least 2^63 - 1 below it. */
	f.b->regs[2] = named(INT64_MIN, INT64_MAX, 300, -INT64_MAX, 20);
	state_init(f.a);
	f.a->regs[1] = named(INT64_MIN, INT64_MAX, 140, 0, 0);
	f.a->regs[2] = named(INT64_MIN, INT64_MAX, 141, 0, 0);
	CHECK(diff_add(&f.a->diff, 141, 140, 9));
	CHECK(!leq(&f));
	f.b->regs[2].dlo++;
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, 140, 141, 5));
	CHECK(leq(&f));
out:
	fixture_fini(&f);
}

static void test_ranges(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* Far from its own symbol, but its range is near enough. */
	f.b->regs[2] = named(0, 100, 300, -97, 3);
	f.b->regs[1] = named(0, 100, 300, 0, 0);
	f.a->regs[1] = named(0, 100, 143, 0, 0);
	f.a->regs[2] = named(3, 3, 142, -1000, 1000);
	CHECK(leq(&f));
	f.b->regs[2].dlo = -96;
	CHECK(!leq(&f));
	f.b->regs[2].dlo = -97;
	f.b->regs[2].dhi = 2;
	CHECK(!leq(&f));
	f.b->regs[2].dhi = 3;
	f.a->regs[2] = named(3, 4, 142, -1000, 1000);
	CHECK(!leq(&f));
	f.b->regs[2].flags = VALUE_HALVED;
	f.a->regs[2] = named(3, 3, 142, -1000, 1000);
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* What the matrix of b says follows from ranges and from bounds with zero, or is shown. */
static void test_matrix(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.b->regs[1] = named(0, 10, 300, 0, 0);
	f.b->regs[2] = named(20, 30, 301, 0, 0);
	f.a->regs[1] = named(5, 10, 140, 0, 0);
	f.a->regs[2] = named(20, 25, 141, 0, 0);
	CHECK(diff_add(&f.b->diff, 300, 301, -10));
	CHECK(leq(&f)); /* the ranges say so */
	CHECK(diff_add(&f.b->diff, 300, 301, -11));
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, 140, 141, -11));
	CHECK(leq(&f));
	/* Of constants in a. */
	f.a->regs[1] = value_const(7);
	f.a->regs[2] = value_const(20);
	CHECK(leq(&f));
	f.a->regs[1] = value_const(10);
	CHECK(!leq(&f));
	/* The other way round it is another claim. */
	diff_init(&f.b->diff);
	CHECK(diff_add(&f.b->diff, 301, 300, 12));
	CHECK(leq(&f));
	f.a->regs[2] = value_const(23);
	CHECK(!leq(&f));
	/* Bounds with zero beyond the range. */
	diff_init(&f.b->diff);
	CHECK(diff_add(&f.b->diff, 301, SYM_ZERO, 24));
	CHECK(leq(&f));
	f.a->regs[2] = value_const(25);
	CHECK(!leq(&f));
	diff_init(&f.b->diff);
	CHECK(diff_add(&f.b->diff, SYM_ZERO, 300, -10));
	CHECK(leq(&f));
	f.a->regs[1] = value_const(9);
	CHECK(!leq(&f));
	/* Bounds with zero that allow negative numbers do not order them. */
	diff_init(&f.b->diff);
	f.b->regs[1] = named(-5, 5, 300, 0, 0);
	f.b->regs[2] = named(-5, 5, 301, 0, 0);
	f.a->regs[1] = value_const(1);
	f.a->regs[2] = value_const(2);
	CHECK(diff_add(&f.b->diff, SYM_ZERO, 301, 5));
	CHECK(diff_add(&f.b->diff, 300, 301, 0));
	CHECK(leq(&f));
	f.a->regs[1] = value_const(3);
	CHECK(!leq(&f));
	/* Fixed symbols are themselves. */
	diff_init(&f.b->diff);
	CHECK(diff_add(&f.b->diff, SYM_ANCHOR, SYM_ENTRY, 5));
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, SYM_ANCHOR, SYM_ENTRY, 6));
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, SYM_ANCHOR, SYM_ENTRY, 5));
	CHECK(leq(&f));
	CHECK(!leq_entry(&f));
out:
	fixture_fini(&f);
}

/* An anchor is set anew where a ranked point is entered. */
static void test_anchors(void)
{
	struct fixture f = { 0 };
	struct leq_anchor anchor = { 0 };

	CHECK(fixture_init(&f));
	f.b->regs[1] = named(0, 100, SYM_ANCHOR, 0, 0);
	f.a->regs[1] = named(0, 100, 140, 0, 0);
	CHECK(!leq(&f));
	anchor.sym = SYM_ANCHOR;
	anchor.value = &f.a->regs[1];
	CHECK(state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	/* r2 is one more than r1 in both. */
	f.b->regs[2] = named(1, 101, SYM_ANCHOR, 1, 1);
	f.a->regs[2] = named(1, 101, 140, 1, 1);
	CHECK(state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	f.a->regs[2] = named(1, 101, 140, 2, 2);
	CHECK(!state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	/* What was related to the anchor's last value is not to the new one. */
	f.a->regs[2] = named(1, 101, SYM_ANCHOR, 1, 1);
	CHECK(!state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	/* A value without a name gets one. */
	f.b->regs[2] = value_none;
	f.a->regs[1] = named(0, 100, SYM_ZERO, 0, 100);
	CHECK(state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	f.a->regs[1] = value_const(7);
	CHECK(state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
	f.a->regs[1] = value_const(101);
	CHECK(!state_leq(f.a, f.b, LEQ_INSIDE, &anchor, f.map));
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_halved_cell), TAP_TEST(test_locks), TAP_TEST(test_fixed_ids),
	 TAP_TEST(test_lender_later), TAP_TEST(test_references), TAP_TEST(test_frames),
	 TAP_TEST(test_flags), TAP_TEST(test_named), TAP_TEST(test_map_again),
	 TAP_TEST(test_closing), TAP_TEST(test_relations), TAP_TEST(test_far_relations),
	 TAP_TEST(test_ranges), TAP_TEST(test_matrix), TAP_TEST(test_anchors))
