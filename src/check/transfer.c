/* SPDX-License-Identifier: MIT */
/* Instructions on states: which part of the module does which. */
#include "check/transfer.h"

#include "base/str.h"

void check_policy_default(struct check_policy *ret_policy)
{
	*ret_policy = (struct check_policy){ .max_steps = 1ull << 26 };
}

void transfer_init(struct transfer *t, const struct prog *prog, const struct cfg *cfg,
		   const struct check_policy *policy, struct state *callee)
{
	memset(t, 0, sizeof(*t));
	t->prog = prog;
	t->cfg = cfg;
	t->policy = policy;
	t->callee = callee;
}
