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
	/* "interpret", "jit", "jit-checked", "jit-blinded"; NULL: the library's first choice. */
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
	/* The packet; for type raw the memory. Changed in place. Out: how long it is then. */
	void *data;
	size_t data_size;
	/* 0: 1. */
	uint64_t repeat;
	/* Out: what the program returned, and how long all repetitions took. */
	uint64_t result;
	uint64_t duration_ns;
	/* Room at data for programs that make the packet longer; 0: data_size. */
	size_t data_capacity;
	/* Repetitions without a pause; 0: 64. Who waits for what the program holds, as who detaches
	 * or frees a map, waits for so many. */
	uint32_t batch;
	uint32_t reserved;
};
/* ORIEL_ERR_NOSPC: it ran, but the packet is longer than its room, which has its beginning then.
 * ORIEL_ERR_FAULT, ORIEL_ERR_TIME: it was stopped; the error says where. After all three the rest
 * of run is as after a whole run. */
ORIEL_API int oriel_loaded_run(struct oriel_loaded *load, const char *program,
			       struct oriel_run *run, struct oriel_error *error) ORIEL_MUST_CHECK;

struct oriel_live_program_info {
	size_t size;
	const char *name;
	/* "bind"; "interpret". */
	const char *type;
	const char *mode;
	/* While they were counted: oriel_runtime_count_runs(). Both of events and of
	 * oriel_loaded_run(). */
	uint64_t runs;
	uint64_t run_ns;
	uint32_t id;
	/* Instruction slots, with those of the subprograms that it calls. */
	uint32_t insn_count;
	uint32_t links;
	/* 0: ORIEL_LOAD_UNVERIFIED. */
	uint32_t verified;
};
/* The texts live as long as load. program NULL: the only one. */
ORIEL_API int oriel_loaded_get_program(struct oriel_loaded *load, const char *program,
				       struct oriel_live_program_info *ret_info,
				       struct oriel_error *error) ORIEL_MUST_CHECK;
/* Counting costs two looks at the clock a run. As often as it was switched on it has to be switched
 * off. */
ORIEL_API int oriel_runtime_count_runs(struct oriel_runtime *runtime, int on,
				       struct oriel_error *error) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
