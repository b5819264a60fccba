/* SPDX-License-Identifier: MIT */
/* The abstract state: what is known at one place of an instance (a subprogram under one state of
 * entry). Working states have a fixed size; `packed` ones are trimmed, canonical copies to be kept.
 */
#pragma once

#include "base/compiler.h"
#include "base/str.h"
#include "check/value.h"
#include "domain/diff.h"
#include "isa/insn.h"
#include "prog/prog.h"

#define STATE_CELLS  96 /* of all frames together; what does not fit is forgotten */
#define STATE_REFS   16
#define STATE_FRAMES PROG_MAX_FRAMES
#define STATE_NAMES \
	(BPF_REG_COUNT + STATE_CELLS + DIFF_ROWS) /* free symbols, and ids, of a packed one */

/* A piece of stack of which something better than "initialised, unknown" is known. */
struct cell {
	u8 frame;
	u8 size; /* 1, 2, 4, 8; pointers are 8 */
	s16 off; /* from the frame's end: -512 .. -1 */
	u32 pad;
	struct value value; /* NUMBER: zero-extended from size bytes */
};

/* The same piece of stack. */
static inline bool cell_is_at(const struct cell *a, const struct cell *b)
{
	return memcmp(a, b, offsetof(struct cell, pad)) == 0;
}

/* Bit i: the byte at offset i - 512 is initialised. */
struct frame {
	u64 init[PROG_FRAME_SIZE / 64];
};

/* Something acquired that has to be released before the program ends. */
struct reference {
	u32 id;
	u32 slot; /* of the call that gave it */
	u32 kind; /* what releases it; of the helper's contract */
	u32 pad;
};

/* A spin lock that is held; id 0: of the map's only value (a global), or no lock when !held. */
struct state_lock {
	u32 held;
	u32 region; /* map */
	u32 id;	    /* of the MAP_VALUE */
	s32 off;
};

struct state {
	struct value regs[BPF_REG_COUNT]; /* r10 is STACK, region frame_count - 1, offset 0 */
	u32 frame_count; /* the callers' that can be reached come first, the last is its own */
	u32 ref_count;
	u32 cell_count;
	u32 next_sym; /* the next one that is not in use, from SYM_FREE on */
	u32 next_id;
	u8 packet_moved; /* since the instance was entered: its caller's packet pointers are void */
	/* A caller may hold references or locks that were not passed on, or is a helper that called
	 * back: no tail calls. */
	u8 outer_refs;
	u16 pad;
	struct state_lock lock;
	struct reference refs[STATE_REFS];
	struct frame frames[STATE_FRAMES];
	struct diff diff; /* s_i - s_j <= c */
	/* By frame, then offset; they do not overlap; all their bytes are initialised. */
	struct cell cells[STATE_CELLS];
};

/* No register readable but r10, one empty frame, 0 <= LEN, META <= VALUE_MAX_PACKET. */
void state_init(struct state *state);
/* Copies what is in use. */
void state_copy(struct state *to, const struct state *from);

u32 state_new_sym(struct state *state);
u32 state_new_id(struct state *state);
/* Gives a NUMBER, PACKET, META or the like that has no exact symbol a new one of its own, which
 * keeps what is known about it. A constant stays as it is. */
void state_name(struct state *state, struct value *value);
/* Drops the differences of symbols that no value has. */
void state_forget_unused(struct state *state);
u32 state_diff_rows(const struct state *state);
/* While there are more than `most` symbols with differences, drops those of symbols that the matrix
 * puts into no relation with the packet's end. */
void state_forget_distances(struct state *state, u32 most);

/* Each value of the state, registers first, then cells. */
static inline u32 state_value_count(const struct state *state)
{
	return BPF_REG_COUNT + state->cell_count;
}
static inline struct value *state_value(struct state *state, u32 i)
{
	return i < BPF_REG_COUNT ? &state->regs[i] : &state->cells[i - BPF_REG_COUNT].value;
}
static inline const struct value *state_value_const(const struct state *state, u32 i)
{
	return i < BPF_REG_COUNT ? &state->regs[i] : &state->cells[i - BPF_REG_COUNT].value;
}

/* What has become known of value, which is in the state, to what shares its symbol. False: that is
 * a contradiction. */
bool state_spread(struct state *state, const struct value *value) MUST_CHECK;
/* Adds a - b <= c, with what the values say of the bounds of both. False: a contradiction. */
bool state_add_diff(struct state *state, u32 a, u32 b, s64 c) MUST_CHECK;
/* Bounds of sym by the values that have it. */
void state_sym_range(const struct state *state, u32 sym, s64 *ret_lo, s64 *ret_hi);
/* Puts what values say of the bounds of symbols into the matrix, so that all that follows from both
 * together is found. */
void state_close(struct state *state);
/* The tightest c with a - b <= c that follows from the differences and from the values' ranges;
 * INT64_MAX: none. */
s64 state_sym_bound(const struct state *state, u32 a, u32 b);
/* Whether a - b <= c is known; c < INT64_MAX. */
bool state_sym_within(const struct state *state, u32 a, u32 b, s64 c);

