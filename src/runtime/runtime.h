/* SPDX-License-Identifier: MIT */
/* Running programs: maps, helpers, invocations. No ELF and no verifier in here, so that it fits a
 * driver. */
#pragma once

#include "base/error.h"
#include "map/map.h"
#include "prog/exec.h"
#include "spec/spec.h"

struct trace;
struct runtime;	     /* maps and programs that share them */
struct runtime_prog; /* a program made ready by an engine */

#define RUNTIME_PATH 256 /* bytes of a pin's path, with its terminator */

typedef void (*runtime_release_fn)(void *arg);

/* A line that a program printed, without the newline; text is terminated. Called from every thread
 * that runs programs, also at the same time; must not block. */
typedef void (*runtime_trace_fn)(void *arg, const char *text, size_t len);

struct runtime_options {
	size_t size; /* sizeof(struct runtime_options) */
	enum dialect dialect;
	runtime_trace_fn trace; /* NULL: printed lines are counted and dropped */
	void *trace_arg;
	u32 cpus; /* programs that run at the same time, and values of per-CPU maps; 0: as many
		     as the machine has processors; at most 256 */
	u64 memory_limit;     /* bytes that all maps may take; 0: no limit */
	struct trace *events; /* gets what programs print, and faults; outlives the runtime; made
				 for as many slots as there are cpus. NULL: nobody watches */
};

/* Nothing that a program prints is lost without being counted. */
struct runtime_stats {
	u64 lines;	   /* given to trace */
	u64 lines_dropped; /* there was no trace */
	u64 lines_cut;	   /* too long, the rest is missing; counted as one of the above, too */
	u64 lines_refused; /* bad format or bad string: the helper returned an error */
};

int runtime_new(const struct runtime_options *options, struct runtime **ret_rt,
		struct error *err) MUST_CHECK;
/* Takes away its pins, links and what else it keeps. No program runs any more, and whoever has
 * references to its objects has given them back. */
void runtime_free(struct runtime *rt);
void runtime_get_stats(const struct runtime *rt, struct runtime_stats *ret_stats);

/* Creates the maps of a program's map table, once for all programs of an object; later programs
 * with the same table share them. A map of a type that this build lacks is left out: what needs it
 * is refused, not its whole object. A runtime has one table. */
int runtime_add_maps(struct runtime *rt, const struct prog_map *maps, u32 count,
		     struct error *err) MUST_CHECK;
/* By index in that table; NULL outside and for a map that was left out. The runtime keeps it. */
struct map *runtime_map(struct runtime *rt, u32 idx);
/* The map that applications call id; NULL when there is none. For maps that the runtime keeps:
 * others may go at any time (runtime_get_map). */
struct map *runtime_map_by_id(struct runtime *rt, u32 id);
/* A map that is not in the table, for map_set_inner: programs that find it in a map of maps may use
 * it. The runtime keeps it. inner: its template if it is a map of maps, else NULL. */
int runtime_new_map(struct runtime *rt, const struct prog_map *def, const struct prog_map *inner,
		    struct map **ret_map, struct error *err) MUST_CHECK;
u32 runtime_cpus(const struct runtime *rt);
enum dialect runtime_dialect(const struct runtime *rt);

struct jit_watch;

/* One way to execute programs. The list is the build's: production builds have no interpreter. */
struct engine {
	const char *name; /* "interpret" */
	int (*prepare)(const struct engine *engine, const struct prog *prog,
		       const struct prog_binding *binding, struct prog_code **ret_code,
		       struct error *err);
	/* For a copy of a JIT compiler: who is told of its code, for as long as there is some. */
	const struct jit_watch *watch;
};
/* NULL when this build has none of that name; then *ret_why (if not NULL) says why. */
const struct engine *engine_by_name(const char *name, const char **ret_why);
/* The first choice of this build, NULL when it has none. */
const struct engine *engine_default(void);

struct runtime_prog_options {
	size_t size;		 /* sizeof(struct runtime_prog_options) */
	const struct prog *prog; /* its type is known */
	const struct engine *engine;
	/* By index in prog's table, prog->map_count of them; NULL: was left out. The program gets
	 * references to those it uses. */
	struct map *const *maps;
	/* What the verifier has proven, for as long as prog: the engine need not check accesses.
	 * NULL: it was not asked. */
	const struct prog_facts *facts;
	/* Called when prog is not needed any more, from wherever that turns out; NULL: prog
	 * outlives the runtime. */
	runtime_release_fn release;
	void *release_arg;
};
/* Makes a program ready. The caller has a user's reference. When it fails, release is not called.
 */
int runtime_load_prog(struct runtime *rt, const struct runtime_prog_options *options,
		      struct runtime_prog **ret_prog, struct error *err) MUST_CHECK;
/* The same with the runtime's table of maps; the runtime keeps the program. prog outlives the
 * runtime. */
int runtime_add_prog(struct runtime *rt, const struct prog *prog, const struct engine *engine,
		     const struct prog_facts *facts, struct runtime_prog **ret_prog,
		     struct error *err) MUST_CHECK;

/* Puts prog into the prog array of that index in the map table; NULL empties the place. Programs of
 * one prog array are of one type. */
