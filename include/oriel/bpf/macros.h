/* SPDX-License-Identifier: MIT */
/* Counting and joining of macro arguments, for the headers that offer macros with any number of
 * them. */
#pragma once

#define ORIEL_JOIN_RAW(a, b) a##b
#define ORIEL_JOIN(a, b)     ORIEL_JOIN_RAW(a, b)

/* The number of arguments, 0 to 12. */
#define ORIEL_COUNT(...)						      ORIEL_COUNT_RAW(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define ORIEL_COUNT_RAW(none, a, b, c, d, e, f, g, h, i, j, k, l, count, ...) count

/* ORIEL_BY_COUNT(name, args...)(...) is nameN(...), N the number of args. */
#define ORIEL_BY_COUNT(name, ...) ORIEL_JOIN(name, ORIEL_COUNT(__VA_ARGS__))

/* Arguments become 64-bit elements of an array, last one first in the macro's recursion. */
#define ORIEL_FILL0(array)
#define ORIEL_FILL1(array, a) (array)[0] = (unsigned long long)(a);
#define ORIEL_FILL2(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL1((array) + 1, __VA_ARGS__)
#define ORIEL_FILL3(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL2((array) + 1, __VA_ARGS__)
#define ORIEL_FILL4(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL3((array) + 1, __VA_ARGS__)
#define ORIEL_FILL5(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL4((array) + 1, __VA_ARGS__)
#define ORIEL_FILL6(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL5((array) + 1, __VA_ARGS__)
#define ORIEL_FILL7(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL6((array) + 1, __VA_ARGS__)
#define ORIEL_FILL8(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL7((array) + 1, __VA_ARGS__)
#define ORIEL_FILL9(array, a, ...)            \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL8((array) + 1, __VA_ARGS__)
#define ORIEL_FILL10(array, a, ...)           \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL9((array) + 1, __VA_ARGS__)
#define ORIEL_FILL11(array, a, ...)           \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL10((array) + 1, __VA_ARGS__)
#define ORIEL_FILL12(array, a, ...)           \
	(array)[0] = (unsigned long long)(a); \
	ORIEL_FILL11((array) + 1, __VA_ARGS__)
#define ORIEL_FILL(array, ...) ORIEL_BY_COUNT(ORIEL_FILL, ##__VA_ARGS__)(array, ##__VA_ARGS__)
