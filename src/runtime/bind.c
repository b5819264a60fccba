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

	if (own != NULL)
		return *own;
	return id < HELPER_OF_TYPE ? helper_bind(rp->rt, id) : helper_of_type(rp->prog->type, id);
}

/* "{...}" or without the braces. */
static bool read_module(const char *text, struct guid *ret_guid)
{
	char plain[64];
	size_t len;

	if (text[0] != '{')
		return spec_guid_read(text, ret_guid);
	if (!str_copy(plain, sizeof(plain), text + 1))
		return false;
	len = strlen(plain);
	if (len == 0 || plain[len - 1] != '}')
		return false;
	plain[len - 1] = '\0';
	return spec_guid_read(plain, ret_guid);
}

/* The functions of providers; the table is prog->func_count long. */
static int find_functions(struct runtime_prog *rp, helper_fn *fns, struct provider **providers,
			  struct error *err)
{
	const struct prog *prog = rp->prog;

	for (u32 i = 0; i < prog->func_count; i++) {
		const struct prog_func *func = &prog->funcs[i];
		struct guid module;

		if (func->module != NULL && !read_module(func->module, &module))
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
	struct prog_binding binding = { .helper = prog_helper,
					.arg = rp,
					.maps = addrs,
					.map_values = values,
					.funcs = funcs,
					.facts = rp->facts };
	int r = 0;

	if (addrs == NULL || values == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	for (u32 i = 0; r == 0 && i < prog->map_count; i++) {
		if (rp->maps[i] == NULL)
			continue;
		addrs[i] = (u64)(uintptr_t)rp->maps[i];
		values[i] = (u64)(uintptr_t)map_direct_value(rp->maps[i]);
	}
	if (r == 0)
		r = helper_check_calls(prog, &binding, err);
	if (r == 0)
		r = rp->engine->prepare(rp->engine, prog, &binding, ret_code, err);
	mem_free(addrs);
	mem_free(values);
	return r;
}

/* Nobody begins to run a program that is not bound. */
static void exchange(struct runtime_prog *rp, struct prog_code *code, struct provider **funcs)
{
	struct prog_code *old = rp->code;

	/* Those who began to run it before it lost its provider may not have ended. */
	if (old != NULL)
		epoch_synchronize(&rp->rt->epoch);
	put_all(rp->funcs, rp->prog->func_count);
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
	struct prog_code *code = NULL;
	int r = 0;

	if (fns == NULL || funcs == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for program '%s'", prog->name);
	found = provider_find(rp->rt, PROVIDER_PROGRAM, &prog->type->guid);
	if (r == 0 && before != NULL && found == NULL)
		r = error_set(err, ERR_NOTSUP, "the provider of type %s is gone", prog->type->name);
	if (r == 0)
		r = find_functions(rp, fns, funcs, err);
	rp->provider = found; /* prog_helper looks there */
	if (r == 0)
		r = prepare(rp, fns, &code, err);
	mem_free(fns);
	if (r != 0) {
		rp->provider = before;
		provider_put(found);
		if (funcs != NULL)
			put_all(funcs, prog->func_count);
		return r;
	}
	provider_put(before);
	exchange(rp, code, funcs);
	return 0;
}

void prog_unbind_all(struct runtime_prog *rp)
{
	provider_put(rp->provider);
	put_all(rp->funcs, rp->prog->func_count);
}
