/* SPDX-License-Identifier: MIT */
/* What extensions have registered, and how programs are bound to it. Everything here is taken over
 * by copying as much of a struct as both sides know. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

/* No struct of any version is larger, no table longer. */
#define EXT_STRUCT_MAX 4096
#define EXT_TABLE_MAX  4096

int ext_take(const void *from, void *to, size_t to_size, const char *what, struct error *err)
{
	struct ext_header header;

	if (from == NULL)
		return error_set(err, ERR_INVAL, "%s is missing", what);
	memcpy(&header, from, sizeof(header));
	if (header.version < EXT_VERSION || header.size < sizeof(header) ||
	    header.size > header.total_size || header.total_size > EXT_STRUCT_MAX)
		return error_set(err, ERR_INVAL, "%s: version %u, %zu of %zu bytes", what,
				 header.version, header.size, header.total_size);
	memset(to, 0, to_size);
	memcpy(to, from, MIN(header.size, to_size));
	return 0;
}

/* The i-th of an array, whose elements may be longer than ours. */
const void *ext_nth(const void *array, u32 i)
{
	struct ext_header header;

	memcpy(&header, array, sizeof(header));
	return (const u8 *)array + (size_t)i * header.total_size;
}

/* --- references and look-ups --- */

void provider_put(struct provider *provider)
{
	if (provider == NULL || __atomic_sub_fetch(&provider->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	mem_free(provider->helpers);
	mem_free(provider->functions);
	mem_free(provider->attach_names);
	spec_put(provider->spec);
	mem_free(provider);
}

struct provider *provider_get(struct provider *provider)
{
	__atomic_add_fetch(&provider->refs, 1, __ATOMIC_RELAXED);
	return provider;
}

struct provider *provider_find(struct runtime *rt, enum provider_kind kind, const struct guid *id)
{
	for (struct provider *p = rt->providers; p != NULL; p = p->next)
		if (p->kind == kind && guid_equal(&p->id, id))
			return provider_get(p);
	return NULL;
}

struct provider *provider_find_function(struct runtime *rt, const struct guid *module,
					const char *name, helper_fn *ret_fn)
{
	for (struct provider *p = rt->providers; p != NULL; p = p->next) {
		if (p->kind != PROVIDER_FUNCTIONS ||
		    (module != NULL && !guid_equal(module, &p->id)))
			continue;
		for (u32 i = 0; i < p->function_count; i++) {
			if (!str_eq(p->functions[i].name, name))
				continue;
			*ret_fn = p->functions[i].fn;
			return provider_get(p);
		}
	}
	return NULL;
}

const struct helper_binding *provider_helper(const struct provider *provider, u32 id)
{
	for (u32 i = 0; i < provider->helper_count; i++)
		if (provider->helpers[i].id == id)
			return &provider->helpers[i].binding;
	return NULL;
}

bool ext_check_memory(void *context, u64 addr, u64 len, bool write)
{
	return exec_check(exec_of(context), addr, len, write);
}

/* --- registering --- */

struct provider *provider_new(enum provider_kind kind, struct error *err)
{
	struct provider *provider = mem_zalloc(sizeof(*provider));

	if (provider == NULL) {
		error_set(err, ERR_NOMEM, "no memory for a provider");
		return NULL;
	}
	provider->refs = 1;
	provider->kind = kind;
	return provider;
}

/* Programs that miss something may find it now. One that does not stays as it is. */
static void bind_waiting(struct runtime *rt)
{
	u32 id = 0;

	while ((id = runtime_next_id(rt, CORE_PROG, id)) != 0) {
		struct runtime_prog *prog = runtime_get_prog(rt, id);
		struct error ignored;

		if (prog == NULL)
			continue;
		if (__atomic_load_n(&prog->unbound, __ATOMIC_RELAXED))
			(void)prog_bind(prog, &ignored);
		core_put_user(&prog->core);
	}
}

/* Whether nobody has a helper of these numbers. rt->admin is taken. */
static int check_numbers(struct runtime *rt, const struct provider *provider, struct error *err)
{
	for (u32 i = 0; i < provider->helper_count; i++) {
		u32 id = provider->helpers[i].id;

		if (id == 0 || id >= HELPER_OF_TYPE)
			return error_set(err, ERR_INVAL,
					 "helper %u: those of all types are below 0x10000", id);
		if (helper_bind(rt, id).fn != NULL)
			return error_set(err, ERR_EXIST, "helper %u is the runtime's own", id);
		for (struct provider *p = rt->providers; p != NULL; p = p->next)
			if (p->kind == PROVIDER_HELPERS && provider_helper(p, id) != NULL)
				return error_set(err, ERR_EXIST, "somebody else provides helper %u",
						 id);
	}
	return 0;
}

int provider_publish(struct runtime *rt, struct provider *provider, struct provider **ret_provider,
		     struct error *err)
{
	struct provider *same;
	int r = 0;

	os_mutex_take(&rt->admin);
	same = provider_find(rt, provider->kind, &provider->id);
	if (same != NULL)
		r = error_set(err, ERR_EXIST, "somebody provides that already");
	else if (provider->kind == PROVIDER_HELPERS)
		r = check_numbers(rt, provider, err);
	else if (provider->kind == PROVIDER_HOOK)
		r = attach_check_names(rt, provider, err);
	if (r == 0) {
		provider->next = rt->providers;
		rt->providers = provider;
		bind_waiting(rt);
	}
	os_mutex_give(&rt->admin);
	provider_put(same);
	if (r < 0)
		provider_put(provider);
	else
		*ret_provider = provider;
	return r;
}

/* One table of helpers with its addresses. */
static int take_helpers(struct provider *provider, u32 count, const struct ext_helper *rows,
			const struct ext_helper_addresses *table, const char *what,
			struct error *err)
{
	struct ext_helper_addresses addresses;
	int r;

	if (count == 0)
		return 0;
	if (rows == NULL || count > EXT_TABLE_MAX)
		return error_set(err, ERR_INVAL, "%u %s helpers without a table", count, what);
	r = ext_take(table, &addresses, sizeof(addresses), "the helpers' addresses", err);
	if (r == 0 && (addresses.helper_count != count || addresses.addresses == NULL))
		r = error_set(err, ERR_INVAL, "%u %s helpers, %u addresses", count, what,
			      addresses.helper_count);
	for (u32 i = 0; r == 0 && i < count; i++) {
		struct provided_helper *out = &provider->helpers[provider->helper_count];
		struct ext_helper row;

		r = ext_take(ext_nth(rows, i), &row, sizeof(row), "a helper", err);
		if (r == 0 && provider_helper(provider, row.helper_id) != NULL)
			r = error_set(err, ERR_INVAL, "helper %u twice", row.helper_id);
		if (r == 0 && addresses.addresses[i] == NULL)
			r = error_set(err, ERR_INVAL, "helper %u has no address", row.helper_id);
		if (r < 0)
			break;
		out->id = row.helper_id;
		out->binding.fn = addresses.addresses[i];
		if ((row.flags & EXT_HELPER_REALLOCATE_PACKET) != 0)
			out->binding.flags = HELPER_MOVES_PACKET;
		for (u32 k = 0; k < ARRAY_COUNT(row.arguments); k++)
			if (row.arguments[k] == ARG_WRITE_MEM ||
			    row.arguments[k] == ARG_WRITE_MEM_OR_NULL)
				out->binding.flags |= HELPER_WRITES;
		provider->helper_count++;
	}
	return r;
}

static int take_program(struct provider *provider, const struct ext_program_data *data,
			struct error *err)
{
	struct ext_program_info info;
	struct ext_program_type type;
	int r = ext_take(data, &provider->program, sizeof(provider->program), "program data", err);

	if (r == 0)
		r = ext_take(provider->program.program_info, &info, sizeof(info),
			     "program information", err);
	if (r == 0)
		r = ext_take(info.type, &type, sizeof(type), "the program type", err);
	if (r != 0)
		return r;
	if ((provider->program.context_create == NULL) !=
	    (provider->program.context_destroy == NULL))
		return error_set(err, ERR_INVAL, "contexts are created or destroyed, but not both");
	if (info.type_helper_count > EXT_TABLE_MAX || info.global_helper_count > EXT_TABLE_MAX)
		return error_set(err, ERR_INVAL, "too many helpers");
	provider->id = type.program_type;
	provider->helpers =
		mem_zalloc_array((size_t)info.type_helper_count + info.global_helper_count,
				 sizeof(*provider->helpers));
	if (provider->helpers == NULL)
		return error_set(err, ERR_NOMEM, "no memory for helpers");
	r = take_helpers(provider, info.type_helper_count, info.type_helpers,
			 provider->program.type_helper_addresses, "own", err);
	if (r == 0)
		r = take_helpers(provider, info.global_helper_count, info.global_helpers,
				 provider->program.global_helper_addresses, "general", err);
	return r;
}

int runtime_register_program(struct runtime *rt, const struct ext_program_data *data,
			     struct provider **ret_provider, struct error *err)
{
	struct provider *provider = provider_new(PROVIDER_PROGRAM, err);
	int r;

	if (provider == NULL)
		return ERR_NOMEM;
	r = take_program(provider, data, err);
	if (r == 0)
		r = ext_spec(data, rt->dialect, &provider->spec, err);
	if (r != 0) {
		provider_put(provider);
		return r;
	}
	return provider_publish(rt, provider, ret_provider, err);
}

int runtime_register_hook(struct runtime *rt, const struct ext_hook *hook,
			  struct provider **ret_provider, struct error *err)
{
	struct provider *provider = provider_new(PROVIDER_HOOK, err);
	int r;

	if (provider == NULL)
		return ERR_NOMEM;
	r = ext_take(hook, &provider->hook, sizeof(provider->hook), "the hook", err);
	if (r == 0)
		r = ext_take(provider->hook.data, &provider->attach, sizeof(provider->attach),
			     "the hook's data", err);
	if (r == 0 && (provider->hook.attach == NULL || provider->hook.detach == NULL))
		r = error_set(err, ERR_INVAL, "a hook that does not attach and detach");
	if (r == 0)
		r = attach_take_names(rt, provider, err);
	if (r < 0) {
		provider_put(provider);
		return r;
	}
	provider->id = provider->hook.attach_type;
	return provider_publish(rt, provider, ret_provider, err);
}

/* The names stand behind the table. */
static int take_functions(struct provider *provider, const struct ext_functions *functions,
			  struct error *err)
{
	struct ext_function row;
	size_t bytes = 0;
	char *names;

	for (u32 i = 0; i < functions->count; i++) {
		int r = ext_take(ext_nth(functions->functions, i), &row, sizeof(row), "a function",
				 err);

		if (r < 0)
			return r;
		if (row.name == NULL || row.address == NULL)
			return error_set(err, ERR_INVAL, "a function without name or address");
		bytes += strlen(row.name) + 1;
	}
	provider->functions = mem_zalloc(functions->count * sizeof(*provider->functions) + bytes);
	if (provider->functions == NULL)
		return error_set(err, ERR_NOMEM, "no memory for functions");
	names = (char *)(provider->functions + functions->count);
	for (u32 i = 0; i < functions->count; i++) {
		size_t len;

		memcpy(&row, ext_nth(functions->functions, i), sizeof(row));
		len = strlen(row.name) + 1;
		memcpy(names, row.name, len);
		provider->functions[i] = (struct provided_function){ names, row.address };
		names += len;
	}
	provider->function_count = functions->count;
	return 0;
}

int runtime_register_functions(struct runtime *rt, const struct ext_functions *functions,
			       struct provider **ret_provider, struct error *err)
{
	struct provider *provider = provider_new(PROVIDER_FUNCTIONS, err);
	struct ext_functions table;
	int r;

	if (provider == NULL)
		return ERR_NOMEM;
	r = ext_take(functions, &table, sizeof(table), "the functions", err);
	if (r == 0 && (table.functions == NULL || table.count > EXT_TABLE_MAX))
		r = error_set(err, ERR_INVAL, "%u functions without a table", table.count);
	if (r == 0)
		r = take_functions(provider, &table, err);
	if (r == 0)
		r = ext_functions_spec(&table, rt->dialect, &provider->spec, err);
	if (r != 0) {
		provider_put(provider);
		return r;
	}
	provider->id = table.module;
	return provider_publish(rt, provider, ret_provider, err);
}

int runtime_register_helpers(struct runtime *rt, const struct ext_helpers *helpers,
			     struct provider **ret_provider, struct error *err)
{
	struct provider *provider = provider_new(PROVIDER_HELPERS, err);
	struct ext_helpers table = { 0 };
	int r;

	if (provider == NULL)
		return ERR_NOMEM;
	r = ext_take(helpers, &table, sizeof(table), "the helpers", err);
	if (r == 0 && (table.count == 0 || table.count > EXT_TABLE_MAX))
		r = error_set(err, ERR_INVAL, "%u helpers", table.count);
	if (r == 0)
		provider->helpers = mem_zalloc_array(table.count, sizeof(*provider->helpers));
	if (r == 0 && provider->helpers == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for helpers");
	if (r == 0)
		r = take_helpers(provider, table.count, table.helpers, table.addresses, "general",
				 err);
	if (r == 0)
		r = ext_helpers_spec(&table, rt->dialect, &provider->spec, err);
	if (r != 0) {
		provider_put(provider);
		return r;
	}
	provider->id = table.module;
	return provider_publish(rt, provider, ret_provider, err);
}

/* --- unregistering --- */

static bool needs(const struct runtime_prog *prog, const struct provider *provider)
{
	if (prog->provider == provider)
		return true;
	for (u32 i = 0; i < prog->prog->func_count; i++)
		if (prog->funcs[i] == provider)
			return true;
	for (u32 i = 0; prog->general != NULL && i < prog->general->count; i++)
		if (prog->general->providers[i] == provider)
			return true;
	return false;
}

/* Programs are loaded under rt->admin, so none is missed. */
static void unbind(struct runtime *rt, const struct provider *provider)
{
	u32 id = 0;

	while ((id = runtime_next_id(rt, CORE_PROG, id)) != 0) {
		struct runtime_prog *prog = runtime_get_prog(rt, id);

		if (prog == NULL)
			continue;
		if (needs(prog, provider))
			__atomic_store_n(&prog->unbound, true, __ATOMIC_SEQ_CST);
		core_put_user(&prog->core);
	}
}

void runtime_unregister(struct runtime *rt, struct provider *provider)
{
	struct provider **at;

	if (provider == NULL)
		return;
	os_mutex_take(&rt->admin);
	for (at = &rt->providers; *at != provider;)
		at = &(*at)->next;
	*at = provider->next;
	provider->gone = true;
	unbind(rt, provider);
	if (provider->kind == PROVIDER_HELPERS)
		bind_waiting(rt); /* those that might have called one, but name none */
	os_mutex_give(&rt->admin);
	link_detach_all(rt, provider);
	map_provider_leave(&provider->maps, &rt->epoch);
	epoch_synchronize(&rt->epoch);
	provider_put(provider);
}
