/* SPDX-License-Identifier: MIT */
/* The engines of builds with an interpreter. */
#include "base/str.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "os/os.h"
#include "runtime/runtime.h"

static int interpret(UNUSED const struct engine *engine, const struct prog *prog,
		     const struct prog_binding *binding, struct prog_code **ret_code,
		     struct error *err)
{
	return interp_prepare(prog, binding, ret_code, err);
}

static int compile(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err);

static const struct engine engines[] = {
	{ "interpret", interpret, NULL },
	{ "jit", compile, NULL },
	/* With checks also where the verifier has proven that there is no need for them. */
	{ "jit-checked", compile, NULL },
	/* The program's constants do not appear in the code. */
	{ "jit-blinded", compile, NULL },
};
enum { INTERPRET, JIT, JIT_IS_CHECKED, JIT_IS_BLINDED };

/* What nobody has verified is checked. The engine may be a copy of a row, with a watch. */
static int compile(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	bool checked = str_eq(engine->name, engines[JIT_IS_CHECKED].name);
	struct jit_options options = {
		.size = sizeof(options),
		.target = jit_host_target(),
		.mode = checked || binding->facts == NULL ? JIT_CHECKED : JIT_VERIFIED,
		.blind = str_eq(engine->name, engines[JIT_IS_BLINDED].name),
		.watch = engine->watch,
	};

	if (options.blind)
		os_random(&options.blind_seed, sizeof(options.blind_seed));
	return jit_prepare(prog, binding, &options, ret_code, err);
}

const struct engine *engine_by_name(const char *name, const char **ret_why)
{
	for (size_t i = 0; i < ARRAY_COUNT(engines); i++) {
		if (!str_eq(name, engines[i].name))
			continue;
		if (i == INTERPRET || jit_has_target(jit_host_target()))
			return &engines[i];
		if (ret_why != NULL)
			*ret_why = "there is no JIT compiler for this processor";
		return NULL;
	}
	if (ret_why != NULL)
		*ret_why =
			"there is no such mode: interpret, jit, jit-checked, jit-blinded, native";
	return NULL;
}

const struct engine *engine_default(void)
{
	return &engines[INTERPRET];
}
