/* SPDX-License-Identifier: MIT */
/* What the files of divert/ share. The way of a frame:
 *
 *     interface --nft--> tap --read--> programs --write--> tap --nft--> veth a --> veth b --tc-->
 *     interface
 *
 * nftables can only send frames out by a device, so what is to come in again takes the pair of
 * veths, at whose other end tc can let it. A mark that nobody can guess says which frames have been
 * here; it is taken away before anybody else looks. */
#pragma once

#include <net/if.h>
#include <poll.h>
#include <pthread.h>

#include "divert/divert.h"
#include "divert/netlink.h"

#define MAC_LEN 6

/* An interface whose frames come here. */
struct port {
	u32 ifindex;
	char name[IFNAMSIZ];
	u8 mac[MAC_LEN];
	int lock; /* a socket whose name says that the interface is ours; -1: none */
	int tap;  /* -1: none */
	/* Devices of ours, by the interface's number. */
	char tap_name[IFNAMSIZ], a_name[IFNAMSIZ], b_name[IFNAMSIZ];
	u32 tap_index, a_index, b_index;
	/* What these hosts' network stacks send by themselves is none of the interface's. */
	u8 tap_mac[MAC_LEN], a_mac[MAC_LEN];
	u32 mark;
	bool has_veths, has_rules;
	struct divert_stats stats;
};

struct divert {
	struct netlink route, filter; /* the rules live as long as the socket does */
	int wake;		      /* an eventfd: it is over */
	int out;		      /* a packet socket for what is sent */
	bool over;		      /* atomic */
	bool running;
	pthread_t thread;
	struct net_xdp *hooks[DIVERT_HOOKS];
	u32 hook_count;
	u64 busy_poll_ns;
	u8 *frame;		 /* room for one, below 4 GiB */
	struct net_frame judged; /* what programs say of it */
	struct pollfd *fds;	 /* wake, then taps */
	u32 port_count;
	struct port ports[];
};

/* A frame has this room; the longest that a tap gives is shorter. */
#define FRAME_MAX  (65536 + 64)
#define FRAME_ROOM (PACKET_HEADROOM + FRAME_MAX + PACKET_TAILROOM)

/* --- device.c --- */

/* What is it? Ethernet, its address, and that it is there. */
int device_look(struct port *port, struct error *err) MUST_CHECK;
/* ERR_BUSY: another process has it. */
int device_lock(u32 ifindex, int *ret_fd, struct error *err) MUST_CHECK;
/* Makes the devices of a port, up and silent. */
int device_make(struct divert *divert, struct port *port, struct error *err) MUST_CHECK;
void device_remove(struct divert *divert, struct port *port);
/* Takes away what processes have left that are gone. */
void device_sweep(struct divert *divert);

/* --- rules.c --- */

int rules_add(struct divert *divert, struct port *port, struct error *err) MUST_CHECK;
/* No frame comes here any more; those that are given back still get there. */
void rules_stop(struct divert *divert, struct port *port);
void rules_remove(struct divert *divert, struct port *port);
/* What a process has left; nothing there is fine. */
void rules_sweep(struct divert *divert, u32 ifindex);

/* --- frames.c --- */

void *frames_run(void *divert);
