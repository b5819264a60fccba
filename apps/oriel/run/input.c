/* SPDX-License-Identifier: MIT */
/* `oriel run`: the context, the packet and the entries of maps that the user gives. */
#include "run.h"

#include "base/mem.h"
#include "base/str.h"
#include "value.h"

/* Room behind a packet, for programs that lengthen it. */
#define DATA_ROOM 256

static int no_memory(const struct run *run)
{
	cli_error(run->cli, NULL, "out of memory");
	return CLI_FAILED;
}

/* --- the context --- */

/* "a, b, c": what --set can set. */
static void list_fields(const struct spec_ctx *ctx, struct strbuf *out)
{
	for (u32 i = 0; ctx != NULL && i < ctx->field_count; i++)
		if (ctx->fields[i].kind == FIELD_SCALAR)
			strbuf_printf(out, "%s%s",
				      out->len > 0 ? ", " : "fields: ", ctx->fields[i].name);
}

static int unknown_field(const struct run *run, const char *text, size_t len)
{
	const struct spec_prog_type *type = run->load.prog->type;
	struct strbuf hint = STRBUF_INIT;

	list_fields(type->ctx, &hint);
	cli_error(run->cli, hint.len > 0 ? strbuf_str(&hint) : NULL,
		  "--set: the context of %s has no field '%.*s'", type->name, (int)len, text);
	strbuf_fini(&hint);
	return CLI_USAGE;
}

static const struct spec_field *find_field(const struct spec_ctx *ctx, const char *name, size_t len)
{
	for (u32 i = 0; ctx != NULL && i < ctx->field_count; i++)
		if (strlen(ctx->fields[i].name) == len &&
		    memcmp(ctx->fields[i].name, name, len) == 0)
			return &ctx->fields[i];
	return NULL;
}

/* FIELD=VALUE */
static int set_field(struct run *run, const char *text)
{
	const struct spec_ctx *ctx = run->load.prog->type->ctx;
	size_t len = strcspn(text, "=");
	const struct spec_field *field = find_field(ctx, text, len);
	const char *why;

	if (text[len] == '\0') {
		cli_error(run->cli, VALUE_FORMS, "--set: '%s' is not FIELD=VALUE", text);
		return CLI_USAGE;
	}
	if (field == NULL)
		return unknown_field(run, text, len);
	if (field->kind != FIELD_SCALAR) {
		cli_error(run->cli, NULL, "--set: %s comes from the packet: --data, --packet",
			  field->name);
		return CLI_USAGE;
	}
	why = value_parse(text + len + 1, run->ctx + field->off, field->size);
	if (why == NULL)
		return 0;
	cli_error(run->cli, VALUE_FORMS, "--set: '%s' %s (%s has %u bytes)", text + len + 1, why,
		  field->name, field->size);
	return CLI_USAGE;
}

/* The context: the file's bytes, zeros up to the type's size, fields by name. */
static int prepare_ctx(struct run *run)
{
	const struct spec_prog_type *type = run->load.prog->type;
	const char *path = run->cli->values[RUN_CTX];
	size_t size = type->ctx != NULL ? type->ctx->size : 0;
	struct cli_file file = { 0 };
	int status = 0;

	run->ctx = mem_zalloc(size + 1);
	run->args.ctx = size > 0 ? mem_zalloc(size) : NULL;
	run->args.ctx_len = size;
	if (run->ctx == NULL || (size > 0 && run->args.ctx == NULL))
		return no_memory(run);
	if (path != NULL)
		status = cli_read_file(run->cli, path, &file);
	if (status == 0 && file.len > size) {
		cli_error(run->cli, NULL, "--ctx: %s has %zu bytes, the context of %s is %zu", path,
			  file.len, type->name, size);
		status = CLI_INPUT;
	}
	if (status == 0 && file.len > 0)
		memcpy(run->ctx, file.bytes, file.len);
	cli_file_fini(&file);
	for (size_t i = 0; status == 0 && i < run->cli->given.count; i++)
		if (run->cli->given.items[i].option == RUN_SET)
			status = set_field(run, run->cli->given.items[i].value);
	return status;
}

