/* SPDX-License-Identifier: MIT */
/* Programs as objects of a runtime: what they need is bound when they are loaded, and held. */
#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "prog/facts.h"
#include "runtime/invocation.h"

/* A map that was left out has its reason told to the program that needs it. */
static int check_map(struct runtime *rt, const struct runtime_prog_options *options, u32 slot,
		     struct error *err)
{
	const struct prog *prog = options->prog;
	const struct insn *insn = &prog->insns[slot];
	struct map *map = NULL;
	u64 idx = (u64)insn->imm;
	int r;

	if (idx >= prog->map_count)
		return error_set(err, ERR_NOEXEC, "slot %u: map index %llu of %u", slot, idx,
				 prog->map_count);
	if (options->maps[idx] == NULL) {
		r = map_new(&prog->maps[idx], rt->dialect, &map, err);
		map_free(map);
		if (r == 0)
			r = error_set(err, ERR_NOTSUP, "was left out");
		error_prefix(err, "slot %u: map '%s'", slot, prog->maps[idx].name);
		return r;
	}
	if (insn->op == LDDW_MAP_VALUE && map_direct_value(options->maps[idx]) == NULL)
		return error_set(err, ERR_INVAL, "slot %u: a value in map '%s', which is no array",
				 slot, prog->maps[idx].name);
	return 0;
}

/* Whom it tail-calls is not known yet. */
static u64 find_ctx_loads(const struct runtime_prog *rp)
{
	if (rp->facts == NULL)
		return UINT64_MAX;
	for (u32 slot = 0; slot < rp->prog->insn_count; slot++) {
		const struct insn *insn = &rp->prog->insns[slot];

		if (insn->kind == INSN_CALLX ||
		    (insn->kind == INSN_CALL &&
		     (helper_bind(rp->rt, (u32)insn->imm).flags & HELPER_TAIL_CALL) != 0))
			return UINT64_MAX;
	}
	return rp->facts->ctx_loads;
}

/* Checks the maps that the program names, and takes references to them. */
static int take_maps(struct runtime *rt, const struct runtime_prog_options *options,
		     struct runtime_prog *rp, struct error *err)
{
	const struct prog *prog = options->prog;

	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];
		int r;

		if (insn->kind != INSN_LDDW || (insn->op != LDDW_MAP && insn->op != LDDW_MAP_VALUE))
			continue;
		r = check_map(rt, options, slot, err);
		if (r < 0)
			return r;
		if (rp->maps[insn->imm] == NULL) {
			r = map_associate(options->maps[insn->imm], &prog->type->guid);
			if (r < 0)
				return error_set(err, r,
						 "slot %u: map '%s', whose extension does not let "
						 "programs of type %s use it",
						 slot, prog->maps[insn->imm].name,
						 prog->type->name);
			rp->maps[insn->imm] = options->maps[insn->imm];
			map_hold(rp->maps[insn->imm]);
		}
	}
	return 0;
}

int runtime_check_prog(const struct runtime *rt, const struct prog *prog, struct error *err)
{
	if (prog->type == NULL)
		return error_set(err, ERR_INVAL, "the program's type is not known");
	if (prog->dialect != DIALECT_UNKNOWN && prog->dialect != rt->dialect)
		return error_set(err, ERR_INVAL, "a program of the %s dialect in a runtime of %s",
				 dialect_name(prog->dialect), dialect_name(rt->dialect));
	return 0;
}

static void destroy(struct runtime_prog *rp)
{
	for (u32 i = 0; rp->maps != NULL && i < rp->prog->map_count; i++)
		map_drop(rp->maps[i]);
	mem_free(rp->maps);
	prog_unbind_all(rp);
	if (rp->code != NULL)
		rp->code->free(rp->code);
	mem_free(rp->counts);
	if (rp->release != NULL)
		rp->release(rp->release_arg);
	mem_free(rp);
}

static void free_retired(struct epoch_item *item)
{
	destroy(CONTAINER_OF(item, struct runtime_prog, retired));
}

/* Nobody finds the program any more; those who run it go on. */
static void release(struct core_object *core)
{
	struct runtime_prog *rp = prog_of_core(core);

	epoch_retire(&rp->rt->epoch, &rp->retired, free_retired);
}

static int fill_in(struct runtime *rt, const struct runtime_prog_options *options,
		   struct runtime_prog *rp, struct error *err)
{
	const struct prog *prog = options->prog;
	int r;

	core_object_init(&rp->core, CORE_PROG, prog->name, release);
	rp->rt = rt;
	rp->prog = prog;
	rp->engine = options->engine;
	/* Runs have no objects to give, so accesses to them are checked. */
	if (options->facts != NULL && !options->facts->needs_objects)
		rp->facts = options->facts;
	rp->loaded_at = os_clock_boot();
	rp->maps = mem_zalloc_array(prog->map_count, sizeof(struct map *));
	if (rp->maps == NULL)
		return error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	r = take_maps(rt, options, rp, err);
	rp->ctx_loads = r == 0 ? find_ctx_loads(rp) : 0;
	if (r == 0 && __atomic_load_n(&rt->counting, __ATOMIC_RELAXED) != 0)
		r = prog_make_counts(rp, err);
	return r;
}

