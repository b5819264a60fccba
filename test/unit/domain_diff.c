/* SPDX-License-Identifier: MIT */
/* Difference matrices: random constraints over few symbols against all points of a small box, and
 * the edges of the number range. */
#include "domain/diff.h"
#include "tap.h"

#define SYMS 4
#define BOX  7 /* a symbol is 0 to BOX - 1 */
#define NONE DIFF_NONE

static u64 state;

static u64 next_random(u64 limit)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 24) % limit;
}

static const u32 names[SYMS] = { 7, 0xffffffff, 1, 300 };

/* The reference: bounds by definition, closed by trying all paths. */
struct model {
	s64 bound[SYMS][SYMS];
};

static void model_init(struct model *m)
{
	for (unsigned i = 0; i < SYMS; i++) {
		for (unsigned k = 0; k < SYMS; k++)
			m->bound[i][k] = i == k ? 0 : NONE;
	}
}

static bool model_add(struct model *m, unsigned a, unsigned b, s64 c)
{
	m->bound[a][b] = MIN(m->bound[a][b], c);
	for (unsigned via = 0; via < SYMS; via++) {
		for (unsigned i = 0; i < SYMS; i++) {
			for (unsigned k = 0; k < SYMS; k++) {
				s64 x = m->bound[i][via], y = m->bound[via][k];

				if (x != NONE && y != NONE && x + y < m->bound[i][k])
					m->bound[i][k] = x + y;
			}
		}
	}
	for (unsigned i = 0; i < SYMS; i++) {
		if (m->bound[i][i] < 0)
			return false;
	}
	return true;
}

static void model_forget(struct model *m, unsigned sym)
{
	for (unsigned i = 0; i < SYMS; i++) {
		m->bound[i][sym] = m->bound[sym][i] = NONE;
		m->bound[sym][sym] = 0;
	}
}

static bool is_same(const struct diff *d, const struct model *m)
{
	for (unsigned i = 0; i < SYMS; i++) {
		for (unsigned k = 0; k < SYMS; k++) {
			s64 c = NONE;
			bool known = diff_bound(d, names[i], names[k], &c);

			if (known != (m->bound[i][k] != NONE) || c != m->bound[i][k])
				return false;
		}
	}
	return true;
}

/* Each row free or with a symbol of its own; the diagonal without bounds. */
static bool is_well_formed(const struct diff *d)
{
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		if (d->sym[i] != 0 && d->bound[i][i] != NONE)
			return false;
		for (unsigned k = 0; k < i; k++) {
			if (d->sym[i] != 0 && d->sym[i] == d->sym[k])
				return false;
		}
	}
	return true;
}

/* Random constraints that do not contradict each other. */
static bool make_random(struct diff *d, struct model *m)
{
	unsigned count = (unsigned)next_random(8);

	diff_init(d);
	model_init(m);
	for (unsigned i = 0; i < count; i++) {
		unsigned a = (unsigned)next_random(SYMS), b = (unsigned)next_random(SYMS);
		s64 c = (s64)next_random(2 * BOX) - BOX;
		struct diff old = *d;
		struct model tried = *m;
		bool possible = model_add(&tried, a, b, c);

		if (diff_add(d, names[a], names[b], c) != possible)
			return false;
		if (possible)
			*m = tried;
		else if (memcmp(&old, d, sizeof(old)) != 0)
			return false;
		if (!is_same(d, m) || !is_well_formed(d))
			return false;
		if (next_random(12) == 0) {
			diff_forget(d, names[b]);
			model_forget(m, b);
		}
	}
	return is_same(d, m) && is_well_formed(d);
}

static void test_add(void)
{
	state = 1;
	for (unsigned i = 0; i < 6000; i++) {
		struct diff d;
		struct model m;

		CHECK(make_random(&d, &m));
	}
out:
	return;
}

/* The points of the box that satisfy all bounds are the points of the constraints, none less. */
static bool holds(const struct diff *d, const s64 point[SYMS])
{
	for (unsigned i = 0; i < SYMS; i++) {
		for (unsigned k = 0; k < SYMS; k++) {
			s64 c;

			if (diff_bound(d, names[i], names[k], &c) && point[i] - point[k] > c)
				return false;
		}
	}
	return true;
}

