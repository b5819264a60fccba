/* SPDX-License-Identifier: MIT */
/* Running programs: maps, helpers, invocations. No ELF and no verifier in here, so that it fits a
 * driver. */
#pragma once

#include "base/error.h"
#include "map/map.h"
#include "prog/exec.h"
#include "spec/spec.h"

struct runtime;	     /* maps and programs that share them */
struct runtime_prog; /* a program made ready by an engine */

/* A line that a program printed, without the newline; text is terminated. */
typedef void (*runtime_trace_fn)(void *arg, const char *text, size_t len);

struct runtime_options {
	size_t size; /* sizeof(struct runtime_options) */
	enum dialect dialect;
	runtime_trace_fn trace; /* NULL: printed lines are counted and dropped */
	void *trace_arg;
};

int runtime_new(const struct runtime_options *options, struct runtime **ret_rt,
		struct error *err) MUST_CHECK;
void runtime_free(struct runtime *rt);

/* Creates the maps of a program's map table, once for all programs of an object; later programs
 * with the same table share them. */
int runtime_add_maps(struct runtime *rt, const struct prog_map *maps, u32 count,
		     struct error *err) MUST_CHECK;
/* By index in that table. */
struct map *runtime_map(struct runtime *rt, u32 idx);

/* One way to execute programs. The list is the build's: production builds have no interpreter. */
struct engine {
	const char *name; /* "interpret" */
	int (*prepare)(const struct prog *prog, const struct prog_binding *binding,
		       struct prog_code **ret_code, struct error *err);
};
/* NULL when this build has none of that name; then *ret_why (if not NULL) says why. */
const struct engine *engine_by_name(const char *name, const char **ret_why);
/* The first choice of this build, NULL when it has none. */
const struct engine *engine_default(void);

int runtime_add_prog(struct runtime *rt, const struct prog *prog, const struct engine *engine,
		     bool verified, struct runtime_prog **ret_prog, struct error *err) MUST_CHECK;

struct runtime_run {
	/* In. The context's bytes (after the call: as the program left them); data: the packet, or
	 * for the raw type the memory itself, changed in place. */
	void *ctx;
	size_t ctx_len;
	void *data;
	size_t data_len;
	size_t data_cap; /* room at data for programs that lengthen the packet; 0: data_len */
	u64 budget;	 /* 0: the default, one thousand million */
	u32 repeat;	 /* 0: 1 */
	/* Out. */
	u64 result;
	u64 duration_ns; /* of all repetitions */
	struct exec_fault fault;
};

/* Runs the program. Contexts with packet pointers get them set to data. ERR_FAULT, ERR_TIME...: the
 * program was stopped, the text says where and run->fault has the particulars. */
int runtime_run(struct runtime_prog *prog, struct runtime_run *run, struct error *err) MUST_CHECK;
