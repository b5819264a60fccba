/* SPDX-License-Identifier: MIT */
/* What the host does for extensions. Everything that one registers is kept in a list, so that it
 * can be taken away whole. */
#include "base/mem.h"
#include "base/str.h"
#include "extension/internal.h"

#define VERDICTS_MAX 256

static struct extension_instance *instance_of(struct oriel_ext_registry *registry)
{
	return (struct extension_instance *)registry;
}

/* --- registering --- */

/* What was wrong first is what start fails with, whatever the extension makes of it. */
static int refuse(struct extension_instance *instance, int r, const struct error *err)
{
	if (instance->refused.status != 0)
		return r;
	instance->refused = *err;
	instance->refused.status = r;
	return r;
}

/* A place in the list, if anything can be registered; NULL after an error. */
static struct registered *begin(struct extension_instance *instance, struct error *err)
{
	struct registered *entry;

	if (!instance->is_open) {
		error_set(err, ERR_PERM, "extensions register in start only");
		return NULL;
	}
	entry = mem_zalloc(sizeof(*entry));
	if (entry == NULL)
		error_set(err, ERR_NOMEM, "no memory for what an extension registers");
	return entry;
}

static int end(struct extension_instance *instance, struct registered *entry, int r,
	       const struct error *said, struct error *err)
{
	if (r == 0) {
		entry->next = instance->registered;
		instance->registered = entry;
		return 0;
	}
	mem_free(entry);
	if (instance->is_open)
		(void)refuse(instance, r, said);
	return error_set(err, r, "%s", said->text);
}

/* One function of the host for each kind of provider. */
#define REGISTER(kind)                                                                     \
	static int register_##kind(struct oriel_ext_registry *registry,                    \
				   const struct REGISTER_##kind *table, struct error *err) \
	{                                                                                  \
		struct extension_instance *instance = instance_of(registry);               \
		struct error said = { 0 };                                                 \
		struct registered *entry = begin(instance, &said);                         \
		int r = entry == NULL ? said.status                                        \
				      : runtime_register_##kind(instance->rt, table,       \
								&entry->provider, &said);  \
                                                                                           \
		return end(instance, entry, r, &said, err);                                \
	}
#define REGISTER_program   ext_program_data
#define REGISTER_helpers   ext_helpers
#define REGISTER_functions ext_functions
#define REGISTER_map	   ext_map_data
REGISTER(program)
REGISTER(helpers)
REGISTER(functions)
REGISTER(map)

static int register_hook(struct oriel_ext_registry *registry, const struct ext_hook *hook,
			 struct error *err)
{
	struct extension_instance *instance = instance_of(registry);
	struct error said = { 0 };
	struct registered *entry = begin(instance, &said);
	int r = entry == NULL ? said.status
			      : runtime_register_hook(instance->rt, hook, &entry->provider, &said);

	if (entry != NULL)
		entry->is_hook = true;
	return end(instance, entry, r, &said, err);
}

/* --- hooks that we keep --- */

static int take_verdicts(const struct oriel_ext_verdicts *from, struct registered *entry,
			 struct error *err)
{
	struct oriel_ext_verdicts verdicts = { 0 };
	int r = ext_take(from, &verdicts, sizeof(verdicts), "the hook's verdicts", err);

	if (r != 0)
		return r;
	if (verdicts.order == NULL || verdicts.count == 0 || verdicts.count > VERDICTS_MAX)
		return error_set(err, ERR_INVAL, "%u verdicts without an order", verdicts.count);
	entry->verdicts = (struct hook_verdicts){ .order = verdicts.order,
						  .count = verdicts.count,
						  .stop = verdicts.stop,
						  .other = verdicts.other,
						  .nothing = verdicts.nothing };
	return 0;
}

