/* SPDX-License-Identifier: MIT */
/* Map types of extensions: what their provider sees and decides, what programs may do, and what
 * becomes of maps whose provider leaves. */
#include "runtime_fixture.h"

#include "map/custom.h"
#include "runtime/invocation.h"
#include "runtime/objects.h"
#include "sample_extension.h"

#define W DIALECT_WINDOWS

struct world {
	struct fixture f;
	struct sample_extension ext;
};

static int open_world(struct world *w)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = W, .cpus = 2 };
	int r = runtime_new(&options, &w->f.rt, &w->f.err);

	return r < 0 ? r : sample_extension_start(w->f.rt, &w->ext, &w->f.err);
}

static void close_world(struct world *w)
{
	if (w->f.rt != NULL && w->ext.rt != NULL)
		sample_extension_stop(&w->ext);
	fixture_fini(&w->f);
}

static struct prog_map definition(u32 number, u32 value_size, u32 max_entries)
{
	return (struct prog_map){ .name = "made",
				  .type = spec_map_type_by_number(W, number),
				  .key_size = 4,
				  .value_size = value_size,
				  .max_entries = max_entries,
				  .inner = PROG_NO_INDEX };
}

static int make(struct world *w, u32 number, u32 value_size, u32 max_entries, struct map **ret_map)
{
	struct prog_map def = definition(number, value_size, max_entries);
	struct runtime_map_options options = { .size = sizeof(options), .def = &def };

	return runtime_create_map(w->f.rt, &options, ret_map, &w->f.err);
}

static int put(struct map *map, u32 key, u32 word, u64 flags)
{
	u32 value[2] = { word, word + 1 };

	return map_write(map, &key, value, flags);
}

static int get(struct map *map, u32 key, u32 *ret_word)
{
	u32 value[2];
	int r = map_read(map, &key, value);

	if (r == 0)
		*ret_word = value[0];
	return r;
}

static int cut(struct map *map, u32 key)
{
	return map_delete(map, &key);
}

/* lint: long-function, one operation after the other */
static void values_of_applications(void)
{
	struct world w = { 0 };
	struct map *map = NULL;
	u32 word = 0, key, keys[4], values[8], cursor[2], count = 4;
	u32 pair[2];

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 2, &map), 0);
	CHECK_EQ(w.ext.maps_alive, 1);
	CHECK(map->memory > 0 && map_associate(map, &sample_program_type) == 0);
	CHECK_EQ(put(map, 1, 0, MAP_ANY), ERR_INVAL);
	CHECK_EQ(put(map, 1, 5, 3), ERR_INVAL);
	CHECK_EQ(put(map, 1, 5, MAP_EXIST), ERR_NOENT);
	CHECK_EQ(w.ext.elements_alive, 0);
	CHECK_EQ(put(map, 1, 5, MAP_NOEXIST), 0);
	CHECK_EQ(put(map, 1, 6, MAP_NOEXIST), ERR_EXIST);
	CHECK_EQ(get(map, 1, &word), 0);
	CHECK_EQ(word, 5);
	CHECK_EQ(get(map, 2, &word), ERR_NOENT);
	/* What is replaced goes. */
	CHECK_EQ(put(map, 1, 7, MAP_EXIST), 0);
	CHECK_EQ(w.ext.elements_alive, 1);
	/* A full map takes nothing, and keeps nothing of it. */
	CHECK_EQ(put(map, 2, SAMPLE_MAP_STAYS, MAP_ANY), 0);
	CHECK(put(map, 3, 9, MAP_ANY) < 0);
	CHECK_EQ(w.ext.elements_alive, 2);
	CHECK_EQ(cut(map, 2), ERR_ACCES);
	key = 2;
	CHECK_EQ(map_take(map, &key, pair), ERR_ACCES);
	CHECK_EQ(cut(map, 3), ERR_NOENT);
	CHECK_EQ(map_read_batch(map, NULL, cursor, keys, values, &count, false), ERR_NOENT);
	CHECK_EQ(count, 2);
	CHECK_EQ(put(map, 2, SAMPLE_MAP_HIDDEN, MAP_ANY), 0);
	CHECK_EQ(get(map, 2, &word), ERR_NOENT);
	CHECK_EQ(map_take(map, &key, pair), ERR_NOENT);
	CHECK_EQ(cut(map, 2), 0);
	key = 1;
	CHECK_EQ(map_next_key(map, NULL, &word), 0);
	CHECK_EQ(word, 1);
	CHECK_EQ(map_next_key(map, &word, &word), ERR_NOENT);
	CHECK_EQ(map_take(map, &key, pair), 0);
	CHECK(pair[0] == 7 && pair[1] == 8);
	CHECK_EQ(w.ext.elements_alive, 0);
	/* What is in it goes with the map, whatever the provider says. */
	CHECK_EQ(put(map, 1, SAMPLE_MAP_STAYS, MAP_ANY), 0);
	map_free(map);
	map = NULL;
	CHECK_EQ(w.ext.maps_alive, 0);
	CHECK_EQ(w.ext.elements_alive, 0);
