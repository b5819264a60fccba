/* SPDX-License-Identifier: MIT */
#include "dump.h"
#include "typed.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/perf_array.h"
#include "map/ringbuf.h"

/* All maps of a program. */
struct dump {
	struct cli *cli;
	struct json *json; /* NULL: text */
	struct object *object;
	const struct load *load;
	const struct prog *prog;
	const struct object_global *globals;
	u32 global_count;
	bool live;
};

/* One walk over a map's entries. */
struct walk {
	struct cli *cli;
	struct json *json; /* NULL: text */
	struct typed typed;
	const struct prog *prog;
	const struct prog_map *def;
	const struct object_global *globals; /* of this map */
	u32 global_count;
	u32 cpus;
	u64 shown, zeros;
};

static bool is_zero(const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Text, or what JSON has beside the bytes. */
static void show_key(struct walk *walk, const char *json_key, const u8 *key)
{
	typed_show(&walk->typed, json_key, walk->def->key_type, key, walk->def->key_size);
}

static u32 cpu_step(const struct walk *walk)
{
	return (walk->def->value_size + 7) & ~7u;
}

/* A value of a per-CPU map: those of all CPUs, 8-byte aligned. Most are zero where programs run
 * here and there, and not shown. */
static void show_cpus(struct walk *walk, const u8 *value)
{
	u32 size = walk->def->value_size, shown = 0;

	for (u32 cpu = 0; cpu < walk->cpus; cpu++) {
		const u8 *part = value + (size_t)cpu * cpu_step(walk);

		if (is_zero(part, size))
			continue;
		cli_printf(walk->cli, "%scpu %u: ", shown++ > 0 ? ", " : "", cpu);
		typed_show(&walk->typed, NULL, walk->def->value_type, part, size);
	}
	if (shown == 0)
		cli_printf(walk->cli, "zero on each cpu");
}

/* The inner map's name, where its id is that of one in the object. */
static const char *inner_name(const struct walk *walk, const u8 *value, u32 *ret_id)
{
	memcpy(ret_id, value, sizeof(*ret_id));
	return *ret_id > 0 && *ret_id <= walk->prog->map_count ? walk->prog->maps[*ret_id - 1].name
							       : NULL;
}

static void text_value(struct walk *walk, const u8 *value)
{
	const char *name;
	u32 id;

	if ((walk->def->type->flags & MAP_TYPE_PER_CPU) != 0) {
		show_cpus(walk, value);
	} else if ((walk->def->type->flags & MAP_TYPE_OF_MAPS) != 0) {
		name = inner_name(walk, value, &id);
		if (name != NULL)
			cli_printf(walk->cli, "map %s", name);
		else
			cli_printf(walk->cli, "map with id %u", id);
	} else {
		typed_show(&walk->typed, NULL, walk->def->value_type, value, walk->def->value_size);
	}
}

static void json_value(struct walk *walk, const u8 *value)
{
	u32 id;

	if ((walk->def->type->flags & MAP_TYPE_PER_CPU) != 0) {
		json_array_begin(walk->json, "values");
		for (u32 cpu = 0; cpu < walk->cpus; cpu++)
			json_hex(walk->json, NULL, value + (size_t)cpu * cpu_step(walk),
				 walk->def->value_size);
		json_array_end(walk->json);
	} else if ((walk->def->type->flags & MAP_TYPE_OF_MAPS) != 0) {
		json_str(walk->json, "map", inner_name(walk, value, &id));
	} else {
		json_hex(walk->json, "value", value, walk->def->value_size);
	}
}

/* The variables of a section of them. */
static void show_variables(struct walk *walk, const u8 *value)
{
	for (u32 i = 0; i < walk->global_count; i++) {
		const struct object_global *global = &walk->globals[i];

		if (walk->json == NULL)
			cli_printf(walk->cli, "  %s: ", global->name);
		typed_show(&walk->typed, walk->json != NULL ? global->name : NULL, global->type,
			   value + global->off, global->size);
		if (walk->json == NULL)
			cli_printf(walk->cli, "\n");
	}
}

/* Key and value as the C values that BTF says they are. */
static void json_formatted(struct walk *walk, const u8 *key, const u8 *value)
{
	const struct prog_map *def = walk->def;
	struct json *json = walk->json;

	if (walk->global_count > 0) {
		json_object_begin(json, "formatted");
		show_variables(walk, value);
		json_object_end(json);
		return;
	}
	if ((def->key_type == 0 && def->value_type == 0) || (def->type->flags & MAP_TYPE_OF_MAPS))
		return;
	json_object_begin(json, "formatted");
	if (key != NULL)
		show_key(walk, "key", key);
	if ((def->type->flags & MAP_TYPE_PER_CPU) != 0) {
		json_array_begin(json, "values");
		for (u32 cpu = 0; cpu < walk->cpus; cpu++)
			typed_show(&walk->typed, NULL, def->value_type,
				   value + (size_t)cpu * cpu_step(walk), def->value_size);
		json_array_end(json);
	} else {
		typed_show(&walk->typed, "value", def->value_type, value, def->value_size);
	}
	json_object_end(json);
}

static void show_entry(struct walk *walk, const u8 *key, const u8 *value)
{
	walk->shown++;
	if (walk->json != NULL) {
		json_object_begin(walk->json, NULL);
		if (key != NULL)
			json_hex(walk->json, "key", key, walk->def->key_size);
		json_value(walk, value);
		json_formatted(walk, key, value);
		json_object_end(walk->json);
	} else if (walk->global_count > 0) {
		show_variables(walk, value);
	} else {
		cli_printf(walk->cli, "  ");
		if (key != NULL) {
			show_key(walk, NULL, key);
			cli_printf(walk->cli, ": ");
		}
		text_value(walk, value);
		cli_printf(walk->cli, "\n");
	}
	cli_flush_some(walk->cli);
}

/* Arrays are mostly zeros: only what a program stored is worth a line. */
static void walk_keys(struct walk *walk, struct map *map, u8 *value)
{
	bool skip_zeros =
		(walk->def->type->flags & MAP_TYPE_INDEX_KEY) != 0 && walk->global_count == 0;
	u32 room = MAX(walk->def->key_size, 4u);
	u8 *keys = mem_zalloc_array(2, room);
	const u8 *key = NULL;
	u8 *next = keys;

	if (keys == NULL)
		return;
	/* A key that is gone meanwhile begins it anew: it has an end all the same. */
	while (walk->shown + walk->zeros <= walk->def->max_entries &&
	       map_next_key(map, key, next) == 0) {
		key = next;
		next = key == keys ? keys + room : keys;
		if (map_read(map, key, value) != 0)
			continue;
		if (skip_zeros && is_zero(value, map_value_size(map)))
			walk->zeros++;
		else
			show_entry(walk, key, value);
	}
	mem_free(keys);
}

/* A record of a ring buffer or a perf event array: these have no size of their own. */
static int show_record(void *arg, const void *data, u32 size)
{
	struct walk *walk = arg;
	struct prog_map def = *walk->def;
	struct walk record = *walk;

	def.value_size = size;
	record.def = &def;
	show_entry(&record, NULL, data);
	walk->shown = record.shown;
	return 0;
}

static void show_perf(struct walk *walk, struct map *map)
{
	for (u32 cpu = 0; cpu < map->cpus; cpu++) {
		u64 lost = perf_array_lost(map, cpu);

		if (perf_array_consume(map, cpu, show_record, walk, 0) < 0)
			return;
		if (lost > 0 && walk->json == NULL)
			cli_printf(walk->cli, "  cpu %u lost %llu\n", cpu, lost);
	}
}

/* In the order in which they would be taken out; a ring buffer's records are. */
static void walk_map(struct walk *walk, struct map *map)
{
	u8 *value = mem_zalloc(map_value_size(map) + 1);

	walk->cpus = map->cpus;
	if (value == NULL)
		return;
	if (walk->def->type->kind == MAP_KIND_RINGBUF) {
		/* Nobody else consumes: an error could only follow records that are shown. */
		if (ringbuf_consume(map, show_record, walk, 0) < 0)
			walk->shown++;
	} else if (walk->def->type->kind == MAP_KIND_PERF_EVENT_ARRAY) {
		show_perf(walk, map);
	} else if (map->ops->nth != NULL) {
		for (u32 n = 0; map->ops->nth(map, n, value) == 0; n++)
			show_entry(walk, NULL, value);
	} else {
		walk_keys(walk, map, value);
	}
	mem_free(value);
}

/* Whether its inner map is only what its definition says of such maps, and none of the program's.
 */
static bool has_template(const struct prog *prog, u32 outer)
{
	const struct prog_map *map = &prog->maps[outer];
	size_t len = strlen(map->name);

	return map->inner < prog->map_count &&
	       strncmp(prog->maps[map->inner].name, map->name, len) == 0 &&
	       str_eq(prog->maps[map->inner].name + len, ".inner");
}

static bool can_walk(const struct map *map, const struct prog_map *def, bool live)
{
	bool has_records;

	/* Constants are no news. */
	if (map == NULL || def->type == NULL || def->read_only)
		return false;
	has_records =
		def->type->kind == MAP_KIND_RINGBUF || def->type->kind == MAP_KIND_PERF_EVENT_ARRAY;
	return (map->ops->next_key != NULL || map->ops->nth != NULL || has_records) &&
	       !(has_records && live) && def->type->kind != MAP_KIND_PROG_ARRAY;
}

/* Called for one map after the other: the object's variables are in the order of maps. */
static struct walk walk_of(const struct dump *dump, u32 idx, u32 *next_global)
{
	struct walk walk = {
		.cli = dump->cli,
		.json = dump->json,
		.typed = { .cli = dump->cli, .json = dump->json, .btf = &dump->object->btf },
		.prog = dump->prog,
		.def = &dump->prog->maps[idx],
	};
	u32 i = *next_global;

	while (i < dump->global_count && dump->globals[i].map < idx)
		i++;
	walk.globals = &dump->globals[i];
	while (i < dump->global_count && dump->globals[i].map == idx) {
		walk.global_count++;
		i++;
	}
	*next_global = i;
	return walk;
}

static void text_map(const struct dump *dump, struct walk *walk, struct map *map)
{
	cli_printf(dump->cli, "%s%s%s (%s)\n", cli_style(dump->cli, CLI_BOLD), walk->def->name,
		   cli_style(dump->cli, CLI_PLAIN), walk->def->type->name);
	walk_map(walk, map);
	if (walk->zeros > 0)
		cli_printf(dump->cli, "  %llu of zeros\n", walk->zeros);
	else if (walk->shown == 0)
		cli_printf(dump->cli, "  empty\n");
}

static void json_map(const struct dump *dump, struct walk *walk, struct map *map)
{
	json_object_begin(dump->json, NULL);
	json_str(dump->json, "name", walk->def->name);
	json_str(dump->json, "type", walk->def->type->name);
	json_array_begin(dump->json, "entries");
	walk_map(walk, map);
	json_array_end(dump->json);
	json_u64(dump->json, "zero_entries", walk->zeros);
	json_object_end(dump->json);
}

static void dump_maps(struct dump *dump)
{
	const struct prog *prog = dump->prog;
	bool *templates = mem_zalloc_array((size_t)prog->map_count + 1, sizeof(*templates));
	struct error err = { 0 };
	u32 next_global = 0;

	if (templates == NULL)
		return;
	/* Without names of variables, the bytes are shown. */
	if (object_globals(dump->object, &dump->globals, &dump->global_count, &err) != 0)
		dump->global_count = 0;
	for (u32 i = 0; i < prog->map_count; i++)
		if (has_template(prog, i))
			templates[prog->maps[i].inner] = true;
	for (u32 i = 0; i < prog->map_count; i++) {
		struct walk walk = walk_of(dump, i, &next_global);
		struct map *map = load_map(dump->load, i);

		if (!can_walk(map, walk.def, dump->live) || templates[i])
			continue;
		if (dump->json != NULL)
			json_map(dump, &walk, map);
		else
			text_map(dump, &walk, map);
	}
	mem_free(templates);
}

void dump_text(struct cli *cli, const struct load *load, bool live)
{
	struct dump dump = { cli, NULL, load->object, load, load->prog, NULL, 0, live };

	dump_maps(&dump);
}

void dump_json(struct cli *cli, struct json *json, const struct load *load, bool live)
{
	struct dump dump = { cli, json, load->object, load, load->prog, NULL, 0, live };

	json_array_begin(json, "maps");
	dump_maps(&dump);
	json_array_end(json);
}
