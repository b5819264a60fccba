/* SPDX-License-Identifier: MIT */
/* The hook of packets (XDP), in both dialects, as an extension: one program for each interface, or
 * one for all. Whoever takes frames from interfaces on a host gives them here, in bursts, and does
 * with them what comes back. Nothing in here knows of the host. */
#pragma once

#include "runtime/hook.h"

enum net_frame_verdict {
	NET_FRAME_PASS,	    /* on to the host */
	NET_FRAME_DROP,	    /* nothing more */
	NET_FRAME_TX,	    /* out by where it came from */
	NET_FRAME_REDIRECT, /* out by targets */
};

#define NET_FRAME_TARGETS 256 /* of a broadcast; further ones do not get it */

struct net_frame {
	/* With PACKET_HEADROOM and PACKET_TAILROOM, below 4 GiB: contexts of Linux have addresses
	 * of 4 bytes. Afterwards it is as programs left it. */
	struct runtime_packet packet;
	u32 ifindex, queue; /* where it came in */

	/* Out. */
	enum net_frame_verdict verdict;
	bool aborted; /* dropped as the program failed, or said what nobody can do */
	u32 target_count;
	u32 targets[NET_FRAME_TARGETS]; /* interfaces */
};

struct net_xdp;

int net_xdp_start(struct runtime *rt, struct net_xdp **ret_xdp, struct error *err) MUST_CHECK;
/* Detaches all; no frame is given to it any more. */
void net_xdp_stop(struct net_xdp *xdp); /* accepts NULL */
bool net_xdp_is_used(const struct net_xdp *xdp);
/* Whether that is what programs for this hook attach to. */
bool net_xdp_has_hook(const struct net_xdp *xdp, const struct spec_attach_type *attach);

/* A burst; who detaches waits for its end. ERR_BUSY: no slot became free. */
int net_xdp_begin(struct net_xdp *xdp, struct hook_batch *ret_batch) MUST_CHECK;
void net_xdp_frame(struct net_xdp *xdp, const struct hook_batch *batch, struct net_frame *frame);
void net_xdp_end(struct hook_batch *batch);
