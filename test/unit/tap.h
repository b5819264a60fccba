/* SPDX-License-Identifier: MIT */
/* Unit tests. A file lists its tests in TAP_MAIN(test_a, test_b); each is
 *
 *     static void test_a(void)
 *     {
 *             ... resources zeroed ...
 *             CHECK(condition);          checks go to `out` when they fail
 *     out:
 *             ... release everything ...
 *     }
 *
 * Output is TAP. After its plain run each test runs again with its first, second, ... allocation
 * failing, until it passes without meeting the failure. In such a run a failed check only ends the
 * test; what counts is that nothing crashes and that the test leaves as many live blocks as it
 * found. A test that calls mem_fail_at itself ends that with TAP_FORGET_FAILURE(). TAP_NO_SWEEP=1
 * in the environment leaves the sweep out. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TAP_FORGET_FAILURE() mem_fail_at(~0ull)

struct tap_test {
	const char *name;
	void (*run)(void);
};

static const char *tap_failure_file;
static int tap_failure_line;
static char tap_failure[400];

static inline void tap_fail(const char *file, int line, const char *text)
{
	if (tap_failure_file != NULL)
		return;
	tap_failure_file = file;
	tap_failure_line = line;
	snprintf(tap_failure, sizeof(tap_failure), "%s", text);
}

#define CHECK(cond)                                          \
	do {                                                 \
		if (!(cond)) {                               \
			tap_fail(__FILE__, __LINE__, #cond); \
			goto out;                            \
		}                                            \
	} while (0)

#define CHECK_EQ(a, b)                                                                            \
	do {                                                                                      \
		unsigned long long tap_a = (unsigned long long)(a),                               \
				   tap_b = (unsigned long long)(b);                               \
		if (tap_a != tap_b) {                                                             \
			char tap_text[300];                                                       \
			snprintf(tap_text, sizeof(tap_text), "%s == %s (0x%llx, 0x%llx)", #a, #b, \
				 tap_a, tap_b);                                                   \
			tap_fail(__FILE__, __LINE__, tap_text);                                   \
			goto out;                                                                 \
		}                                                                                 \
	} while (0)

/* Out of line: the texts are cut to what the report has room for. */
static inline void tap_fail_str(const char *file, int line, const char *what, const char *a,
				const char *b)
{
	char text[400];

	snprintf(text, sizeof(text), "%.50s is \"%.160s\", not \"%.160s\"", what,
		 a == NULL ? "(null)" : a, b);
	tap_fail(file, line, text);
}

#define CHECK_STR(a, b)                                                     \
	do {                                                                \
		const char *tap_a = (a), *tap_b = (b);                      \
		if (tap_a == NULL || strcmp(tap_a, tap_b) != 0) {           \
			tap_fail_str(__FILE__, __LINE__, #a, tap_a, tap_b); \
			goto out;                                           \
		}                                                           \
	} while (0)

/* One run with allocation number n failing (0: none). True when the test passed, apart from what a
 * failing allocation excuses. */
static inline int tap_run_once(const struct tap_test *test, unsigned long long n)
{
	unsigned long long live = mem_live_count();
	int excused;

	tap_failure_file = NULL;
	mem_fail_at(n);
	test->run();
	excused = n != 0 && mem_has_failed();
	mem_fail_at(0);
	if (mem_live_count() != live) {
		char text[100];

		snprintf(text, sizeof(text), "%lld blocks leaked, allocation %llu failing",
			 (long long)(mem_live_count() - live), n);
		tap_failure_file = NULL;
		tap_fail(test->name, 0, text);
		return 0;
	}
	if (excused)
		tap_failure_file = NULL;
	return tap_failure_file == NULL;
}

static inline int tap_main(const struct tap_test *tests, size_t count, const char *only)
{
	int sweep = getenv("TAP_NO_SWEEP") == NULL;
	int failed = 0;

	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		unsigned long long runs = 0;
		int ok;

		if (only != NULL && strcmp(only, tests[i].name) != 0) {
			printf("ok %zu - %s # SKIP not asked for\n", i + 1, tests[i].name);
			continue;
		}
		ok = tap_run_once(&tests[i], 0);
		/* Long tests that allocate a lot are swept at growing distances. */
		for (unsigned long long n = 1; sweep && ok; n += 1 + n / 256) {
			int met;

			mem_fail_at(0);
			ok = tap_run_once(&tests[i], n);
			met = mem_has_failed();
			runs++;
			if (!met)
				break;
			if (runs > 5000) {
				tap_fail(tests[i].name, 0, "the sweep does not end");
				ok = 0;
			}
		}
		printf("%s %zu - %s\n", ok ? "ok" : "not ok", i + 1, tests[i].name);
		if (!ok)
			printf("# %s:%d: %s (sweep run %llu)\n", tap_failure_file, tap_failure_line,
			       tap_failure, runs);
		failed += !ok;
		fflush(stdout);
	}
	return failed != 0;
}

#define TAP_TEST(fn)    \
	{               \
#fn, fn \
	}
#define TAP_MAIN(...)                                                    \
	int main(int argc, char **argv)                                  \
	{                                                                \
		static const struct tap_test tests[] = { __VA_ARGS__ };  \
		return tap_main(tests, sizeof(tests) / sizeof(tests[0]), \
				argc > 1 ? argv[1] : NULL);              \
	}
