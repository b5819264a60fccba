/* SPDX-License-Identifier: MIT */
/* An extension without a hook or a program type: a map type, a function by name, a helper for all
 * programs. When it goes it says what is left of its maps. */
#include <errno.h>
#include <oriel/extension.h>
#include <stdio.h>
#include <string.h>

#define MAP_TYPE 15
#define BASE	 1 /* hash */

static const struct oriel_ext_host *host;
static int maps, elements, made;

/* --- the map type: values of 4 bytes that are not 0 --- */

static int create(void *arg, uint32_t map_type, uint32_t key_size, uint32_t value_size,
		  uint32_t max_entries, uint32_t *ret_actual_value_size, void **ret_context)
{
	(void)map_type;
	(void)max_entries;
	(void)ret_actual_value_size;
	if (key_size != 4 || value_size != 4)
		return -EINVAL;
	maps++;
	made++;
	*ret_context = arg;
	return 0;
}

static void destroyed(void *arg, void *context)
{
	(void)arg;
	(void)context;
	maps--;
}

static int associate(void *arg, void *context, const struct oriel_guid *program_type)
{
	(void)arg;
	(void)context;
	(void)program_type;
	return 0;
}

static int adding(void *arg, void *context, size_t key_size, const uint8_t *key, size_t in_size,
		  const uint8_t *in_value, size_t out_size, uint8_t *out_value, uint32_t how)
{
	static const uint8_t zero[4];

	(void)arg;
	(void)context;
	(void)key_size;
	(void)key;
	(void)out_size;
	(void)out_value;
	if (memcmp(in_value, zero, in_size) == 0 || (how & ORIEL_EXT_MAP_HELPER) == 0)
		return -EINVAL;
	elements++;
	return 0;
}

static int deleting(void *arg, void *context, size_t key_size, const uint8_t *key,
		    size_t value_size, const uint8_t *value, uint32_t how)
{
	(void)arg;
	(void)context;
	(void)key_size;
	(void)key;
	(void)value_size;
	(void)value;
	(void)how;
	elements--;
	return 0;
}

static const struct oriel_ext_map_properties properties = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_map_properties, updates_original_value),
};
static const struct oriel_ext_map_dispatch dispatch = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_map_dispatch, deleting),
	.create = create,
	.destroyed = destroyed,
	.associate = associate,
	.adding = adding,
	.deleting = deleting,
};
static const struct oriel_ext_map_data map_data = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_map_data, arg),
	.map_type = MAP_TYPE,
	.base_map_type = BASE,
	.properties = &properties,
	.dispatch = &dispatch,
	.arg = &maps,
};

/* --- kinds_double(map, key): twice the value, by the map that the program names --- */

static uint64_t twice(uint64_t map, uint64_t key, uint64_t r3, uint64_t r4, uint64_t r5,
		      void *context)
{
	const uint32_t *value;

	(void)r3;
	(void)r4;
	(void)r5;
	if (!host->check_memory(context, key, 4, false))
		return 0;
	if (host->map_context(context, map, MAP_TYPE) != &maps)
		return 0;
	value = host->map_find(context, map, MAP_TYPE, (const void *)(uintptr_t)key);
	return value == NULL ? 0 : *value * 2ull;
}

/* kinds_sum(bytes, size) */
static uint64_t sum(uint64_t bytes, uint64_t size, uint64_t r3, uint64_t r4, uint64_t r5,
		    void *context)
{
	const uint8_t *at = (const uint8_t *)(uintptr_t)bytes;
	uint64_t total = 0;

	(void)r3;
	(void)r4;
	(void)r5;
	if (!host->check_memory(context, bytes, (uint32_t)size, false))
		return 0;
	for (uint32_t i = 0; i < (uint32_t)size; i++)
		total += at[i];
	return total;
}

static const struct oriel_ext_function function = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_function, flags),
	.name = "kinds_sum",
	.address = sum,
	.return_type = ORIEL_EXT_RET_INTEGER,
	.arguments = { ORIEL_EXT_ARG_READ_MEM, ORIEL_EXT_ARG_SIZE },
};
static const struct oriel_ext_functions functions = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_functions, functions),
	.module = { 0x5e2a9c04,
		    0x71d8,
		    0x4b36,
		    { 0x9d, 0x20, 0x3c, 0x55, 0x8e, 0xf1, 0x06, 0xba } },
	.count = 1,
	.functions = &function,
};

static const struct oriel_ext_helper helper = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_helper, implicit_context),
	.helper_id = 0x901,
	.name = "kinds_double",
	.return_type = ORIEL_EXT_RET_INTEGER,
	.arguments = { ORIEL_EXT_ARG_MAP, ORIEL_EXT_ARG_MAP_KEY },
};
static const oriel_ext_helper_fn helper_function = twice;
static const struct oriel_ext_helper_addresses addresses = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_helper_addresses, addresses),
	.helper_count = 1,
	.addresses = &helper_function,
};
static const struct oriel_ext_helpers helpers = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_helpers, addresses),
	.module = { 0x5e2a9c05,
		    0x71d8,
		    0x4b36,
		    { 0x9d, 0x20, 0x3c, 0x55, 0x8e, 0xf1, 0x06, 0xba } },
	.count = 1,
	.helpers = &helper,
	.addresses = &addresses,
};

/* --- what the host calls --- */

static int start(const struct oriel_ext_host *with, struct oriel_ext_registry *registry,
		 void **ret_instance, struct oriel_ext_error *err)
{
	int r = with->register_map(registry, &map_data, err);

	if (r == 0)
		r = with->register_functions(registry, &functions, err);
	if (r == 0)
		r = with->register_helpers(registry, &helpers, err);
	if (r == 0)
		*ret_instance = &maps;
	return r;
}

static void release(void *instance)
{
	(void)instance;
	if (made > 0)
		fprintf(stderr, "kinds: %d maps and %d elements are left of %d maps\n", maps,
			elements, made);
}

static const struct oriel_extension extension = {
	.header = ORIEL_EXT_HEADER(struct oriel_extension, free),
	.name = "kinds",
	.version = "1.0",
	.summary = "a map type, a function and a helper",
	.dialect = ORIEL_EXT_WINDOWS,
	.start = start,
	.free = release,
};

ORIEL_EXTENSION_EXPORT const struct oriel_extension *
oriel_extension_entry(const struct oriel_ext_host *with);

const struct oriel_extension *oriel_extension_entry(const struct oriel_ext_host *with)
{
	if (with->header.version < ORIEL_EXT_VERSION)
		return NULL;
	host = with;
	return &extension;
}
