/* SPDX-License-Identifier: MIT */
/* supervised WITHOUT COMMAND...: runs a command whose calls on sockets are all made by the
 * supervisor, which does without features of the kernel (a sum of enum supervise_feature), as on an
 * older one. */
#include <stdio.h>
#include <stdlib.h>

#include "supervise/supervise.h"

int main(int argc, char **argv)
{
	struct supervise_options options = { .size = sizeof(options), .all_calls = true };
	struct error err = { 0 };
	int exit_code = 0;

	if (argc < 3)
		return 64;
	options.without = (u32)strtoul(argv[1], NULL, 0);
	options.argv = (const char *const *)argv + 2;
	if (supervise_run(&options, &exit_code, &err) == 0)
		return exit_code;
	fprintf(stderr, "supervised: %s\n", err.text);
	return 1;
}