out:
	map_free(map);
	close_world(&w);
}

static void objects_for_handles(void)
{
	struct world w = { 0 };
	struct map *map = NULL;
	u32 handle, key = 1;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(make(&w, SAMPLE_OBJECT_MAP, 4, 8, &map), 0);
	CHECK_EQ(map_value_size(map), 4);
	handle = 0;
	CHECK_EQ(map_write(map, &key, &handle, MAP_ANY), ERR_BADF);
	handle = 70;
	CHECK_EQ(map_write(map, &key, &handle, MAP_ANY), 0);
	handle = 71;
	CHECK_EQ(map_write(map, &key, &handle, MAP_NOEXIST), ERR_EXIST);
	CHECK_EQ(map_write(map, &key, &handle, MAP_EXIST), 0);
	CHECK_EQ(w.ext.elements_alive, 1);
	handle = 0;
	CHECK_EQ(map_read(map, &key, &handle), 0);
	CHECK_EQ(handle, 71);
	handle = 0;
	CHECK_EQ(map_take(map, &key, &handle), 0);
	CHECK_EQ(handle, 71);
	CHECK_EQ(map_read(map, &key, &handle), ERR_NOENT);
	for (key = 0; key < 8; key++) {
		handle = key + 1;
		CHECK_EQ(map_write(map, &key, &handle, MAP_ANY), 0);
	}
	CHECK(map_write(map, &key, &handle, MAP_ANY) < 0);
	CHECK_EQ(w.ext.elements_alive, 8);
	/* Programs see neither the object nor its address. */
	key = 3;
	CHECK(map->ops->lookup(map, &key) == NULL);
	CHECK_EQ(map->ops->update(map, &key, &handle, MAP_ANY), ERR_NOTSUP);
	CHECK_EQ(map->ops->remove(map, &key), ERR_NOTSUP);
	CHECK(!map->ops->contains(map, (u64)(uintptr_t)map_custom_find(map, &key), 1));
	CHECK_EQ(cut(map, 3), 0);
	map_free(map);
	map = NULL;
	CHECK_EQ(w.ext.elements_alive, 0);
out:
	map_free(map);
	close_world(&w);
}

/* --- programs --- */

enum { PLAIN, OBJECTS, MAPS };

/* r0 = helper(map, &key = 1), or with a value and flags. */
#define WITH_KEY(map, id) \
	LOAD_MAP(1, map), STORE_IMM(4, 10, -4, 1), MOV_REG(2, 10), ADD_IMM(2, -4), CALL(id), EXIT
#define UPDATE(map, word)                                                                    \
	LOAD_MAP(1, map), STORE_IMM(4, 10, -4, 1), MOV_REG(2, 10), ADD_IMM(2, -4),           \
		STORE_IMM(8, 10, -16, word), MOV_REG(3, 10), ADD_IMM(3, -16), MOV_IMM(4, 0), \
		CALL(2), EXIT
/* The value's first bytes, or -1. */
#define LOOKUP(map, id)                                                                      \
	LOAD_MAP(1, map), STORE_IMM(4, 10, -4, 1), MOV_REG(2, 10), ADD_IMM(2, -4), CALL(id), \
		JEQ_IMM(0, 0, 2), LOAD(4, 0, 0, 0), EXIT, MOV_IMM(0, -1), EXIT

static const struct insn lookup[] = { LOOKUP(PLAIN, 1) };
static const struct insn lookup_own[] = { LOOKUP(PLAIN, 0x10005) };
static const struct insn update[] = { UPDATE(PLAIN, 9) };
static const struct insn bad_update[] = { UPDATE(PLAIN, 0) };
static const struct insn remove_it[] = { WITH_KEY(PLAIN, 3) };
static const struct insn look_away[] = { LOOKUP(OBJECTS, 1) };
static const struct insn update_object[] = { UPDATE(OBJECTS, 9) };
static const struct insn remove_object[] = { WITH_KEY(OBJECTS, 3) };
static const struct insn number_of[] = { WITH_KEY(OBJECTS, 0x10006) };
static const struct insn number_of_plain[] = { WITH_KEY(PLAIN, 0x10006) };
static const struct insn redirect[] = { LOAD_MAP(1, OBJECTS), MOV_IMM(2, 1), MOV_IMM(3, 77),
					CALL(35), EXIT };
