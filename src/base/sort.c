/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

static bool sort_is_sorted(const u8 *items, size_t count, size_t size, sort_compare *compare)
{
	for (size_t i = 1; i < count; i++) {
		if (compare(items + (i - 1) * size, items + i * size) > 0)
			return false;
	}
	return true;
}

/* Merges the sorted runs [start, mid) and [mid, end) of from; of equals the earlier comes first. */
static void sort_merge(const u8 *from, u8 *to, size_t start, size_t mid, size_t end, size_t size,
		       sort_compare *compare)
{
	size_t a = start, b = mid;

	for (size_t i = start; i < end; i++) {
		bool take_a =
			b >= end || (a < mid && compare(from + a * size, from + b * size) <= 0);

		memcpy(to + i * size, from + (take_a ? a++ : b++) * size, size);
	}
}

/* Bottom-up merge sort: runs double from one item to all, going back and forth between two arrays.
 */
int sort_stable(void *items, size_t count, size_t size, sort_compare *compare)
{
	u8 *from = items, *to, *spare;
	size_t len;

	if (sort_is_sorted(items, count, size, compare))
		return 0;
	if (!mem_array_size(count, size, &len))
		return ERR_NOMEM;
	spare = mem_alloc(len);
	if (spare == NULL)
		return ERR_NOMEM;
	to = spare;
	/* No overflow: 2 * count items of at least one byte each are in memory. */
	for (size_t run = 1; run < count; run *= 2) {
		u8 *swap = from;

		for (size_t start = 0; start < count; start += 2 * run) {
			size_t mid = MIN(start + run, count);

			sort_merge(from, to, start, mid, MIN(mid + run, count), size, compare);
		}
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, len);
	mem_free(spare);
	return 0;
}
