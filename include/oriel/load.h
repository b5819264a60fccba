/* SPDX-License-Identifier: MIT */
/* liboriel: from an object file to programs that run. They are verified first. */
#pragma once

#include <oriel/error.h>
#include <oriel/object.h>
#include <oriel/oriel.h>
#include <oriel/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An object's maps and programs in a runtime. */
struct oriel_loaded;

/* Programs run without having been proven safe: each access is checked while they run. */
#define ORIEL_LOAD_UNVERIFIED 1

struct oriel_load_options {
	size_t size;
	/* Symbol or section name. NULL: all of the object. What a program can reach by tail calls
	 * comes along. */
	const char *program;
	/* Type of the programs; NULL: what their sections say. */
	const char *type;
	/* "interpret"; NULL: the library's first choice. */
	const char *mode;
	/* Programs of type raw get so many bytes at least. */
	uint64_t raw_size;
	/* ORIEL_LOAD_... */
	uint32_t flags;
	uint32_t reserved;
};

/* ORIEL_ERR_ACCES: a program could do harm, or that could not be excluded; the error says what, and
 * where in the source. The object may be released afterwards. options may be NULL. */
ORIEL_API int oriel_load(struct oriel_runtime *runtime, struct oriel_object *object,
			 const struct oriel_load_options *options, struct oriel_loaded **ret_loaded,
			 struct oriel_error *error) ORIEL_MUST_CHECK;
/* Its maps go with it; programs that are attached go on, with the maps that they use. */
ORIEL_API void oriel_loaded_free(struct oriel_loaded *load);

/* NULL: there is no such map. */
ORIEL_API struct oriel_map *oriel_loaded_map(const struct oriel_loaded *load, const char *name);

/* program NULL: the only one. parameter 0: for all events of the hook. */
ORIEL_API int oriel_loaded_attach(struct oriel_loaded *load, const char *program,
				  struct oriel_hook *hook, uint32_t parameter,
				  struct oriel_link **ret_link,
				  struct oriel_error *error) ORIEL_MUST_CHECK;

/* A run without an event. */
struct oriel_run {
	size_t size;
	/* Bytes of the context, as the program left them afterwards; NULL: zeros. */
	void *context;
	size_t context_size;
	/* The packet; for type raw the memory. Changed in place. */
	void *data;
	size_t data_size;
	/* 0: 1. */
	uint64_t repeat;
	/* Out: what the program returned, and how long all repetitions took. */
	uint64_t result;
	uint64_t duration_ns;
};
/* ORIEL_ERR_FAULT, ORIEL_ERR_TIME: the program was stopped; the error says where. */
ORIEL_API int oriel_loaded_run(struct oriel_loaded *load, const char *program,
			       struct oriel_run *run, struct oriel_error *error) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
