/* SPDX-License-Identifier: MIT */
/* The verdict: whether a proof holds for a program. Everything that makes a verdict sound is in
 * this module and in what it depends on. */
#pragma once

#include "base/arena.h"
#include "base/budget.h"
#include "check/proof.h"
#include "prog/facts.h"

/* 0: the program is safe under the policy. ERR_ACCES: it, or the proof, is not, and *ret_finding
 * says why, also when the budget is spent (which may be NULL); ERR_NOMEM. One pass: time is linear
 * in slots, points and the states a block has. prog passed prog_check() and has its type and
 * dialect; cfg is of it. Memory comes from arena, and is of no use afterwards.
 *
 * facts may be NULL; else it has been made by facts_init() for this program, and what holds
 * according to the invariants is added. */
int check_proof(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
		const struct check_policy *policy, const struct proof *proof, struct budget *budget,
		struct prog_facts *facts, struct finding *ret_finding) MUST_CHECK;
