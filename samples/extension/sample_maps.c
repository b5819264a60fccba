/* SPDX-License-Identifier: MIT */
/* Two map types of an extension. Of the first one, programs and applications see what is in the
 * map, and the extension looks on: it counts, hides, and keeps from being deleted. In the second
 * one it keeps an object of its own where applications give and get the object's handle; programs
 * have helpers for that. */
#include "base/str.h"
#include "sample_extension.h"

static u32 first_word(const u8 *value)
{
	u32 word;

	memcpy(&word, value, sizeof(word));
	return word;
}

static void add(u32 *counter, u32 by)
{
	__atomic_add_fetch(counter, by, __ATOMIC_RELAXED);
}

/* --- values that stay as they are --- */

static int plain_create(void *arg, UNUSED u32 map_type, u32 key_size, u32 value_size,
			UNUSED u32 max_entries, UNUSED u32 *ret_actual_value_size,
			void **ret_context)
{
	struct sample_extension *extension = arg;

	if (key_size != sizeof(u32) || value_size < sizeof(u32))
		return ERR_INVAL;
	add(&extension->maps_alive, 1);
	*ret_context = extension;
	return 0;
}

static void destroyed(void *arg, UNUSED void *context)
{
	struct sample_extension *extension = arg;

	add(&extension->maps_alive, (u32)-1);
}

static int associate(UNUSED void *arg, UNUSED void *context, const struct guid *program_type)
{
	return memcmp(program_type, &sample_program_type, sizeof(*program_type)) == 0 ? 0
										      : ERR_ACCES;
}

static int plain_found(UNUSED void *arg, UNUSED void *context, UNUSED size_t key_size,
		       UNUSED const u8 *key, UNUSED size_t in_size, const u8 *in_value,
		       UNUSED size_t out_size, UNUSED u8 *out_value, UNUSED u32 how)
{
	return first_word(in_value) == SAMPLE_MAP_HIDDEN ? ERR_NOENT : 0;
}

static int plain_adding(void *arg, UNUSED void *context, UNUSED size_t key_size,
			UNUSED const u8 *key, UNUSED size_t in_size, const u8 *in_value,
			UNUSED size_t out_size, UNUSED u8 *out_value, UNUSED u32 how)
{
	struct sample_extension *extension = arg;

	if (first_word(in_value) == 0)
		return ERR_INVAL;
	add(&extension->elements_alive, 1);
	return 0;
}

static int plain_deleting(void *arg, UNUSED void *context, UNUSED size_t key_size,
			  UNUSED const u8 *key, UNUSED size_t value_size, const u8 *value, u32 how)
{
	struct sample_extension *extension = arg;

	if (first_word(value) == SAMPLE_MAP_STAYS &&
	    (how & (EXT_MAP_UPDATE | EXT_MAP_CLEANUP)) == 0)
		return ERR_ACCES;
	add(&extension->elements_alive, (u32)-1);
	return 0;
}

static const struct ext_map_properties plain_properties = {
	EXT_HEADER(struct ext_map_properties, updates_original_value), false
};
static const struct ext_map_dispatch plain = {
	EXT_HEADER(struct ext_map_dispatch, deleting),
	plain_create,
	destroyed,
	associate,
	plain_found,
	plain_adding,
	plain_deleting,
};

/* --- objects for handles --- */

struct object {
	u32 handle;
	u64 number;
};

static int objects_create(void *arg, UNUSED u32 map_type, u32 key_size, u32 value_size,
			  UNUSED u32 max_entries, u32 *ret_actual_value_size, void **ret_context)
{
	struct sample_extension *extension = arg;

	if (key_size != sizeof(u32) || value_size != sizeof(u32))
		return ERR_INVAL;
	add(&extension->maps_alive, 1);
	*ret_actual_value_size = sizeof(uintptr_t); /* of a struct object */
	*ret_context = extension;
	return 0;
}

static struct object *object_in(const u8 *value)
{
	struct object *object;

	memcpy(&object, value, sizeof(uintptr_t));
	return object;
}

static int objects_found(UNUSED void *arg, UNUSED void *context, UNUSED size_t key_size,
			 UNUSED const u8 *key, UNUSED size_t in_size, const u8 *in_value,
			 size_t out_size, u8 *out_value, UNUSED u32 how)
{
	memcpy(out_value, &object_in(in_value)->handle, out_size);
	return 0;
}

