/* SPDX-License-Identifier: MIT */
/* Links: what attaches a program to a hook, and lives as long as somebody holds it. */
#pragma once

#include "runtime/objects.h"

struct link_options {
	size_t size; /* sizeof(struct link_options) */
	struct runtime_prog *prog;
	struct guid attach_type;
	const void *param; /* where exactly; what it is the hook says */
	size_t param_len;
	u32 flags; /* for the hook */
};

/* ERR_NOENT: no such hook; ERR_INVAL: not for programs of that type; else as the hook says. The
 * caller has a user's reference; the last one detaches, which waits for running invocations. */
int link_attach(struct runtime *rt, const struct link_options *options,
		struct runtime_link **ret_link, struct error *err) MUST_CHECK;
/* The hook calls the program no more when this returns; not from inside an invocation. ERR_NOENT:
 * it was not attached any more. */
int link_detach(struct runtime_link *link);
/* Another program in its place; events see the one or the other. old: the one that has to be there,
 * else ERR_PERM; NULL: any. */
int link_update(struct runtime_link *link, struct runtime_prog *prog, struct runtime_prog *old,
		struct error *err) MUST_CHECK;

/* Attaching without a link: the hook keeps it. Where a program is attached like this already, with
 * the same parameter, it is replaced. */
int prog_attach(struct runtime *rt, const struct link_options *options,
		struct error *err) MUST_CHECK;
/* prog NULL: whichever it is. */
int prog_detach(struct runtime *rt, const struct link_options *options,
		struct error *err) MUST_CHECK;

#define LINK_VERDICTS 8

struct link_info {
	u32 id, prog_id; /* 0: detached */
	u32 link_type;	 /* enum ext_link_type */
	u32 attach_number;
	u32 pins;
	struct guid attach_guid, prog_type_guid;
	u32 param_len;
	u8 param[64];
	bool attached;
	/* Runs by what the program said, while runs were counted (runtime_count_runs). */
	u64 verdicts[LINK_VERDICTS]; /* by number */
	u64 other_verdicts, failures;
};
void link_get_info(struct runtime_link *link, struct link_info *ret_info);