/* --- the packet --- */

static bool takes_data(const struct spec_prog_type *type)
{
	return (type->flags & (PROG_TYPE_RAW | PROG_TYPE_LEGACY_PACKET)) != 0 ||
	       (type->ctx != NULL && type->ctx->data >= 0);
}

/* At most one of the options that give data; its index, or -1. */
static int data_option(const struct run *run, int *ret_option)
{
	static const char *const names[] = { "--data", "--packet", "--pcap" };
	static const u32 options[] = { RUN_DATA, RUN_PACKET, RUN_PCAP };
	const struct spec_prog_type *type = run->load.prog->type;
	int found = -1;

	for (int i = 0; i < (int)ARRAY_COUNT(options); i++) {
		if (!cli_given(run->cli, options[i]))
			continue;
		if (found >= 0) {
			cli_error(run->cli, NULL, "%s and %s: one of them", names[found], names[i]);
			return CLI_USAGE;
		}
		found = i;
	}
	if (found >= 0 && !takes_data(type)) {
		cli_error(run->cli, NULL, "%s: the context of %s points to no data", names[found],
			  type->name);
		return CLI_USAGE;
	}
	*ret_option = found < 0 ? -1 : (int)options[found];
	return 0;
}

static int read_packet(struct run *run)
{
	const char *text = run->cli->values[RUN_PACKET], *why;
	size_t cap = strlen(text) / 2, len = 0;

	run->data_file.bytes = mem_zalloc(cap + 1);
	if (run->data_file.bytes == NULL)
		return no_memory(run);
	why = value_parse_hex(text, run->data_file.bytes, cap, &len);
	if (why != NULL) {
		cli_error(run->cli, NULL, "--packet: it %s", why);
		return CLI_USAGE;
	}
	run->data_file.len = len;
	return 0;
}

int run_set_data(struct run *run, const u8 *bytes, size_t len)
{
	size_t size = MAX(len, run->raw_size), cap = size + DATA_ROOM;

	if (run->args.data == NULL || cap > run->args.data_cap) {
		mem_free(run->args.data);
		run->args.data = mem_zalloc(cap);
		if (run->args.data == NULL)
			return no_memory(run);
		run->args.data_cap = cap;
	}
	if (len > 0)
		memcpy(run->args.data, bytes, len);
	memset(run->args.data + len, 0, size - len);
	run->args.data_len = size;
	if (run->args.ctx_len > 0)
		memcpy(run->args.ctx, run->ctx, run->args.ctx_len);
	return 0;
}

int run_prepare_input(struct run *run)
{
	int option = -1;
	int status = prepare_ctx(run);

	if (status == 0)
		status = data_option(run, &option);
	if (status == 0 && option == RUN_PACKET)
		status = read_packet(run);
	else if (status == 0 && option >= 0)
		status = cli_read_file(run->cli, run->cli->values[option], &run->data_file);
	if (status != 0)
		return status;
	if (cli_given(run->cli, RUN_RAW_SIZE) &&
	    (run->load.prog->type->flags & PROG_TYPE_RAW) == 0) {
		cli_error(run->cli, NULL, "--raw-size: it is for type raw, the program is of %s",
			  run->load.prog->type->name);
		return CLI_USAGE;
	}
	if (!takes_data(run->load.prog->type)) {
		if (run->args.ctx_len > 0)
			memcpy(run->args.ctx, run->ctx, run->args.ctx_len);
		return 0;
	}
	if (option == RUN_PCAP)
		return 0; /* packet by packet */
	return run_set_data(run, run->data_file.bytes, run->data_file.len);
}

/* --- maps --- */

/* One NAME:KEY=VALUE, taken apart. */
struct preset {
	char *text; /* the pieces lie in it */
	const char *name, *key, *value;
	struct map *map;
	const struct prog_map *def;
	u8 *key_bytes, *value_bytes;
};