static void test_points(void)
{
	state = 2;
	for (unsigned n = 0; n < 300; n++) {
		struct diff d;
		unsigned count = 1 + (unsigned)next_random(5);
		s64 c[8], point[SYMS];
		unsigned a[8], b[8];
		bool possible = true, found = false;

		diff_init(&d);
		for (unsigned i = 0; i < count && possible; i++) {
			a[i] = (unsigned)next_random(SYMS);
			b[i] = (unsigned)next_random(SYMS);
			c[i] = (s64)next_random(5) - 2;
			possible = diff_add(&d, names[a[i]], names[b[i]], c[i]);
			count = possible ? count : i + 1;
		}
		for (unsigned code = 0; code < BOX * BOX * BOX * BOX; code++) {
			bool want = true;

			for (unsigned i = 0, left = code; i < SYMS; i++, left /= BOX)
				point[i] = left % BOX;
			for (unsigned i = 0; i < count; i++)
				want = want && point[a[i]] - point[b[i]] <= c[i];
			found = found || want;
			CHECK(!possible || holds(&d, point) == want);
		}
		CHECK(possible || !found);
	}
out:
	return;
}

static bool has_row(const struct diff *d, u32 sym)
{
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		if (d->sym[i] == sym)
			return true;
	}
	return false;
}

/* Some symbols exchange names, are forgotten, or take the name of one that is not in the map. */
static void test_rename(void)
{
	state = 4;
	for (unsigned n = 0; n < 5000; n++) {
		struct diff d;
		struct model m, want;
		struct diff_name map[SYMS];
		unsigned count = (unsigned)next_random(SYMS + 1);
		unsigned to[SYMS] = { 0, 1, 2, 3 };

		CHECK(make_random(&d, &m));
		for (unsigned i = 0; i < SYMS; i++) {
			unsigned k = (unsigned)next_random(SYMS), old = to[i];

			to[i] = to[k];
			to[k] = old;
		}
		for (unsigned i = 0; i < SYMS; i++) {
			if (i < count && next_random(6) == 0)
				to[i] = SYMS;
			if (i >= count)
				to[i] = i;
			map[i].from = names[i];
			map[i].to = to[i] == SYMS ? 0 : names[to[i]];
		}
		for (unsigned i = count; i < SYMS; i++) {
			for (unsigned k = 0; k < count; k++)
				to[i] = to[k] == i && has_row(&d, names[k]) ? SYMS : to[i];
		}
		model_init(&want);
		for (unsigned i = 0; i < SYMS * SYMS; i++) {
			unsigned x = to[i / SYMS], y = to[i % SYMS];

			if (x < SYMS && y < SYMS && m.bound[i / SYMS][i % SYMS] != NONE)
				want.bound[x][y] = m.bound[i / SYMS][i % SYMS];
		}
		diff_rename(&d, map, count);
		CHECK(is_well_formed(&d));
		CHECK(is_same(&d, &want));
	}
out:
	return;
}

/* What is left when two symbols get one name, when a name is taken, when one is forgotten. */
static void test_rename_known(void)
{
	static const struct diff_name swap[] = { { 1, 2 }, { 2, 1 } };
	static const struct diff_name merge[] = { { 1, 9 }, { 2, 9 } };
	static const struct diff_name take[] = { { 3, 1 } };
	static const struct diff_name drop[] = { { 2, 0 } };
	static const struct diff_name zero[] = { { 0, 4 } };
	struct diff d, start;
	s64 c = 0;

	diff_init(&start);
	CHECK(diff_add(&start, 1, 2, 10) && diff_add(&start, 2, 3, 20));
	d = start;
	diff_rename(&d, swap, 2);
	CHECK(diff_bound(&d, 2, 1, &c) && c == 10);
	CHECK(diff_bound(&d, 1, 3, &c) && c == 20);
	CHECK(!diff_bound(&d, 1, 2, &c));
	d = start;
	diff_rename(&d, merge, 2);
	CHECK(diff_bound(&d, 9, 3, &c) && c == 30);
	CHECK(is_well_formed(&d));
	d = start;
	diff_rename(&d, take, 1);
	CHECK(diff_bound(&d, 2, 1, &c) && c == 20);
	CHECK(!diff_bound(&d, 1, 2, &c) && !diff_bound(&d, 2, 3, &c));
	d = start;
	diff_rename(&d, drop, 1);
	CHECK(diff_bound(&d, 1, 3, &c) && c == 30);
	CHECK(!diff_bound(&d, 1, 2, &c));
	CHECK(is_well_formed(&d));
	d = start;
	diff_rename(&d, zero, 1);
	CHECK(memcmp(&d, &start, sizeof(d)) == 0);
out:
	return;
}

