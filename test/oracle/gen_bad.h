/* SPDX-License-Identifier: MIT */
/* Mistakes by the finding that they are to provoke. Each returns false when it has none for that.
 */
#pragma once

#include "check/finding.h"
#include "gen.h"

/* What a function does that is there for a mistake. */
enum bad_body {
	BODY_NONE,
	BODY_SELF,	/* calls itself */
	BODY_CHAIN,	/* calls the next one */
	BODY_DEEP,	/* uses all of its frame */
	BODY_TWO,	/* returns 2 */
	BODY_SLEEP,	/* calls what may sleep */
	BODY_TAIL_CALL, /* ... */
	BODY_DESTROY,	/* an iterator that it is given */
};

/* Registers, arithmetic, comparisons. */
bool bad_value(struct gen *g, enum finding_id finding);
bool bad_memory(struct gen *g, enum finding_id finding);
bool bad_call(struct gen *g, enum finding_id finding);
/* References, locks, callbacks. */
bool bad_held(struct gen *g, enum finding_id finding);
bool bad_control(struct gen *g, enum finding_id finding);

/* r0: a value of the map, or NULL. */
void bad_lookup(struct gen *g, u32 map);
/* The same, without NULL: the program ends. */
void bad_lookup_found(struct gen *g, u32 map);
/* A number that is not known, up to mask, in reg. */
void bad_index(struct gen *g, u8 reg, s64 mask);
u8 bad_ctx(struct gen *g, u8 otherwise);