static int objects_adding(void *arg, UNUSED void *context, UNUSED size_t key_size,
			  UNUSED const u8 *key, UNUSED size_t in_size, const u8 *in_value,
			  size_t out_size, u8 *out_value, UNUSED u32 how)
{
	struct sample_extension *extension = arg;
	struct object *object;

	if (first_word(in_value) == 0)
		return ERR_BADF;
	object = ext_epoch_alloc(extension->rt, sizeof(*object));
	if (object == NULL)
		return ERR_NOMEM;
	object->handle = first_word(in_value);
	object->number = (u64)object->handle * 10;
	memcpy(out_value, &object, out_size);
	add(&extension->elements_alive, 1);
	return 0;
}

/* Programs that have found it may still look at it. */
static int objects_deleting(void *arg, UNUSED void *context, UNUSED size_t key_size,
			    UNUSED const u8 *key, UNUSED size_t value_size, const u8 *value,
			    UNUSED u32 how)
{
	struct sample_extension *extension = arg;

	ext_epoch_free(extension->rt, object_in(value));
	add(&extension->elements_alive, (u32)-1);
	return 0;
}

static const struct ext_map_properties objects_properties = {
	EXT_HEADER(struct ext_map_properties, updates_original_value), true
};
static const struct ext_map_dispatch objects = {
	EXT_HEADER(struct ext_map_dispatch, deleting),
	objects_create,
	destroyed,
	associate,
	objects_found,
	objects_adding,
	objects_deleting,
};

int sample_maps_start(struct sample_extension *extension, struct error *err)
{
	struct ext_map_data plain_data = { EXT_HEADER(struct ext_map_data, arg),
					   SAMPLE_MAP,
					   SAMPLE_MAP_BASE,
					   &plain_properties,
					   &plain,
					   extension };
	struct ext_map_data objects_data = { EXT_HEADER(struct ext_map_data, arg),
					     SAMPLE_OBJECT_MAP,
					     SAMPLE_MAP_BASE,
					     &objects_properties,
					     &objects,
					     extension };
	int r = runtime_register_map(extension->rt, &plain_data, &extension->maps, err);

	if (r == 0)
		r = runtime_register_map(extension->rt, &objects_data, &extension->object_maps,
					 err);
	return r;
}

void sample_maps_stop(struct sample_extension *extension)
{
	runtime_unregister(extension->rt, extension->object_maps);
	runtime_unregister(extension->rt, extension->maps);
}

/* --- helpers: s64 or an address (map, key) --- */

/* Its key; false: the program may not name that memory, and ends. */
static bool key_at(void *context, u64 addr, u32 *ret_key)
{
	if (!ext_check_memory(context, addr, sizeof(*ret_key), false))
		return false;
	memcpy(ret_key, (const void *)(uintptr_t)addr, sizeof(*ret_key));
	return true;
}

/* The value itself, which the map lends to programs. */
u64 sample_map_lookup(u64 map, u64 key_addr, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		      void *context)
{
	u32 key;

	if (!key_at(context, key_addr, &key))
		return 0;
	return (u64)(uintptr_t)ext_map_find(context, map, SAMPLE_MAP, &key);
}

static const struct object *find_object(void *context, u64 map, u32 key)
{
	const u8 *value = ext_map_context(context, map, SAMPLE_OBJECT_MAP) == NULL
				  ? NULL
				  : ext_map_find(context, map, SAMPLE_OBJECT_MAP, &key);

	return value == NULL ? NULL : object_in(value);
}

u64 sample_map_get_value(u64 map, u64 key_addr, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			 void *context)
{
	const struct object *object;
	u32 key;

	if (!key_at(context, key_addr, &key))
		return 0;
	object = find_object(context, map, key);
	return object == NULL ? (u64)-1 : object->number;
}

/* For the helper that all program types may have and none has by itself: the verdict. */
u64 sample_redirect_map(u64 map, u64 key, u64 otherwise, UNUSED u64 r4, UNUSED u64 r5,
			void *context)
{
	const struct object *object = find_object(context, map, (u32)key);

	return object == NULL ? otherwise : object->number;
}