static int split_preset(const struct run *run, const char *text, struct preset *preset)
{
	size_t name_len = strcspn(text, ":");
	size_t key_end = text[name_len] == '\0' ? 0 : name_len + strcspn(text + name_len, "=");

	if (key_end == 0 || text[key_end] == '\0') {
		cli_error(run->cli, VALUE_FORMS, "--map: '%s' is not MAP:KEY=VALUE", text);
		return CLI_USAGE;
	}
	preset->text = mem_zalloc(strlen(text) + 1);
	if (preset->text == NULL)
		return no_memory(run);
	memcpy(preset->text, text, strlen(text));
	preset->text[name_len] = '\0';
	preset->text[key_end] = '\0';
	preset->name = preset->text;
	preset->key = preset->text + name_len + 1;
	preset->value = preset->text + key_end + 1;
	return 0;
}

static int find_map(const struct run *run, struct preset *preset)
{
	const struct prog *prog = run->load.prog;
	struct strbuf hint = STRBUF_INIT;

	for (u32 i = 0; i < prog->map_count; i++) {
		if (str_eq(prog->maps[i].name, preset->name)) {
			preset->def = &prog->maps[i];
			preset->map = load_map(&run->load, i);
		}
		strbuf_printf(&hint, "%s%s", i > 0 ? ", " : "maps: ", prog->maps[i].name);
	}
	if (preset->def == NULL)
		cli_error(run->cli, hint.len > 0 ? strbuf_str(&hint) : NULL,
			  "--map: there is no map '%s'", preset->name);
	strbuf_fini(&hint);
	return preset->def != NULL ? 0 : CLI_USAGE;
}

static int parse_bytes(const struct run *run, const struct preset *preset, const char *what,
		       const char *text, u8 *bytes, u32 size)
{
	const char *why = value_parse(text, bytes, size);

	if (why == NULL)
		return 0;
	cli_error(run->cli, VALUE_FORMS, "--map: %s: '%s' %s (a %s has %u bytes)", preset->name,
		  text, why, what, size);
	return CLI_USAGE;
}

/* A value of a map of maps: the name of another map. */
static int set_inner(const struct run *run, struct preset *preset)
{
	const struct prog *prog = run->load.prog;
	struct error err = { .text = "this map's type cannot be used" };
	struct map *inner;
	u32 i = 0;

	while (i < prog->map_count && !str_eq(prog->maps[i].name, preset->value))
		i++;
	if (i == prog->map_count) {
		cli_error(run->cli, "a value of a map of maps is another map's name",
			  "--map: %s: there is no map '%s'", preset->name, preset->value);
		return CLI_USAGE;
	}
	inner = load_map(&run->load, i);
	if (inner != NULL &&
	    map_set_inner(preset->map, preset->key_bytes, inner, MAP_ANY, &err) == 0)
		return 0;
	cli_error(run->cli, NULL, "--map: %s: %s", preset->name, err.text);
	return CLI_USAGE;
}

/* The same value for every CPU of a map that has one for each. */
static int set_value(const struct run *run, struct preset *preset)
{
	u32 size = preset->def->value_size, step = (size + 7) & ~7u;
	int status = parse_bytes(run, preset, "value", preset->value, preset->value_bytes, size), r;

	if (status != 0)
		return status;
	for (size_t at = step; size > 0 && at + size <= map_value_size(preset->map); at += step)
		memcpy(preset->value_bytes + at, preset->value_bytes, size);
	r = map_write(preset->map, preset->key_bytes, preset->value_bytes, MAP_ANY);
	if (r == 0)
		return 0;
	if (r == ERR_TOOBIG || r == ERR_NOSPC || r == ERR_NOMEM)
		cli_error(run->cli, NULL, "--map: %s has no room for key '%s'", preset->name,
			  preset->key);
	else
		cli_error(run->cli, NULL, "--map: %s does not take '%s' for key '%s': %s",
			  preset->name, preset->value, preset->key, error_name(r));
	return CLI_USAGE;
}

