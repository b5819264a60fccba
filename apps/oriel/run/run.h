/* SPDX-License-Identifier: MIT */
/* What the files of `oriel run` share. */
#pragma once

#include "extend.h"

#include "debug/debug.h"
#include "divert/divert.h"
#include "load/load.h"
#include "map/core_object.h"
#include "os/os.h"
#include "runtime/trace.h"

enum run_option {
	RUN_PROGRAM,
	RUN_TYPE,
	RUN_DIALECT,
	RUN_CTX,
	RUN_SET,
	RUN_DATA,
	RUN_PACKET,
	RUN_PCAP,
	RUN_MAP,
	RUN_VAR,
	RUN_REPEAT,
	RUN_MODE,
	RUN_TRACE,
	RUN_TRACE_TO,
	RUN_TRACE_FORMAT,
	RUN_DUMP_MAPS,
	RUN_BUDGET,
	RUN_BTF,
	RUN_KCONFIG,
	RUN_POLICY,
	RUN_NO_VERIFY,
	RUN_SPEC,
	RUN_RAW_SIZE,
	RUN_ATTACH,
	RUN_DEBUG,
	RUN_KEEP,
	RUN_ROOT,
	RUN_UNSIGNED,
	RUN_DEBUG_INFO,
	RUN_INTERFACE,
	RUN_BUSY_POLL,
	RUN_UPDATES,
	RUN_EXTENSION,
};

/* What the program returned for one packet of a capture. */
struct run_packet {
	u32 len;
	u64 result;
};

/* With --trace-to: the file that grows while programs run. */
struct run_trace {
	struct cli *cli;
	const char *path; /* NULL: there is none */
	enum { RUN_TRACE_TEXT, RUN_TRACE_JSON, RUN_TRACE_CTF } form;
	struct os_writer file;
	struct strbuf command, out; /* out: to be written yet */
	struct trace_ctf packet;
	u64 missed; /* events, as far as the file says */
	int status; /* ERR_...: some could not be written, and then no more were */
};

struct run {
	struct cli *cli;
	struct cli_file file, data_file; /* data_file: the packet or the capture */
	struct run_trace trace;
	struct trace *events; /* with --trace-to */
	struct cli_extensions extensions;
	struct load load;
	struct native_compiler native; /* with --mode native */
	char *sdk;		       /* for it */
	struct debug *debug;	       /* with --debug-info */
	struct image_page *pages;      /* of a native module, that somebody vouches for */
	u32 page_count;
	struct runtime_run args;
	u8 *ctx;	 /* what the context was before the first run */
	size_t raw_size; /* bytes that a raw program is given at least */
	struct json json;
	u64 start_ns;
	u64 duration_ns;		/* of all packets */
	VEC(struct run_packet) packets; /* with --pcap */
	bool bad_capture;		/* what is wrong is its file */
	int bad_constant;		/* the exit code after an error message */
	/* With --attach: which of several files this is. */
	int file_index, file_count;
};

/* --- input.c: what the program is given; 0 or an exit code after an error message --- */

/* Context and data. */
int run_prepare_input(struct run *run) MUST_CHECK;
/* Whether the option is for this file. */
bool run_is_for(const struct run *run, const struct cli_given *given);
/* Values of constants: before the object's programs are linked and verified. */
int run_set_constants(const struct run *run, struct object *object) MUST_CHECK;
/* Entries that the maps are to have, and values of global variables. */
int run_prepare_maps(struct run *run) MUST_CHECK;
/* Makes these bytes the packet, and the context what it was at first. */
int run_set_data(struct run *run, const u8 *bytes, size_t len) MUST_CHECK;

/* Whether it has a map for an entry such as "MAP:KEY=VALUE". */
bool run_has_map(const struct run *run, const char *text);
/* Puts that entry into its map; "MAP:KEY" takes it out. 0 or an exit code after an error message.
 */
int run_change_entry(const struct run *run, const char *text) MUST_CHECK;

/* --- attach.c --- */

/* `oriel run --attach ... -- COMMAND`, the whole of it. Returns the exit code. */
int run_attached(struct cli *cli) MUST_CHECK;

/* --- packets.c: the hook of packets --- */

struct run_packets {
	struct cli *cli;
	VEC(u32) interfaces; /* all that are named, each once */
	struct net_xdp *hooks[2];
	u32 hook_count;
	struct divert *divert;
	u64 busy_poll_us;
};
/* Whether programs for the hook of that name get packets. */
bool run_packets_hook(const char *hook);
/* Interfaces of an --interface, "eth0,eth1", one after the other from *at on (NULL: no more). 0 or
 * an exit code after an error message. */
int run_packets_next(struct run_packets *packets, const char **at, u32 *ret_ifindex) MUST_CHECK;
/* Frames come, until stopped; 0 or an exit code after an error message. */
int run_packets_start(struct run_packets *packets) MUST_CHECK;
void run_packets_stop(struct run_packets *packets, bool show);
void run_packets_fini(struct run_packets *packets);

/* --- image.c --- */

/* Finds out which pages of the image can be trusted; 0 or an exit code after an error message. */
int run_trust_image(struct run *run) MUST_CHECK;

/* --- debug.c --- */

/* What --debug-info needs before programs are compiled; 0 or an exit code after an error message.
 */
int run_debug_open(struct run *run) MUST_CHECK;

/* --- trace.c --- */

/* The words of a command line from the first-th operand on, with blanks between. */
void run_command_text(const struct cli *cli, int first, struct strbuf *out);
/* The name of the runtime's program of that id. */
void run_program_name(struct runtime *rt, u32 id, char ret_name[CORE_NAME]);
/* Opens the file of --trace-to, if there is one; the command begins with the first-th operand. 0 or
 * an exit code after an error message. */
int run_trace_open(struct run_trace *trace, struct cli *cli, int first) MUST_CHECK;
int run_trace_rings(const struct run_trace *trace, struct trace **ret_events) MUST_CHECK;
/* An event of that program, and that so many have not fitted until now; run_trace_flush writes
 * what there is. */
void run_trace_take(struct run_trace *trace, const struct trace_event *event, const char *program);
void run_trace_miss(struct run_trace *trace, u64 dropped);
void run_trace_flush(struct run_trace *trace);
/* All that is in the rings. */
void run_trace_drain(struct run_trace *trace, struct trace *events, struct runtime *rt);
/* Nothing more comes. 0, or an exit code after an error message. */
int run_trace_end(struct run_trace *trace) MUST_CHECK;
void run_trace_fini(struct run_trace *trace);

/* --- output.c --- */

/* Why the verifier refuses run->load.refused, as `oriel verify` says it. Returns the exit code. */
int run_refused(struct run *run) MUST_CHECK;
/* The newest of run->packets. */
void run_text_packet(struct run *run, const struct run_packet *packet);
void run_text_result(struct run *run);
void run_json_begin(struct run *run);
/* status: 0, or an error with its text. */
void run_json_end(struct run *run, int status, const struct error *err);
