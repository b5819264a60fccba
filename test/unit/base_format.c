/* SPDX-License-Identifier: MIT */
/* The formatter against the C library's, over random directives that C defines, and the places
 * where it has to stop by itself: short buffers, broken directives, extreme widths. */
#define __USE_MINGW_ANSI_STDIO 1
#include "tap.h"

#include <limits.h>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/str.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static u64 rng_state;

static u64 rng(void)
{
	rng_state += 0x9e3779b97f4a7c15ull;
	return hash_mix(rng_state);
}

/* Values near the ends of every width are as likely as any others. */
static u64 random_value(void)
{
	u64 value = rng() >> (rng() % 64);

	switch (rng() % 4) {
	case 0: return value;
	case 1: return 0 - value;
	case 2: return (1ull << (rng() % 64)) - rng() % 2;
	default: return rng() % 12;
	}
}

struct conversion {
	const char *letters, *flags, *lengths[6];
};

/* Only the flags that C defines for the letter. */
static const struct conversion conversions[] = {
	{ "di", "-+ 0", { "", "hh", "h", "l", "ll", "z" } },
	{ "u", "-0", { "", "hh", "h", "l", "ll", "z" } },
	{ "xXo", "-#0", { "", "hh", "h", "l", "ll", "z" } },
};

static size_t add_number(char *spec, size_t len, u32 below)
{
	return len + (size_t)snprintf(spec + len, 8, "%u", (u32)(rng() % below));
}

static size_t random_prefix(const char *flags, char *spec)
{
	size_t len = 0;

	spec[len++] = '%';
	for (const char *flag = flags; *flag != '\0'; flag++) {
		if (rng() % 3 == 0)
			spec[len++] = *flag;
	}
	if (rng() % 2)
		len = add_number(spec, len, 30);
	if (rng() % 2) {
		spec[len++] = '.';
		if (rng() % 4 != 0)
			len = add_number(spec, len, 30);
	}
	return len;
}

static void both(char *ours, char *libc, size_t size, const char *spec, const char *length,
		 u64 value, size_t lens[2])
{
	if (str_eq(length, "ll")) {
		lens[0] = format(ours, size, spec, value);
		lens[1] = (size_t)snprintf(libc, size, spec, value);
	} else if (str_eq(length, "l")) {
		lens[0] = format(ours, size, spec, (unsigned long)value);
		lens[1] = (size_t)snprintf(libc, size, spec, (unsigned long)value);
	} else if (str_eq(length, "z")) {
		lens[0] = format(ours, size, spec, (size_t)value);
		lens[1] = (size_t)snprintf(libc, size, spec, (size_t)value);
	} else {
		lens[0] = format(ours, size, spec, (u32)value);
		lens[1] = (size_t)snprintf(libc, size, spec, (u32)value);
	}
}

static void test_integers_as_libc(void)
{
	rng_state = 1;
	for (int round = 0; round < 200000; round++) {
		const struct conversion *conv = &conversions[rng() % ARRAY_COUNT(conversions)];
		const char *length = conv->lengths[rng() % ARRAY_COUNT(conv->lengths)];
		char spec[40], ours[100], libc[100];
		size_t size = rng() % 8 == 0 ? rng() % 20 + 1 : sizeof(ours);
		size_t len = random_prefix(conv->flags, spec), lens[2];
		u64 value = random_value();

		snprintf(spec + len, sizeof(spec) - len, "%s%c", length,
			 conv->letters[rng() % strlen(conv->letters)]);
#ifdef __MINGW32__
		/* This library prints nothing for %#.0o of 0, where C asks for a digit. */
		if (strchr(spec, '#') != NULL && strchr(spec, 'o') != NULL)
			continue;
#endif
		both(ours, libc, size, spec, length, value, lens);
		if (!str_eq(ours, libc))
			printf("# %s of 0x%llx\n", spec, value);
		CHECK_STR(ours, libc);
		CHECK_EQ(lens[0], lens[1]);
	}
out:;
}

