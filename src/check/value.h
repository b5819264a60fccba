/* SPDX-License-Identifier: MIT */
/* What is known about one register or one cell of stack. */
#pragma once

#include "base/compiler.h"
#include "domain/scalar.h"

enum value_type {
	VALUE_NONE,   /* nothing is known; must not be read */
	VALUE_NUMBER, /* n is the number */
	VALUE_CTX,    /* the context; n is the offset into it, in bytes: so for all pointers */
	VALUE_STACK,  /* region: index of the frame in the state; offset 0 is the frame's end, where
			 r10 points: accesses are in [-512, 0) */
	VALUE_PACKET, /* from ctx->data on */
	VALUE_META,   /* from ctx->data_meta on; data is at SYM_META */
	VALUE_PACKET_END, /* from ctx->data_end on */
	VALUE_MAP,	 /* the map object; region: its index in the prog; VALUE_INNER: like it, but
			    out of a map of maps */
	VALUE_MAP_VALUE, /* a value of map `region`, size bytes long; VALUE_INNER as above */
	VALUE_MEM,    /* size bytes that a helper gave, or the raw type's; region: PROG_NO_INDEX */
	VALUE_OBJECT, /* a host object; region: its class, a row of the object table in spec */
	VALUE_ITER, /* of cells only: an iterator over numbers. n: calls of its next() so far; size:
		       VALUE_MAX_ELEMENTS less as many as it gives at most; parent: id of the last
		       element while it was not compared with NULL */
	VALUE_CODE, /* a function; region: index of the subprogram; n is 0 */
	VALUE_PACKET_LOW, /* the low 32 bits, zero-extended, of what region (VALUE_PACKET,
			     VALUE_META or VALUE_PACKET_END) and n say: only differences may be
			     computed */
	VALUE_TYPE_COUNT
};

enum value_flag {
	VALUE_NULLABLE = 1,  /* may be 0 instead; values with the same id are 0 together */
	VALUE_READ_ONLY = 2, /* what it points to must not be written */
	VALUE_INNER = 4,    /* of an inner map: region is the template, id tells one from another */
	VALUE_ACQUIRED = 8, /* id names a live reference that has to be released */
	VALUE_HALVED = 16,  /* a NUMBER in [0, sym / 2], where sym is not negative either */
	VALUE_NAMED = 32,   /* MAP_VALUE: id, unless ID_NONE, is of this value alone: of its lock */
};

/* Symbols: integers that do not change and are not known. Numbers below SYM_FREE keep their meaning
 * from one state of an instance to the next; the others only mean that two values of one state
 * share something. */
enum {
	SYM_NONE = 0,	/* no value */
	SYM_ZERO = 1,	/* is 0: what has no symbol of its own is measured from here */
	SYM_LEN = 2,	/* data_end - data; at least 0. The raw type's n */
	SYM_META = 3,	/* data - data_meta; at least VALUE_MIN_META */
	SYM_ANCHOR = 4, /* to SYM_ENTRY - 1: anchors of ranked points (see proof.h) */
	SYM_ENTRY = 64, /* to SYM_FREE - 1: symbols of the instance's state of entry */
	SYM_FREE = 128,
};

/* The same for ids. 0: none. */
enum {
	ID_NONE = 0,
	ID_ENTRY = 1, /* to ID_FREE - 1: ids of the instance's state of entry */
	ID_FREE = 64,
};

/* Bounds that nothing leaves: offsets of pointers for which arithmetic and comparisons are allowed,
 * and packets. They keep addresses from wrapping around. */
#define VALUE_MAX_OFFSET (1ll << 29)
#define VALUE_MAX_PACKET ((1ll << 29) - 1)

/* An iterator gives at most so many numbers. */
#define VALUE_MAX_ELEMENTS (1 << 23)

/* Linux has data_meta one byte behind data where there is no metadata. */
#define VALUE_MIN_META (-1)

/* Padding is zero and unused members are zero, so that equal values are equal bytes. */
struct value {
	u8 type;  /* enum value_type */
	u8 flags; /* enum value_flag */
	u16 pad;
	u32 region;
	u32 size; /* MAP_VALUE, MEM: bytes from offset 0 on */
	u32 id;	  /* what shares nullness, the acquired reference, an inner map's identity */
	u32 sym;
	u32 parent; /* id of the reference that it is borrowed from; void when that is released */
	/* The number, or the offset, as a signed integer, is sym + d for a d in [dlo, dhi]: in
	 * exact integers, nothing wraps. With SYM_ZERO, dlo and dhi are n.smin and n.smax. All zero
	 * for NONE and types without offset. */
	s64 dlo, dhi;
	struct scalar n;
};
_Static_assert(sizeof(struct value) == 40 + sizeof(struct scalar), "no hidden padding");

extern const struct value value_none;

struct value value_const(u64 n);
struct value value_unknown(void);
/* A pointer to the start of its region. */
struct value value_pointer(enum value_type type, u32 region);

/* Makes dlo and dhi agree with n where sym is SYM_ZERO. To call after each change of n. */
static inline void value_fix(struct value *value)
{
	if (value->sym != SYM_ZERO)
		return;
	value->dlo = value->n.smin;
	value->dhi = value->n.smax;
}
/* NUMBER without a relation. */
static inline struct value value_number(const struct scalar *n)
{
	return (struct value){
		.type = VALUE_NUMBER, .sym = SYM_ZERO, .dlo = n->smin, .dhi = n->smax, .n = *n
	};
}
/* Takes the relation away. */
void value_forget(struct value *value);

static inline bool value_is_number(const struct value *value)
{
	return value->type == VALUE_NUMBER;
}
/* Anything that is an address: all but NONE, NUMBER and PACKET_LOW. */
static inline bool value_is_pointer(const struct value *value)
{
	return value->type >= VALUE_CTX && value->type <= VALUE_CODE;
}
/* Whether its symbol says exactly where it is. */
static inline bool value_is_exact(const struct value *value)
{
	return value->dlo == value->dhi;
}
static inline bool value_is_const(const struct value *value, u64 *ret_n)
{
	return value->type == VALUE_NUMBER && scalar_is_const(&value->n, ret_n);
}
/* "packet", "map value": for people. */
const char *value_type_text(enum value_type type);
