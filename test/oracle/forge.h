/* SPDX-License-Identifier: MIT */
/* False proofs: a proof with something changed. The checker refuses it, or it holds all the same.
 */
#pragma once

#include "base/arena.h"
#include "check/proof.h"
#include "choice.h"

/* finding: what is to be found wrong with it; FINDING_NONE: anything. What was made is of arena and
 * shares states with *proof. False: out of memory. */
bool forge_proof(struct arena *arena, struct choice *choice, const struct prog *prog,
		 const struct proof *proof, u32 finding, struct proof *ret_proof);
