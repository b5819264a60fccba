/* SPDX-License-Identifier: MIT */
/* --policy, --raw-size: rules of the verifier, in the commands that use it. */
#include "cli.h"

#include "verify/verify.h"

int cli_policy(struct cli *cli, u32 option, u32 raw_size, struct check_policy *policy)
{
	for (size_t i = 0; i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];

		if (given->option == option)
			(void)verify_add_rule(policy, given->value); /* the parser knows them */
	}
	if (policy->unprivileged && policy->allow_leaks) {
		cli_error(cli, NULL, "--policy: unprivileged and allow-leaks exclude each other");
		return CLI_USAGE;
	}
	return cli_number(cli, raw_size, VALUE_MAX_PACKET, 0, &policy->raw_size);
}
