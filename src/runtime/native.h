/* SPDX-License-Identifier: MIT */
/* Programs of native modules: what include/bpf2c.h says, seen from the system's side. */
#pragma once

#include "runtime/runtime.h"

/* Whatever keeps the module's code in memory; called when the last program of it is freed. */
struct native_owner {
	void (*release)(void *arg);
	void *arg;
};

/* The program of that name in a module's table (metadata_table_t, whose code is of this host's
 * calling convention), bound to what it refers to. Its code is trusted; its tables are checked as
 * far as they are used. On success the program has the owner. ERR_NOENT: no such program;
 * ERR_NOEXEC: tables that do not fit; ERR_NOTSUP: it needs what the binding lacks. */
int native_bind(const void *table, const struct prog *prog, const struct prog_binding *binding,
		const struct native_owner *owner, struct prog_code **ret_code,
		struct error *err) MUST_CHECK;
