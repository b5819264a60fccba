/* SPDX-License-Identifier: MIT */
/* Takes frames that arrive at interfaces of this host, lets programs decide, and gives back what is
 * to go on, as if nothing had been in between: on Linux, with rules of nftables and tc, a tap and a
 * pair of veths, and without programs in the kernel. The interfaces keep their addresses. */
#pragma once

#include "net/xdp.h"

#define DIVERT_HOOKS 2 /* one for each dialect */

struct divert_options {
	size_t size;	       /* sizeof(struct divert_options) */
	const u32 *interfaces; /* their numbers, as of divert_interface() */
	u32 interface_count;
	struct net_xdp *const *hooks; /* whose programs judge, in this order */
	u32 hook_count;
	u64 busy_poll_ns; /* how long to go on looking for frames before sleeping: costs a
			     processor, and saves the time to wake up. 0: not at all */
};

/* Frames of an interface. */
struct divert_stats {
	u64 seen; /* the sum of the next four */
	u64 passed, dropped, sent, redirected;
	u64 aborted; /* of those dropped: as the program failed, or said what nobody can do */
	u64 lost;    /* that could not be given back, or sent */
};

struct divert;

/* The number of an interface that frames can be taken from, by its name. */
int divert_interface(const char *name, u32 *ret_ifindex, struct error *err) MUST_CHECK;

/* From now on frames take the way through here. What a process left that was killed is taken away
 * first. ERR_BUSY: somebody else has such an interface; ERR_PERM, ERR_NOTSUP: this host has no such
 * thing, or does not allow it. Frames are handled by a thread of its own. */
int divert_start(const struct divert_options *options, struct divert **ret_divert,
		 struct error *err) MUST_CHECK;
/* Frames take their old way again, and those under way have been handled. ret_stats: one for each
 * interface, or NULL. */
void divert_stop(struct divert *divert, struct divert_stats *ret_stats); /* accepts NULL */

/* Waits for a command (argv ends with NULL), or, argv NULL, for a signal to end: signals for this
 * process are passed on to the command. Those that come between opening and waiting wait as well.
 * *ret_exit: the exit code, or 128 and a signal's number; 0 without a command. */
struct divert_wait {
	u64 old_mask[16]; /* of signals */
	int signals;
	int lines; /* -1: nobody says anything */
	int until; /* without a command: it is over when this descriptor can be read; -1: none */
	/* Meanwhile: a line of what others say, without its end. */
	void (*line)(void *arg, const char *text);
	void *arg;
};
/* lines: a file or a pipe with a name, or "-", whose lines are given to line while it waits; NULL:
 * none. A pipe may have several writers, and later ones. */
int divert_wait_open(const char *lines, struct divert_wait *ret_wait, struct error *err) MUST_CHECK;
int divert_wait(struct divert_wait *wait, const char *const *argv, int *ret_exit,
		struct error *err) MUST_CHECK;
void divert_wait_close(struct divert_wait *wait);
