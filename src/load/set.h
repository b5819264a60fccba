/* SPDX-License-Identifier: MIT */
/* An object's programs into a runtime that is there already, for those who attach them. */
#pragma once

#include "load/native.h"
#include "object/object.h"
#include "runtime/objects.h"
#include "verify/verify.h"

struct load_module;

struct load_set_options {
	size_t size;	     /* sizeof(struct load_set_options) */
	const char *program; /* symbol or section name; NULL: all programs that are not optional */
	const char *type;    /* of all programs; NULL: what the sections say */
	const bool *wanted;  /* by the object's index, instead of program; may be NULL */
	const char *mode;    /* engine's name; NULL: the build's first choice */
	const struct verify_options *verify; /* NULL: programs are run as they are, checked */
	/* For each program that was loaded: called when it does not need the object any more. keep
	 * is called when it begins to. */
	void (*keep)(void *arg);
	runtime_release_fn release;
	void *arg;
	/* What mode "native" builds with, as in struct load_options. */
	const struct native_compiler *native;
	/* That the object was made of (load/module.h); outlives the runtime. NULL: it is a file's.
	 */
	struct load_module *module;
};

struct load_set {
	struct object *object;
	struct runtime *runtime;
	struct map **maps;	     /* by the object's index; NULL: left out */
	struct runtime_prog **progs; /* by the object's index; NULL: not loaded */
};

/* Creates the object's maps, or reuses those that are pinned by name, and loads what is asked for,
 * and what that can reach through arrays of programs which the file fills. On failure *ret_set is
 * zeroed. */
int load_set(struct object *object, struct runtime *rt, const struct load_set_options *options,
	     struct load_set *ret_set, struct error *err) MUST_CHECK;
void load_set_fini(struct load_set *set); /* gives its references back; accepts a zeroed one */