static void test_edges(void)
{
	const s64 most = DIFF_NONE - 1, least = -DIFF_NONE - 1;
	struct diff d, old;
	s64 c = 5;

	diff_init(&d);
	CHECK(is_well_formed(&d));
	CHECK(!diff_bound(&d, 1, 2, &c) && c == 5);
	CHECK(diff_bound(&d, 1, 1, &c) && c == 0);
	old = d;
	/* No symbol, no bound, nothing new. */
	CHECK(diff_add(&d, 0, 1, 3) && diff_add(&d, 1, 0, 3) && diff_add(&d, 1, 2, DIFF_NONE));
	CHECK(diff_add(&d, 4, 4, 0) && !diff_add(&d, 4, 4, -1));
	CHECK(memcmp(&d, &old, sizeof(d)) == 0);
	diff_forget(&d, 0);
	diff_forget(&d, 77);
	CHECK(memcmp(&d, &old, sizeof(d)) == 0);
	/* Sums that do not fit: no bound, or the smallest number. */
	CHECK(diff_add(&d, 1, 2, most) && diff_add(&d, 2, 3, 1) && diff_add(&d, 3, 4, least));
	CHECK(!diff_bound(&d, 1, 3, &c));
	CHECK(diff_bound(&d, 2, 4, &c) && c == least + 1);
	CHECK(diff_add(&d, 4, 5, -5));
	CHECK(diff_bound(&d, 3, 5, &c) && c == least);
	CHECK(!diff_add(&d, 5, 3, 0) && !diff_add(&d, 5, 3, most));
	CHECK(!diff_bound(&d, 1, 4, &c)); /* the way was lost with 1 - 3 */
out:
	return;
}

/* More symbols than rows: that with the fewest bounds goes, never one of the two that are related.
 */
static void test_full(void)
{
	struct diff d;
	s64 c = 0;

	diff_init(&d);
	for (u32 i = 1; i < DIFF_ROWS - 1; i++)
		CHECK(diff_add(&d, i, i + 1, 1));
	/* 1 to 15 are a chain, 16 is bound to 15 only from above: all have 14 or 15 bounds. */
	CHECK(diff_add(&d, 40, 15, 3));
	CHECK(diff_add(&d, 15, 40, 3));
	CHECK(is_well_formed(&d));
	CHECK(diff_bound(&d, 1, 40, &c) && c == 17);
	diff_forget(&d, 40);
	CHECK(diff_add(&d, 40, 15, 3));
	/* The row of 40, with one bound, is taken; then that of 41 for 42. */
	CHECK(diff_add(&d, 41, 1, 2));
	CHECK(!diff_bound(&d, 40, 15, &c));
	CHECK(diff_bound(&d, 41, 15, &c) && c == 16);
	CHECK(diff_bound(&d, 1, 15, &c) && c == 14);
	diff_init(&d);
	for (u32 i = 0; i < DIFF_ROWS; i += 2)
		CHECK(diff_add(&d, 100 + i, 101 + i, (s64)i));
	CHECK(diff_add(&d, 100, 103, 0) && diff_add(&d, 103, 100, 0));
	/* Both are new: two rows of symbols with one bound, and not the row just taken. */
	CHECK(diff_add(&d, 500, 501, 9));
	CHECK(diff_bound(&d, 500, 501, &c) && c == 9);
	CHECK(diff_bound(&d, 100, 103, &c) && c == 0);
	CHECK(is_well_formed(&d));
	/* The partner of a new symbol stays, though it has no more bounds than others. */
	CHECK(diff_add(&d, 501, 500, 0));
	CHECK(diff_add(&d, 502, 500, 1));
	CHECK(diff_bound(&d, 502, 501, &c) && c == 10);
	CHECK(diff_add(&d, 500, 503, 1));
	CHECK(diff_bound(&d, 502, 503, &c) && c == 2);
	CHECK(is_well_formed(&d));
out:
	return;
}

TAP_MAIN(TAP_TEST(test_add), TAP_TEST(test_points), TAP_TEST(test_rename),
	 TAP_TEST(test_rename_known), TAP_TEST(test_edges), TAP_TEST(test_full))
