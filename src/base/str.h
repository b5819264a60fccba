/* SPDX-License-Identifier: MIT */
/* The memory and string functions that every host offers, freestanding ones too. */
#pragma once

#include "base/compiler.h"

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
#endif

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Copies at most size - 1 bytes and always terminates; true when everything fitted. */
bool str_copy(char *dst, size_t size, const char *src);

/* The value of a hexadecimal digit; 16 for what is none. */
unsigned str_digit(char c);
/* ASCII's letters and digits. */
bool str_is_alnum(char c);

/* A number as the shell user writes it: decimal or 0x hex, with an optional sign for the s64
 * form, and nothing after it. False, and *ret untouched, when it is not one or does not fit. */
bool str_to_u64(const char *s, u64 *ret);
bool str_to_s64(const char *s, s64 *ret);
