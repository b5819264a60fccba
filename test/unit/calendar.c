/* SPDX-License-Identifier: MIT */
/* Times as text: each day of eight centuries, there and back; texts that are none. */
#include "tap.h"

#include "base/compiler.h"
#include "calendar.h"

static bool is_leap(s64 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static void test_days(void)
{
	static const u32 lens[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	s64 time = -11676096000ll; /* 1600-01-01 */
	char want[CALENDAR_TEXT], got[CALENDAR_TEXT];

	for (s64 year = 1600; year < 2400; year++)
		for (u32 month = 1; month <= 12; month++) {
			u32 len = lens[month - 1] + (month == 2 && is_leap(year));

			for (u32 day = 1; day <= len; day++, time += 86400) {
				s64 read = 1;

				snprintf(want, sizeof(want), "%04d-%02u-%02uT00:00:00Z", (int)year,
					 month, day);
				calendar_text(time, got);
				CHECK_STR(got, want);
				CHECK(calendar_parse(want, &read));
				CHECK_EQ(read, time);
				want[10] = '\0';
				CHECK(calendar_parse(want, &read));
				CHECK_EQ(read, time);
			}
		}
out:;
}

static void test_seconds(void)
{
	char text[CALENDAR_TEXT];
	s64 time = 0;

	calendar_text(1800000000, text);
	CHECK_STR(text, "2027-01-15T08:00:00Z");
	CHECK(calendar_parse("2027-01-15T08:00:00Z", &time));
	CHECK_EQ(time, 1800000000);
	calendar_text(-1, text);
	CHECK_STR(text, "1969-12-31T23:59:59Z");
	CHECK(calendar_parse("@1800000000", &time));
	CHECK_EQ(time, 1800000000);
	CHECK(calendar_parse("@-1", &time));
	CHECK_EQ(time, -1);
out:;
}

static void test_bad(void)
{
	static const char *const texts[] = {
		"",
		"@",
		"@x",
		"2027",
		"2027-1-15",
		"2027-01-15 ",
		"2027-00-15",
		"2027-13-15",
		"2027-01-00",
		"2027-01-32",
		"2027-02-29",
		"2100-02-29",
		"2027-01-15T24:00:00Z",
		"2027-01-15T00:60:00Z",
		"2027-01-15T00:00:60Z",
		"2027-01-15T00:00:00",
		"2027-01-15T00:00:00+01:00",
		"tomorrow",
	};
	s64 time = 7;

	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		CHECK(!calendar_parse(texts[i], &time));
	CHECK_EQ(time, 7);
out:;
}

TAP_MAIN(TAP_TEST(test_days), TAP_TEST(test_seconds), TAP_TEST(test_bad))