static int set_entry(const struct run *run, struct preset *preset)
{
	const struct prog_map *def = preset->def;
	int status;

	if (preset->map == NULL || def->type == NULL || preset->map->ops->next_key == NULL ||
	    def->type->kind == MAP_KIND_PROG_ARRAY) {
		cli_error(run->cli, NULL,
			  "--map: %s is of type %s, which takes no values from here", preset->name,
			  def->type != NULL ? def->type->name : "unknown");
		return CLI_USAGE;
	}
	preset->key_bytes = mem_zalloc((size_t)def->key_size + 1);
	preset->value_bytes = mem_zalloc(map_value_size(preset->map) + 1);
	if (preset->key_bytes == NULL || preset->value_bytes == NULL)
		return no_memory(run);
	status = parse_bytes(run, preset, "key", preset->key, preset->key_bytes, def->key_size);
	if (status != 0)
		return status;
	return (def->type->flags & MAP_TYPE_OF_MAPS) != 0 ? set_inner(run, preset)
							  : set_value(run, preset);
}

/* MAP:KEY=VALUE */
static int prepare_entry(const struct run *run, const char *text)
{
	struct preset preset = { 0 };
	int status = split_preset(run, text, &preset);

	if (status == 0)
		status = find_map(run, &preset);
	if (status == 0)
		status = set_entry(run, &preset);
	mem_free(preset.key_bytes);
	mem_free(preset.value_bytes);
	mem_free(preset.text);
	return status;
}

bool run_has_map(const struct run *run, const char *text)
{
	const struct prog *prog = run->load.prog;
	size_t len = strcspn(text, ":");

	for (u32 i = 0; i < prog->map_count; i++)
		if (strlen(prog->maps[i].name) == len && memcmp(prog->maps[i].name, text, len) == 0)
			return true;
	return false;
}

/* MAP:KEY; what is not there is fine. */
static int remove_entry(const struct run *run, struct preset *preset)
{
	const struct prog_map *def = preset->def;
	int status, r;

	preset->key_bytes = mem_zalloc((size_t)def->key_size + 1);
	if (preset->key_bytes == NULL)
		return no_memory(run);
	status = parse_bytes(run, preset, "key", preset->key, preset->key_bytes, def->key_size);
	if (status != 0)
		return status;
	r = preset->map == NULL || def->key_size == 0 ? ERR_NOTSUP
						      : map_delete(preset->map, preset->key_bytes);
	if (r == 0 || r == ERR_NOENT)
		return 0;
	cli_error(run->cli, NULL, "%s: nothing can be taken out: %s", preset->name, error_name(r));
	return CLI_USAGE;
}

int run_change_entry(const struct run *run, const char *text)
{
	struct preset preset = { 0 };
	size_t name_len = strcspn(text, ":");
	int status;

	if (text[name_len] == '\0' || strchr(text + name_len, '=') != NULL)
		return prepare_entry(run, text);
	preset.text = mem_zalloc(strlen(text) + 1);
	if (preset.text == NULL)
		return no_memory(run);
	memcpy(preset.text, text, strlen(text));
	preset.text[name_len] = '\0';
	preset.name = preset.text;
	preset.key = preset.text + name_len + 1;
	status = find_map(run, &preset);
	if (status == 0)
		status = remove_entry(run, &preset);
	mem_free(preset.key_bytes);
	mem_free(preset.text);
	return status;
}

/* --- global variables --- */

static int unknown_var(const struct run *run, const char *name, size_t len,
		       const struct object_global *globals, u32 count)
{
	struct strbuf hint = STRBUF_INIT;

	for (u32 i = 0; i < count; i++)
		strbuf_printf(&hint, "%s%s", i > 0 ? ", " : "variables: ", globals[i].name);
	cli_error(run->cli, hint.len > 0 ? strbuf_str(&hint) : NULL,
		  "--var: there is no global variable '%.*s'", (int)len, name);
	strbuf_fini(&hint);
	return CLI_USAGE;
}

