/* SPDX-License-Identifier: MIT */
/* Places in machine code, the same for all targets: jumps to what has no place yet, what is seldom
 * needed and stands behind the program, what all of its instructions share. */
#pragma once

#include "jit/internal.h"
#include "jit/out.h"

#define JIT_UNKNOWN UINT32_MAX

/* Where code that all of a program's instructions share begins. The registers are the target's. */
enum jit_common {
	COMMON_END,    /* ends the program with result 0 */
	COMMON_LEAVE,  /* the entry's way out */
	COMMON_FAULT,  /* a status; a slot */
	COMMON_TIME,   /* a slot */
	COMMON_HELPER, /* a helper has failed; a slot */
	COMMON_ACCESS, /* asks for an access; an address, JIT_WHAT */
	COMMON_PUSH,   /* a zeroed frame more */
	COMMON_POP,
	COMMON_FORGET, /* empties the window of regions */
	COMMON_THUNK,  /* runs a callback */
	COMMONS,
};

enum jit_stub_kind { STUB_ACCESS, STUB_FAULT, STUB_TIME, STUB_HELPER };

/* In what was encoded: so many bytes and fixups are before it. */
struct jit_place {
	u32 offset, fixups;
};

/* What is seldom needed, behind the program. */
struct jit_stub {
	u8 kind;   /* enum jit_stub_kind */
	s8 status; /* STUB_FAULT: minus it */
	u32 value; /* what the common code is told */
	struct jit_place place;
	struct jit_place back; /* STUB_ACCESS: where it goes on */
};

enum jit_fixup_kind {
	FIX_SLOT,
	FIX_FUNC,
	FIX_COMMON,
	FIX_STUB,
	FIX_BACK,   /* from a stub */
	FIX_BEHIND, /* another fixup */
	FIX_HOST,   /* a call of what is there */
	FIX_PAD,    /* nothing, or what does nothing, before a loop that ends with fixup `target` */
};

struct jit_fixup {
	u32 at;	    /* bytes that depend on where things are, */
	u32 target; /* slot, function, common code, stub, fixup, of hosts */
	u8 kind;    /* enum jit_fixup_kind */
	u8 form;    /* the target's own */
	u8 size;    /* so many, */
	u8 gain;    /* less those that turn out not to be needed */
};

/* A program is encoded once, each jump and each call as long as it may have to be. Then some become
 * shorter, and what is between moves up when it is copied to where it runs. */
struct jit_sites {
	struct jit *j;
	struct jit_out out;
	struct jit_place *slots; /* and one more: the end */
	u32 placed;		 /* so many of them are known */
	struct jit_place *funcs;
	struct jit_place common[COMMONS];
	struct jit_stub *stubs;
	struct jit_fixup *fixups;
	u64 *hosts; /* addresses of the host that are called */
	u32 *gains; /* of all fixups before each; one more: of all */
	u32 stub_count, stub_cap, fixup_count, fixup_cap, host_count, host_cap;
	u32 uses; /* of common code, as bits */
	bool failed, no_memory;
};

#define JIT_ROOM 1024 /* bytes that an operation, or common code, takes at most */

static inline u32 jit_stub_common(u8 kind)
{
	static const u8 common[] = { [STUB_ACCESS] = COMMON_ACCESS,
				     [STUB_FAULT] = COMMON_FAULT,
				     [STUB_TIME] = COMMON_TIME,
				     [STUB_HELPER] = COMMON_HELPER };

	return common[kind];
}

static inline bool jit_uses(const struct jit_sites *sites, u32 common)
{
	return (sites->uses & common) != 0;
}

static inline struct jit_place jit_here(const struct jit_sites *sites)
{
	return (struct jit_place){ sites->out.len, sites->fixup_count };
}

static inline void jit_common_here(struct jit_sites *sites, enum jit_common common)
{
	sites->common[common] = jit_here(sites);
}

/* Where that is once fixups have become shorter. */
static inline u32 jit_moved(const struct jit_sites *sites, struct jit_place place)
{
	return place.offset - sites->gains[place.fixups];
}

/* The code of the slot's instruction begins here, and that of those before that had none. */
static inline void jit_place_slot(struct jit_sites *sites, u32 slot)
{
	struct jit_place here = { sites->out.len, sites->fixup_count };

	for (u32 i = sites->placed; i <= slot; i++)
		sites->slots[i] = here;
	sites->placed = MAX(sites->placed, slot + 1);
}

/* Makes room; what has none is not added, and no_memory is set. */
bool jit_grow_fixups(struct jit_sites *sites);
void jit_grow_out(struct jit_sites *sites);

static inline void jit_add_fixup(struct jit_sites *sites, struct jit_fixup fixup)
{
	if (sites->fixup_count == sites->fixup_cap && !jit_grow_fixups(sites))
		return;
	sites->fixups[sites->fixup_count++] = fixup;
	if (fixup.kind == FIX_COMMON)
		sites->uses |= 1u << fixup.target;
}

/* Before an operation. */
static inline void jit_make_room(struct jit_sites *sites)
{
	if (sites->out.cap - sites->out.len < JIT_ROOM)
		jit_grow_out(sites);
}

int jit_sites_init(struct jit *j, struct jit_sites *sites) MUST_CHECK;
/* Before a pass over the operations: nothing has a place. */
void jit_sites_begin(struct jit_sites *sites);
/* After it: the end has its place. */
void jit_sites_end(struct jit_sites *sites);
/* Its index; the caller adds the jump there, a fixup, after it. */
u32 jit_add_stub(struct jit_sites *sites, struct jit_stub stub);
/* The index that hosts has the address at. */
u32 jit_add_host(struct jit_sites *sites, u64 address);
/* JIT_UNKNOWN as offset: none. */
struct jit_place jit_place_of(const struct jit_sites *sites, const struct jit_fixup *fixup);
/* After fixups' gains have changed. */
void jit_sum_gains(struct jit_sites *sites);
/* Copies what was encoded without what fixups do not need; those are the caller's to write. Sets
 * the offsets that are asked for afterwards. False: it does not fit. */
bool jit_sites_copy(struct jit_sites *sites, u8 *out, size_t cap, size_t *ret_len);
