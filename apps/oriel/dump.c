/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include "base/mem.h"
#include "base/str.h"

/* One walk over a map's entries. */
struct walk {
	struct cli *cli;
	struct json *json; /* NULL: text */
	const struct prog_map *def;
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

static void show_entry(struct walk *walk, const u8 *key, const u8 *value)
{
	walk->shown++;
	if (walk->json != NULL) {
		json_object_begin(walk->json, NULL);
		json_hex(walk->json, "key", key, walk->def->key_size);
		json_hex(walk->json, "value", value, walk->def->value_size);
		json_object_end(walk->json);
	} else {
		cli_printf(walk->cli, "  ");
		text_bytes(walk->cli, key, walk->def->key_size);
		cli_printf(walk->cli, ": ");
		text_bytes(walk->cli, value, walk->def->value_size);
		cli_printf(walk->cli, "\n");
	}
	cli_flush_some(walk->cli);
}

/* Arrays are mostly zeros: only what a program stored is worth a line. */
static void walk_map(struct walk *walk, struct map *map)
{
	bool skip_zeros = (walk->def->type->flags & MAP_TYPE_INDEX_KEY) != 0;
	u8 *keys = mem_zalloc_array(2, MAX(walk->def->key_size, 4u));
	const u8 *key = NULL;
	u8 *next = keys;

	if (keys == NULL)
		return;
	while (map->ops->next_key(map, key, next) == 0) {
		const u8 *value = map->ops->lookup(map, next);

		key = next;
		next = key == keys ? keys + MAX(walk->def->key_size, 4u) : keys;
		if (value == NULL)
			continue;
		if (skip_zeros && is_zero(value, walk->def->value_size))
			walk->zeros++;
		else
			show_entry(walk, key, value);
	}
	mem_free(keys);
}

static bool can_walk(const struct map *map, const struct prog_map *def)
{
	/* Constants are no news. */
	return map != NULL && def->type != NULL && !def->read_only && map->ops->next_key != NULL &&
	       map->ops->lookup != NULL && (def->type->flags & MAP_TYPE_OF_MAPS) == 0 &&
	       def->type->kind != MAP_KIND_PROG_ARRAY;
}

void dump_text(struct cli *cli, struct runtime *rt, const struct prog *prog)
{
	for (u32 i = 0; i < prog->map_count; i++) {
		struct walk walk = { .cli = cli, .def = &prog->maps[i] };
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
		struct walk walk = { .cli = cli, .json = json, .def = &prog->maps[i] };
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
