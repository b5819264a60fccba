/* SPDX-License-Identifier: MIT */
/* Calls of helpers and of outside functions, by their contracts. */
#include "check/internal.h"

enum transfer_result transfer_helper_call(struct transfer *t, struct state *state, u32 slot)
{
	return transfer_fail(t, FINDING_NO_CONTRACT, slot, state, FINDING_NO_REG);
}
