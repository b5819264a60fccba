/* SPDX-License-Identifier: MIT */
/* Programs of native modules: what include/bpf2c.h says, seen from the system's side. */
#pragma once

#include "runtime/runtime.h"

/* Whatever keeps the module's code in memory; called when the last program of it is freed. */
struct native_owner {
	void (*release)(void *arg);
	void *arg;
};

/* What a module says of itself, checked by whoever read it: structures of include/bpf2c.h, each of
 * the size that is known here, with pointers that hold. They are not needed after a bind. */
struct native_tables {
	const struct _program_entry *programs;
	size_t program_count;
	const struct _map_entry *maps;
	size_t map_count;
	bool module_abi; /* its code has MODULE_ABI; otherwise the host's convention */
	/* Some function of it counts on xmm6 to xmm15 being kept; only of module_abi. */
	bool keeps_vectors;
};

/* The program of that name, bound to what it refers to. Its code is trusted. On success the program
 * has the owner. ERR_NOENT: no such program; ERR_NOEXEC: tables that do not fit; ERR_NOTSUP: it
 * needs what the binding lacks. */
int native_bind_tables(const struct native_tables *tables, const struct prog *prog,
		       const struct prog_binding *binding, const struct native_owner *owner,
		       struct prog_code **ret_code, struct error *err) MUST_CHECK;

/* The same of a module's own metadata_table_t, whose code is of this host's calling convention. Its
 * tables are checked as far as they are used. */
int native_bind(const void *table, const struct prog *prog, const struct prog_binding *binding,
		const struct native_owner *owner, struct prog_code **ret_code,
		struct error *err) MUST_CHECK;
