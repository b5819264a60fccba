/* SPDX-License-Identifier: MIT */
/* Events of running programs for whoever watches. A program never waits: each slot has a ring that
 * only its owner writes to, and what does not fit is counted. One consumer drains them. */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

enum trace_kind {
	TRACE_PRINT = 1, /* text: a line that a program printed */
	TRACE_FAULT = 2, /* a program was stopped; text: why */
};

struct trace_event {
	enum trace_kind kind;
	u32 slot;
	u32 prog;	  /* id */
	u64 ns;		  /* monotonic */
	u32 len;	  /* of text */
	const char *text; /* terminated; good for the time of the call */
};

struct trace;

#define TRACE_TEXT 1024 /* bytes of a text, with its terminator; longer ones are cut */

/* slots: those of the runtime; ring_size: bytes a slot, a power of two of at least 4096. */
int trace_new(u32 slots, u32 ring_size, struct trace **ret_trace, struct error *err) MUST_CHECK;
void trace_free(struct trace *trace);
/* From the owner of the slot only. */
void trace_put(struct trace *trace, const struct trace_event *event);
/* Gives all events that are there to fn, oldest first as far as their slots' clocks say; returns
 * how many. One caller at a time. */
u32 trace_drain(struct trace *trace, void (*fn)(void *arg, const struct trace_event *event),
		void *arg);
u64 trace_dropped(const struct trace *trace);

/* --- forms of an event, for sinks ------------------------------------------------------------- */

struct strbuf;
const char *trace_kind_name(enum trace_kind kind);		      /* "print" */
void trace_text(struct strbuf *out, const struct trace_event *event); /* a line */
void trace_json(struct strbuf *out, const struct trace_event *event); /* a line of JSON */
/* CTF 1.8: a folder holds the file "metadata", which does not change, and a stream file, which is
 * the events' bytes one after the other behind a header. */
void trace_ctf_metadata(struct strbuf *out);
void trace_ctf_begin(struct strbuf *out);
void trace_ctf(struct strbuf *out, const struct trace_event *event);
