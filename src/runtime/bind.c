/* SPDX-License-Identifier: MIT */
/* From what a program refers to, to addresses: helpers of its type and of every program, functions
 * by name. Done when it is loaded, and again when a provider that it needs comes back. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"
#include "spec/text.h"

struct helper_binding prog_helper(const void *arg, u32 id)
{
	const struct runtime_prog *rp = arg;
	const struct helper_binding *own =
		rp->provider != NULL ? provider_helper(rp->provider, id) : NULL;
	const struct helper_set *set = __atomic_load_n(&rp->general, __ATOMIC_ACQUIRE);
	struct helper_binding binding;

	if (own != NULL)
		return *own;
	if (id >= HELPER_OF_TYPE)
		return helper_of_type(rp->prog->type, id);
	binding = helper_bind(rp->rt, id);
	if (binding.fn == helper_map_lookup_elem)
		binding.is = HELPER_LOOKUP;
	else if (binding.fn == helper_get_smp_processor_id)
		binding.is = HELPER_SLOT;
	for (u32 i = 0; binding.fn == NULL && set != NULL && i < set->count; i++) {
		own = provider_helper(set->providers[i], id);
		if (own != NULL)
			binding = *own;
	}
	return binding;
}

/* --- providers of helpers for all types --- */

static bool is_called(const struct prog *prog, const struct provider *provider)
{
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];

		/* By a register: any of them, who knows. */
		if (insn->kind == INSN_CALLX ||
		    (insn->kind == INSN_CALL && provider_helper(provider, (u32)insn->imm) != NULL))
			return true;
	}
	return false;
}

static void put_set(struct helper_set *set)
{
	for (u32 i = 0; set != NULL && i < set->count; i++)
		provider_put(set->providers[i]);
	mem_free(set);
}

static int find_set(const struct runtime_prog *rp, struct helper_set **ret_set, struct error *err)
{
	struct helper_set *set;
	u32 count = 0;

	for (struct provider *p = rp->rt->providers; p != NULL; p = p->next)
		count += p->kind == PROVIDER_HELPERS;
	if (count == 0)
		return 0;
	set = mem_zalloc(sizeof(*set) + count * sizeof(struct provider *));
	if (set == NULL)
		return error_set(err, ERR_NOMEM, "no memory for program '%s'", rp->prog->name);
	for (struct provider *p = rp->rt->providers; p != NULL; p = p->next)
		if (p->kind == PROVIDER_HELPERS && is_called(rp->prog, p))
			set->providers[set->count++] = provider_get(p);
	*ret_set = set;
	return 0;
}

/* The functions of providers; the table is prog->func_count long. */
static int find_functions(struct runtime_prog *rp, helper_fn *fns, struct provider **providers,
			  struct error *err)
{
	const struct prog *prog = rp->prog;

	for (u32 i = 0; i < prog->func_count; i++) {
		const struct prog_func *func = &prog->funcs[i];
		struct guid module;

		if (func->module != NULL && !spec_module_read(func->module, &module))
			return error_set(err, ERR_NOEXEC,
					 "function '%s': module '%.64s' is no GUID", func->name,
					 func->module);
		providers[i] = provider_find_function(rp->rt, func->module != NULL ? &module : NULL,
						      func->name, &fns[i]);
	}
	return 0;
}

static void put_all(struct provider **providers, u32 count)
{
	for (u32 i = 0; providers != NULL && i < count; i++)
		provider_put(providers[i]);
	mem_free(providers);
}

static int prepare(struct runtime_prog *rp, const helper_fn *funcs, struct prog_code **ret_code,
		   struct error *err)
{
	const struct prog *prog = rp->prog;
	u64 *addrs = mem_zalloc_array(prog->map_count, sizeof(u64));
	u64 *values = mem_zalloc_array(prog->map_count, sizeof(u64));
	u64 *lookups = mem_zalloc_array(prog->map_count, sizeof(u64));
	struct prog_array *arrays = mem_zalloc_array(prog->map_count, sizeof(*arrays));
	struct prog_binding binding = { .helper = prog_helper,
					.arg = rp,
					.maps = addrs,
					.map_values = values,
					.arrays = arrays,
					.lookups = lookups,
					.funcs = funcs,
					.facts = rp->facts };
	int r = 0;

	if (addrs == NULL || values == NULL || lookups == NULL || arrays == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	for (u32 i = 0; r == 0 && i < prog->map_count; i++) {
		if (rp->maps[i] == NULL)
			continue;
		addrs[i] = (u64)(uintptr_t)rp->maps[i];
		values[i] = (u64)(uintptr_t)map_direct_value(rp->maps[i]);
		arrays[i] = map_array_of(rp->maps[i]);
		lookups[i] = map_lookup_of(rp->maps[i]);
	}
	if (r == 0)
		r = helper_check_calls(prog, &binding, err);
	if (r == 0)
		r = rp->engine->prepare(rp->engine, prog, &binding, ret_code, err);
	mem_free(addrs);
	mem_free(values);
	mem_free(lookups);
	mem_free(arrays);
	return r;
}

/* Nobody begins to run a program that is not bound. */
static void exchange(struct runtime_prog *rp, struct prog_code *code, struct provider **funcs,
		     struct helper_set *old_set)
{
	struct prog_code *old = rp->code;

	/* Those who began to run it before it lost its provider may not have ended. */
	if (old != NULL)
		epoch_synchronize(&rp->rt->epoch);
	put_all(rp->funcs, rp->prog->func_count);
	put_set(old_set);
	rp->funcs = funcs;
	__atomic_store_n(&rp->code, code, __ATOMIC_RELEASE);
	if (old != NULL)
		old->free(old);
	__atomic_store_n(&rp->unbound, false, __ATOMIC_RELEASE);
}

int prog_bind(struct runtime_prog *rp, struct error *err)
{
	const struct prog *prog = rp->prog;
	helper_fn *fns = mem_zalloc_array(prog->func_count, sizeof(*fns));
	struct provider **funcs = mem_zalloc_array(prog->func_count, sizeof(struct provider *));
	struct provider *before = rp->provider, *found;
	struct helper_set *set = NULL, *old_set = rp->general;
	struct prog_code *code = NULL;
	int r = 0;

	if (fns == NULL || funcs == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	found = provider_find(rp->rt, PROVIDER_PROGRAM, &prog->type->guid);
	if (r == 0 && before != NULL && found == NULL)
		r = error_set(err, ERR_NOTSUP, "the provider of type %s is gone", prog->type->name);
	if (r == 0)
		r = find_functions(rp, fns, funcs, err);
	if (r == 0)
		r = find_set(rp, &set, err);
	rp->provider = found; /* prog_helper looks there */
	__atomic_store_n(&rp->general, set, __ATOMIC_RELEASE);
	if (r == 0)
		r = prepare(rp, fns, &code, err);
	mem_free(fns);
	if (r != 0) {
		rp->provider = before;
		__atomic_store_n(&rp->general, old_set, __ATOMIC_RELEASE);
		provider_put(found);
		put_set(set);
		if (funcs != NULL)
			put_all(funcs, prog->func_count);
		return r;
	}
	provider_put(before);
	exchange(rp, code, funcs, old_set);
	return 0;
}

void prog_unbind_all(struct runtime_prog *rp)
{
	provider_put(rp->provider);
	put_set(rp->general);
	put_all(rp->funcs, rp->prog->func_count);
}
