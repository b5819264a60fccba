/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "base/format.h"
#include "base/str.h"

#undef error_set
#undef error_prefix

const char *error_name(int status)
{
	switch (status) {
	case 0: return "success";
#define ERROR_ROW(name, number, text) \
	case ERR_##name:              \
		return text;
#include "base/errors.def"
#undef ERROR_ROW
	default: return "unknown error";
	}
}

/* Names from hostile files come into the text: they shall neither break the line nor talk to the
 * terminal. */
static void error_clean(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int error_set(struct error *err, int status, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return status;
	err->status = status;
	va_start(args, fmt);
	(void)format_v(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	error_clean(err->text);
	return status;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	size_t used, old_len, room;
	va_list args;

	if (err == NULL)
		return ERR_INVAL;
	/* Measure, shift the old text, then write the prefix in place: no second buffer. */
	va_start(args, fmt);
	used = format_v(NULL, 0, fmt, args) + 2;
	va_end(args);
	if (used + 1 >= sizeof(err->text))
		return err->status;
	old_len = strlen(err->text);
	room = sizeof(err->text) - 1 - used;
	if (old_len > room)
		old_len = room;
	memmove(err->text + used, err->text, old_len);
	err->text[used + old_len] = '\0';
	va_start(args, fmt);
	(void)format_v(err->text, used - 1, fmt, args);
	va_end(args);
	err->text[used - 2] = ':';
	err->text[used - 1] = ' ';
	error_clean(err->text);
	return err->status;
}
