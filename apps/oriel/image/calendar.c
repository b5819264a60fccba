/* SPDX-License-Identifier: MIT */
#include "calendar.h"

#include "base/format.h"
#include "base/str.h"

#define DAY 86400

/* Days since 1970 of a day of the Gregorian calendar. Years begin in March, so that a leap day is
 * the last of one; 400 of them are 146097 days. */
static s64 days_of(s64 year, u32 month, u32 day)
{
	s64 y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
	s64 of_era = y - era * 400,
	    of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 1 - 719468;
}

static void date_of(s64 days, s64 *ret_year, u32 *ret_month, u32 *ret_day)
{
	s64 z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, d = z - era * 146097;
	s64 year = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	s64 of_year = d - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;

	*ret_day = (u32)(of_year - (153 * m + 2) / 5 + 1);
	*ret_month = (u32)(m < 10 ? m + 3 : m - 9);
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

void calendar_text(s64 time, char ret_text[CALENDAR_TEXT])
{
	s64 days = (time >= 0 ? time : time - (DAY - 1)) / DAY, year;
	u32 of_day = (u32)(time - days * DAY), month, day;

	date_of(days, &year, &month, &day);
	(void)format(ret_text, CALENDAR_TEXT, "%04lld-%02u-%02uT%02u:%02u:%02uZ", year, month, day,
		     of_day / 3600, of_day / 60 % 60, of_day % 60);
}

/* Digits and what separates them: "####-##-##" and so on. */
static bool matches(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; text++, pattern++)
		if (*pattern == '#' ? *text < '0' || *text > '9' : *text != *pattern)
			return false;
	return *text == '\0';
}

static u32 number(const char *text, u32 digits)
{
	u32 value = 0;

	for (u32 i = 0; i < digits; i++)
		value = value * 10 + (u32)(text[i] - '0');
	return value;
}

bool calendar_parse(const char *text, s64 *ret_time)
{
	bool has_time = matches(text, "####-##-##T##:##:##Z");
	u32 month, day, hour = 0, minute = 0, second = 0;
	s64 days, year;

	if (text[0] == '@')
		return str_to_s64(text + 1, ret_time);
	if (!has_time && !matches(text, "####-##-##"))
		return false;
	days = days_of(number(text, 4), number(text + 5, 2), number(text + 8, 2));
	date_of(days, &year, &month, &day);
	if (has_time) {
		hour = number(text + 11, 2);
		minute = number(text + 14, 2);
		second = number(text + 17, 2);
	}
	/* A day that is none comes back as another. */
	if (month != number(text + 5, 2) || day != number(text + 8, 2) || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	*ret_time = days * DAY + hour * 3600 + minute * 60 + second;
	return true;
}
