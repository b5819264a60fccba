/* SPDX-License-Identifier: MIT */
/* A list of what is wanted grows by what programs refer to, until nothing is added. */
#include "load/set.h"

#include "base/mem.h"
#include "base/str.h"
#include "load/module.h"

struct loading {
	struct load_set set;
	const struct load_set_options *options;
	const struct engine *engine;
	const struct prog **linked; /* by the object's index */
	bool *wanted, *filled;	    /* programs; maps whose values have been looked at */
	struct error *err;
};

static int choose_engine(struct loading *l)
{
	const char *why = "no engine in this build can run programs", *mode = l->options->mode;

	if (l->options->module != NULL && (mode == NULL || str_eq(mode, "native")))
		l->engine = module_engine(l->options->module);
	else if (l->options->module != NULL)
		why = "a native module has machine code only";
	else if (mode != NULL && str_eq(mode, "native") && l->options->native != NULL)
		l->engine = &l->options->native->engine;
	else
		l->engine = mode == NULL ? engine_default() : engine_by_name(mode, &why);
	if (l->engine != NULL)
		return 0;
	if (mode != NULL)
		return error_set(l->err, ERR_NOTSUP, "mode '%.64s': %s", mode, why);
	return error_set(l->err, ERR_NOTSUP, "%s", why);
}

static int choose_programs(struct loading *l)
{
	const struct object *obj = l->set.object;
	const char *name = l->options->program;
	u32 idx, count = 0;

	if (name != NULL) {
		idx = object_find_prog(obj, name);
		if (idx == PROG_NO_INDEX)
			return error_set(l->err, ERR_NOENT, "%s: no program '%.64s'", obj->file,
					 name);
		l->wanted[idx] = true;
		return 0;
	}
	for (u32 i = 0; i < obj->prog_count; i++) {
		l->wanted[i] = l->options->wanted != NULL
				       ? l->options->wanted[i]
				       : !obj->progs[i].is_subprog && !obj->progs[i].optional;
		count += l->wanted[i];
	}
	return count > 0 ? 0 : error_set(l->err, ERR_NOENT, "%s: no program in it", obj->file);
}

static int choose_type(const struct loading *l, u32 idx, const struct spec_prog_type **ret_type)
{
	const struct object *obj = l->set.object;
	const struct object_prog *prog = &obj->progs[idx];
	const struct spec_prog_type *type = NULL;

	if (l->options->type != NULL) {
		type = spec_find_type(obj->spec, obj->dialect, l->options->type);
		if (type == NULL)
			return error_set(l->err, ERR_INVAL,
					 "%s: the %s dialect has no program type '%.64s'",
					 obj->file, dialect_name(obj->dialect), l->options->type);
	} else if (prog->match != NULL) {
		type = prog->match->type;
	}
	if (type == NULL)
		return error_set(l->err, ERR_INVAL,
				 "%s: section '%.64s' does not say the type of program '%.64s'",
				 obj->file, prog->section, prog->name);
	*ret_type = type;
	return 0;
}

static int load_one(struct loading *l, u32 idx)
{
	struct load load = { .object = l->set.object,
			     .module = l->options->module,
			     .verify = l->options->verify };
	struct runtime_prog_options options = { .size = sizeof(options),
						.engine = l->engine,
						.maps = l->set.maps,
						.release = l->options->release,
						.release_arg = l->options->arg };
	const struct spec_prog_type *type;
	int r = choose_type(l, idx, &type);

	if (r == 0)
		r = load_link(&load, idx, type, &l->linked[idx], &options.facts, l->err);
	if (r != 0)
		return r;
	options.prog = l->linked[idx];
	r = runtime_load_prog(l->set.runtime, &options, &l->set.progs[idx], l->err);
	if (r < 0) {
		(void)error_prefix(l->err, "%s: program '%.64s'", l->set.object->file,
				   l->set.object->progs[idx].name);
		return r;
	}
	if (l->options->keep != NULL)
		l->options->keep(l->options->arg);
	return 0;
}

