/* SPDX-License-Identifier: MIT */
/* Names out of source lines. BTF does not have those of local variables, but has the lines: what
 * stands at a column says what an instruction is about. It serves texts only. */
#pragma once

#include "base/compiler.h"
#include "prog/prog.h"

/* A piece of a line; len 0: none. */
struct source_text {
	const char *at;
	size_t len;
};

/* "table->bytes[i]": whole, base "table", index "i". */
struct source_access {
	struct source_text whole, base, index;
};

/* The variable, member or element that the line's column speaks of; false: that is none. */
bool source_access(const struct prog_line *line, struct source_access *ret);
/* What is assigned at the line's column, without casts. */
struct source_text source_value(const struct prog_line *line);
/* What is divided by at the line's column. */
struct source_text source_divisor(const struct prog_line *line);
/* The variable before the first assignment in a line: what a call in that line is assigned to. */
struct source_text source_assigned(const struct prog_line *line);
/* Argument n (from 1 on) of the call of that name in a line. */
struct source_text source_argument(const struct prog_line *line, const char *name, u32 n);
/* A single name. */
bool source_is_name(const struct source_text *text);
