/* SPDX-License-Identifier: MIT */
/* printf-style formatting without a C library: d i u x X o c s p %, flags - + space # 0, width and
 * precision (also *), lengths hh h l ll z. No floating point. %p prints 0x and the address. */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

/* Writes at most size - 1 bytes and terminates when size > 0. Returns the full length. */
size_t format_v(char *buf, size_t size, const char *fmt, va_list args);
size_t format(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The pieces, for formatters whose arguments do not come as C varargs (the programs' printk). */
struct format_spec {
	bool left, zero, plus, space, alt;
	u8 length;     /* bytes of the integer argument: 1, 2, 4 or 8 */
	char conv;     /* conversion letter */
	int width;     /* 0: none, FORMAT_FROM_ARG: the next argument */
	int precision; /* -1: none, FORMAT_FROM_ARG: the next argument */
};
#define FORMAT_FROM_ARG (-2)

struct format_out {
	char *buf;
	size_t size;
	size_t len; /* what would be written, without the terminator */
};

/* p is just behind the '%'. Returns the place behind the conversion letter, NULL when the text ends
 * inside the directive or a number in it exceeds 4095 (a width from an argument is cut to that).
 * The letter itself is not judged. */
const char *format_spec_parse(const char *p, const char *end, struct format_spec *ret_spec);

void format_char(struct format_out *out, char c);
/* value is taken at the spec's length; d and i read it as signed. */
void format_integer(struct format_out *out, const struct format_spec *spec, u64 value);
void format_string(struct format_out *out, const struct format_spec *spec, const char *s,
		   size_t len);
void format_end(struct format_out *out); /* terminates */