/* Stack. off and size are inside the frame: the caller has checked. */
struct cell *state_cell(struct state *state, u32 frame, s32 off, u32 size); /* exactly; or NULL */
const struct cell *state_cell_const(const struct state *state, u32 frame, s32 off, u32 size);
bool state_is_init(const struct state *state, u32 frame, s32 off, u32 size);
/* Value of size bytes; NONE when a byte is not initialised or a pointer is read in part. Gives the
 * cell a symbol so that the copy stays related. */
struct value state_load(struct state *state, u32 frame, s32 off, u32 size);
void state_store(struct state *state, u32 frame, s32 off, u32 size, const struct value *value);
/* Bytes that may be overwritten with numbers. is_sure: they are, and are initialised then;
 * otherwise they stay as initialised as they are, but where a pointer may remain they count as not.
 */
void state_havoc(struct state *state, u32 frame, s32 off, u32 size, bool is_sure);
/* Whether a pointer lies in these bytes. */
bool state_has_pointer(const struct state *state, u32 frame, s32 off, u32 size);
/* The bytes count as never written; for what is not live any more. */
void state_clear(struct state *state, u32 frame, s32 off, u32 size);

/* Takes id's values to 0 (is_null) or to not null. With is_null, references of that id are gone. */
void state_resolve_null(struct state *state, u32 id, bool is_null);
/* Values with this id, and what is borrowed from it, become NONE. */
void state_kill_id(struct state *state, u32 id);
/* PACKET, META, PACKET_END and PACKET_LOW become NONE, and what is known about LEN and META is
 * forgotten. */
void state_kill_packet(struct state *state);

struct reference *state_reference(struct state *state, u32 id);		       /* or NULL */
int state_acquire(struct state *state, u32 id, u32 kind, u32 slot) MUST_CHECK; /* -1: no room */
void state_release(struct state *state, u32 id); /* and state_kill_id */

/* Renumbers what is free by first occurrence, drops relations that relate nothing. Two states with
 * the same contents then are equal bytes when packed. */
void state_canonical(struct state *state);

/* A kept state. Plain data, position-independent, aligned to 8. */
struct packed {
	u32 bytes; /* all of it */
	u16 regs;  /* bit i: register i is kept, else NONE */
	u8 frames, refs;
	u8 cells, has_lock;
	u16 syms; /* rows of the difference matrix */
	u8 packet_moved, outer_refs;
	u16 pad;
};
size_t state_pack_size(const struct state *state); /* at most STATE_PACK_MAX */
/* state is canonical. buf has state_pack_size() bytes. */
const struct packed *state_pack(const struct state *state, void *buf);
/* Only for what state_pack made: proofs from outside are checked when they are read. */
void state_unpack(const struct packed *packed, struct state *ret_state);
/* Whether a state from outside keeps the rules above: indices, order, sizes. frame_count: how many
 * it has to have. What it claims is another matter: state_leq() compares that with what is so.
 * is_exit: after the own frame was left. */
bool state_is_valid(const struct state *state, const struct prog *prog, bool is_exit);
bool packed_equal(const struct packed *a, const struct packed *b);
#define STATE_PACK_MAX (sizeof(struct packed) + sizeof(struct state))

/* What the symbols and ids of an including state stand for in the included one. */
enum mapped_kind {
	MAPPED_SYM,	/* symbol `to`, plus delta */
	MAPPED_MAYBE,	/* id `to`, which may be null */
	MAPPED_ALONE,	/* may be null, shared with nothing */
	MAPPED_NULL,	/* 0 there */
	MAPPED_NONNULL, /* not null there; to: its id if it has one */
};
#define STATE_MAP_MAX 128
struct state_map_entry {
	u32 from, to;
	u32 kind;
	u32 pad;
	s64 delta;
};
struct state_map {
	struct state_map_entry syms[STATE_MAP_MAX], ids[STATE_MAP_MAX];
	u32 sym_count, id_count;
};

/* Below these numbers, symbols and ids mean the same on both sides. */
enum leq_scope {
	LEQ_INSIDE, /* within an instance: SYM_FREE, ID_FREE */
	LEQ_ENTRY,  /* into an instance's state of entry: SYM_ANCHOR, ID_ENTRY */
	LEQ_AGAIN,  /* the same, for the next run of a callback: SYM_ANCHOR, ID_FREE */
};
/* For edges into ranked points: the symbol that is set there anew, to this value of a. */
struct leq_anchor {
	u32 sym;
	struct value *value;
};

/* Whether every concrete state of a is one of b. Values of a may get names on the way, which
 * changes nothing of what a means. map is scratch, and says afterwards how b's symbols are to be
 * read in a. Sound, not complete; reflexive. */
bool state_leq(struct state *a, const struct state *b, enum leq_scope scope,
	       const struct leq_anchor *anchor, struct state_map *map);
/* A cheap test that is true whenever state_leq is. *hint, any number at first, is which cell to
 * look at before all else: the last one that made it false. */
bool state_may_leq(const struct state *a, const struct packed *b, u32 *hint);
