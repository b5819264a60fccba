/* SPDX-License-Identifier: MIT */
/* liboriel: where programs run. Make a runtime, make a hook for each kind of event, and run the
 * hook whenever such an event happens; oriel/load.h brings programs in.
 *
 * Functions on runtimes, hooks, links and maps may be called from any thread at any time, but for
 * those that release a handle. */
#pragma once

#include <oriel/error.h>
#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- runtimes --------------------------------------------------------------------------------- */

/* Maps, programs, hooks and links that belong together. */
struct oriel_runtime;

struct oriel_runtime_options {
	size_t size;
	/* Lines that programs print, without the newline; from every thread that runs programs.
	 * Must not wait. NULL: they are dropped. */
	void (*print)(void *arg, const char *text, size_t length);
	void *print_arg;
	/* Bytes that all maps may take; 0: no limit. */
	uint64_t memory_limit;
	/* Of all its programs; not UNKNOWN. */
	enum oriel_dialect dialect;
	/* Programs that run at the same time, at most 256, and values of per-CPU maps. 0: as many
	 * as the machine has processors. */
	uint32_t cpus;
};

ORIEL_API int oriel_runtime_new(const struct oriel_runtime_options *options,
				struct oriel_runtime **ret_runtime,
				struct oriel_error *error) ORIEL_MUST_CHECK;
/* What was made of it keeps it, and is to be released, too. */
ORIEL_API void oriel_runtime_free(struct oriel_runtime *runtime);

/* --- hooks: where events meet programs ---------------------------------------------------------
 */

struct oriel_hook;

/* In front of every context, for the library. */
struct oriel_context_header {
	uint64_t reserved[8];
};

/* Several programs may be attached, each for one parameter or for all. */
#define ORIEL_HOOK_MULTI 1
/* Programs may be attached for a parameter: a number that is not 0. */
#define ORIEL_HOOK_PARAMETER 2

struct oriel_hook_options {
	size_t size;
	/* The type of the programs that may be attached: "raw", whose context is any memory, or one
	 * of the runtime's dialect. */
	const char *program_type;
	/* ORIEL_HOOK_... */
	uint32_t flags;
	uint32_t reserved;
};

ORIEL_API int oriel_hook_new(struct oriel_runtime *runtime,
			     const struct oriel_hook_options *options, struct oriel_hook **ret_hook,
			     struct oriel_error *error) ORIEL_MUST_CHECK;
/* Detaches what is attached. No event runs it any more. */
ORIEL_API void oriel_hook_free(struct oriel_hook *hook);

/* Runs what is attached, programs for that parameter first, and returns how many programs ran or a
 * negative status. The result is the last program's.
 *
 *     struct {
 *             struct oriel_context_header header;
 *             struct my_event event;
 *     } call = { .event = ... };
 *
 *     oriel_hook_run(hook, 0, &call.event, sizeof(call.event), &result);
 *
 * A context of a type that is not raw is the type's structure. Programs that are stopped, which
 * happens to those alone that were loaded unverified, count and have no result. */
ORIEL_API int oriel_hook_run(struct oriel_hook *hook, uint32_t parameter, void *context,
			     size_t context_size, uint32_t *ret_result);

/* --- links: what is attached --------------------------------------------------------------------
 */

struct oriel_link;

/* No event meets its program any more when this returns. */
ORIEL_API void oriel_link_free(struct oriel_link *link);

/* --- maps ------------------------------------------------------------------------------------- */

/* Belongs to whatever it came from. Functions refuse NULL with ORIEL_ERR_INVAL. */
struct oriel_map;

struct oriel_live_map_info {
	size_t size;
	const char *name;
	/* "hash" */
	const char *type;
	uint64_t memory;
	/* As functions here take values: those of per-CPU maps are all CPUs' in a row, each rounded
	 * up to 8 bytes. */
	uint64_t value_size;
	uint32_t id;
	uint32_t key_size;
	uint32_t max_entries;
	uint32_t flags;
};
ORIEL_API int oriel_map_get_info(struct oriel_map *map, struct oriel_live_map_info *ret_info);

/* What an update asks for. */
#define ORIEL_MAP_ANY	  0
#define ORIEL_MAP_NOEXIST 1 /* the key is not there */
#define ORIEL_MAP_EXIST	  2 /* it is */

/* key is NULL for types without keys: these look at the next value, push one, and cannot delete. */
ORIEL_API int oriel_map_lookup(struct oriel_map *map, const void *key,
			       void *ret_value) ORIEL_MUST_CHECK;
ORIEL_API int oriel_map_update(struct oriel_map *map, const void *key, const void *value,
			       uint64_t flags) ORIEL_MUST_CHECK;
ORIEL_API int oriel_map_delete(struct oriel_map *map, const void *key) ORIEL_MUST_CHECK;
/* Looks and deletes (pops) in one step. */
ORIEL_API int oriel_map_take(struct oriel_map *map, const void *key,
			     void *ret_value) ORIEL_MUST_CHECK;
/* key NULL: the first. ORIEL_ERR_NOENT at the end. */
ORIEL_API int oriel_map_next_key(struct oriel_map *map, const void *key,
				 void *ret_key) ORIEL_MUST_CHECK;
/* Takes records out of a ring buffer, one consumer at a time, and returns how many. */
ORIEL_API int oriel_map_consume(struct oriel_map *map,
				int (*record)(void *arg, const void *data, uint32_t length),
				void *arg) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
