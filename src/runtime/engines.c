/* SPDX-License-Identifier: MIT */
/* The engines of builds with an interpreter. */
#include "base/str.h"
#include "interp/interp.h"
#include "runtime/runtime.h"

static int prepare(UNUSED const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	return interp_prepare(prog, binding, ret_code, err);
}

static const struct engine interpreter = { "interpret", prepare };

const struct engine *engine_by_name(const char *name, const char **ret_why)
{
	if (str_eq(name, interpreter.name))
		return &interpreter;
	if (ret_why != NULL)
		*ret_why = str_eq(name, "jit") ? "this build does not have it yet"
					       : "there is no such mode: interpret, jit, native";
	return NULL;
}

const struct engine *engine_default(void)
{
	return &interpreter;
}