/* No provider comes or goes meanwhile. */
static int bind_and_list(struct runtime *rt, struct runtime_prog *rp, struct error *err)
{
	int r;

	os_mutex_take(&rt->admin);
	r = prog_bind(rp, err);
	if (r == 0) {
		r = core_table_add(&rt->ids[CORE_PROG], &rp->core);
		if (r < 0)
			r = error_set(err, r, "%s",
				      r == ERR_NOSPC ? "too many programs"
						     : "no memory for a program");
	}
	os_mutex_give(&rt->admin);
	return r;
}

int runtime_load_prog(struct runtime *rt, const struct runtime_prog_options *options,
		      struct runtime_prog **ret_prog, struct error *err)
{
	struct runtime_prog *rp;
	int r = runtime_check_prog(rt, options->prog, err);

	if (r < 0)
		return r;
	rp = mem_zalloc(sizeof(*rp));
	if (rp == NULL)
		return error_set(err, ERR_NOMEM, "no memory for program '%s'", options->prog->name);
	r = fill_in(rt, options, rp, err);
	if (r == 0)
		r = bind_and_list(rt, rp, err);
	if (r != 0) {
		destroy(rp);
		return r;
	}
	rp->release = options->release;
	rp->release_arg = options->release_arg;
	*ret_prog = rp;
	return 0;
}

/* --- what is known of a program --- */

u32 runtime_prog_map_ids(const struct runtime_prog *prog, u32 *ret_ids, u32 room)
{
	u32 count = 0;

	for (u32 i = 0; i < prog->prog->map_count; i++) {
		if (prog->maps[i] == NULL)
			continue;
		if (count < room)
			ret_ids[count] = prog->maps[i]->core.id;
		count++;
	}
	return count;
}

void runtime_prog_info(struct runtime_prog *rp, struct runtime_prog_info *ret_info)
{
	const struct prog *prog = rp->prog;
	const struct prog_count *counts = __atomic_load_n(&rp->counts, __ATOMIC_ACQUIRE);

	*ret_info = (struct runtime_prog_info){
		.id = rp->core.id,
		.type_number = prog->type->number,
		.map_count = runtime_prog_map_ids(rp, NULL, 0),
		.links = __atomic_load_n(&rp->links, __ATOMIC_RELAXED),
		.pins = __atomic_load_n(&rp->core.pins, __ATOMIC_RELAXED),
		.insns = prog->translated != 0 ? prog->translated : prog->insn_count,
		.loaded_at = rp->loaded_at,
		.type_guid = prog->type->guid,
		.type = prog->type->name,
		.mode = rp->engine->name,
		.verified = rp->facts != NULL,
		.runnable = !__atomic_load_n(&rp->unbound, __ATOMIC_RELAXED),
	};
	if (prog->attach != NULL)
		ret_info->attach_guid = prog->attach->guid;
	memcpy(ret_info->name, rp->core.name, sizeof(ret_info->name));
	for (u32 i = 0; counts != NULL && i < rp->rt->cpus; i++) {
		ret_info->runs += __atomic_load_n(&counts[i].runs, __ATOMIC_RELAXED);
		ret_info->run_ns += __atomic_load_n(&counts[i].ns, __ATOMIC_RELAXED);
	}
}

/* --- counting runs --- */

int prog_make_counts(struct runtime_prog *rp, struct error *err)
{
	struct prog_count *counts, *none = NULL;

	if (__atomic_load_n(&rp->counts, __ATOMIC_RELAXED) != NULL)
		return 0;
	counts = mem_zalloc_array(rp->rt->cpus, sizeof(*counts));
	if (counts == NULL)
		return error_set(err, ERR_NOMEM, "no memory to count the runs of program '%s'",
				 rp->core.name);
	if (!__atomic_compare_exchange_n(&rp->counts, &none, counts, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		mem_free(counts);
	return 0;
}

/* Programs that are loaded from now on make their own. */
int runtime_count_runs(struct runtime *rt, bool on, struct error *err)
{
	struct runtime_prog *prog;
	u32 id = 0;
	int r = 0;

	if (!on) {
		__atomic_sub_fetch(&rt->counting, 1, __ATOMIC_RELAXED);
		return 0;
	}
	__atomic_add_fetch(&rt->counting, 1, __ATOMIC_RELAXED);
	while (r == 0 && (id = runtime_next_id(rt, CORE_PROG, id)) != 0) {
		prog = runtime_get_prog(rt, id);
		if (prog == NULL)
			continue;
		r = prog_make_counts(prog, err);
		core_put_user(&prog->core);
	}
	if (r < 0)
		__atomic_sub_fetch(&rt->counting, 1, __ATOMIC_RELAXED);
	return r;
}
