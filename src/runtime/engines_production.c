/* SPDX-License-Identifier: MIT */
/* The engines of production builds: none that would let unsigned code run by interpreting it. */
#include "base/str.h"
#include "runtime/runtime.h"

const struct engine *engine_by_name(const char *name, const char **ret_why)
{
	const char *why = "there is no such mode: jit, native";

	if (str_eq(name, "interpret"))
		why = "a production build has no interpreter; use a development build, or --mode "
		      "jit or native once this build has them";
	else if (str_eq(name, "native"))
		why = "a production build runs signed images only, and has no loader for them yet";
	else if (str_eq(name, "jit"))
		why = "this build does not have it yet";
	if (ret_why != NULL)
		*ret_why = why;
	return NULL;
}

const struct engine *engine_default(void)
{
	return NULL;
}