static int make_hook(struct extension_instance *instance, struct registered *entry,
		     const struct oriel_ext_hook_options *given, struct error *err)
{
	struct oriel_ext_hook_options known = { 0 };
	struct ext_attach_data data = { 0 };
	struct hook_options options = { .size = sizeof(options) };
	int r = ext_take(given, &known, sizeof(known), "the hook's options", err);

	if (r == 0)
		r = ext_take(known.data, &data, sizeof(data), "the hook's data", err);
	if (r == 0 && known.mode > ORIEL_EXT_HOOK_MULTI)
		r = error_set(err, ERR_INVAL, "a hook of mode %u", known.mode);
	if (r == 0 && known.needs_param && !known.has_param)
		r = error_set(err, ERR_INVAL, "a hook that needs a parameter and takes none");
	if (r == 0 && known.verdicts != NULL)
		r = take_verdicts(known.verdicts, entry, err);
	if (r != 0)
		return r;
	options.attach_type = known.attach_type;
	options.prog_type = data.supported_program_type;
	options.attach_number = data.bpf_attach_type;
	options.link_type = data.link_type;
	options.mode = (enum hook_mode)known.mode;
	options.has_param = known.has_param;
	options.needs_param = known.needs_param;
	options.verdicts = known.verdicts != NULL ? &entry->verdicts : NULL;
	options.done = known.done;
	options.prepare = known.prepare;
	options.arg = known.arg;
	options.name = data.name;
	options.section = data.section;
	return hook_new(instance->rt, &options, &entry->hook, err);
}

static int new_chain(struct oriel_ext_registry *registry,
		     const struct oriel_ext_hook_options *options,
		     struct oriel_ext_chain **ret_chain, struct error *err)
{
	struct extension_instance *instance = instance_of(registry);
	struct error said = { 0 };
	struct registered *entry = begin(instance, &said);
	int r = entry == NULL ? said.status : make_hook(instance, entry, options, &said);

	r = end(instance, entry, r, &said, err);
	if (r == 0)
		*ret_chain = (struct oriel_ext_chain *)entry;
	return r;
}

static int fail(struct error *err, int status, const char *text)
{
	if (status >= 0 || status < -4095)
		status = ERR_INVAL;
	return error_set(err, status, "%s", text != NULL ? text : "no reason given");
}

/* --- events and helpers --- */

static bool chain_is_used(const struct oriel_ext_chain *chain)
{
	return hook_is_used(((const struct registered *)chain)->hook);
}

static bool chain_uses_param(const struct oriel_ext_chain *chain)
{
	return hook_uses_param(((const struct registered *)chain)->hook);
}

static int chain_run(struct oriel_ext_chain *chain, u32 param, void *context, u32 *ret_verdict)
{
	return hook_run(((const struct registered *)chain)->hook, param, context, 0, ret_verdict);
}

static void *epoch_alloc(struct oriel_ext_registry *registry, size_t size)
{
	return ext_epoch_alloc(instance_of(registry)->rt, size);
}

static void epoch_free(struct oriel_ext_registry *registry, void *memory)
{
	ext_epoch_free(instance_of(registry)->rt, memory);
}

const struct oriel_ext_host extension_host = {
	EXT_HEADER(struct oriel_ext_host, epoch_free),
	.version = ORIEL_VERSION,
	.register_program = register_program,
	.register_helpers = register_helpers,
	.register_functions = register_functions,
	.register_map = register_map,
	.register_hook = register_hook,
	.hook_new = new_chain,
	.fail = fail,
	.hook_is_used = chain_is_used,
	.hook_uses_param = chain_uses_param,
	.hook_run = chain_run,
	.wait = extension_wait,
	.check_memory = ext_check_memory,
	.map_context = ext_map_context,
	.map_find = ext_map_find,
	.epoch_alloc = epoch_alloc,
	.epoch_free = epoch_free,
};

/* --- taking away --- */

void registered_free(struct extension_instance *instance)
{
	while (instance->registered != NULL) {
		struct registered *entry = instance->registered;

		instance->registered = entry->next;
		hook_free(entry->hook);
		runtime_unregister(instance->rt, entry->provider);
		mem_free(entry);
	}
}

bool registered_is_attached(const struct extension_instance *instance)
{
	for (const struct registered *entry = instance->registered; entry != NULL;
	     entry = entry->next) {
		const struct provider *hook =
			entry->hook != NULL ? hook_provider(entry->hook) : entry->provider;

		if ((entry->hook != NULL || entry->is_hook) &&
		    provider_is_attached(instance->rt, hook))
			return true;
	}
	return false;
}
