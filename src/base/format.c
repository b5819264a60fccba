/* SPDX-License-Identifier: MIT */
#include "base/format.h"

#include "base/str.h"

#define MAX_COUNT 4095 /* width, or digits of a precision, that a directive may ask for */

void format_char(struct format_out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void pad(struct format_out *out, char c, int count)
{
	for (; count > 0; count--)
		format_char(out, c);
}

void format_end(struct format_out *out)
{
	if (out->size > 0)
		out->buf[MIN(out->len, out->size - 1)] = '\0';
}

void format_string(struct format_out *out, const struct format_spec *spec, const char *s,
		   size_t len)
{
	int fill;

	if (spec->precision >= 0 && (size_t)spec->precision < len)
		len = (size_t)spec->precision;
	fill = (size_t)MAX(spec->width, 0) > len ? spec->width - (int)len : 0;
	if (!spec->left)
		pad(out, ' ', fill);
	for (size_t i = 0; i < len; i++)
		format_char(out, s[i]);
	if (spec->left)
		pad(out, ' ', fill);
}

static u64 truncate_to(u64 value, unsigned bytes, bool is_signed)
{
	unsigned shift = 64 - 8 * bytes;

	if (is_signed)
		return (u64)((s64)(value << shift) >> shift);
	return value << shift >> shift;
}

/* Digits of value, last first. Returns how many. */
static int digits_of(u64 value, unsigned base, bool upper, char digits[24])
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int count = 0;

	do {
		digits[count++] = set[value % base];
		value /= base;
	} while (value != 0);
	return count;
}

void format_integer(struct format_out *out, const struct format_spec *spec, u64 value)
{
	bool is_signed = spec->conv == 'd' || spec->conv == 'i';
	unsigned base = spec->conv == 'o' ? 8 : is_signed || spec->conv == 'u' ? 10 : 16;
	const char *sign = "";
	char digits[24];
	int count, zeros, fill;

	value = truncate_to(value, spec->length, is_signed);
	if (is_signed && (s64)value < 0) {
		sign = "-";
		value = 0 - value;
	} else if (is_signed) {
		sign = spec->plus ? "+" : spec->space ? " " : "";
	} else if (base == 16 && (spec->conv == 'p' || (spec->alt && value != 0))) {
		sign = spec->conv == 'X' ? "0X" : "0x";
	}
	count = spec->precision == 0 && value == 0
			? 0
			: digits_of(value, base, spec->conv == 'X', digits);
	zeros = MAX(spec->precision - count, 0);
	if (spec->alt && base == 8 && zeros == 0 && (count == 0 || digits[count - 1] != '0'))
		zeros = 1;
	fill = MAX(spec->width - (int)strlen(sign) - zeros - count, 0);
	if (spec->zero && !spec->left && spec->precision < 0) {
		zeros += fill;
		fill = 0;
	}
	if (!spec->left)
		pad(out, ' ', fill);
	for (; *sign != '\0'; sign++)
		format_char(out, *sign);
	pad(out, '0', zeros);
	while (count > 0)
		format_char(out, digits[--count]);
	if (spec->left)
		pad(out, ' ', fill);
}

/* A decimal number or '*'. */
static const char *parse_count(const char *p, const char *end, int *ret)
{
	int value = 0;

	if (p < end && *p == '*') {
		*ret = FORMAT_FROM_ARG;
		return p + 1;
	}
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (*p - '0');
		if (value > MAX_COUNT)
			return NULL;
	}
	*ret = value;
	return p;
}

static const char *parse_flags(const char *p, const char *end, struct format_spec *spec)
{
	for (; p < end; p++) {
		switch (*p) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alt = true; break;
		default: return p;
		}
	}
	return p;
}

static const char *parse_length(const char *p, const char *end, struct format_spec *spec)
{
	if (p < end && *p == 'h') {
		spec->length = 2;
		if (++p < end && *p == 'h') {
			spec->length = 1;
			p++;
		}
	} else if (p < end && *p == 'l') {
		spec->length = sizeof(long);
		if (++p < end && *p == 'l') {
			spec->length = 8;
			p++;
		}
	} else if (p < end && *p == 'z') {
		spec->length = sizeof(size_t);
		p++;
	}
	return p;
}

const char *format_spec_parse(const char *p, const char *end, struct format_spec *ret_spec)
{
	struct format_spec spec = { .length = 4, .precision = -1 };

	p = parse_flags(p, end, &spec);
	p = parse_count(p, end, &spec.width);
	if (p != NULL && p < end && *p == '.')
		p = parse_count(p + 1, end, &spec.precision);
	if (p == NULL)
		return NULL;
	p = parse_length(p, end, &spec);
	if (p >= end)
		return NULL;
	spec.conv = *p;
	if (spec.conv == 'p')
		spec.length = 8;
	*ret_spec = spec;
	return p + 1;
}

static void take_star_args(struct format_spec *spec, va_list *args)
{
	if (spec->width == FORMAT_FROM_ARG) {
		int width = va_arg(*args, int);

		/* Bounded as a number in the text is. */
		spec->left = spec->left || width < 0;
		spec->width = MIN(width < 0 ? -MAX(width, -MAX_COUNT) : width, MAX_COUNT);
	}
	if (spec->precision == FORMAT_FROM_ARG)
		spec->precision = va_arg(*args, int);
}

static void format_arg(struct format_out *out, const struct format_spec *spec, va_list *args)
{
	const char *s;
	char c;

	switch (spec->conv) {
	case 's':
		s = va_arg(*args, const char *);
		if (s == NULL)
			s = "(null)";
		/* A precision may stand for a missing terminator. */
		if (spec->precision >= 0) {
			size_t len = 0;

			while (len < (size_t)spec->precision && s[len] != '\0')
				len++;
			format_string(out, spec, s, len);
		} else {
			format_string(out, spec, s, strlen(s));
		}
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		format_string(out, spec, &c, 1);
		break;
	case 'p': format_integer(out, spec, (u64)(uintptr_t)va_arg(*args, void *)); break;
	case '%': format_char(out, '%'); break;
	default:
		format_integer(out, spec,
			       spec->length == 8 ? va_arg(*args, u64)
						 : (u64)va_arg(*args, unsigned));
		break;
	}
}

size_t format_v(char *buf, size_t size, const char *fmt, va_list args)
{
	struct format_out out = { buf, size, 0 };
	const char *end = fmt + strlen(fmt);
	struct format_spec spec;
	va_list ap;

	va_copy(ap, args);
	while (fmt < end) {
		const char *next;

		if (*fmt != '%') {
			format_char(&out, *fmt++);
			continue;
		}
		next = format_spec_parse(fmt + 1, end, &spec);
		if (next == NULL)
			break;
		take_star_args(&spec, &ap);
		format_arg(&out, &spec, &ap);
		fmt = next;
	}
	va_end(ap);
	format_end(&out);
	return out.len;
}

size_t format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = format_v(buf, size, fmt, args);
	va_end(args);
	return len;
}
