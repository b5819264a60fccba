/* SPDX-License-Identifier: MIT */
/* `oriel run --debug-info`: what debuggers and profilers learn of compiled programs. */
#include "run.h"

#include "base/str.h"

static bool is_compiled(const char *mode)
{
	return mode != NULL &&
	       (str_eq(mode, "jit") || str_eq(mode, "jit-checked") || str_eq(mode, "jit-blinded"));
}

int run_debug_open(struct run *run)
{
	static const struct {
		const char *name;
		enum debug_form form;
	} forms[] = {
		{ "gdb", DEBUG_GDB },
		{ "perf", DEBUG_PERF_MAP },
		{ "jitdump", DEBUG_JITDUMP },
	};
	const char *name = run->cli->values[RUN_DEBUG_INFO];
	struct error err = { 0 };
	int status;

	if (name == NULL)
		return 0;
	if (!is_compiled(run->cli->values[RUN_MODE])) {
		cli_error(run->cli, "--mode jit compiles; --mode native has --debug and --keep",
			  "--debug-info is for the modes jit, jit-checked and jit-blinded");
		return CLI_USAGE;
	}
	for (u32 i = 0; i < ARRAY_COUNT(forms); i++) {
		if (!str_eq(name, forms[i].name))
			continue;
		status = debug_new(forms[i].form, &run->debug, &err);
		if (status == 0)
			return 0;
		cli_error(run->cli, NULL, "--debug-info %s: %s", name, err.text);
		return CLI_FAILED;
	}
	return CLI_USAGE; /* the command line takes no other */
}