int runtime_set_prog(struct runtime *rt, u32 map_idx, u32 index, struct runtime_prog *prog,
		     struct error *err) MUST_CHECK;

/* Where a program that answers with a redirection wants the packet. */
enum redirect_kind {
	REDIRECT_NONE,
	REDIRECT_INTERFACE,  /* target: its ifindex */
	REDIRECT_INTERFACES, /* all of the map */
	REDIRECT_CPU,	     /* target: its number */
	REDIRECT_SOCKET,     /* target: what an application put into the map */
};
#define REDIRECT_EXCLUDE_INGRESS (1ull << 4) /* of flags: but the one that it came by */
struct runtime_redirect {
	u32 kind; /* enum redirect_kind */
	u32 target;
	u32 ifindex; /* that the program named itself; 0: see map_id */
	u32 map_id;  /* of the map whose entry names the target; 0: none */
	u64 key;
	u64 flags; /* of the helper */
};

struct runtime_run {
	/* In. The context's bytes (after the call: as the program left them); data: the packet, or
	 * for the raw type the memory itself, changed in place. */
	void *ctx;
	size_t ctx_len;
	void *data;
	size_t data_len; /* after the call: of metadata and packet as the program left them */
	size_t data_cap; /* room at data for programs that lengthen the packet; 0: data_len */
	u64 budget;	 /* 0: the default, one thousand million */
	u32 repeat;	 /* 0: 1 */
	u32 batch; /* repetitions in one lease of a slot; 0: 64. Who waits for what programs hold
		      waits for a batch */
	/* Out. */
	u64 result;
	struct runtime_redirect redirect; /* the last one that a program asked for; else zeros */
	u64 duration_ns;		  /* of all repetitions */
	struct exec_fault fault;
};

/* Runs the program. Contexts with packet pointers get them set to data, other pointers in contexts
 * are NULL; in run->ctx the caller's bytes of such fields stay. A short context is filled up with
 * zeros. Linux's packet pointers have 4 bytes, so packets of such contexts are copied to memory
 * below 4 GiB and back: then every engine loads an address as it loads any field, and no
 * instruction has to be rewritten on a guess about what its register holds.
 *
 * Programs of types with metadata may move the packet's head (Linux: 216 bytes down) and its end
 * (up to 3520 bytes in all, or what it has). ERR_NOSPC: it ran well, but the packet is longer than
 * data_cap now, and data has its beginning.
 *
 * Repetitions go on with context and data as the one before left them. Threads may run programs of
 * one runtime at the same time as far as their maps allow (map/map.h).
 *
 * ERR_FAULT, ERR_TIME...: the program was stopped, the text says where and run->fault has the
 * particulars; context and data are as it left them. ERR_INVAL: the run does not fit the program's
 * type. ERR_BUSY: so many runs at once that a slot
 * did not become free for long. */
int runtime_run(struct runtime_prog *prog, struct runtime_run *run, struct error *err) MUST_CHECK;

/* --- events: what a hook does ---------------------------------------------------------------- */

/* Whoever runs programs is inside: it has leased a slot, and what programs, links and maps it finds
 * stays until it leaves. EPOCH_NONE: so many are inside that no slot became free for long. */
u32 runtime_enter(struct runtime *rt);
void runtime_leave(struct runtime *rt, u32 slot);
/* Runs the program in that slot. ctx is the type's context, with a struct ctx_header in front of it
 * that is the runtime's; arg2: its length for the raw type, else 0. ERR_FAULT, ERR_TIME...: the
 * program was stopped, and has no result. ERR_NOTSUP: the provider that it needs is gone. */
int runtime_invoke_in(struct runtime *rt, u32 slot, struct runtime_prog *prog, void *ctx, u64 arg2,
		      u64 *ret_result) MUST_CHECK;
/* A packet where it lies, with room around it into which programs may move its head, its end and
 * its metadata: nothing is copied, and what one program leaves the next one finds. For types whose
 * programs may do that (XDP's); where they have packet pointers of 4 bytes, the buffer is below 4
 * GiB (os_low_alloc). */
#define PACKET_HEADROOM 256 /* bytes in front that programs may expect, */
#define PACKET_TAILROOM 320 /* and behind */
struct runtime_packet {
	u8 *low, *high;	       /* the buffer, room included */
	u8 *meta, *data, *end; /* meta == data: there is none; changed as programs do it */
};
/* As runtime_invoke_in; the context's pointers are set. The packet is where the program left it,
 * also when it was stopped. ERR_INVAL: no such type, or no such packet. */
int runtime_invoke_packet(struct runtime *rt, u32 slot, struct runtime_prog *prog, void *ctx,
			  struct runtime_packet *packet, u64 *ret_result) MUST_CHECK;
/* What the last program that ran in that slot asked for, until the next one does. */
const struct runtime_redirect *runtime_redirect_of(const struct runtime *rt, u32 slot);
/* Enters, runs, leaves. The caller has a reference to the program. */
int runtime_invoke(struct runtime_prog *prog, void *ctx, u64 arg2, u64 *ret_result) MUST_CHECK;
