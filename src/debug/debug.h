/* SPDX-License-Identifier: MIT */
/* Tells debuggers and profilers of programs that a JIT compiler has made: functions by name, code
 * by line of the source. */
#pragma once

#include "jit/jit.h"

enum debug_form {
	DEBUG_PERF_MAP, /* /tmp/perf-PID.map, which `perf report` reads: names */
	DEBUG_JITDUMP,	/* jit-PID.dump in this folder, for `perf inject --jit`: code and lines */
	DEBUG_GDB,	/* gdb's interface: names, lines, registers */
	DEBUG_FORMS,
};

struct debug;

/* ERR_NOTSUP: not on this host. Files stay, as profilers read them afterwards. */
int debug_new(enum debug_form form, struct debug **ret_debug, struct error *err) MUST_CHECK;
void debug_free(struct debug *debug); /* NULL is allowed; no program is left that it was told of */
/* For jit_options; any thread. */
const struct jit_watch *debug_watch(const struct debug *debug);
/* The file, NULL: there is none. */
const char *debug_path(const struct debug *debug);