static const struct insn no_map[] = { MOV_REG(1, 10), STORE_IMM(4, 10, -4, 1), MOV_REG(2, 10),
				      ADD_IMM(2, -4), CALL(0x10006),	       EXIT };

static int run(struct world *w, const struct insn *insns, size_t count, u64 *ret_result)
{
	struct runtime_run once = { 0 };
	struct runtime_prog *prog = NULL;
	int r;

	w->f.prog_count = 0;
	r = fixture_add(&w->f, W, "sample", w->f.rt->map_defs, MAPS, insns, count, &prog);
	if (r == 0)
		r = runtime_run(prog, &once, &w->f.err);
	*ret_result = once.result;
	return r;
}
#define RUN(insns) run(&w, insns, ARRAY_COUNT(insns), &result)

static void values_of_programs(void)
{
	struct world w = { 0 };
	struct prog_map defs[MAPS] = { definition(SAMPLE_MAP, 8, 4),
				       definition(SAMPLE_OBJECT_MAP, 4, 4) };
	u32 key = 1, handle = 6, word = 0;
	u64 result = 0;
	struct map *plain;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(runtime_add_maps(w.f.rt, defs, MAPS, &w.f.err), 0);
	plain = runtime_map(w.f.rt, PLAIN);
	CHECK_EQ(RUN(lookup), 0);
	CHECK_EQ(result, UINT64_MAX);
	CHECK_EQ(RUN(bad_update), 0);
	CHECK_EQ(result, (u64)-6);
	CHECK_EQ(RUN(update), 0);
	CHECK_EQ(result, 0);
	CHECK_EQ(w.ext.elements_alive, 1);
	CHECK_EQ(RUN(lookup), 0);
	CHECK_EQ(result, 9);
	CHECK_EQ(RUN(lookup_own), 0);
	CHECK_EQ(result, 9);
	CHECK_EQ(put(plain, 1, SAMPLE_MAP_HIDDEN, MAP_ANY), 0);
	CHECK_EQ(RUN(lookup), 0);
	CHECK_EQ(result, UINT64_MAX);
	CHECK_EQ(put(plain, 1, SAMPLE_MAP_STAYS, MAP_ANY), 0);
	CHECK_EQ(RUN(remove_it), 0);
	CHECK_EQ(result, (u64)-20);
	CHECK_EQ(put(plain, 1, 3, MAP_ANY), 0);
	CHECK_EQ(RUN(remove_it), 0);
	CHECK_EQ(result, 0);
	CHECK_EQ(get(plain, 1, &word), ERR_NOENT);
	/* Objects are for the extension's helpers. */
	CHECK_EQ(RUN(number_of), 0);
	CHECK_EQ(result, UINT64_MAX);
	CHECK_EQ(RUN(redirect), 0);
	CHECK_EQ(result, 77);
	CHECK_EQ(map_write(runtime_map(w.f.rt, OBJECTS), &key, &handle, MAP_ANY), 0);
	CHECK_EQ(RUN(number_of), 0);
	CHECK_EQ(result, 60);
	CHECK_EQ(RUN(redirect), 0);
	CHECK_EQ(result, 60);
	CHECK_EQ(RUN(look_away), 0);
	CHECK_EQ(result, UINT64_MAX);
	CHECK_EQ(RUN(update_object), 0);
	CHECK_EQ(result, (u64)-18);
	CHECK_EQ(RUN(remove_object), 0);
	CHECK_EQ(result, (u64)-18);
	/* Another type's map, and no map at all. */
	CHECK_EQ(RUN(number_of_plain), 0);
	CHECK_EQ(result, UINT64_MAX);
	CHECK_EQ(RUN(no_map), ERR_BADF);
out:
	close_world(&w);
}