/* What the arrays hold that the program uses. */
static void want_tail_calls(struct loading *l, const struct prog *prog)
{
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];
		const struct prog_map *map;

		if (insn->kind != INSN_LDDW || insn->op != LDDW_MAP ||
		    (u64)insn->imm >= prog->map_count)
			continue;
		l->filled[insn->imm] = true;
		map = &prog->maps[insn->imm];
		for (u32 i = 0; i < map->value_count; i++)
			if (map->values[i].prog != PROG_NO_INDEX)
				l->wanted[map->values[i].prog] = true;
	}
}

static int load_wanted(struct loading *l)
{
	const struct object *obj = l->set.object;
	bool more = true;

	while (more) {
		more = false;
		for (u32 i = 0; i < obj->prog_count; i++) {
			int r;

			if (!l->wanted[i] || l->set.progs[i] != NULL)
				continue;
			r = load_one(l, i);
			if (r < 0)
				return r;
			want_tail_calls(l, l->linked[i]);
			more = true;
		}
	}
	return 0;
}

static int fill_arrays(struct loading *l)
{
	const struct object *obj = l->set.object;
	int r = 0;

	for (u32 m = 0; m < obj->map_count; m++) {
		const struct prog_map *map = &obj->maps[m];

		for (u32 i = 0; r == 0 && l->filled[m] && i < map->value_count; i++) {
			u32 prog = map->values[i].prog;

			if (prog == PROG_NO_INDEX || l->set.maps[m] == NULL)
				continue;
			r = runtime_set_tail_call(l->set.maps[m], map->values[i].index,
						  l->set.progs[prog], l->err);
		}
		if (r < 0) {
			(void)error_prefix(l->err, "%s", obj->file);
			return r;
		}
	}
	return 0;
}

static int load_all(struct loading *l)
{
	struct object *obj = l->set.object;
	int r = 0;

	if (obj->dialect == DIALECT_UNKNOWN)
		return error_set(l->err, ERR_INVAL, "%s: the dialect is not known (%.80s)",
				 obj->file,
				 obj->dialect_why == NULL ? "no evidence" : obj->dialect_why);
	if (l->set.maps == NULL || l->set.progs == NULL || l->linked == NULL || l->wanted == NULL ||
	    l->filled == NULL)
		return error_set(l->err, ERR_NOMEM, "%s: out of memory", obj->file);
	r = choose_engine(l);
	if (r == 0)
		r = choose_programs(l);
	if (r == 0) {
		r = runtime_create_maps(l->set.runtime, obj->maps, obj->map_count, l->set.maps,
					l->err);
		if (r < 0)
			(void)error_prefix(l->err, "%s", obj->file);
	}
	if (r == 0)
		r = load_wanted(l);
	if (r == 0)
		r = fill_arrays(l);
	return r;
}

int load_set(struct object *object, struct runtime *rt, const struct load_set_options *options,
	     struct load_set *ret_set, struct error *err)
{
	struct loading l = { .set = { .object = object, .runtime = rt },
			     .options = options,
			     .err = err };
	int r;

	l.set.maps = mem_zalloc_array((size_t)object->map_count + 1, sizeof(struct map *));
	l.set.progs =
		mem_zalloc_array((size_t)object->prog_count + 1, sizeof(struct runtime_prog *));
	l.linked = mem_zalloc_array((size_t)object->prog_count + 1, sizeof(struct prog *));
	l.wanted = mem_zalloc_array((size_t)object->prog_count + 1, sizeof(bool));
	l.filled = mem_zalloc_array((size_t)object->map_count + 1, sizeof(bool));
	r = load_all(&l);
	mem_free(l.linked);
	mem_free(l.wanted);
	mem_free(l.filled);
	if (r < 0) {
		load_set_fini(&l.set);
		l.set = (struct load_set){ 0 };
	}
	*ret_set = l.set;
	return r;
}

void load_set_fini(struct load_set *set)
{
	struct object *object = set->object;

	if (object == NULL)
		return;
	for (u32 i = 0; set->progs != NULL && i < object->prog_count; i++)
		if (set->progs[i] != NULL)
			core_put_user(prog_core(set->progs[i]));
	for (u32 i = 0; set->maps != NULL && i < object->map_count; i++)
		map_free(set->maps[i]);
	mem_free(set->progs);
	mem_free(set->maps);
	*set = (struct load_set){ 0 };
}
