/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/ringbuf.h"

/* One walk over a map's entries. */
struct walk {
	struct cli *cli;
	struct json *json; /* NULL: text */
	const struct prog *prog;
	const struct prog_map *def;
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

/* Numbers up to 8 bytes as numbers, all else as hex. */
static void text_bytes(struct cli *cli, const u8 *bytes, size_t len)
{
	u64 value = 0;

	if (len != 1 && len != 2 && len != 4 && len != 8) {
		for (size_t i = 0; i < len; i++)
			cli_printf(cli, "%s%02x", i > 0 ? " " : "", bytes[i]);
		return;
	}
	for (size_t i = 0; i < len; i++)
		value |= (u64)bytes[i] << 8 * i;
	cli_printf(cli, "%llu", value);
}

/* A value of a per-CPU map: those of all CPUs, 8-byte aligned. */
static void show_cpus(struct walk *walk, const u8 *value)
{
	u32 size = walk->def->value_size, step = (size + 7) & ~7u;
	u32 cpus = walk->cpus;

	if (walk->json != NULL) {
		json_array_begin(walk->json, "values");
		for (u32 cpu = 0; cpu < cpus; cpu++)
			json_hex(walk->json, NULL, value + (size_t)cpu * step, size);
		json_array_end(walk->json);
		return;
	}
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		cli_printf(walk->cli, "%scpu %u: ", cpu > 0 ? ", " : "", cpu);
		text_bytes(walk->cli, value + (size_t)cpu * step, size);
	}
}

/* The inner map's name, where its id is that of one in the object. */
static void show_inner(struct walk *walk, const u8 *value)
{
	const char *name;
	u32 id;

	memcpy(&id, value, sizeof(id));
	name = id > 0 && id <= walk->prog->map_count ? walk->prog->maps[id - 1].name : NULL;
	if (walk->json != NULL)
		json_str(walk->json, "map", name);
	else if (name != NULL)
		cli_printf(walk->cli, "map %s", name);
	else
		cli_printf(walk->cli, "map with id %u", id);
}

static void show_value(struct walk *walk, const u8 *value)
{
	if ((walk->def->type->flags & MAP_TYPE_PER_CPU) != 0)
		show_cpus(walk, value);
	else if ((walk->def->type->flags & MAP_TYPE_OF_MAPS) != 0)
		show_inner(walk, value);
	else if (walk->json != NULL)
		json_hex(walk->json, "value", value, walk->def->value_size);
	else
		text_bytes(walk->cli, value, walk->def->value_size);
}

static void show_entry(struct walk *walk, const u8 *key, const u8 *value)
{
	walk->shown++;
	if (walk->json != NULL) {
		json_object_begin(walk->json, NULL);
		if (key != NULL)
			json_hex(walk->json, "key", key, walk->def->key_size);
		show_value(walk, value);
		json_object_end(walk->json);
	} else {
		cli_printf(walk->cli, "  ");
		if (key != NULL) {
			text_bytes(walk->cli, key, walk->def->key_size);
			cli_printf(walk->cli, ": ");
		}
		show_value(walk, value);
		cli_printf(walk->cli, "\n");
	}
	cli_flush_some(walk->cli);
}

/* Arrays are mostly zeros: only what a program stored is worth a line. */
static void walk_keys(struct walk *walk, struct map *map, u8 *value)
{
	bool skip_zeros = (walk->def->type->flags & MAP_TYPE_INDEX_KEY) != 0;
	u32 room = MAX(walk->def->key_size, 4u);
	u8 *keys = mem_zalloc_array(2, room);
	const u8 *key = NULL;
	u8 *next = keys;

	if (keys == NULL)
		return;
	while (map_next_key(map, key, next) == 0) {
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

/* A record that a program put into a ring buffer, which has no size of its own. */
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

/* In the order in which they would be taken out; a ring buffer's records are. */
static void walk_map(struct walk *walk, struct map *map)
{
	u8 *value = mem_zalloc(map_value_size(map));

	walk->cpus = map->cpus;
	if (value == NULL)
		return;
	if (walk->def->type->kind == MAP_KIND_RINGBUF) {
		/* Nobody else consumes: an error could only follow records that are shown. */
		if (ringbuf_consume(map, show_record, walk, 0) < 0)
			walk->shown++;
	} else if (map->ops->nth != NULL) {
		for (u32 n = 0; map->ops->nth(map, n, value) == 0; n++)
			show_entry(walk, NULL, value);
	} else {
		walk_keys(walk, map, value);
	}
	mem_free(value);
}

static bool can_walk(const struct map *map, const struct prog_map *def)
{
	/* Constants are no news. */
	return map != NULL && def->type != NULL && !def->read_only &&
	       (map->ops->next_key != NULL || map->ops->nth != NULL ||
		def->type->kind == MAP_KIND_RINGBUF) &&
	       def->type->kind != MAP_KIND_PROG_ARRAY;
}

void dump_text(struct cli *cli, struct runtime *rt, const struct prog *prog)
{
	for (u32 i = 0; i < prog->map_count; i++) {
		struct walk walk = { .cli = cli, .prog = prog, .def = &prog->maps[i] };
		struct map *map = runtime_map(rt, i);

		if (!can_walk(map, walk.def))
			continue;
		cli_printf(cli, "%s%s%s (%s)\n", cli_style(cli, CLI_BOLD), walk.def->name,
			   cli_style(cli, CLI_PLAIN), walk.def->type->name);
		walk_map(&walk, map);
		if (walk.zeros > 0)
			cli_printf(cli, "  %llu of zeros\n", walk.zeros);
		else if (walk.shown == 0)
			cli_printf(cli, "  empty\n");
	}
}

void dump_json(struct cli *cli, struct json *json, struct runtime *rt, const struct prog *prog)
{
	json_array_begin(json, "maps");
	for (u32 i = 0; i < prog->map_count; i++) {
		struct walk walk = {
			.cli = cli, .json = json, .prog = prog, .def = &prog->maps[i]
		};
		struct map *map = runtime_map(rt, i);

		if (!can_walk(map, walk.def))
			continue;
		json_object_begin(json, NULL);
		json_str(json, "name", walk.def->name);
		json_str(json, "type", walk.def->type->name);
		json_array_begin(json, "entries");
		walk_map(&walk, map);
		json_array_end(json);
		json_u64(json, "zero_entries", walk.zeros);
		json_object_end(json);
	}
	json_array_end(json);
}
