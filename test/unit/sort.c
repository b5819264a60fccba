/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/sort.h"

struct item {
	unsigned char key, place;
};

static int compare(const void *a, const void *b)
{
	return ((const struct item *)a)->key - ((const struct item *)b)->key;
}

/* Every array of up to 7 items with keys 0 to 2: sorted, and equal keys in their old order. */
static void test_exhaustive(void)
{
	struct item items[7];

	for (unsigned count = 0, all = 1; count <= 7; count++, all *= 3) {
		for (unsigned n = 0; n < all; n++) {
			for (unsigned i = 0, rest = n; i < count; i++, rest /= 3)
				items[i] = (struct item){ (unsigned char)(rest % 3),
							  (unsigned char)i };
			CHECK_EQ(sort_stable(items, count, sizeof(items[0]), compare), 0);
			for (unsigned i = 1; i < count; i++)
				CHECK(items[i - 1].key < items[i].key ||
				      (items[i - 1].key == items[i].key &&
				       items[i - 1].place < items[i].place));
		}
	}
out:;
}

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void test_large(void)
{
	enum { COUNT = 100003 };
	int *items = mem_alloc(COUNT * sizeof(*items));

	CHECK(items != NULL);
	for (int i = 0; i < COUNT; i++)
		items[i] = (int)((long long)i * 50021 % COUNT); /* a permutation: COUNT is prime */
	CHECK_EQ(sort_stable(items, COUNT, sizeof(*items), compare_int), 0);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQ(items[i], i);
out:
	mem_free(items);
}

TAP_MAIN(TAP_TEST(test_exhaustive), TAP_TEST(test_large))
