/* SPDX-License-Identifier: MIT */
/* Growable text. Running out of memory is remembered, so a writer appends without looking and
 * asks once at the end. */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

struct strbuf {
	char *data; /* terminated whenever len > 0 */
	size_t len, cap;
	bool failed; /* something could not be appended; what is there is a prefix */
};

#define STRBUF_INIT \
	{           \
		0   \
	}

void strbuf_fini(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb); /* empties, keeps the memory, forgets the failure */

void strbuf_add(struct strbuf *sb, const char *s);
void strbuf_add_len(struct strbuf *sb, const char *s, size_t len);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_printf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list args);

/* The text, never NULL. */
const char *strbuf_str(const struct strbuf *sb);
/* 0 or ERR_NOMEM. */
int strbuf_status(const struct strbuf *sb) MUST_CHECK;
