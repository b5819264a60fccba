/* SPDX-License-Identifier: MIT */
/* oriel/runtime.h: runtimes, hooks, links, maps. */
#include "api/api.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/ringbuf.h"
#include "os/os.h"
#include "runtime/link.h"

/* --- runtimes --- */

int oriel_runtime_new(const struct oriel_runtime_options *options,
		      struct oriel_runtime **ret_runtime, struct oriel_error *error)
{
	struct oriel_runtime_options known = { .size = sizeof(known) };
	struct runtime_options inner = { .size = sizeof(inner) };
	struct oriel_runtime *runtime = NULL;
	struct error err = { 0 };
	int status = api_take_options(options, &known, "struct oriel_runtime_options", &err);

	if (status == 0 && known.dialect != ORIEL_DIALECT_WINDOWS &&
	    known.dialect != ORIEL_DIALECT_LINUX)
		status = error_set(&err, ERR_INVAL, "options: a runtime has one of two dialects");
	if (status == 0) {
		runtime = mem_zalloc(sizeof(*runtime));
		if (runtime == NULL)
			status = error_set(&err, ERR_NOMEM, "out of memory");
	}
	if (status == 0) {
		inner.dialect = (enum dialect)known.dialect;
		inner.trace = known.print;
		inner.trace_arg = known.print_arg;
		inner.cpus = known.cpus;
		inner.memory_limit = known.memory_limit;
		status = runtime_new(&inner, &runtime->rt, &err);
	}
	if (status != 0) {
		mem_free(runtime);
		return api_fail(&err, error);
	}
	runtime->refs = 1;
	*ret_runtime = runtime;
	return 0;
}

void api_runtime_ref(struct oriel_runtime *runtime)
{
	(void)__atomic_add_fetch(&runtime->refs, 1, __ATOMIC_RELAXED);
}

int oriel_runtime_count_runs(struct oriel_runtime *runtime, int on, struct oriel_error *error)
{
	struct error err = { 0 };

	return runtime_count_runs(runtime->rt, on != 0, &err) == 0 ? 0 : api_fail(&err, error);
}

