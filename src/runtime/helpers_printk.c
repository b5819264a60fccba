/* SPDX-License-Identifier: MIT */
/* The printk family of both dialects. The text is the program's: every byte of it, and of the
 * strings it names, is checked, also for verified programs, since the arguments behind the format
 * are any values to the verifier. A line is printed whole or, when anything in the format is wrong,
 * not at all. */
#include "base/format.h"
#include "base/str.h"
#include "os/os.h"
#include "os/probe.h"
#include "runtime/invocation.h"
#include "runtime/trace.h"

#define PRINTK_STRING_MAX 512 /* bytes taken of one %s */

struct printk {
	struct invocation *inv;
	struct format_out out;
	const char *p, *end; /* what is left of the format */
	const u64 *args;
	u32 arg_count, used;
};

static void print_text(struct format_out *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void print_text(struct format_out *out, const char *fmt, ...)
{
	char text[16];
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = format_v(text, sizeof(text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < len && i < sizeof(text); i++)
		format_char(out, text[i]);
}

static int print_string(struct printk *pk, const struct format_spec *spec, u64 addr)
{
	const char *s = (const char *)(uintptr_t)addr;
	u32 max = PRINTK_STRING_MAX, readable, len = 0;

	if (spec->precision >= 0)
		max = MIN(max, (u32)spec->precision);
	readable = exec_readable(&pk->inv->exec, addr, max);
	while (len < readable && s[len] != '\0')
		len++;
	/* Unterminated inside the memory that it lies in. */
	if (len == readable && readable < max)
		return ERR_FAULT;
	format_string(&pk->out, spec, s, len);
	return 0;
}

/* %pI4 %pi4 %pI6 %pi6: an address of the network, by pointer; %pI has no leading zeros. */
static int print_ip(struct printk *pk, bool is_v6, bool plain, u64 addr)
{
	u32 size = is_v6 ? 16 : 4;
	const u8 *ip = (const u8 *)(uintptr_t)addr;

	if (!exec_may_access(&pk->inv->exec, addr, size, false))
		return ERR_FAULT;
	for (u32 i = 0; i < size; i += is_v6 ? 2 : 1) {
		if (is_v6)
			print_text(&pk->out, plain || i == 0 ? "%02x%02x" : ":%02x%02x", ip[i],
				   ip[i + 1]);
		else if (plain)
			print_text(&pk->out, i == 0 ? "%03u" : ".%03u", ip[i]);
		else
			print_text(&pk->out, i == 0 ? "%u" : ".%u", ip[i]);
	}
	return 0;
}

/* What follows %p in the Linux dialect. */
static int print_pointer(struct printk *pk, struct format_spec *spec, u64 value)
{
	char first = pk->p < pk->end ? pk->p[0] : ' ';
	char second = pk->p + 1 < pk->end ? pk->p[1] : ' ';

	if (pk->inv->rt->dialect == DIALECT_LINUX && str_is_alnum(first)) {
		if ((first == 'I' || first == 'i') && (second == '4' || second == '6')) {
			pk->p += 2;
			return print_ip(pk, second == '6', first == 'i', value);
		}
		if ((first == 'k' || first == 'u') && second == 's') {
			pk->p += 2;
			return print_string(pk, spec, value);
		}
		/* Symbols are not known here: their addresses. */
		if (first != 'K' && first != 'x' && first != 'B' && first != 's' && first != 'S')
			return ERR_INVAL;
		pk->p++;
	}
	spec->length = 8;
	format_integer(&pk->out, spec, value);
	return 0;
}

static int print_arg(struct printk *pk, struct format_spec *spec, u64 value)
{
	char c = (char)value;

	switch (spec->conv) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o': format_integer(&pk->out, spec, value); return 0;
	case 'c': format_string(&pk->out, spec, &c, 1); return 0;
	case 's': return print_string(pk, spec, value);
	case 'p': return print_pointer(pk, spec, value);
	default: return ERR_INVAL;
	}
}

/* p is behind a '%'. */
static int print_directive(struct printk *pk)
{
	struct format_spec spec;
	const char *next;

	if (pk->p < pk->end && *pk->p == '%') {
		format_char(&pk->out, *pk->p++);
		return 0;
	}
	next = format_spec_parse(pk->p, pk->end, &spec);
	if (next == NULL || spec.width == FORMAT_FROM_ARG || spec.precision == FORMAT_FROM_ARG)
		return ERR_INVAL;
	/* Programs are compiled for a target whose long has 8 bytes, whatever the host's has. */
	if (next - pk->p >= 2 && (next[-2] == 'l' || next[-2] == 'z'))
		spec.length = 8;
	pk->p = next;
	if (pk->used == pk->arg_count)
		return ERR_INVAL;
	return print_arg(pk, &spec, pk->args[pk->used++]);
}

static int print_line(struct printk *pk)
{
	while (pk->p < pk->end && *pk->p != '\0') {
		char c = *pk->p++;
		int r = 0;

		if (c == '%')
			r = print_directive(pk);
		else
			format_char(&pk->out, c);
		if (r < 0)
			return r;
	}
	return 0;
}

#define COUNT(inv, field) ((void)__atomic_fetch_add(&(inv)->rt->stats.field, 1, __ATOMIC_RELAXED))

void invocation_trace(const struct invocation *inv, u32 kind, const char *text, size_t len)
{
	const struct trace_event event = { .kind = (enum trace_kind)kind,
					   .slot = inv->exec.slot,
					   .prog = inv->prog == NULL ? 0 : inv->prog->core.id,
					   .ns = os_clock_monotonic(),
					   .len = (u32)len,
					   .text = text };

	trace_put(inv->rt->events, &event);
}

/* Gives the line to the sink. Returns its length. */
static u32 emit(struct invocation *inv, size_t len)
{
	struct runtime *rt = inv->rt;

	if (len >= sizeof(inv->line)) {
		len = sizeof(inv->line) - 1;
		COUNT(inv, lines_cut);
	} else if (len > 0 && inv->line[len - 1] == '\n') {
		len--;
	}
	inv->line[len] = '\0';
	OS_PROBE("print", inv->exec.slot, inv->prog == NULL ? 0 : inv->prog->core.id,
		 (uintptr_t)inv->line, len);
	if (rt->events != NULL)
		invocation_trace(inv, TRACE_PRINT, inv->line, len);
	if (rt->trace == NULL && rt->events != NULL) {
		COUNT(inv, lines);
		return (u32)len;
	}
	if (rt->trace == NULL) {
		COUNT(inv, lines_dropped);
		return (u32)len;
	}
	rt->trace(rt->trace_arg, inv->line, len);
	COUNT(inv, lines);
	return (u32)len;
}

/* The format is readable. exact: as many conversions as arguments; else no more than that. Returns
 * the line's length or an ERR_. */
static int print(struct invocation *inv, u64 fmt, u32 fmt_size, const u64 *args, u32 arg_count,
		 bool exact)
{
	const char *text = (const char *)(uintptr_t)fmt;
	struct printk pk = { .inv = inv,
			     .out = { inv->line, sizeof(inv->line), 0 },
			     .p = text,
			     .end = text + fmt_size,
			     .args = args,
			     .arg_count = arg_count };
	int r = print_line(&pk);

	if (r == 0 && exact && pk.used != arg_count)
		r = ERR_INVAL;
	if (r < 0) {
		COUNT(inv, lines_refused);
		return r;
	}
	return (int)emit(inv, pk.out.len);
}

/* Windows: format of 2 to 511 bytes, all arguments used, -1 for whatever is wrong, 0 when nobody
 * listens. */
static u64 windows_printk(void *ctx, u64 fmt, u64 fmt_size, const u64 *args, u32 arg_count)
{
	struct invocation *inv = invocation_of(ctx);
	u32 size = (u32)fmt_size;
	int r;

	if (size < 2 || size > 511) {
		COUNT(inv, lines_refused);
		return (u64)-1;
	}
	if (!exec_check(&inv->exec, fmt, size, false))
		return (u64)-1;
	r = print(inv, fmt, size, args, arg_count, true);
	if (r < 0)
		return (u64)-1;
	return inv->rt->trace == NULL && inv->rt->events == NULL ? 0 : (u64)r;
}

u64 helper_trace_printk2(u64 fmt, u64 fmt_size, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			 void *ctx)
{
	return windows_printk(ctx, fmt, fmt_size, NULL, 0);
}

u64 helper_trace_printk3(u64 fmt, u64 fmt_size, u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	return windows_printk(ctx, fmt, fmt_size, &r3, 1);
}

u64 helper_trace_printk4(u64 fmt, u64 fmt_size, u64 r3, u64 r4, UNUSED u64 r5, void *ctx)
{
	const u64 args[] = { r3, r4 };

	return windows_printk(ctx, fmt, fmt_size, args, ARRAY_COUNT(args));
}

u64 helper_trace_printk5(u64 fmt, u64 fmt_size, u64 r3, u64 r4, u64 r5, void *ctx)
{
	const u64 args[] = { r3, r4, r5 };

	return windows_printk(ctx, fmt, fmt_size, args, ARRAY_COUNT(args));
}

/* Linux: the terminator is part of the format; errors are errnos. */
static u64 linux_printk(void *ctx, u64 fmt, u64 fmt_size, const u64 *args, u32 arg_count)
{
	struct invocation *inv = invocation_of(ctx);
	u32 size = (u32)fmt_size;

	if (!exec_check(&inv->exec, fmt, size, false))
		return (u64)ERR_FAULT;
	if (size == 0 || ((const char *)(uintptr_t)fmt)[size - 1] != '\0') {
		COUNT(inv, lines_refused);
		return (u64)ERR_INVAL;
	}
	return (u64)(s64)print(inv, fmt, size, args, arg_count, false);
}

u64 helper_trace_printk(u64 fmt, u64 fmt_size, u64 r3, u64 r4, u64 r5, void *ctx)
{
	const u64 args[] = { r3, r4, r5 };

	return linux_printk(ctx, fmt, fmt_size, args, ARRAY_COUNT(args));
}

#define VPRINTK_ARGS 12

u64 helper_trace_vprintk(u64 fmt, u64 fmt_size, u64 data, u64 data_len, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	u64 args[VPRINTK_ARGS];
	u32 len = (u32)data_len;

	if (len % 8 != 0 || len > sizeof(args) || (len > 0 && data == 0)) {
		COUNT(inv, lines_refused);
		return (u64)ERR_INVAL;
	}
	if (!exec_check(&inv->exec, data, len, false))
		return (u64)ERR_FAULT;
	if (len > 0)
		memcpy(args, (const void *)(uintptr_t)data, len);
	return linux_printk(ctx, fmt, fmt_size, args, len / 8);
}

/* Prints into the program's memory. Returns the length with the terminator, whether it fits or not.
 */
u64 helper_snprintf(u64 dst, u64 dst_size, u64 fmt, u64 data, u64 data_len, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	const char *text = (const char *)(uintptr_t)fmt;
	u32 size = (u32)dst_size, len = (u32)data_len, fmt_len = 0, readable;
	u64 args[VPRINTK_ARGS];
	struct printk pk = { .inv = inv,
			     .out = { (char *)(uintptr_t)dst, size, 0 },
			     .p = text,
			     .args = args,
			     .arg_count = len / 8 };
	int r;

	if (len % 8 != 0 || len > sizeof(args) || (len > 0 && data == 0))
		return (u64)ERR_INVAL;
	if (!exec_check(&inv->exec, dst, size, true) || !exec_check(&inv->exec, data, len, false))
		return (u64)ERR_FAULT;
	readable = exec_readable(&inv->exec, fmt, PRINTK_STRING_MAX);
	while (fmt_len < readable && text[fmt_len] != '\0')
		fmt_len++;
	if (fmt_len == readable)
		return (u64)(exec_check(&inv->exec, fmt, (u64)readable + 1, false) ? ERR_INVAL
										   : ERR_FAULT);
	pk.end = text + fmt_len;
	if (len > 0)
		memcpy(args, (const void *)(uintptr_t)data, len);
	r = print_line(&pk);
	format_end(&pk.out);
	return r < 0 ? (u64)r : pk.out.len + 1;
}
