/* SPDX-License-Identifier: MIT */
/* Extensions from files: shared libraries, written against include/oriel/extension.h, that register
 * with a runtime what those inside do. They run in this process, so only files that nobody else can
 * change are taken. */
#pragma once

#include "runtime/extension.h"

struct extension;	   /* a library that is loaded */
struct extension_instance; /* what it has registered with a runtime */

struct extension_info {
	const char *path, *name, *version, *summary;
	enum dialect dialect; /* of the runtimes that it is for */
	bool has_events;      /* that come while extension_events are there */
};

/* ERR_ACCES: others may change the file; ERR_NOEXEC: it is no extension, or says of itself what
 * cannot be; ERR_NOTSUP: this host loads none. */
int extension_open(const char *path, struct extension **ret_extension,
		   struct error *err) MUST_CHECK;
/* One that is a part of this program. */
int extension_open_entry(const char *path, oriel_extension_entry_fn entry,
			 struct extension **ret_extension, struct error *err) MUST_CHECK;
/* ERR_BUSY: it has an instance yet, and stays. Accepts NULL. */
int extension_close(struct extension *extension, struct error *err) MUST_CHECK;
const struct extension_info *extension_info(const struct extension *extension);

/* Registers with a runtime of its dialect. What it registers is checked; when anything is wrong,
 * nothing of it is left. */
int extension_start(struct extension *extension, struct runtime *rt,
		    struct extension_instance **ret_instance, struct error *err) MUST_CHECK;
/* When it returns 0 no program runs that could call the extension, and none can be run that would.
 * ERR_BUSY: programs are attached to its hooks, and nothing has happened. Not while there are
 * events; not from inside an invocation. Accepts NULL. */
int extension_stop(struct extension_instance *instance, struct error *err) MUST_CHECK;

/* The rows of several extensions, of both dialects; one reference is the caller's. */
int extension_spec(struct extension *const *extensions, u32 count, struct spec **ret_spec,
		   struct error *err) MUST_CHECK;

/* --- events: threads of extensions that make some --- */

struct extension_events;

int extension_events_start(struct extension_instance *const *instances, u32 count,
			   struct extension_events **ret_events, struct error *err) MUST_CHECK;
/* A descriptor that can be read when all have come to their end. */
int extension_events_over(const struct extension_events *events);
/* Ends them. What an extension says of its own end, or 0. Accepts NULL. */
int extension_events_stop(struct extension_events *events, struct error *err) MUST_CHECK;
