/* SPDX-License-Identifier: MIT */
/* liboriel: what went wrong. */
#pragma once

#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return. The numbers are Linux's errno values, negative, on every host; later
 * versions may add some. */
enum oriel_status {
	ORIEL_OK = 0,
	ORIEL_ERR_PERM = -1,
	ORIEL_ERR_NOENT = -2, /* no such file, program, ... */
	ORIEL_ERR_INTR = -4,
	ORIEL_ERR_IO = -5,
	ORIEL_ERR_TOOBIG = -7, /* over a limit; also: a struct with a field that is not known */
	ORIEL_ERR_NOEXEC = -8, /* the file is damaged, or not what it should be */
	ORIEL_ERR_BADF = -9,
	ORIEL_ERR_AGAIN = -11,
	ORIEL_ERR_NOMEM = -12,
	ORIEL_ERR_ACCES = -13,
	ORIEL_ERR_FAULT = -14,
	ORIEL_ERR_BUSY = -16,
	ORIEL_ERR_EXIST = -17,
	ORIEL_ERR_INVAL = -22, /* an argument is wrong */
	ORIEL_ERR_NOSPC = -28,
	ORIEL_ERR_RANGE = -34, /* an index is past the end */
	ORIEL_ERR_LOOP = -40,
	ORIEL_ERR_TIME = -62,
	ORIEL_ERR_OVERFLOW = -75,
	ORIEL_ERR_ILSEQ = -84, /* bytes that are no instruction */
	ORIEL_ERR_NOTSUP = -95,
	ORIEL_ERR_CANCELED = -125,
};

/* The caller's, and needs no initialisation: a function that fails sets all of it, one that
 * succeeds leaves it alone. Its layout is fixed. */
struct oriel_error {
	int status;	/* what the function returned */
	char text[508]; /* what and where: one line without a full stop, for people */
};

/* A status in general words, for functions that take no struct oriel_error. */
ORIEL_API const char *oriel_status_text(int status);

#ifdef __cplusplus
}
#endif
