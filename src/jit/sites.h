/* SPDX-License-Identifier: MIT */
/* Places in machine code, the same for all targets: jumps to what has no place yet, what is seldom
 * needed and stands behind the program, what all of its instructions share. */
#pragma once

#include "jit/internal.h"

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

/* What is seldom needed, behind the program. */
struct jit_stub {
	u8 kind;   /* enum jit_stub_kind */
	s8 status; /* STUB_FAULT: minus it */
	u8 form;   /* of the jump that leads there, the target's own */
	u32 at;	   /* where that is */
	u32 back;  /* STUB_ACCESS: where it goes on */
	u32 value; /* what the common code is told */
};

enum jit_fixup_kind { FIX_SLOT, FIX_FUNC, FIX_COMMON, FIX_HOST };

struct jit_fixup {
	u32 at;	    /* of the jump, or of its distance */
	u32 target; /* slot, function or common code */
	u8 kind;    /* enum jit_fixup_kind */
	u8 form;    /* the target's own */
};

/* While measuring there is no room for stubs and fixups, so they are counted. */
struct jit_sites {
	struct jit_stub *stubs;
	struct jit_fixup *fixups;
	u32 stub_count, stub_cap, fixup_count, fixup_cap;
	u32 common[COMMONS];
	u32 uses; /* of common code, as bits */
};

static inline u32 jit_stub_common(u8 kind)
{
	static const u8 common[] = { [STUB_ACCESS] = COMMON_ACCESS,
				     [STUB_FAULT] = COMMON_FAULT,
				     [STUB_TIME] = COMMON_TIME,
				     [STUB_HELPER] = COMMON_HELPER };

	return common[kind];
}

static inline void jit_add_stub(struct jit_sites *sites, struct jit_stub stub)
{
	sites->uses |= 1u << jit_stub_common(stub.kind);
	if (sites->stub_count < sites->stub_cap)
		sites->stubs[sites->stub_count] = stub;
	sites->stub_count++;
}

static inline void jit_add_fixup(struct jit_sites *sites, struct jit_fixup fixup)
{
	if (sites->fixup_count < sites->fixup_cap)
		sites->fixups[sites->fixup_count] = fixup;
	if (fixup.kind == FIX_COMMON)
		sites->uses |= 1u << fixup.target;
	sites->fixup_count++;
}

static inline bool jit_uses(const struct jit_sites *sites, u32 common)
{
	return (sites->uses & common) != 0;
}

/* JIT_UNKNOWN: it has no place yet, or is the host's. */
static inline u32 jit_place(const struct jit *j, const struct jit_sites *sites, u8 kind, u32 target)
{
	switch ((enum jit_fixup_kind)kind) {
	case FIX_SLOT: return j->offsets[target];
	case FIX_FUNC: return j->funcs[target].offset;
	case FIX_COMMON: return sites->common[target];
	case FIX_HOST: break;
	}
	return JIT_UNKNOWN;
}

/* Before a pass over the operations: nothing has a place. */
void jit_sites_begin(struct jit *j, struct jit_sites *sites);
/* After it, with so much code: instructions without code are where the next one is. */
void jit_sites_end(struct jit *j, u32 len);
/* As many as were counted. 0 or ERR_NOMEM. */
int jit_sites_alloc(struct jit *j, struct jit_sites *sites) MUST_CHECK;
