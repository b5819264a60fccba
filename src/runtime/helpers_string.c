/* SPDX-License-Identifier: MIT */
/* Text in the Linux dialect: comparison and numbers. What prints is in helpers_printk.c. */
#include "base/str.h"
#include "runtime/invocation.h"

/* s2 is terminated; s1 has at most size bytes. */
u64 helper_strncmp(u64 s1, u64 size, u64 s2, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	const char *a = (const char *)(uintptr_t)s1, *b = (const char *)(uintptr_t)s2;
	u32 len = (u32)size, readable;

	if (!exec_check(&inv->exec, s1, len, false))
		return (u64)ERR_FAULT;
	readable = exec_readable(&inv->exec, s2, len);
	for (u32 i = 0; i < len; i++) {
		u8 x = (u8)a[i], y;

		if (i == readable) {
			exec_check(&inv->exec, s2 + i, 1, false);
			return (u64)ERR_FAULT;
		}
		y = (u8)b[i];
		if (x != y)
			return (u64)(s64)(x < y ? -1 : 1);
		if (x == 0)
			break;
	}
	return 0;
}

/* A number at the start of a text, taken apart. */
struct number {
	u64 value;
	bool negative, overflow;
	u32 used; /* bytes; 0: there are no digits */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without a base a prefix counts as one only when a digit follows: else its 0 is the number. */
static u32 skip_prefix(const char *text, u32 len, u32 at, u32 *base)
{
	bool prefix = len - at >= 2 && text[at] == '0' && (text[at + 1] | 0x20) == 'x';

	if (*base == 0 && prefix && len - at >= 3 && str_digit(text[at + 2]) < 16)
		*base = 16;
	if (*base == 0)
		*base = at < len && text[at] == '0' ? 8 : 10;
	return *base == 16 && prefix ? at + 2 : at;
}

static struct number read_number(const char *text, u32 len, u32 base)
{
	struct number number = { 0 };
	u32 at = 0, first;

	while (at < len && is_space(text[at]))
		at++;
	if (at < len && text[at] == '-') {
		number.negative = true;
		at++;
	}
	at = skip_prefix(text, len, at, &base);
	for (first = at; at < len && str_digit(text[at]) < base; at++) {
		u32 digit = str_digit(text[at]);

		if (number.value > (~0ull - digit) / base)
			number.overflow = true;
		number.value = number.value * base + digit;
	}
	number.used = at > first ? at : 0;
	return number;
}

/* Reads the number; 0 or the error. */
static int parse(struct invocation *inv, u64 text, u64 size, u64 flags, u64 result,
		 struct number *ret_number)
{
	u32 base = (u32)flags & 31;

	if (!exec_check(&inv->exec, text, (u32)size, false) ||
	    !exec_check(&inv->exec, result, 8, true))
		return ERR_FAULT;
	memset((void *)(uintptr_t)result, 0, 8);
	if ((flags & ~31ull) != 0 || (base != 0 && base != 8 && base != 10 && base != 16))
		return ERR_INVAL;
	*ret_number = read_number((const char *)(uintptr_t)text, (u32)size, base);
	if (ret_number->used == 0)
		return ERR_INVAL;
	return ret_number->overflow ? ERR_RANGE : 0;
}

u64 helper_strtol(u64 text, u64 size, u64 flags, u64 result, UNUSED u64 r5, void *ctx)
{
	const u64 most = ~0ull >> 1;
	struct number number;
	int r = parse(invocation_of(ctx), text, size, flags, result, &number);

	if (r < 0)
		return (u64)r;
	if (number.value > most + number.negative)
		return (u64)ERR_RANGE;
	if (number.negative)
		number.value = 0 - number.value;
	memcpy((void *)(uintptr_t)result, &number.value, sizeof(number.value));
	return number.used;
}

u64 helper_strtoul(u64 text, u64 size, u64 flags, u64 result, UNUSED u64 r5, void *ctx)
{
	struct number number;
	int r = parse(invocation_of(ctx), text, size, flags, result, &number);

	if (r < 0)
		return (u64)r;
	if (number.negative)
		return (u64)ERR_INVAL;
	memcpy((void *)(uintptr_t)result, &number.value, sizeof(number.value));
	return number.used;
}
