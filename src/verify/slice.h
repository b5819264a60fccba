/* SPDX-License-Identifier: MIT */
/* What a finding depends on: the instructions that computed what is wrong, and the branches that
 * led there. */
#pragma once

#include "verify/record.h"

/* One flag a slot of the program, in the arena. 0 or ERR_NOMEM. It serves people: what goes through
 * memory other than the stack is not followed. */
int slice_make(struct arena *arena, const struct record *record, const struct finding *finding,
	       bool **ret_slots) MUST_CHECK;
