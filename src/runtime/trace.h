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
 * how many. Those that come meanwhile are for the next call. One caller at a time. */
u32 trace_drain(struct trace *trace, void (*fn)(void *arg, const struct trace_event *event),
		void *arg);
u64 trace_dropped(const struct trace *trace);

/* --- forms of an event, for sinks ------------------------------------------------------------- */

struct strbuf;
/* Whose events they are. */
struct trace_origin {
	u32 pid;
	const char *command; /* that the programs are attached for */
	const char *program; /* the name of the event's */
};
const char *trace_kind_name(enum trace_kind kind); /* "print" */
/* A line, or one of JSON. */
void trace_text(struct strbuf *out, const struct trace_event *event,
		const struct trace_origin *origin);
void trace_json(struct strbuf *out, const struct trace_event *event,
		const struct trace_origin *origin);
/* The same for so many events that did not fit. */
void trace_text_missed(struct strbuf *out, u64 missed);
void trace_json_missed(struct strbuf *out, u64 missed, const struct trace_origin *origin);

/* CTF 1.8: a folder holds the file "metadata", which does not change, and a stream file, which is
 * packets of events one after the other. A zeroed one is before the first packet. */
struct trace_ctf {
	u64 last_ns;
	size_t begin;
};
void trace_ctf_metadata(struct strbuf *out, const struct trace_origin *origin);
void trace_ctf_begin(struct trace_ctf *ctf, struct strbuf *out);
/* Time does not go back in a stream: where slots' clocks differ by a little, it stands still. */
void trace_ctf(struct trace_ctf *ctf, struct strbuf *out, const struct trace_event *event,
	       const struct trace_origin *origin);
/* dropped: events of the whole stream that did not fit until now. */
void trace_ctf_end(struct trace_ctf *ctf, struct strbuf *out, u64 dropped);
