/* SPDX-License-Identifier: MIT */
/* A machine that runs a program on a memory of its own, where each value knows what it points to
 * and each byte of stack whether it was written: a second opinion on everything that the verifier
 * claims. What the host does is anything that a helper's contract allows. */
#pragma once

#include "choice.h"
#include "claim.h"
#include "prog/facts.h"
#include "spec/spec.h"

#define MACHINE_OBJECTS	   4096 /* in one run */
#define MACHINE_MEMORY	   (1u << 20)
#define MACHINE_PACKET_MAX 4096
#define MACHINE_HEADROOM   64
#define MACHINE_NO_OBJECT  0
#define MACHINE_KEPT	   1024 /* of the objects, those that stay from run to run */

enum tag {
	TAG_NONE,   /* nothing was written */
	TAG_NUMBER, /* says nothing of any address */
	TAG_POINTER,
	TAG_MIXED, /* a number in which an address is hidden */
};

struct word {
	u64 v;
	u32 obj; /* POINTER: of this object; MIXED: of one at least */
	u8 tag;
};

enum object_kind {
	OBJECT_NONE,
	OBJECT_CTX,
	OBJECT_FRAME,
	OBJECT_PACKET,
	OBJECT_MAP,
	OBJECT_VALUE,
	OBJECT_MEM,
	OBJECT_HOST,
	OBJECT_CODE,
	OBJECT_ITER, /* what an iterator's place on the stack stands for */
};

struct object {
	u8 kind;
	bool is_alive, is_writable, is_acquired, is_inner;
	u32 region; /* map, class, subprogram, frame */
	u32 size;
	u32 parent;		   /* that it is borrowed from */
	u32 calls, total, element; /* ITER: of its next(); elements; the object of the last */
	u64 base;
	u8 *bytes;
};

/* Of a frame's bytes: which were written, and which are part of a pointer. */
enum { BYTE_NONE, BYTE_NUMBER, BYTE_MIXED, BYTE_POINTER };
struct frame_bytes {
	u8 bytes[PROG_FRAME_SIZE];
	u8 tags[PROG_FRAME_SIZE]; /* BYTE_POINTER + i: the pointer's byte i */
	u32 objs[PROG_FRAME_SIZE];
	u64 written[PROG_FRAME_SIZE / 64]; /* a bit a byte: its tag is not BYTE_NONE */
};

/* A function that runs. */
struct activation {
	u32 frame; /* object of its frame */
	u32 return_slot;
	bool is_callback;
	struct word saved[4]; /* r6 to r9 of the caller */
	u32 lowest;	      /* bytes of its frame that were accessed, from the top */
	struct claim_place place;
	u64 *visits; /* by slot */
};

/* A helper that calls back. */
struct callback {
	u32 helper_arg; /* enum spec_arg */
	u32 map, rounds, round, depth;
	bool is_inner;
	struct word map_word, func, ctx;
	u32 slot;
};

struct machine;
struct machine_stats {
	u64 runs, steps, ended, limited, unmodelled, tail_calls;
	u64 callbacks, callback_rounds, packets_moved, records, nulls;
	u64 locks, iterators, elements, timers;
	void (*insn)(void *arg, const struct machine *m, const struct insn *insn); /* or NULL */
	void (*helper)(void *arg, const struct spec_helper *helper);
	void *arg;
};

struct machine {
	const struct prog *prog;
	const struct prog_facts *facts;
	const struct check_policy *policy;
	struct claims *claims; /* NULL: none are checked */
	struct choice *choice;
	struct machine_stats *stats;
	struct word r[BPF_REG_COUNT];
	u32 pc, depth; /* depth: of activations, from 0 */
	struct activation active[PROG_MAX_FRAMES];
	struct callback callbacks[PROG_MAX_FRAMES];
	u32 callback_count;
	struct object objects[MACHINE_OBJECTS];
	u32 object_count, first_free; /* those of the program stay from run to run */
	struct frame_bytes frames[PROG_MAX_FRAMES];
	u8 *memory; /* of MACHINE_MEMORY bytes, for what a run makes */
	u32 memory_used;
	u32 *maps;   /* object by map of prog */
	u32 *values; /* two objects by map; 0: not made yet */
	u8 *packet_bytes;
	u32 ctx, packet;
	u32 lock; /* the value whose lock is held; 0: none */
	u64 len, meta;
	u64 base; /* where addresses begin */
	bool may_leak, is_over;
	u32 slots;  /* of the longest program so far */
	u64 budget; /* may_goto */
	u64 steps, max_steps;
	const char *what; /* NULL: nothing is wrong */
	char text[400];
};

/* What a run needs of a program that stays. false: out of memory. */
bool machine_init(struct machine *m, const struct prog *prog, const struct check_policy *policy);
void machine_forget(struct machine *m);
/* And of all programs. */
void machine_fini(struct machine *m);
/* A run on an input out of choice; false: m->what is wrong, at m->pc. */
bool machine_run(struct machine *m, struct choice *choice);

bool machine_fail(struct machine *m, const char *format, ...) PRINTF_LIKE(2, 3);
u32 machine_object(struct machine *m, enum object_kind kind, u32 size, u8 *bytes);
u8 *machine_alloc(struct machine *m, u32 size); /* NULL: no room */
/* len bytes at w: NULL, and machine_fail() was called, when there is no such memory. */
u8 *machine_bytes(struct machine *m, const struct word *w, s64 off, u64 len, bool write);
struct word machine_load(struct machine *m, const struct word *at, s64 off, u32 size);
bool machine_store(struct machine *m, const struct word *at, s64 off, u32 size,
		   const struct word *value);
struct word word_number(u64 v);
struct word word_pointer(const struct machine *m, u32 obj, s64 off);
/* Ends a run for which the machine has no room: it is counted, and nothing is wrong. True. */
bool machine_give_up(struct machine *m);
/* What a number is in which an address is hidden: where those are no secret, a number. */
u8 machine_hidden(const struct machine *m);
struct frame_bytes *machine_frame(struct machine *m, u32 obj);
void frame_clear(struct frame_bytes *f); /* nothing is written */
void frame_tag(struct frame_bytes *f, u32 at, u8 tag);
/* Whether [off, off + len) of a value meets what is the host's alone, such as a lock. */
bool machine_meets_field(const struct machine *m, u32 obj, u64 off, u64 len);
/* The lowest of 2 frames' bytes that were touched counts for the depth of the stack. */
void machine_touch(struct machine *m, u32 obj, s64 off);

void machine_new_packet(struct machine *m);
u32 machine_value(struct machine *m, u32 map, u32 which);

/* INSN_CALL and the like. r0 and the state after it; sets up callbacks. */
bool machine_call(struct machine *m, const struct insn *insn);
/* The next round of the innermost callback, or its end: false when something is wrong. */
bool machine_callback(struct machine *m);
bool machine_enter(struct machine *m, u32 subprog, bool is_callback);
