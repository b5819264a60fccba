/* SPDX-License-Identifier: MIT */
/* liboriel: what its headers share. docs/api.md tells the conventions; in short:
 *
 * - A function that can fail returns 0 or a negative enum oriel_status, and tells what and where in
 *   a struct oriel_error, which may be NULL. What it gives back it writes on success only.
 * - A struct that begins with `size` is the caller's, who sets that to sizeof: then programs and
 *   libraries of different age fit. All else of it starts as zero.
 * - Handles are opaque and released by their ..._free, which accepts NULL. What a handle's
 *   functions point to lives as long as the handle. What a function allocates for its caller says
 *   so; oriel_free releases it.
 * - Sizes and offsets are in bytes; instructions are counted in slots of 8 bytes. Text is UTF-8 as
 *   far as files keep to that.
 * - There is no global state. A handle belongs to one thread at a time; functions that take it as
 *   const may run at the same time in several. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ORIEL_VERSION_MAJOR 0
#define ORIEL_VERSION_MINOR 1
#define ORIEL_VERSION_PATCH 0
/* Grows with each version. */
#define ORIEL_VERSION_NUMBER \
	(ORIEL_VERSION_MAJOR << 16 | ORIEL_VERSION_MINOR << 8 | ORIEL_VERSION_PATCH)

#if defined(__GNUC__)
#define ORIEL_MUST_CHECK __attribute__((warn_unused_result))
#else
#define ORIEL_MUST_CHECK
#endif
/* What the shared library exports. Windows takes that from a .def file. */
#if defined(__GNUC__) && !defined(_WIN32)
#define ORIEL_API __attribute__((visibility("default")))
#else
#define ORIEL_API
#endif

/* An index that leads nowhere. */
#define ORIEL_NO_INDEX UINT32_MAX

#ifdef __cplusplus
extern "C" {
#endif

/* Whose numbers of program types, map types, helpers and verdicts an object uses. */
enum oriel_dialect {
	ORIEL_DIALECT_UNKNOWN = 0,
	ORIEL_DIALECT_WINDOWS = 1, /* eBPF for Windows */
	ORIEL_DIALECT_LINUX = 2,
};

/* The library's version, which may be another than that of the headers: "0.1.0". */
ORIEL_API const char *oriel_version(void);
/* The same as ORIEL_VERSION_NUMBER counts. */
ORIEL_API uint32_t oriel_version_number(void);

/* "unknown", "windows", "linux". */
ORIEL_API const char *oriel_dialect_name(enum oriel_dialect dialect);

/* Releases memory that a function of the library allocated for its caller. NULL is allowed. */
ORIEL_API void oriel_free(void *memory);

#ifdef __cplusplus
}
#endif