void oriel_runtime_free(struct oriel_runtime *runtime)
{
	if (runtime == NULL || __atomic_sub_fetch(&runtime->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	runtime_free(runtime->rt);
	mem_free(runtime);
}

/* --- hooks --- */

static int check_hook(const struct oriel_runtime *runtime, const struct oriel_hook_options *options,
		      const struct spec_prog_type **ret_type, struct error *err)
{
	const struct spec_prog_type *type;
	enum dialect dialect = runtime_dialect(runtime->rt);

	if (options->program_type == NULL)
		return error_set(err, ERR_INVAL, "options: a hook has a program type");
	if ((options->flags & ~(uint32_t)(ORIEL_HOOK_MULTI | ORIEL_HOOK_PARAMETER)) != 0 ||
	    options->reserved != 0)
		return error_set(err, ERR_INVAL, "options: flags 0x%x are not known",
				 options->flags);
	type = spec_find_type(NULL, dialect, options->program_type);
	if (type == NULL)
		return error_set(err, ERR_INVAL, "the %s dialect has no program type '%.64s'",
				 dialect_name(dialect), options->program_type);
	*ret_type = type;
	return 0;
}

static int new_hook(struct oriel_hook *hook, const struct oriel_hook_options *options,
		    struct error *err)
{
	struct hook_options inner = { .size = sizeof(inner) };

	/* Nobody else attaches to it: a GUID that nobody has. */
	os_random(&hook->attach_type, sizeof(hook->attach_type));
	inner.attach_type = hook->attach_type;
	inner.prog_type = hook->type->guid;
	inner.mode = (options->flags & ORIEL_HOOK_MULTI) != 0	    ? HOOK_MULTI
		     : (options->flags & ORIEL_HOOK_PARAMETER) != 0 ? HOOK_SINGLE_EACH
								    : HOOK_SINGLE;
	inner.has_param = (options->flags & ORIEL_HOOK_PARAMETER) != 0;
	return hook_new(hook->runtime->rt, &inner, &hook->hook, err);
}

int oriel_hook_new(struct oriel_runtime *runtime, const struct oriel_hook_options *options,
		   struct oriel_hook **ret_hook, struct oriel_error *error)
{
	struct oriel_hook_options known = { .size = sizeof(known) };
	struct oriel_hook *hook = NULL;
	const struct spec_prog_type *type = NULL;
	struct error err = { 0 };
	int status = api_take_options(options, &known, "struct oriel_hook_options", &err);

	if (status == 0)
		status = check_hook(runtime, &known, &type, &err);
	if (status == 0) {
		hook = mem_zalloc(sizeof(*hook));
		if (hook == NULL)
			status = error_set(&err, ERR_NOMEM, "out of memory");
	}
	if (status == 0) {
		hook->runtime = runtime;
		hook->type = type;
		status = new_hook(hook, &known, &err);
	}
	if (status != 0) {
		mem_free(hook);
		return api_fail(&err, error);
	}
	api_runtime_ref(runtime);
	*ret_hook = hook;
	return 0;
}

void oriel_hook_free(struct oriel_hook *hook)
{
	if (hook == NULL)
		return;
	hook_free(hook->hook);
	oriel_runtime_free(hook->runtime);
	mem_free(hook);
}

int oriel_hook_run(struct oriel_hook *hook, uint32_t parameter, void *context, size_t context_size,
		   uint32_t *ret_result)
{
	const struct spec_prog_type *type = hook->type;
	bool is_raw = (type->flags & PROG_TYPE_RAW) != 0;

	if (!is_raw && (type->ctx == NULL || context_size != type->ctx->size))
		return ERR_INVAL;
	return hook_run(hook->hook, parameter, context, is_raw ? context_size : 0, ret_result);
}

_Static_assert(sizeof(struct oriel_context_header) == sizeof(struct ctx_header),
	       "what stands before contexts");

/* --- links --- */

void oriel_link_free(struct oriel_link *link)
{
	if (link == NULL)
		return;
	(void)link_detach(link->link);
	core_put_user(link_core(link->link));
	oriel_runtime_free(link->runtime);
	mem_free(link);
}

/* --- maps --- */

int oriel_map_get_info(struct oriel_map *handle, struct oriel_live_map_info *ret_info)
{
	const struct map *map = api_map(handle);
	struct oriel_live_map_info info = { .size = sizeof(info) };

	if (map == NULL)
		return ERR_INVAL;
	info.name = map->core.name;
	info.type = map->def.type->name;
	info.memory = map->memory;
	info.value_size = map_value_size(map);
	info.id = map->core.id;
	info.key_size = map->def.key_size;
	info.max_entries = map->def.max_entries;
	info.flags = map->def.flags;
	return api_give_info(&info, ret_info);
}

/* Whether there is a map, and a key where the type has some. */
static bool is_whole(struct oriel_map *map, const void *key)
{
	if (map == NULL)
		return false;
	return key != NULL || (api_map(map)->def.type->flags & MAP_TYPE_NO_KEY) != 0;
}

int oriel_map_lookup(struct oriel_map *map, const void *key, void *ret_value)
{
	if (!is_whole(map, key))
		return ERR_INVAL;
	return map_read(api_map(map), key, ret_value);
}

int oriel_map_update(struct oriel_map *map, const void *key, const void *value, uint64_t flags)
{
	if (!is_whole(map, key))
		return ERR_INVAL;
	return map_write(api_map(map), key, value, flags);
}

int oriel_map_delete(struct oriel_map *map, const void *key)
{
	if (!is_whole(map, key))
		return ERR_INVAL;
	return map_delete(api_map(map), key);
}

int oriel_map_take(struct oriel_map *map, const void *key, void *ret_value)
{
	if (!is_whole(map, key))
		return ERR_INVAL;
	return map_take(api_map(map), key, ret_value);
}

int oriel_map_next_key(struct oriel_map *map, const void *key, void *ret_key)
{
	return map == NULL ? ERR_INVAL : map_next_key(api_map(map), key, ret_key);
}

struct record_call {
	int (*record)(void *arg, const void *data, uint32_t length);
	void *arg;
};

static int call_record(void *arg, const void *data, u32 size)
{
	const struct record_call *call = arg;

	return call->record(call->arg, data, size);
}

int oriel_map_consume(struct oriel_map *map,
		      int (*record)(void *arg, const void *data, uint32_t length), void *arg)
{
	struct record_call call = { record, arg };

	return map == NULL ? ERR_INVAL : ringbuf_consume(api_map(map), call_record, &call, 0);
}
