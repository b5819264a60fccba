/* SPDX-License-Identifier: MIT */
/* From the bytes of an object file to a program that can run, one step after the other. Whatever
 * only the user can decide is asked for, with the choices. */
#include "load/load.h"

#include "base/format.h"
#include "base/mem.h"
#include "base/str.h"
#include "load/judge.h"
#include "load/module.h"
#include "load/tail_calls.h"

/* A list of names for a message; ends with "..." when there is no room for all. */
struct names {
	char text[160];
	size_t len;
	u32 left_out;
};

static void names_add(struct names *names, const char *name)
{
	const size_t room = sizeof(names->text) - sizeof(", ...");
	size_t len = strlen(name) + 2;

	if (names->left_out > 0 || names->len + len > room) {
		if (names->left_out++ == 0)
			names->len += format(names->text + names->len,
					     sizeof(names->text) - names->len, ", ...");
		return;
	}
	names->len += format(names->text + names->len, sizeof(names->text) - names->len, "%s%s",
			     names->len == 0 ? "" : ", ", name);
}

/* Programs of their own, without subprograms. */
static struct names prog_names(const struct object *obj)
{
	struct names names = { .text = "" };

	for (u32 i = 0; i < obj->prog_count; i++)
		if (!obj->progs[i].is_subprog)
			names_add(&names, obj->progs[i].name);
	return names;
}

static struct names type_names(const struct object *obj)
{
	const struct spec_prog_type *type;
	struct names names = { .text = "" };

	for (size_t i = 0; (type = spec_nth_type(obj->spec, i)) != NULL; i++)
		if (type->dialect == obj->dialect || type->dialect == DIALECT_UNKNOWN)
			names_add(&names, type->name);
	return names;
}

static int check_dialect(const struct object *obj, struct error *err)
{
	if (obj->dialect != DIALECT_UNKNOWN)
		return 0;
	return error_set(err, ERR_INVAL,
			 "%s: the dialect is not known (%.80s); say --dialect windows or "
			 "--dialect linux",
			 obj->file, obj->dialect_why == NULL ? "no evidence" : obj->dialect_why);
}

/* Whether another one is meant when none is named. */
static bool is_set_aside(const struct object *obj, u32 idx)
{
	bool others = false;

	for (u32 i = 0; i < obj->prog_count; i++)
		others |= !obj->progs[i].is_subprog && !obj->progs[i].optional;
	return obj->progs[idx].is_subprog || (obj->progs[idx].optional && others);
}

static int find_only_prog(const struct object *obj, u32 *ret_idx, struct error *err)
{
	struct names names = prog_names(obj);
	u32 found = PROG_NO_INDEX, count = 0;

	for (u32 i = 0; i < obj->prog_count; i++) {
		if (is_set_aside(obj, i))
			continue;
		found = i;
		count++;
	}
	if (count == 0)
		return error_set(err, ERR_NOENT, "%s: no program in it", obj->file);
	if (count > 1)
		return error_set(err, ERR_INVAL,
				 "%s: several programs; say --program NAME, one of %s", obj->file,
				 names.text);
	*ret_idx = found;
	return 0;
}

static int choose_prog(const struct object *obj, const char *name, u32 *ret_idx, struct error *err)
{
	struct names names;
	u32 idx;

	if (name == NULL)
		return find_only_prog(obj, ret_idx, err);
	idx = object_find_prog(obj, name);
	if (idx == PROG_NO_INDEX) {
		names = prog_names(obj);
		return error_set(err, ERR_NOENT, "%s: no program '%.64s' (there are: %s)",
				 obj->file, name, names.len == 0 ? "none" : names.text);
	}
	*ret_idx = idx;
	return 0;
}

static int choose_type(const struct object *obj, u32 prog_idx, const char *name,
		       const struct spec_prog_type **ret_type, struct error *err)
{
	const struct object_prog *prog = &obj->progs[prog_idx];
	const struct spec_prog_type *type;
	struct names names;

	if (name == NULL && prog->match != NULL && prog->match->type != NULL) {
		*ret_type = prog->match->type;
		return 0;
	}
	names = type_names(obj);
	if (name == NULL)
		return error_set(err, ERR_INVAL,
				 "%s: section '%.64s' does not say the program's type; say --type "
				 "NAME, one of %s",
				 obj->file, prog->section, names.text);
	type = spec_find_type(obj->spec, obj->dialect, name);
	if (type == NULL)
		return error_set(err, ERR_INVAL,
				 "the %s dialect has no program type '%.64s', but %s",
				 dialect_name(obj->dialect), name, names.text);
	*ret_type = type;
	return 0;
}

