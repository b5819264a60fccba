/* SPDX-License-Identifier: MIT */
/* Objects of a runtime as administrators and applications see them: maps, programs and links by
 * their ids, what is known of them, paths that keep them. An object lives as long as it has a
 * reference: of a user (a handle, a pin, who created it), of a link or an array of programs (to its
 * programs), of a program or a map of maps (to its maps). */
#pragma once

#include "runtime/runtime.h"

struct runtime_link;

/* --- references ----------------------------------------------------------------------------- */

struct core_object *prog_core(struct runtime_prog *prog);
struct core_object *link_core(struct runtime_link *link);
static inline struct core_object *map_core(struct map *map)
{
	return &map->core;
}
/* These have a user's reference, which the caller gives back with core_put_user. NULL: there is no
 * such object. */
struct core_object *runtime_get_object(struct runtime *rt, enum core_kind kind, u32 id) MUST_CHECK;
struct map *runtime_get_map(struct runtime *rt, u32 id) MUST_CHECK;
struct runtime_prog *runtime_get_prog(struct runtime *rt, u32 id) MUST_CHECK;
struct runtime_link *runtime_get_link(struct runtime *rt, u32 id) MUST_CHECK;
/* NULL when it is of another kind. */
struct map *core_to_map(struct core_object *core);
struct runtime_prog *core_to_prog(struct core_object *core);
struct runtime_link *core_to_link(struct core_object *core);

/* The next id of that kind; 0 at the end. id 0: the first. */
u32 runtime_next_id(struct runtime *rt, enum core_kind kind, u32 id);

/* --- maps ----------------------------------------------------------------------------------- */

struct runtime_map_options {
	size_t size;		      /* sizeof(struct runtime_map_options) */
	const struct prog_map *def;   /* with the name */
	const struct prog_map *inner; /* the template of a map of maps, else NULL */
};
/* The caller has a user's reference, for map_free. */
int runtime_create_map(struct runtime *rt, const struct runtime_map_options *options,
		       struct map **ret_map, struct error *err) MUST_CHECK;
/* All maps of an object's table: those that are pinned by name are reused if they are there, those
 * of a type that this build lacks are left out (NULL). Maps of maps get the maps that the table
 * puts in. ret_maps: zeroed, count entries; on failure those that are set have to be given back,
 * too. */
int runtime_create_maps(struct runtime *rt, const struct prog_map *maps, u32 count,
			struct map **ret_maps, struct error *err) MUST_CHECK;
/* Puts a program into an array of programs; NULL empties the place. Programs of one array are of
 * one type. */
int runtime_set_tail_call(struct map *array, u32 index, struct runtime_prog *prog,
			  struct error *err) MUST_CHECK;

/* --- what is known of them ------------------------------------------------------------------ */

struct runtime_map_info {
	u32 id, type_number; /* in the runtime's dialect */
	u32 key_size, value_size, max_entries, flags;
	u32 inner_id; /* of a map of maps: some map that is in it; 0: none */
	u32 pins;
	u64 extra, memory;
	const char *type; /* "hash" */
	char name[CORE_NAME];
};
void runtime_map_info(struct runtime *rt, struct map *map, struct runtime_map_info *ret_info);

struct runtime_prog_info {
	u32 id, type_number;
	u32 map_count, links, pins;
	u32 insns;
	u64 loaded_at;			    /* ns of boot time */
	u64 runs, run_ns;		    /* while they were counted */
	struct guid type_guid, attach_guid; /* attach_guid zero: not known */
	const char *type, *mode;	    /* "xdp", "interpret" */
	bool verified;
	bool runnable; /* the provider that it needs is there */
	char name[CORE_NAME];
};
void runtime_prog_info(struct runtime_prog *prog, struct runtime_prog_info *ret_info);
/* The ids of its maps, at most room of them; gives how many there are. */
u32 runtime_prog_map_ids(const struct runtime_prog *prog, u32 *ret_ids, u32 room);

/* Runs are counted, and timed, while at least one asks for it. */
int runtime_count_runs(struct runtime *rt, bool on, struct error *err) MUST_CHECK;

/* --- pins ----------------------------------------------------------------------------------- */

/* The one spelling of a path: BPF:\ and the names, with a backslash between two. Both slashes
 * separate; empty names and "." go, ".." takes one away, ERR_INVAL above the root. What stands in
 * /ebpf/global and in /sys/fs/bpf stands in the root. ':' is only in the beginning. */
int pin_canonical(const char *path, char ret_path[RUNTIME_PATH], struct error *err) MUST_CHECK;

/* ERR_EXIST: the path is taken. */
int runtime_pin(struct runtime *rt, const char *path, struct core_object *object,
		struct error *err) MUST_CHECK;
int runtime_unpin(struct runtime *rt, const char *path, struct error *err) MUST_CHECK;
/* With a user's reference. */
int runtime_pinned(struct runtime *rt, const char *path, struct core_object **ret_object,
		   struct error *err) MUST_CHECK;
/* The first path after that one ("": of all), and of which kind its object is; any kind, or kinds:
 * bits of 1 << enum core_kind. ERR_NOENT at the end. */
int runtime_next_pin(struct runtime *rt, const char *after, u32 kinds, char ret_path[RUNTIME_PATH],
		     enum core_kind *ret_kind) MUST_CHECK;

/* The map that is pinned there if it is as the definition wants it, else ERR_EXIST with the
 * difference. Nothing there: it is created and pinned. With a user's reference; *ret_reused (may be
 * NULL): whether it was there. path NULL: the definition's name in the root. */
int runtime_reuse_map(struct runtime *rt, const struct runtime_map_options *options,
		      const char *path, struct map **ret_map, bool *ret_reused,
		      struct error *err) MUST_CHECK;
