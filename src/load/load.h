/* SPDX-License-Identifier: MIT */
/* The pipeline in one call: object file -> program -> (verifier) -> engine -> runtime. */
#pragma once

#include "load/native.h"
#include "object/object.h"
#include "runtime/runtime.h"
#include "verify/verify.h"

struct image_page;
struct load_module;

struct load_options {
	size_t size;	     /* sizeof(struct load_options) */
	const char *file;    /* for messages */
	const char *program; /* symbol or section name; NULL: the only program */
	const char *type;    /* program type's name; NULL: what the section says */
	const char *mode;    /* engine's name; NULL: the build's first choice */
	enum dialect dialect;
	runtime_trace_fn trace;
	void *trace_arg;
	struct trace *events;	       /* as in struct runtime_options */
	const struct btf *target_btf;  /* as in struct object_options */
	const struct kconfig *kconfig; /* as well */
	const struct spec *spec;       /* as well */
	/* How the programs are judged before they are loaded: what is not proven safe is ERR_ACCES,
	 * with place and reason. NULL: not at all. */
	const struct verify_options *verify;
	/* What mode "native" builds with; outlives the load. NULL: that mode is not there. */
	struct native_compiler *native;
	/* For native modules: the pages that somebody trustworthy has signed. NULL: images are
	 * refused. */
	const struct image_page *pages;
	u32 page_count;
	/* Called with the object before anything in it is linked and judged, and may change what
	 * its maps begin with: what they hold that is read-only is relied upon. Not 0 ends the
	 * load. May be NULL. */
	int (*opened)(void *arg, struct object *object, struct error *err);
	void *opened_arg;
	/* Called with the runtime before any program is loaded into it, to register what programs
	 * need of others; not 0 ends the load. retract: before the runtime goes, when extend was
	 * called. May be NULL, both. */
	int (*extend)(void *arg, struct runtime *rt, struct error *err);
	void (*retract)(void *arg);
	void *extend_arg;
	/* Told of the machine code of the modes that compile; outlives the load. NULL: nobody. */
	const struct jit_watch *watch;
};

struct load {
	struct object *object;
	struct load_module *module; /* that the object was made of; NULL: it is a file's */
	const struct prog *prog;
	const struct engine *engine;
	struct engine *watched; /* NULL, or that engine */
	struct runtime *runtime;
	struct runtime_prog *runtime_prog;
	void (*retract)(void *arg); /* from the options, when it has to be called */
	void *extend_arg;
	/* By the object's index, where they are not the runtime's table. */
	struct map *const *maps;
	const struct verify_options *verify; /* from the options */
	const struct prog_facts *facts;	     /* what is known of prog; NULL: nobody asked */
	/* The program that the verifier refused, and why; NULL: none. */
	const struct prog *refused;
	struct verify_result result;
};

/* Everything that stands between bytes and a program that can run: those of an object, or of a
 * native module's image, which is not verified any more but has to be signed. Other programs of the
 * object that the program can reach by tail calls through arrays which the file fills are loaded
 * too; all have its type. Refuses when the dialect or the type stays unknown, saying which option
 * decides. bytes outlive the load. On failure *ret_load is zeroed, unless the verifier refuses a
 * program (ERR_ACCES): then it has that one and its object, and is to be given to load_fini(). */
int load_program(const u8 *bytes, size_t len, const struct load_options *options,
		 struct load *ret_load, struct error *err) MUST_CHECK;
/* One of the load's programs, linked and judged. */
int load_link(struct load *load, u32 idx, const struct spec_prog_type *type,
	      const struct prog **ret_prog, const struct prog_facts **ret_facts,
	      struct error *err) MUST_CHECK;
void load_fini(struct load *load); /* accepts a zeroed one */
/* The object's map of that index; NULL: it was left out. */
struct map *load_map(const struct load *load, u32 idx);
