/* SPDX-License-Identifier: MIT */
/* How processes that have programs attached are found and asked: each serves a Unix socket in a
 * folder of its user's (XDG_RUNTIME_DIR/oriel, root's /run/oriel), which says what there is to say
 * to whoever connects, if that is the same user or root. On Linux only. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "supervise/redirects.h"

enum status_question {
	STATUS_PROGRAMS,  /* lines of fields */
	STATUS_MAPS,	  /* what is in them, for people */
	STATUS_MAPS_JSON, /* a line for each file */
};

/* Both are called in a thread of the server's. */
struct status_options {
	/* What there is to say. */
	void (*fill)(void *arg, enum status_question question, struct strbuf *out);
	/* Lines that there are since the last call; called while somebody watches. */
	void (*drain)(void *arg, struct strbuf *out);
	/* It is called all the time, with out NULL while nobody watches, and the server is there
	 * also where nobody can ask. */
	bool always;
	void *arg;
	struct redirects *redirects; /* for proxies; NULL: there are none */
};

#define STATUS_ANSWER_MAX ((size_t)1 << 20)

struct status_server;

/* ERR_NOTSUP: there is no such folder, and nobody can ask. */
int status_serve(const struct status_options *options, struct status_server **ret_server,
		 struct error *err) MUST_CHECK;
/* Whether somebody can ask. Accepts NULL. */
bool status_is_open(const struct status_server *server);
/* Nobody asks any more. Accepts NULL. */
void status_stop(struct status_server *server);

void status_sleep(u32 ms);
/* Asks all, and takes the first STATUS_ANSWER_MAX bytes of each; what processes have left behind
 * that are gone is removed. ERR_NOTSUP: not here. */
int status_ask(enum status_question question,
	       void (*take)(void *arg, const char *answer, size_t len), void *arg,
	       struct error *err) MUST_CHECK;
/* Gives each line of each of them as it comes, without its end, also of those that begin later. A
 * server never waits for whoever watches: "missed", its process id and how many, stands for lines
 * that were not read in time. Until take says false. ERR_NOTSUP: not here. */
int status_watch(bool (*take)(void *arg, const char *line, size_t len), void *arg,
		 struct error *err) MUST_CHECK;