static const struct object_global *find_global(const struct object_global *globals, u32 count,
					       const char *text, size_t len)
{
	for (u32 i = 0; i < count; i++)
		if (strlen(globals[i].name) == len && memcmp(globals[i].name, text, len) == 0)
			return &globals[i];
	return NULL;
}

static int parse_var(const struct run *run, const struct object_global *global, const char *text,
		     u8 *section)
{
	const char *why = value_parse(text, section + global->off, global->size);

	if (why == NULL)
		return 0;
	cli_error(run->cli, VALUE_FORMS, "--var: '%s' %s (%s has %u bytes)", text, why,
		  global->name, global->size);
	return CLI_USAGE;
}

/* The contents that the section begins with become others. */
static int set_constant(const struct run *run, struct object *object,
			const struct object_global *global, const char *text)
{
	struct prog_map *map = &object->maps[global->map];
	u8 *section = arena_alloc(&object->arena, map->value_size);
	int status;

	if (section == NULL)
		return no_memory(run);
	memset(section, 0, map->value_size);
	if (map->initial_len > 0)
		memcpy(section, map->initial, MIN(map->initial_len, map->value_size));
	status = parse_var(run, global, text, section);
	if (status == 0) {
		map->initial = section;
		map->initial_len = map->value_size;
	}
	return status;
}

int run_set_constants(const struct run *run, struct object *object)
{
	const struct object_global *globals = NULL, *global;
	struct error err = { 0 };
	int status = 0;
	u32 count = 0;

	if (cli_given(run->cli, RUN_VAR) && object_globals(object, &globals, &count, &err) != 0)
		return no_memory(run);
	for (size_t i = 0; status == 0 && i < run->cli->given.count; i++) {
		const struct cli_given *given = &run->cli->given.items[i];
		size_t len = given->option == RUN_VAR ? strcspn(given->value, "=") : 0;

		if (len == 0 || given->value[len] == '\0' || !run_is_for(run, given))
			continue;
		global = find_global(globals, count, given->value, len);
		if (global != NULL && object->maps[global->map].read_only)
			status = set_constant(run, object, global, given->value + len + 1);
	}
	return status;
}

/* NAME=VALUE. Constants were set before the program was verified, which relies on them. */
static int prepare_var(const struct run *run, const char *text)
{
	const struct object_global *globals = NULL, *global = NULL;
	size_t len = strcspn(text, "=");
	struct error err = { 0 };
	struct map *map;
	u8 *section;
	u32 count = 0;

	if (text[len] == '\0') {
		cli_error(run->cli, VALUE_FORMS, "--var: '%s' is not NAME=VALUE", text);
		return CLI_USAGE;
	}
	if (object_globals(run->load.object, &globals, &count, &err) != 0)
		return no_memory(run);
	global = find_global(globals, count, text, len);
	map = global != NULL ? load_map(&run->load, global->map) : NULL;
	section = map != NULL ? map_direct_value(map) : NULL;
	if (section == NULL)
		return unknown_var(run, text, len, globals, count);
	if (run->load.object->maps[global->map].read_only)
		return 0;
	return parse_var(run, global, text + len + 1, section);
}

/* Options stand before the file that they are for, or behind the last one. */
bool run_is_for(const struct run *run, const struct cli_given *given)
{
	return run->file_count == 0 || MIN(given->operands, run->file_count - 1) == run->file_index;
}

int run_prepare_maps(struct run *run)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < run->cli->given.count; i++) {
		const struct cli_given *given = &run->cli->given.items[i];

		if (!run_is_for(run, given))
			continue;
		if (given->option == RUN_MAP)
			status = prepare_entry(run, given->value);
		else if (given->option == RUN_VAR)
			status = prepare_var(run, given->value);
	}
	return status;
}
