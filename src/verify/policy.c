/* SPDX-License-Identifier: MIT */
/* The rules of a policy by the names that users give them. */
#include "verify/verify.h"

#include "base/str.h"

bool verify_add_rule(struct check_policy *policy, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} rules[] = {
		{ "unprivileged", &policy->unprivileged },
		{ "strict", &policy->strict },
		{ "allow-leaks", &policy->allow_leaks },
		{ "aligned", &policy->strict_alignment },
		{ "no-division-by-zero", &policy->no_division_by_zero },
		{ "no-termination", &policy->no_termination },
		{ "uninitialised-stack", &policy->allow_uninit_stack },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
		if (!str_eq(name, rules[i].name))
			continue;
		*rules[i].flag = true;
		return true;
	}
	return false;
}