static void test_strings_as_libc(void)
{
	static const char *const values[] = { "", "a", "hello", "a longer text than the width" };

	rng_state = 2;
	for (int round = 0; round < 20000; round++) {
		const char *value = values[rng() % ARRAY_COUNT(values)];
		char spec[40], ours[100], libc[100];
		size_t size = rng() % 4 == 0 ? rng() % 40 + 1 : sizeof(ours);
		size_t len = random_prefix("-", spec), ours_len, libc_len;

		spec[len] = 's';
		spec[len + 1] = '\0';
		ours_len = format(ours, size, spec, value);
		libc_len = (size_t)snprintf(libc, size, spec, value);
		CHECK_STR(ours, libc);
		CHECK_EQ(ours_len, libc_len);
	}
out:;
}

static void test_star_and_several(void)
{
	char text[200], libc[200];

	format(text, sizeof(text), "%*d|%-*u|%.*x|%*.*s|%c%%", 7, -5, 6, 9u, 4, 0xabu, -8, 2, "xyz",
	       '!');
	snprintf(libc, sizeof(libc), "%*d|%-*u|%.*x|%*.*s|%c%%", 7, -5, 6, 9u, 4, 0xabu, -8, 2,
		 "xyz", '!');
	CHECK_STR(text, libc);
	CHECK_EQ(format(text, sizeof(text), "%5c|%-3c|", 'a', 'b'), 10);
	CHECK_STR(text, "    a|b  |");
	/* A precision below zero is none. */
	format(text, sizeof(text), "%.*s", -1, "whole");
	CHECK_STR(text, "whole");
	/* Precision stands for the missing terminator. */
	format(text, sizeof(text), "%.*s", 3, (const char[3]){ 'a', 'b', 'c' });
	CHECK_STR(text, "abc");
	format(text, sizeof(text), "%p", (void *)(uintptr_t)0x1234);
	CHECK_STR(text, "0x1234");
	format(text, sizeof(text), "%p", NULL);
	CHECK_STR(text, "0x0");
out:;
}

static void test_extreme_star_widths(void)
{
	char text[16];

	CHECK_EQ(format(text, sizeof(text), "%*d", INT_MIN, 1), 4095);
	CHECK_STR(text, "1              ");
	CHECK_EQ(format(text, sizeof(text), "%*d", INT_MAX, 1), 4095);
	CHECK_STR(text, "               ");
out:;
}

static void test_short_buffers(void)
{
	char text[8] = "#######";

	CHECK_EQ(format(NULL, 0, "%d%s", 12345, "abc"), 8);
	CHECK_EQ(format(text, 1, "%d", 12345), 5);
	CHECK_STR(text, "");
	CHECK_EQ(text[1], '#');
	CHECK_EQ(format(text, 4, "%d", 12345), 5);
	CHECK_STR(text, "123");
	CHECK_EQ(text[4], '#');
out:;
}

static void test_broken_directives(void)
{
	static const char *const broken[] = { "%",   "%-",   "%5",     "%.",	  "%l",
					      "%hh", "%.99", "%4096d", "%.4096d", "%99999999999d" };
	struct format_spec spec = { .width = 77 };
	char text[32];

	for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
		const char *p = broken[i] + 1;

		CHECK(format_spec_parse(p, p + strlen(p), &spec) == NULL);
		CHECK_EQ(spec.width, 77);
		/* What stood before it is kept. */
		snprintf(text, sizeof(text), "ab%s", broken[i]);
		CHECK_EQ(format(text + 16, 16, text, 1), 2);
		CHECK_STR(text + 16, "ab");
	}
out:;
}

static void test_spec_parse(void)
{
	static const char text[] = "-+ #0*.*llx tail";
	struct format_spec spec;
	const char *end = format_spec_parse(text, text + sizeof(text) - 1, &spec);

	CHECK(end == text + 11);
	CHECK(spec.left && spec.plus && spec.space && spec.alt && spec.zero);
	CHECK(spec.width == FORMAT_FROM_ARG && spec.precision == FORMAT_FROM_ARG);
	CHECK_EQ(spec.length, 8);
	CHECK_EQ(spec.conv, 'x');
	/* Nothing is read at or behind the end, terminated or not. */
	CHECK(format_spec_parse(text, text + 10, &spec) == NULL);
out:;
}

TAP_MAIN(TAP_TEST(test_integers_as_libc), TAP_TEST(test_strings_as_libc),
	 TAP_TEST(test_star_and_several), TAP_TEST(test_extreme_star_widths),
	 TAP_TEST(test_short_buffers), TAP_TEST(test_broken_directives), TAP_TEST(test_spec_parse))
