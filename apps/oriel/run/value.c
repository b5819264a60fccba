/* SPDX-License-Identifier: MIT */
#include "value.h"

#include "base/str.h"

static const char *const no_fit = "does not fit";

const char *value_parse_hex(const char *text, u8 *ret_bytes, size_t cap, size_t *ret_len)
{
	size_t len = 0;

	while (*text != '\0') {
		unsigned high = str_digit(text[0]), low;

		if (high > 15 && strchr(" \t\r\n:-", text[0]) != NULL) {
			text++;
			continue;
		}
		low = high > 15 ? high : str_digit(text[1]);
		if (low > 15)
			return "is not in pairs of hexadecimal digits";
		if (len == cap)
			return no_fit;
		ret_bytes[len++] = (u8)(high << 4 | low);
		text += 2;
	}
	*ret_len = len;
	return NULL;
}

static const char *parse_number(const char *text, u8 *ret_bytes, size_t size)
{
	u64 value;

	if (size == 0)
		return no_fit;
	if (text[0] == '-') {
		s64 number;

		if (!str_to_s64(text, &number))
			return "is not a number";
		value = (u64)number;
		/* What is left out must be copies of the sign. */
		if (size < 8 && number < -(1ll << (8 * size - 1)))
			return no_fit;
	} else {
		if (!str_to_u64(text, &value))
			return "is not a number";
		if (size < 8 && value >> 8 * size != 0)
			return no_fit;
	}
	for (size_t i = 0; i < size; i++)
		ret_bytes[i] = (u8)(value >> 8 * i);
	return NULL;
}

/* Behind "be": 16:443 and the like. */
static const char *parse_big_endian(const char *text, u8 *ret_bytes, size_t size)
{
	size_t bytes = str_starts(text, "16:") ? 2 : str_starts(text, "32:") ? 4 : 8;
	const char *why;

	if (bytes > size)
		return no_fit;
	why = parse_number(text + 3, ret_bytes, bytes);
	for (size_t i = 0; why == NULL && i < bytes / 2; i++) {
		u8 low = ret_bytes[i];

		ret_bytes[i] = ret_bytes[bytes - 1 - i];
		ret_bytes[bytes - 1 - i] = low;
	}
	return why;
}

/* Reads digits of that base below limit; false when there are none or the number is larger. */
static bool read_digits(const char **text, unsigned base, u32 limit, u32 *ret)
{
	u32 value = 0;
	const char *p = *text;

	for (; str_digit(*p) < base; p++) {
		value = value * base + str_digit(*p);
		if (value >= limit)
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	*ret = value;
	return true;
}

static bool parse_ipv4(const char *text, u8 *ret_bytes)
{
	u8 ip[4];

	for (size_t i = 0; i < sizeof(ip); i++) {
		u32 part;

		if (!read_digits(&text, 10, 256, &part) || *text != (i < 3 ? '.' : '\0'))
			return false;
		text++;
		ip[i] = (u8)part;
	}
	memcpy(ret_bytes, ip, sizeof(ip));
	return true;
}

/* Groups of four digits; "::" once, for as many zeros as are missing. */
static bool parse_ipv6(const char *text, u8 *ret_bytes)
{
	u8 ip[16] = { 0 };
	size_t len = 0, gap = SIZE_MAX;

	if (str_starts(text, "::")) {
		gap = 0;
		text += 2;
	}
	while (*text != '\0') {
		u32 group;

		if (len == sizeof(ip) || !read_digits(&text, 16, 0x10000, &group))
			return false;
		ip[len++] = (u8)(group >> 8);
		ip[len++] = (u8)group;
		if (str_starts(text, "::") && gap == SIZE_MAX) {
			gap = len;
			text += 2;
		} else if (*text == ':' && text[1] != '\0' && text[1] != ':') {
			text++;
		} else if (*text != '\0') {
			return false;
		}
	}
	if (gap == SIZE_MAX ? len != sizeof(ip) : len == sizeof(ip))
		return false;
	if (gap != SIZE_MAX) {
		size_t tail = len - gap;

		memmove(ip + sizeof(ip) - tail, ip + gap, tail);
		memset(ip + gap, 0, sizeof(ip) - len);
	}
	memcpy(ret_bytes, ip, sizeof(ip));
	return true;
}

/* An address and how many of its bits count, as keys of longest-prefix tries: the number first. */
static bool parse_prefix(const char *text, u8 *ret_bytes, size_t size)
{
	size_t len = strcspn(text, "/");
	u32 most = size == 8 ? 32 : 128;
	char address[64];
	u64 bits;

	if ((size != 8 && size != 20) || text[len] != '/' || len >= sizeof(address) ||
	    !str_to_u64(text + len + 1, &bits) || bits > most)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!(size == 8 ? parse_ipv4(address, ret_bytes + 4) : parse_ipv6(address, ret_bytes + 4)))
		return false;
	(void)!parse_number(text + len + 1, ret_bytes, 4);
	return true;
}

static const char *parse_into(const char *text, u8 *ret_bytes, size_t size)
{
	size_t len;

	if (str_starts(text, "hex:"))
		return value_parse_hex(text + 4, ret_bytes, size, &len);
	if (str_starts(text, "text:")) {
		len = strlen(text + 5);
		if (len > size)
			return no_fit;
		memcpy(ret_bytes, text + 5, len);
		return NULL;
	}
	if (str_starts(text, "be16:") || str_starts(text, "be32:") || str_starts(text, "be64:"))
		return parse_big_endian(text + 2, ret_bytes, size);
	if (parse_prefix(text, ret_bytes, size))
		return NULL;
	if (size >= 4 && parse_ipv4(text, ret_bytes))
		return NULL;
	if (size >= 16 && strchr(text, ':') != NULL && parse_ipv6(text, ret_bytes))
		return NULL;
	if (size > 8)
		return "is not a value for a place of more than 8 bytes";
	return parse_number(text, ret_bytes, size);
}

const char *value_parse(const char *text, u8 *ret_bytes, size_t size)
{
	memset(ret_bytes, 0, size);
	return parse_into(text, ret_bytes, size);
}
