/* SPDX-License-Identifier: MIT */
/* What a proof claims along a run: from the point that a run was last at, the checker's own steps,
 * made once and kept, and the state that each instruction then finds. */
#pragma once

#include "base/arena.h"
#include "check/proof.h"

struct machine;
struct claims;
struct node;

/* Of a symbol: what it stands for. */
struct sym_range {
	bool is_known;
	s64 lo, hi;
};

/* Where a running function is in the proof. */
struct claim_place {
	struct node *node;
	u32 instance;
	u32 frames[STATE_FRAMES]; /* object by frame of the state */
	u32 frame_count;
	struct sym_range anchors[SYM_ENTRY]; /* by symbol */
	struct sym_range entry[SYM_FREE - SYM_ENTRY];
};

/* proof and cfg outlive it. NULL: out of memory. */
struct claims *claims_new(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
			  const struct check_policy *policy, const struct proof *proof);

/* Each returns false with machine_fail(). The machine's own place is that of its last activation.
 */
bool claims_start(struct claims *claims, struct machine *m);
bool claims_hold(struct claims *claims, struct machine *m);		/* before the instruction */
bool claims_step(struct claims *claims, struct machine *m, bool taken); /* it did not call, leave */
/* A function was entered that the activation before it called. */
bool claims_enter(struct claims *claims, struct machine *m);
/* The last activation is about to leave at its EXIT; after its frame is gone. */
bool claims_leave(struct claims *claims, struct machine *m, u32 *ret_exit);
bool claims_return(struct claims *claims, struct machine *m, u32 exit);

/* Whether what the machine has is in state; place says what its frames and symbols are. */
bool claim_holds(struct machine *m, const struct state *state, struct claim_place *place,
		 bool keep_entry);
