/* SPDX-License-Identifier: MIT */
/* A runtime's maps and programs, and how programs are bound to them. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

int runtime_new(const struct runtime_options *options, struct runtime **ret_rt, struct error *err)
{
	struct runtime *rt = mem_zalloc(sizeof(*rt));

	if (rt == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a runtime");
	rt->dialect = options->dialect;
	rt->trace = options->trace;
	rt->trace_arg = options->trace_arg;
	rt->account.limit = options->memory_limit;
	rt->cpus = MIN(options->cpus == 0 ? os_cpu_count() : options->cpus, (u32)EPOCH_SLOTS);
	epoch_init(&rt->epoch, rt->cpus);
	for (u32 i = 0; i < EPOCH_SLOTS; i++) {
		u64 *random = &rt->slot_data[i].random;

		os_random(random, sizeof(*random));
		*random |= 1;
	}
	*ret_rt = rt;
	return 0;
}

static void free_maps(struct runtime *rt)
{
	for (u32 i = 0; rt->maps != NULL && i < rt->map_count; i++)
		map_free(rt->maps[i]);
	mem_free(rt->maps);
	mem_free(rt->map_addrs);
	mem_free(rt->map_values);
	while (rt->extra_maps != NULL) {
		struct extra_map *extra = rt->extra_maps;

		rt->extra_maps = extra->next;
		map_free(extra->map);
		mem_free(extra);
	}
	rt->maps = NULL;
	rt->map_addrs = NULL;
	rt->map_values = NULL;
	rt->map_defs = NULL;
	rt->map_count = 0;
}

void runtime_free(struct runtime *rt)
{
	if (rt == NULL)
		return;
	while (rt->progs != NULL) {
		struct runtime_prog *prog = rt->progs;

		rt->progs = prog->next;
		prog->code->free(prog->code);
		mem_free(prog);
	}
	free_maps(rt);
	epoch_fini(&rt->epoch);
	mem_free(rt);
}

void runtime_get_stats(const struct runtime *rt, struct runtime_stats *ret_stats)
{
	ret_stats->lines = __atomic_load_n(&rt->stats.lines, __ATOMIC_RELAXED);
	ret_stats->lines_dropped = __atomic_load_n(&rt->stats.lines_dropped, __ATOMIC_RELAXED);
	ret_stats->lines_cut = __atomic_load_n(&rt->stats.lines_cut, __ATOMIC_RELAXED);
	ret_stats->lines_refused = __atomic_load_n(&rt->stats.lines_refused, __ATOMIC_RELAXED);
}

static int prefix_map(struct error *err, const struct prog_map *def)
{
	return error_prefix(err, "map '%s'", def->name == NULL ? "?" : def->name);
}

/* What an inner map has to be: as the file says, or as the first one that it puts in. */
static const struct prog_map *template_of(const struct prog_map *maps, u32 count,
					  const struct prog_map *def)
{
	u32 idx = def->inner;

	if ((def->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return NULL;
	if (idx == PROG_NO_INDEX && def->value_count > 0)
		idx = def->values[0].map;
	return idx < count ? &maps[idx] : NULL;
}

static int make_map(struct runtime *rt, u32 idx, const struct prog_map *maps, u32 count,
		    struct error *err)
{
	const struct prog_map *def = &maps[idx];
	struct map_options options = { .size = sizeof(options),
				       .def = def,
				       .dialect = rt->dialect,
				       .cpus = rt->cpus,
				       .id = idx + 1,
				       .account = &rt->account,
				       .epoch = &rt->epoch };
	int r;

	if (def->type != NULL)
		options.inner = template_of(maps, count, def);
	r = map_create(&options, &rt->maps[idx], err);
	if (r == ERR_NOTSUP) {
		/* Not the caller's error, unless a program needs the map. */
		if (err != NULL)
			*err = (struct error){ 0 };
		return 0;
	}
	if (r < 0) {
		prefix_map(err, def);
		return r;
	}
	rt->map_addrs[idx] = (u64)(uintptr_t)rt->maps[idx];
	rt->map_values[idx] = (u64)(uintptr_t)map_direct_value(rt->maps[idx]);
	return 0;
}

/* The inner maps that the file puts in. Arrays of programs are filled when programs are loaded. */
static int fill_map(struct runtime *rt, u32 idx, const struct prog_map *def, struct error *err)
{
	int r = 0;

	if (rt->maps[idx] == NULL || (def->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return 0;
	for (u32 i = 0; r == 0 && i < def->value_count; i++) {
		const struct prog_map_value *value = &def->values[i];
		struct map *inner = runtime_map(rt, value->map);

		if (inner == NULL)
			continue; /* a type that this build lacks */
		r = map_set_inner(rt->maps[idx], &value->index, inner, MAP_ANY, err);
		if (r < 0) {
			error_prefix(err, "value %u, '%s'", value->index, value->name);
			prefix_map(err, def);
		}
	}
	return r;
}

int runtime_add_maps(struct runtime *rt, const struct prog_map *maps, u32 count, struct error *err)
{
	int r = 0;

	if (rt->map_defs == maps && rt->map_count == count)
		return 0;
	if (rt->map_defs != NULL)
		return error_set(err, ERR_BUSY, "the runtime has the maps of another object");
	if (count == 0)
		return 0;
	if (maps == NULL)
		return error_set(err, ERR_INVAL, "%u maps without definitions", count);
	rt->maps = mem_zalloc_array(count, sizeof(struct map *));
	rt->map_addrs = mem_zalloc_array(count, sizeof(u64));
	rt->map_values = mem_zalloc_array(count, sizeof(u64));
	rt->map_count = count;
	rt->map_defs = maps;
	if (rt->maps == NULL || rt->map_addrs == NULL || rt->map_values == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for %u maps", count);
	for (u32 i = 0; r == 0 && i < count; i++)
		r = make_map(rt, i, maps, count, err);
	for (u32 i = 0; r == 0 && i < count; i++)
		r = fill_map(rt, i, &maps[i], err);
	if (r < 0)
		free_maps(rt);
	return r;
}

struct map *runtime_map(struct runtime *rt, u32 idx)
{
	return idx < rt->map_count ? rt->maps[idx] : NULL;
}

u32 runtime_cpus(const struct runtime *rt)
{
	return rt->cpus;
}

struct map *runtime_map_by_id(struct runtime *rt, u32 id)
{
	if (id == 0)
		return NULL;
	if (id <= rt->map_count)
		return rt->maps[id - 1];
	for (struct extra_map *extra = __atomic_load_n(&rt->extra_maps, __ATOMIC_ACQUIRE);
	     extra != NULL; extra = extra->next)
		if (extra->map->id == id)
			return extra->map;
	return NULL;
}

/* Ids of the table's maps come first, also when it follows. */
#define EXTRA_IDS 0x10000

int runtime_new_map(struct runtime *rt, const struct prog_map *def, const struct prog_map *inner,
		    struct map **ret_map, struct error *err)
{
	u32 number = __atomic_fetch_add(&rt->extra_count, 1, __ATOMIC_RELAXED);
	struct map_options options = { .size = sizeof(options),
				       .def = def,
				       .dialect = rt->dialect,
				       .cpus = rt->cpus,
				       .id = EXTRA_IDS + number,
				       .inner = inner,
				       .account = &rt->account,
				       .epoch = &rt->epoch };
	struct extra_map *extra = mem_zalloc(sizeof(*extra));
	int r;

	if (extra == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a map");
	r = map_create(&options, &extra->map, err);
	if (r < 0) {
		mem_free(extra);
		return r;
	}
	*ret_map = extra->map;
	extra->next = __atomic_load_n(&rt->extra_maps, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&rt->extra_maps, &extra->next, extra, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return 0;
}

/* A map that was left out has its reason told to the program that needs it. */
static int check_map(struct runtime *rt, const struct prog *prog, u32 slot, struct error *err)
{
	const struct insn *insn = &prog->insns[slot];
	struct map *map = NULL;
	u64 idx = (u64)insn->imm;
	int r;

	if (idx >= rt->map_count)
		return error_set(err, ERR_NOEXEC, "slot %u: map index %llu of %u", slot, idx,
				 rt->map_count);
	if (rt->maps[idx] == NULL) {
		r = map_new(&prog->maps[idx], rt->dialect, &map, err);
		map_free(map);
		if (r == 0)
			r = error_set(err, ERR_NOTSUP, "was left out");
		error_prefix(err, "slot %u: map '%s'", slot, prog->maps[idx].name);
		return r;
	}
	if (insn->op == LDDW_MAP_VALUE && rt->map_values[idx] == 0)
		return error_set(err, ERR_INVAL, "slot %u: a value in map '%s', which is no array",
				 slot, prog->maps[idx].name);
	return 0;
}

static int check_maps(struct runtime *rt, const struct prog *prog, struct error *err)
{
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];
		int r;

		if (insn->kind != INSN_LDDW || (insn->op != LDDW_MAP && insn->op != LDDW_MAP_VALUE))
			continue;
		r = check_map(rt, prog, slot, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int prepare(struct runtime *rt, const struct prog *prog, const struct engine *engine,
		   struct runtime_prog *rp, struct error *err)
{
	/* No function outside programs is offered yet. */
	helper_fn *funcs = mem_zalloc_array(prog->func_count, sizeof(*funcs));
	struct prog_binding binding = { .helper = helper_bind,
					.arg = rt,
					.maps = rt->map_addrs,
					.map_values = rt->map_values,
					.funcs = funcs };
	int r;

	if (funcs == NULL)
		return error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	r = engine->prepare(prog, &binding, &rp->code, err);
	mem_free(funcs);
	return r;
}

static int check_prog(struct runtime *rt, const struct prog *prog, struct error *err)
{
	if (prog->type == NULL)
		return error_set(err, ERR_INVAL, "the program's type is not known");
	if (prog->dialect != DIALECT_UNKNOWN && prog->dialect != rt->dialect)
		return error_set(err, ERR_INVAL, "a program of the %s dialect in a runtime of %s",
				 dialect_name(prog->dialect), dialect_name(rt->dialect));
	return 0;
}

int runtime_add_prog(struct runtime *rt, const struct prog *prog, const struct engine *engine,
		     bool verified, struct runtime_prog **ret_prog, struct error *err)
{
	struct runtime_prog *rp;
	int r = check_prog(rt, prog, err);

	if (r == 0)
		r = runtime_add_maps(rt, prog->maps, prog->map_count, err);
	if (r == 0)
		r = check_maps(rt, prog, err);
	if (r < 0)
		return r;
	rp = mem_zalloc(sizeof(*rp));
	if (rp == NULL)
		return error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	r = prepare(rt, prog, engine, rp, err);
	if (r < 0) {
		mem_free(rp);
		return r;
	}
	rp->prog = prog;
	rp->rt = rt;
	rp->verified = verified;
	rp->next = rt->progs;
	rt->progs = rp;
	*ret_prog = rp;
	return 0;
}

/* The type of the programs that the array holds already; NULL when it is empty. */
static const struct spec_prog_type *type_in(const struct map *map)
{
	for (u32 i = 0; i < map->def.max_entries; i++) {
		const struct runtime_prog *prog = prog_array_get(map, i);

		if (prog != NULL)
			return prog->prog->type;
	}
	return NULL;
}

int runtime_set_prog(struct runtime *rt, u32 map_idx, u32 index, struct runtime_prog *prog,
		     struct error *err)
{
	struct map *map = runtime_map(rt, map_idx);
	const struct spec_prog_type *type;
	const char *name;
	int r;

	if (map == NULL)
		return error_set(err, ERR_NOENT, "there is no map %u", map_idx);
	name = rt->map_defs[map_idx].name;
	type = type_in(map);
	if (prog != NULL && type != NULL && type != prog->prog->type)
		return error_set(err, ERR_INVAL,
				 "program '%s' is of type %s, prog array '%s' holds %s",
				 prog->prog->name, prog->prog->type->name, name, type->name);
	r = prog_array_set(map, index, prog);
	if (r == ERR_RANGE)
		return error_set(err, r, "index %u is outside prog array '%s' of %u", index, name,
				 map->def.max_entries);
	if (r < 0)
		return error_set(err, r, "map '%s' is no prog array", name);
	return 0;
}