static void programs_of_other_types(void)
{
	struct world w = { 0 };
	struct prog_map defs[MAPS] = { definition(SAMPLE_MAP, 8, 4),
				       definition(SAMPLE_OBJECT_MAP, 4, 4) };

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(runtime_add_maps(w.f.rt, defs, MAPS, &w.f.err), 0);
	CHECK_EQ(fixture_add(&w.f, W, "bind", defs, MAPS, lookup, ARRAY_COUNT(lookup), NULL),
		 ERR_ACCES);
	CHECK(strstr(w.f.err.text, "programs of type bind") != NULL);
out:
	close_world(&w);
}

/* --- providers come and go --- */

static void leaving(void)
{
	struct world w = { 0 };
	struct prog_map defs[MAPS] = { definition(SAMPLE_MAP, 8, 4),
				       definition(SAMPLE_OBJECT_MAP, 4, 4) };
	u32 key = 1, handle = 6, word = 0;
	u64 result = 0;
	struct map *map = NULL, *objects;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(runtime_add_maps(w.f.rt, defs, MAPS, &w.f.err), 0);
	objects = runtime_map(w.f.rt, OBJECTS);
	CHECK_EQ(RUN(update), 0);
	CHECK_EQ(map_write(objects, &key, &handle, MAP_ANY), 0);
	sample_extension_stop(&w.ext);
	CHECK_EQ(w.ext.maps_alive, 0);
	CHECK_EQ(w.ext.elements_alive, 0);
	CHECK_EQ(get(objects, 1, &word), ERR_NOTSUP);
	CHECK_EQ(put(objects, 1, 1, MAP_ANY), ERR_NOTSUP);
	CHECK_EQ(cut(objects, 1), ERR_NOTSUP);
	CHECK_EQ(map_take(objects, &key, &handle), ERR_NOTSUP);
	CHECK_EQ(map_next_key(objects, NULL, &key), ERR_NOENT);
	CHECK_EQ(map_associate(objects, &sample_program_type), ERR_NOTSUP);
	CHECK(map_custom_context(objects) == NULL && map_custom_find(objects, &key) == NULL);
	/* Nobody to make one. */
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), ERR_NOTSUP);
	CHECK(strstr(w.f.err.text, "no extension provides maps of type sample_hash_map") != NULL);
	/* What comes back makes others; those stay empty. */
	CHECK_EQ(sample_extension_start(w.f.rt, &w.ext, &w.f.err), 0);
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), 0);
	CHECK_EQ(put(map, 1, 2, MAP_ANY), 0);
	CHECK_EQ(put(runtime_map(w.f.rt, PLAIN), 1, 1, MAP_ANY), ERR_NOTSUP);
	CHECK_EQ(RUN(lookup), ERR_NOTSUP);
	CHECK_EQ(runtime_run(w.f.prog, &(struct runtime_run){ 0 }, &w.f.err), 0);
	CHECK_EQ(w.ext.maps_alive, 1);
out:
	map_free(map);
	close_world(&w);
}

/* Maps that nothing can be done with: left out of an object, refused to a program that needs them.
 */
static void without_provider(void)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = W, .cpus = 1 };
	struct prog_map defs[MAPS] = { definition(SAMPLE_MAP, 8, 4),
				       definition(SAMPLE_OBJECT_MAP, 4, 4) };
	struct fixture f = { 0 };

	CHECK_EQ(runtime_new(&options, &f.rt, &f.err), 0);
	CHECK_EQ(runtime_add_maps(f.rt, defs, MAPS, &f.err), 0);
	CHECK(runtime_map(f.rt, PLAIN) == NULL);
	CHECK_EQ(fixture_add(&f, W, "bind", defs, MAPS, lookup, ARRAY_COUNT(lookup), NULL),
		 ERR_NOTSUP);
	CHECK(strstr(f.err.text, "no extension provides") != NULL);
out:
	fixture_fini(&f);
}

static void in_maps_of_maps(void)
{
	struct world w = { 0 };
	struct prog_map inner = definition(SAMPLE_MAP, 8, 4), def = definition(6, 4, 4);
	struct runtime_map_options options = { .size = sizeof(options),
					       .def = &def,
					       .inner = &inner };
	struct map *outer = NULL, *map = NULL;
	u32 key = 1;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(runtime_create_map(w.f.rt, &options, &outer, &w.f.err), 0);
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), 0);
	CHECK_EQ(map_set_inner(outer, &key, map, MAP_ANY, &w.f.err), ERR_INVAL);
out:
	map_free(outer);
	map_free(map);
	close_world(&w);
}

/* --- what is registered --- */

static u32 wanted_size;

