/* SPDX-License-Identifier: MIT */
/* Runs a command whose system calls on sockets are made here, after programs had their say: by
 * seccomp user notification, on Linux only. A call is never let through after a look at its
 * arguments, which the process could change meanwhile: they are read once, and the call is made
 * with that copy on a duplicate of the process' socket. */
#pragma once

#include "supervise/redirects.h"

/* What the kernel may lack. */
enum supervise_feature {
	SUPERVISE_WAIT_KILLABLE = 1, /* 5.19: signals wait while a call is being made */
	SUPERVISE_SYNC_WAKE_UP = 2,  /* 6.6: half of the cost of a round trip, or less */
	SUPERVISE_PIDFD_THREAD = 4,  /* 6.9: threads that have descriptors of their own */
	SUPERVISE_ADDFD_SEND = 8,    /* 5.14: a descriptor arrives together with the answer */
};

struct supervise_options {
	size_t size;		 /* sizeof(struct supervise_options) */
	const char *const *argv; /* ends with NULL; found as the shell finds it */
	struct net *const *nets; /* whose programs judge, in this order */
	u32 net_count;
	struct redirects *redirects; /* is told of them; NULL: nobody will ask */
	u32 without;		     /* features not to be used, for tests */
	/* Every call of which a handler knows is made here, also if nobody is attached. */
	bool all_calls;
	/* Calls are sent here and go on in the kernel, unjudged: what a notification alone costs.
	 */
	bool only_notify;
};

/* Returns when the command and all that it has started have ended. *ret_exit: the command's exit
 * code, or 128 and a signal's number. ERR_NOENT, ERR_ACCES: it cannot be run; ERR_NOTSUP: this host
 * has no such thing, or does not allow it. Takes over the caller's signal handlers while it runs.
 */
int supervise_run(const struct supervise_options *options, int *ret_exit,
		  struct error *err) MUST_CHECK;
/* What the kernel has; 0 where supervising is not possible at all. */
u32 supervise_features(void);
/* The compartment of this process: its network namespace; 0 where there is no such thing. */
u32 supervise_compartment(void);
