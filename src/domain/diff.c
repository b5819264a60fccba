/* SPDX-License-Identifier: MIT */
/* The difference matrix. A bound is a fact about all solutions, so dropping or raising one is
 * always sound, and the sum of bounds along a path is a bound again. */
#include "base/str.h"
#include "domain/diff.h"

/* A bound that is at least a + b. Below the range of s64 its smallest number is one; above, none.
 */
static s64 bound_add(s64 a, s64 b)
{
	s64 sum;

	if (a == DIFF_NONE || b == DIFF_NONE)
		return DIFF_NONE;
	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? -DIFF_NONE - 1 : DIFF_NONE;
	return sum;
}

static void row_clear(struct diff *d, unsigned row)
{
	d->sym[row] = 0;
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		d->bound[row][i] = DIFF_NONE;
		d->bound[i][row] = DIFF_NONE;
	}
}

void diff_init(struct diff *d)
{
	memset(d->sym, 0, sizeof(d->sym));
}

void diff_copy(struct diff *to, const struct diff *from)
{
	unsigned rows = DIFF_ROWS;

	while (rows > 0 && from->sym[rows - 1] == 0)
		rows--;
	memcpy(to->sym, from->sym, sizeof(to->sym));
	memcpy(to->bound, from->bound, rows * sizeof(to->bound[0]));
}

/* DIFF_ROWS: there is none. */
static unsigned row_of(const struct diff *d, u32 sym)
{
	unsigned row = sym == 0 ? DIFF_ROWS : 0;

	while (row < DIFF_ROWS && d->sym[row] != sym)
		row++;
	return row;
}

static unsigned row_count_bounds(const struct diff *d, unsigned row)
{
	unsigned count = 0;

	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		if (d->sym[i] == 0)
			continue;
		count += d->bound[row][i] != DIFF_NONE;
		count += d->bound[i][row] != DIFF_NONE;
	}
	return count;
}

/* The row of sym, a free one for it, or that of the symbol with the fewest bounds but `keep`. */
static unsigned row_take(struct diff *d, u32 sym, unsigned keep)
{
	unsigned row = row_of(d, sym), fewest = ~0u;

	if (row < DIFF_ROWS)
		return row;
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		unsigned count = d->sym[i] == 0 ? 0 : 1 + row_count_bounds(d, i);

		if (i != keep && count < fewest) {
			row = i;
			fewest = count;
		}
	}
	row_clear(d, row);
	d->sym[row] = sym;
	return row;
}

/* Adds an edge and every path through it. */
static void close_over(struct diff *d, unsigned a, unsigned b, s64 c)
{
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		s64 first;

		if (d->sym[i] == 0)
			continue;
		first = i == a ? c : bound_add(d->bound[i][a], c);
		for (unsigned k = 0; k < DIFF_ROWS && first != DIFF_NONE; k++) {
			s64 path;

			if (d->sym[k] == 0 || i == k)
				continue;
			path = k == b ? first : bound_add(first, d->bound[b][k]);
			if (path < d->bound[i][k])
				d->bound[i][k] = path;
		}
	}
}

bool diff_add(struct diff *d, u32 a, u32 b, s64 c)
{
	unsigned row_a = row_of(d, a), row_b = row_of(d, b);
	s64 cycle;

	if (a == b)
		return c >= 0;
	if (a == 0 || b == 0 || c == DIFF_NONE)
		return true;
	if (row_a < DIFF_ROWS && row_b < DIFF_ROWS) {
		cycle = bound_add(d->bound[row_b][row_a], c);
		if (cycle < 0)
			return false;
		if (c >= d->bound[row_a][row_b])
			return true;
	}
	row_a = row_take(d, a, row_b);
	row_b = row_take(d, b, row_a);
	close_over(d, row_a, row_b, c);
	return true;
}

bool diff_bound(const struct diff *d, u32 a, u32 b, s64 *ret_c)
{
	unsigned row_a = row_of(d, a), row_b = row_of(d, b);
	s64 c;

	if (a == b) {
		*ret_c = 0;
		return true;
	}
	if (row_a == DIFF_ROWS || row_b == DIFF_ROWS)
		return false;
	c = d->bound[row_a][row_b];
	if (c == DIFF_NONE)
		return false;
	*ret_c = c;
	return true;
}

/* Closed bounds hold what follows without the symbol. */
void diff_forget(struct diff *d, u32 sym)
{
	unsigned row = row_of(d, sym);

	if (row < DIFF_ROWS)
		d->sym[row] = 0;
}

void diff_rename(struct diff *d, const struct diff_name *map, size_t count)
{
	u32 to[DIFF_ROWS];
	bool is_named[DIFF_ROWS];

	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		to[i] = d->sym[i];
		is_named[i] = false;
		for (size_t k = 0; k < count && d->sym[i] != 0; k++) {
			if (map[k].from == d->sym[i]) {
				to[i] = map[k].to;
				is_named[i] = true;
			}
		}
	}
	for (unsigned i = 0; i < DIFF_ROWS; i++) {
		bool is_taken = to[i] == 0;

		for (unsigned k = 0; k < DIFF_ROWS && !is_taken; k++)
			is_taken = to[k] == to[i] &&
				   (is_named[k] == is_named[i] ? k < i : is_named[k]);
		d->sym[i] = is_taken ? 0 : to[i];
	}
}
