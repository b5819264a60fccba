/* SPDX-License-Identifier: MIT */
/* Connections that programs have sent elsewhere: where they were meant to go, and what the programs
 * left for whoever takes them (a proxy on this machine), who asks by the connection's two
 * addresses. An answer is never about another connection that had the same addresses once: the
 * kernel is asked whether the socket that was redirected is the one at the other end. */
#pragma once

#include "net/net.h"

/* As the side has it that connected. */
struct redirect_question {
	struct net_address local, remote;
	u64 netns; /* SO_NETNS_COOKIE */
};

struct redirect_answer {
	struct net_address origin;
	u32 process; /* that connected */
	u32 context_len;
	u8 context[NET_REDIRECT_CONTEXT];
};

struct redirects;

/* NULL: this host cannot tell. */
struct redirects *redirects_new(void);
void redirects_free(struct redirects *redirects); /* accepts NULL */
/* redirects NULL: false. */
bool redirects_find(struct redirects *redirects, const struct redirect_question *question,
		    struct redirect_answer *ret_answer);

/* What to ask about a socket of the side that has taken the connection; false: it has none. */
bool redirect_question_of(int socket, struct redirect_question *ret_question);
/* Asks all processes that have programs attached. ERR_INVAL: the socket has no connection;
 * ERR_NOENT: nobody has redirected it; ERR_NOTSUP: not here. */
int redirect_ask(int socket, struct redirect_answer *ret_answer, struct error *err) MUST_CHECK;
