/* SPDX-License-Identifier: MIT */
/* What `oriel run --attach` has at work: files, their programs and hooks, runtimes. */
#pragma once

#include "run.h"

#include "load/module.h"
#include "load/set.h"
#include "runtime/link.h"
#include "runtime/trace.h"
#include "supervise/status.h"
#include "supervise/supervise.h"

#define HOOK_NAME_MAX 64
#define DIALECTS      2

/* One --attach, taken apart. */
struct attachment {
	char hook[HOOK_NAME_MAX], program[HOOK_NAME_MAX];
	u32 param; /* a compartment, 0: all; for packets an interface */
	u32 prog;  /* by the object's index */
	const struct spec_attach_type *type;
	struct runtime_link *link;
};

/* One FILE. */
struct attached_file {
	struct run run;
	struct prog maps_of; /* has the maps, for who looks for them by name */
	struct load_set set;
	bool *wanted;
	VEC(struct attachment) attachments;
};

/* All files of a dialect. */
struct world {
	struct runtime *rt;
	struct net *net;
	struct net_xdp *xdp;
};

struct attached {
	struct cli *cli;
	struct attached_file *files;
	int file_count;
	struct world worlds[DIALECTS];
	struct redirects *redirects; /* NULL: nobody can ask for them */
	struct run_packets packets;
	bool has_sockets; /* hooks of sockets, for which a command is supervised */
	struct cli_extensions extensions;
	struct extension_events *extension_events; /* NULL: they make none */
	struct trace *events[DIALECTS]; /* what their programs print, for who watches and for
					   --trace-to */
	struct run_trace trace;
	u64 missed; /* events that did not fit, as far as watchers have been told */
	struct native_compiler native;
	char *sdk;
	struct verify_options verify;
	u64 start_ns;
};

/* --- status.c --- */

/* Answers `oriel top` and `oriel trace` from now on. NULL where nobody can ask. */
struct status_server *attach_serve(struct attached *a);
/* The events of all programs since the last call go to the file of --trace-to, and as lines to who
 * watches; out NULL: nobody does. */
void attach_drain(struct attached *a, struct strbuf *out);
