/* SPDX-License-Identifier: MIT */
/* Errors. Functions that can fail return int: 0, or one of the negative ERR_ values. Where a person
 * has to act on the failure they also take a struct error, in the caller's memory, for what and
 * where. */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

enum {
#define ERROR_ROW(name, number, text) ERR_##name = -(number),
#include "base/errors.def"
#undef ERROR_ROW
};

struct error {
	int status;	/* 0 or an ERR_ value */
	char text[300]; /* one line, no final full stop; empty while status is 0. Control
			   characters become '?'. */
};

/* The general text of a status, for those that carry no text of their own. */
const char *error_name(int status);

/* Sets *err (which may be NULL) and returns status, so that failing is one statement. A later
 * call replaces an earlier one. */
int error_set(struct error *err, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "fmt...: " before the text that is there, on the way out of a caller that knows more about
 * the place. Returns err's status. */
int error_prefix(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What these return is never 0. Compilers and analysers see no other file's bodies, so they are
 * told here; else they follow the success that cannot happen, to values that nobody has set. */
#define error_set(err, status, ...)                              \
	({                                                       \
		int error_set_status = (status);                 \
		error_set((err), error_set_status, __VA_ARGS__); \
		error_set_status;                                \
	})
#define error_prefix(err, ...)                                              \
	({                                                                  \
		int error_prefix_status = error_prefix((err), __VA_ARGS__); \
		error_prefix_status != 0 ? error_prefix_status : ERR_INVAL; \
	})
