/* SPDX-License-Identifier: MIT */
/* What most hooks need: who is attached, in which order they run, and what becomes of their
 * verdicts. An extension makes one for each of its attach types and runs it for each event. */
#pragma once

#include "runtime/extension.h"

enum hook_mode {
	HOOK_SINGLE,	  /* one program */
	HOOK_SINGLE_EACH, /* one program for each parameter; one without a parameter is alone */
	HOOK_MULTI,	  /* several for each parameter */
};

#define HOOK_MAX_EACH 16 /* programs of one parameter, as the original has it */

/* The last of these that a program gives is what counts. */
struct hook_verdicts {
	const u32 *order; /* from the weakest to the strongest */
	u32 count;
	u32 stop;    /* ends the chain */
	u32 other;   /* what any other result is taken for; what a program that failed gave */
	u32 nothing; /* when no program ran */
};

struct hook_options {
	size_t size; /* sizeof(struct hook_options) */
	struct guid attach_type, prog_type;
	u32 attach_number;
	u32 link_type; /* enum ext_link_type */
	enum hook_mode mode;
	/* Programs are attached for one value of a u32 (a compartment, an interface), or for all:
	 * with the parameter 0 or none. Else they take no parameter. */
	bool has_param;
	bool needs_param; /* 0 and none are refused */
	/* NULL: the last program's result, the lower half of r0, is the hook's. Outlives the hook.
	 */
	const struct hook_verdicts *verdicts;
	/* Whether the event has been dealt with after a program ran, e.g. redirected: the others do
	 * not see it. May be NULL. */
	bool (*done)(void *arg, void *context);
	/* Before each program: what of the context it may load (struct prog_facts), so that what is
	 * expensive to know is put there for those alone who look. May be NULL. */
	void (*prepare)(void *arg, void *context, u64 loads);
	void *arg;
	/* Of an attach type that is not built in; see struct oriel_ext_attach_data. May be NULL. */
	const char *name, *section;
};

struct hook;

int hook_new(struct runtime *rt, const struct hook_options *options, struct hook **ret_hook,
	     struct error *err) MUST_CHECK;
/* Detaches all; no event runs it any more. */
void hook_free(struct hook *hook); /* accepts NULL */
struct provider *hook_provider(const struct hook *hook);

/* Runs the programs of an event: first those for param, then those for all, each in the order in
 * which they were attached. context: with a struct ctx_header in front; arg2 as in
 * runtime_invoke_in. Tells how many ran; ERR_BUSY: none could, as no slot became free. */
int hook_run(struct hook *hook, u32 param, void *context, u64 arg2, u32 *ret_verdict);
/* --- events in a row, such as a burst of packets: the slot is leased once. Whoever detaches waits
 * for the end of the batch, so it is short. */
struct hook_list;
struct hook_batch {
	struct hook *hook;
	struct hook_list *list; /* who was attached when it began */
	u32 slot;
};
/* ERR_BUSY: no slot became free. */
int hook_batch_begin(struct hook *hook, struct hook_batch *ret_batch) MUST_CHECK;
/* As hook_run. packet: where programs move it; NULL: the event has none, and the context is as it
 * is. ret_redirect (may be NULL): what the program asked for whose verdict it is. */
int hook_batch_run(const struct hook_batch *batch, u32 param, void *context,
		   struct runtime_packet *packet, u32 *ret_verdict,
		   struct runtime_redirect *ret_redirect);
void hook_batch_end(struct hook_batch *batch);

/* Whether anything is attached: an event that nobody looks at costs no more than this. */
bool hook_is_used(const struct hook *hook);
/* Whether a program has ever been attached for one parameter: else nobody asks which one an event
 * has. */
bool hook_uses_param(const struct hook *hook);
