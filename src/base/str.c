/* SPDX-License-Identifier: MIT */
#include "base/str.h"

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	bool fits = len < size;

	if (size == 0)
		return false;
	if (!fits)
		len = size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits;
}

unsigned str_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool str_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool str_to_u64(const char *s, u64 *ret)
{
	unsigned base = 10;
	u64 value = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		unsigned digit = str_digit(*s);

		if (digit >= base || value > (~0ull - digit) / base)
			return false;
		value = value * base + digit;
	}
	*ret = value;
	return true;
}

bool str_to_s64(const char *s, s64 *ret)
{
	bool negative = *s == '-';
	u64 limit = negative ? 1ull << 63 : (1ull << 63) - 1;
	u64 value;

	if (!str_to_u64(s + (*s == '-' || *s == '+'), &value) || value > limit)
		return false;
	*ret = (s64)(negative ? 0 - value : value);
	return true;
}