static int sizes(void *arg, UNUSED u32 map_type, UNUSED u32 key_size, UNUSED u32 value_size,
		 UNUSED u32 max_entries, u32 *ret_actual_value_size, UNUSED void **ret_context)
{
	*(u32 *)arg += 1;
	if (wanted_size == 0)
		return ERR_PERM;
	*ret_actual_value_size = wanted_size;
	return 0;
}

static void gone(void *arg, UNUSED void *context)
{
	*(u32 *)arg -= 1;
}

static int nobody(UNUSED void *arg, UNUSED void *context, UNUSED const struct guid *program_type)
{
	return 1; /* no status */
}

/* lint: long-function, one mistake after the other */
static void hostile_tables(void)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = W, .cpus = 1 };
	struct ext_map_properties properties = {
		EXT_HEADER(struct ext_map_properties, updates_original_value), true
	};
	struct ext_map_dispatch dispatch = { .header = EXT_HEADER(struct ext_map_dispatch,
								  deleting) };
	u32 alive = 0;
	struct ext_map_data data = { EXT_HEADER(struct ext_map_data, arg),
				     SAMPLE_MAP,
				     SAMPLE_MAP_BASE,
				     &properties,
				     &dispatch,
				     &alive };
	struct world w = { 0 };
	struct provider *provider = NULL, *twice = NULL;
	struct map *map = NULL;
	struct error *err = &w.f.err;

	CHECK_EQ(runtime_new(&options, &w.f.rt, err), 0);
	CHECK_EQ(runtime_register_map(w.f.rt, NULL, &provider, err), ERR_INVAL);
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_INVAL);
	CHECK(strstr(err->text, "create") != NULL);
	dispatch.create = sizes;
	dispatch.destroyed = gone;
	dispatch.associate = nobody;
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_INVAL);
	CHECK(strstr(err->text, "changes values") != NULL);
	properties.updates_original_value = false;
	data.map_type = 1; /* the core's own */
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_INVAL);
	data.map_type = 4711;
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_INVAL);
	data.map_type = SAMPLE_MAP;
	data.base_map_type = 2;
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_NOTSUP);
	data.base_map_type = SAMPLE_MAP;
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_NOTSUP);
	data.base_map_type = SAMPLE_MAP_BASE;
	dispatch.header.size = sizeof(dispatch) + 8;
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), ERR_INVAL);
	/* An older one, without the last three. */
	dispatch.header.size = offsetof(struct ext_map_dispatch, found);
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &provider, err), 0);
	CHECK_EQ(runtime_register_map(w.f.rt, &data, &twice, err), ERR_EXIST);
	/* It refuses, it wants what it cannot have, and a status that is none. */
	wanted_size = 0;
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), ERR_PERM);
	CHECK_EQ(alive, 1);
	alive = 0;
	wanted_size = 16;
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), ERR_INVAL);
	CHECK(strstr(err->text, "16 bytes") != NULL);
	CHECK_EQ(alive, 0);
	wanted_size = 8;
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 0x7fffffff, &map), ERR_TOOBIG);
	CHECK_EQ(alive, 0);
	CHECK_EQ(make(&w, SAMPLE_MAP, 8, 4, &map), 0);
	CHECK_EQ(alive, 1);
	CHECK_EQ(map_associate(map, &sample_program_type), ERR_INVAL);
	CHECK_EQ(put(map, 1, 0, MAP_ANY), 0);
	CHECK_EQ(cut(map, 1), 0);
	runtime_unregister(w.f.rt, provider);
	provider = NULL;
	CHECK_EQ(alive, 0);
out:
	map_free(map);
	if (w.f.rt != NULL)
		runtime_unregister(w.f.rt, provider);
	close_world(&w);
}

static void other_dialect(void)
{
	struct runtime_options options = { .size = sizeof(options),
					   .dialect = DIALECT_LINUX,
					   .cpus = 1 };
	struct sample_extension ext = { 0 };
	struct fixture f = { 0 };

	CHECK_EQ(runtime_new(&options, &f.rt, &f.err), 0);
	ext.rt = f.rt;
	CHECK_EQ(sample_maps_start(&ext, &f.err), ERR_INVAL);
	CHECK(strstr(f.err.text, "none that extensions provide") != NULL);
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(values_of_applications), TAP_TEST(objects_for_handles),
	 TAP_TEST(values_of_programs), TAP_TEST(programs_of_other_types), TAP_TEST(leaving),
	 TAP_TEST(without_provider), TAP_TEST(in_maps_of_maps), TAP_TEST(hostile_tables),
	 TAP_TEST(other_dialect))