static int choose_engine(const struct load *load, const struct load_options *options,
			 const struct engine **ret_engine, struct error *err)
{
	const char *why = "no engine in this build can run programs", *mode = options->mode;
	const struct engine *engine = engine_default();

	if (load->module != NULL && mode != NULL && !str_eq(mode, "native"))
		return error_set(err, ERR_NOTSUP,
				 "mode '%.64s': a native module has machine code only", mode);
	if (load->module != NULL) {
		*ret_engine = module_engine(load->module);
		return 0;
	}
	if (mode != NULL && str_eq(mode, "native") && options->native != NULL)
		engine = &options->native->engine;
	else if (mode != NULL)
		engine = engine_by_name(mode, &why);
	if (engine == NULL && mode != NULL)
		return error_set(err, ERR_NOTSUP, "mode '%.64s': %s", mode, why);
	if (engine == NULL)
		return error_set(err, ERR_NOTSUP, "%s", why);
	*ret_engine = engine;
	return 0;
}

/* A copy of the engine that tells of its code. */
static int watch_engine(struct load *load, const struct jit_watch *watch, struct error *err)
{
	if (watch == NULL)
		return 0;
	load->watched = mem_alloc(sizeof(*load->watched));
	if (load->watched == NULL)
		return error_set(err, ERR_NOMEM, "no memory for an engine");
	*load->watched = *load->engine;
	load->watched->watch = watch;
	load->engine = load->watched;
	return 0;
}

static int open_file(struct load *load, const u8 *bytes, size_t len,
		     const struct load_options *options, struct error *err)
{
	const struct object_options object_options = { .size = sizeof(object_options),
						       .file = options->file,
						       .dialect = options->dialect,
						       .target_btf = options->target_btf,
						       .kconfig = options->kconfig,
						       .spec = options->spec };

	load->verify = options->verify;
	if (module_is(bytes, len))
		return module_open(bytes, len, options, &load->module, &load->object, err);
	return object_open(bytes, len, &object_options, &load->object, err);
}

int load_link(struct load *load, u32 idx, const struct spec_prog_type *type,
	      const struct prog **ret_prog, const struct prog_facts **ret_facts, struct error *err)
{
	int r;

	if (load->module != NULL)
		return module_link(load->module, idx, type, ret_prog, ret_facts, err);
	r = object_link(load->object, idx, type, ret_prog, err);
	return r != 0 ? r : load_judge(load, *ret_prog, ret_facts, err);
}

static int open_and_link(struct load *load, const u8 *bytes, size_t len,
			 const struct load_options *options, u32 *ret_idx, struct error *err)
{
	const struct spec_prog_type *type = NULL;
	u32 idx = 0;
	int r = open_file(load, bytes, len, options, err);

	if (r == 0)
		r = check_dialect(load->object, err);
	if (r == 0 && options->opened != NULL)
		r = options->opened(options->opened_arg, load->object, err);
	if (r == 0)
		r = choose_prog(load->object, options->program, &idx, err);
	if (r == 0)
		r = choose_type(load->object, idx, options->type, &type, err);
	if (r == 0)
		r = load_link(load, idx, type, &load->prog, &load->facts, err);
	if (r == 0)
		*ret_idx = idx;
	return r;
}

static int make_ready(struct load *load, const struct load_options *options, u32 idx,
		      struct error *err)
{
	struct runtime_options runtime_options = { .size = sizeof(runtime_options),
						   .dialect = load->object->dialect,
						   .trace = options->trace,
						   .trace_arg = options->trace_arg,
						   .events = options->events };
	int r = choose_engine(load, options, &load->engine, err);

	if (options->native != NULL)
		options->native->btf = &load->object->btf;
	if (r == 0)
		r = watch_engine(load, options->watch, err);
	if (r == 0)
		r = runtime_new(&runtime_options, &load->runtime, err);
	if (r == 0 && options->extend != NULL) {
		load->retract = options->retract;
		load->extend_arg = options->extend_arg;
		r = options->extend(options->extend_arg, load->runtime, err);
	}
	if (r != 0)
		return r;
	r = runtime_add_prog(load->runtime, load->prog, load->engine, load->facts,
			     &load->runtime_prog, err);
	if (r < 0)
		error_prefix(err, "%s: program '%.64s'", load->object->file, load->prog->name);
	else
		r = load_tail_calls(load, idx, err);
	return r;
}

int load_program(const u8 *bytes, size_t len, const struct load_options *options,
		 struct load *ret_load, struct error *err)
{
	struct load_options given = { 0 };
	struct load load = { 0 };
	u32 idx = 0;
	int r;

	memcpy(&given, options, MIN(options->size, sizeof(given)));
	r = open_and_link(&load, bytes, len, &given, &idx, err);
	if (r == 0)
		r = make_ready(&load, &given, idx, err);
	if (r < 0 && load.refused == NULL)
		load_fini(&load);
	*ret_load = load;
	return r;
}

struct map *load_map(const struct load *load, u32 idx)
{
	return load->maps != NULL ? load->maps[idx] : runtime_map(load->runtime, idx);
}

void load_fini(struct load *load)
{
	if (load->retract != NULL)
		load->retract(load->extend_arg);
	runtime_free(load->runtime);
	object_free(load->object);
	module_free(load->module);
	mem_free(load->watched);
	*load = (struct load){ 0 };
}
