/* SPDX-License-Identifier: MIT */
#include "base/strbuf.h"

#include "base/error.h"
#include "base/format.h"
#include "base/mem.h"
#include "base/str.h"

void strbuf_fini(struct strbuf *sb)
{
	mem_free(sb->data);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->data != NULL)
		sb->data[0] = '\0';
}

/* Room for extra bytes and the terminator. */
static bool strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need, cap;
	char *grown;

	if (sb->failed || __builtin_add_overflow(sb->len + 1, extra, &need)) {
		sb->failed = true;
		return false;
	}
	if (need <= sb->cap)
		return true;
	cap = MAX(MAX(need, (size_t)64), sb->cap < SIZE_MAX / 2 ? sb->cap * 2 : need);
	grown = mem_realloc(sb->data, cap);
	if (grown == NULL) {
		sb->failed = true;
		return false;
	}
	sb->data = grown;
	sb->cap = cap;
	return true;
}

void strbuf_add_len(struct strbuf *sb, const char *s, size_t len)
{
	if (!strbuf_reserve(sb, len))
		return;
	memcpy(sb->data + sb->len, s, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_add(struct strbuf *sb, const char *s)
{
	strbuf_add_len(sb, s, strlen(s));
}

void strbuf_add_char(struct strbuf *sb, char c)
{
	strbuf_add_len(sb, &c, 1);
}

void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list args)
{
	size_t room, len;

	if (!strbuf_reserve(sb, 80))
		return;
	room = sb->cap - sb->len;
	len = format_v(sb->data + sb->len, room, fmt, args);
	if (len >= room) {
		if (!strbuf_reserve(sb, len)) {
			sb->data[sb->len] = '\0';
			return;
		}
		(void)format_v(sb->data + sb->len, len + 1, fmt, args);
	}
	sb->len += len;
}

void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vprintf(sb, fmt, args);
	va_end(args);
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->len > 0 ? sb->data : "";
}

int strbuf_status(const struct strbuf *sb)
{
	return sb->failed ? ERR_NOMEM : 0;
}
