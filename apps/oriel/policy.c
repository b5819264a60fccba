/* SPDX-License-Identifier: MIT */
/* --policy, --raw-size: rules of the verifier, in the commands that use it. */
#include "cli.h"

#include "base/str.h"
#include "check/transfer.h"

int cli_policy(struct cli *cli, u32 option, u32 raw_size, struct check_policy *policy)
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

	for (size_t i = 0; i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];

		for (size_t k = 0; given->option == option && k < ARRAY_COUNT(rules); k++)
			if (str_eq(given->value, rules[k].name))
				*rules[k].flag = true;
	}
	if (policy->unprivileged && policy->allow_leaks) {
		cli_error(cli, NULL, "--policy: unprivileged and allow-leaks exclude each other");
		return CLI_USAGE;
	}
	return cli_number(cli, raw_size, VALUE_MAX_PACKET, 0, &policy->raw_size);
}
