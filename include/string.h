/* SPDX-License-Identifier: MIT */
/* <string.h> for BPF targets. The compiler writes these out in place when the size is a constant; a
 * call that is left has nothing to call, and the compiler or the loader says so. Any other target
 * gets its own. */
#ifndef __BPF__
#include_next <string.h>
#elif !defined(ORIEL_STRING_H)
#define ORIEL_STRING_H

#include <stddef.h>

void *(memcpy)(void *dst, const void *src, size_t size);
void *(memmove)(void *dst, const void *src, size_t size);
void *(memset)(void *mem, int value, size_t size);
int(memcmp)(const void *a, const void *b, size_t size);
size_t(strlen)(const char *str);
int(strcmp)(const char *a, const char *b);
int(strncmp)(const char *a, const char *b, size_t size);

/* The Windows dialect has helpers for these. */
#ifndef ORIEL_SDK_WINDOWS
/* As macros, so that freestanding compilers expand them as well. */
#define memcpy	__builtin_memcpy
#define memmove __builtin_memmove
#define memset	__builtin_memset
#define memcmp	__builtin_memcmp
#define strlen	__builtin_strlen
#endif

#endif
