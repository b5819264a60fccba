/* SPDX-License-Identifier: MIT */
/* A line of the conformance vectors as make_vectors.py writes them: NAME|kind|want|memory|program,
 * the last three in hexadecimal digits. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum vector_field {
	VECTOR_NAME,
	VECTOR_KIND,
	VECTOR_WANT,
	VECTOR_MEMORY,
	VECTOR_PROGRAM,
	VECTOR_FIELDS
};

/* Cuts the line into fields; false: it is none. */
static inline bool vector_split(char *line, char *fields[VECTOR_FIELDS])
{
	for (u32 i = 0; i < VECTOR_FIELDS; i++) {
		fields[i] = line;
		line = strchr(line, i + 1 < VECTOR_FIELDS ? '|' : '\n');
		if (line == NULL)
			return false;
		*line++ = '\0';
	}
	return true;
}

static inline u8 *vector_bytes(const char *text, struct arena *arena, size_t *ret_len)
{
	u8 *bytes = arena_alloc(arena, strlen(text) / 2 + 1);
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		bytes[len++] = (u8)(str_digit(text[0]) << 4 | str_digit(text[1]));
		text++;
	}
	*ret_len = len;
	return bytes;
}
