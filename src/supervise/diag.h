/* SPDX-License-Identifier: MIT */
/* What the kernel says of TCP sockets to whoever asks, without holding one: a descriptor of ours
 * would keep open what its owner closes. It answers for our own network namespace. */
#pragma once

#include "net/net.h"

/* A socket; the cookie is its own for ever. */
struct diag_id {
	struct net_address local, remote;
	u32 interface; /* that it is bound to; 0: none */
	u64 cookie;
};

enum diag_state {
	DIAG_NONE,    /* not such a socket, or without a connection */
	DIAG_PENDING, /* the connection is being made */
	DIAG_MADE,    /* it is there, or has been */
};

/* A descriptor, or a negative errno. ends: it hears of sockets that are gone. */
int diag_open(bool ends);
enum diag_state diag_ask(int fd, const struct diag_id *id);

struct diag_end {
	u64 cookie;
	bool made; /* there was a connection */
};
/* The next socket that is gone: 1; 0: none now; negative: some are missed. */
int diag_next_end(int fd, struct diag_end *ret_end);
