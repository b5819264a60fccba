/* SPDX-License-Identifier: MIT */
/* A module's tables as an object: types are found by their GUIDs, which also say the dialect; maps
 * that refer to each other, by id or name, get each other's index. */
#include "../include/bpf2c.h"
#include "base/str.h"
#include "image/image.h"
#include "load/module.h"
#include "map/map.h"
#include "spec/text.h"

#define MEMORY_LIMIT ((size_t)1 << 28)

struct making {
	const struct image_module *tables;
	struct object *object;
	struct error *err;
};

static int no_memory(struct making *m)
{
	return error_set(m->err, ERR_NOMEM, "%s: out of memory", m->object->file);
}

static bool is_guid(const struct guid *a, const GUID *b)
{
	_Static_assert(sizeof(*a) == sizeof(*b), "one layout");
	return b != NULL && memcmp(a, b, sizeof(*a)) == 0;
}

/* --- programs --- */

static int unknown_type(struct making *m, const program_entry_t *entry)
{
	struct strbuf text = STRBUF_INIT;
	struct guid guid;

	memcpy(&guid, entry->program_type, sizeof(guid));
	spec_guid_text(&text, &guid);
	error_set(m->err, ERR_NOTSUP, "%s: program '%.64s' is of a type that is not known, %s",
		  m->object->file, entry->program_name, strbuf_str(&text));
	strbuf_fini(&text);
	return ERR_NOTSUP;
}

static const struct spec_prog_type *find_type(const struct spec *spec, const GUID *guid)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++)
		if (is_guid(&type->guid, guid))
			return type;
	return NULL;
}

static const struct spec_attach_type *find_attach(const struct spec *spec, const GUID *guid)
{
	const struct spec_attach_type *attach;

	for (size_t i = 0; (attach = spec_nth_attach(spec, i)) != NULL; i++)
		if (is_guid(&attach->guid, guid))
			return attach;
	return NULL;
}

static int add_program(struct making *m, u32 idx)
{
	const program_entry_t *entry = &m->tables->programs[idx];
	const struct spec_prog_type *type = find_type(m->object->spec, entry->program_type);
	struct spec_section *match = arena_alloc(&m->object->arena, sizeof(*match));

	if (match == NULL)
		return no_memory(m);
	if (type == NULL)
		return unknown_type(m, entry);
	*match = (struct spec_section){
		.prefix = entry->section_name,
		.dialect = type->dialect,
		.type = type,
		.attach = find_attach(m->object->spec, entry->expected_attach_type),
	};
	m->object->progs[idx] = (struct object_prog){
		.name = entry->program_name,
		.section = entry->section_name,
		.count = (u32)entry->bpf_instruction_count,
		.match = match,
	};
	return 0;
}

static int choose_dialect(struct making *m, enum dialect said)
{
	enum dialect found = DIALECT_UNKNOWN;

	for (u32 i = 0; i < m->object->prog_count; i++) {
		enum dialect dialect = m->object->progs[i].match->dialect;

		if (dialect == DIALECT_UNKNOWN)
			continue;
		if (found != DIALECT_UNKNOWN && dialect != found)
			return error_set(m->err, ERR_NOEXEC,
					 "%s: programs of both dialects in one module",
					 m->object->file);
		found = dialect;
	}
	if (said != DIALECT_UNKNOWN && found != DIALECT_UNKNOWN && said != found)
		return error_set(m->err, ERR_INVAL, "%s: a module of the %s dialect",
				 m->object->file, dialect_name(found));
	m->object->dialect = found != DIALECT_UNKNOWN ? found : said;
	m->object->dialect_why = found != DIALECT_UNKNOWN  ? "its programs' types say so"
				 : said != DIALECT_UNKNOWN ? "given with --dialect"
							   : NULL;
	return 0;
}

static int add_programs(struct making *m, enum dialect said)
{
	struct object *object = m->object;
	int status = 0;

	object->progs =
		arena_array(&object->arena, m->tables->program_count, sizeof(*object->progs));
	if (object->progs == NULL)
		return no_memory(m);
	object->prog_count = m->tables->program_count;
	for (u32 i = 0; status == 0 && i < object->prog_count; i++)
		status = add_program(m, i);
	return status != 0 ? status : choose_dialect(m, said);
}

/* --- maps --- */

static u32 find_map(const struct making *m, const char *name)
{
	for (u32 i = 0; i < m->object->map_count; i++)
		if (str_eq(m->object->maps[i].name, name))
			return i;
	return PROG_NO_INDEX;
}

static bool holds_maps(const struct prog_map *map)
{
	return map->type != NULL && (map->type->flags & MAP_TYPE_OF_MAPS) != 0;
}

/* The template: by id, or as older modules have it, by its place. */
static u32 inner_of(const struct making *m, u32 idx)
{
	const bpf2c_map_definition_t *def = &m->tables->maps[idx].definition;

	if (!holds_maps(&m->object->maps[idx]))
		return PROG_NO_INDEX;
	for (u32 i = 0; def->inner_id != 0 && i < m->tables->map_count; i++)
		if (i != idx && m->tables->maps[i].definition.id == def->inner_id)
			return i;
	return def->inner_map_idx < m->tables->map_count && def->inner_map_idx != idx
		       ? def->inner_map_idx
		       : PROG_NO_INDEX;
}

static int add_maps(struct making *m)
{
	struct object *object = m->object;

	object->maps = arena_array(&object->arena, (size_t)m->tables->map_count + 1,
				   sizeof(*object->maps));
	if (object->maps == NULL)
		return no_memory(m);
	object->map_count = m->tables->map_count;
	for (u32 i = 0; i < object->map_count; i++) {
		const bpf2c_map_definition_t *def = &m->tables->maps[i].definition;
		const struct spec_map_type *type =
			spec_map_type_by_number(object->dialect, def->type);
		bool is_trie = type != NULL && type->kind == MAP_KIND_LPM_TRIE;

		object->maps[i] = (struct prog_map){
			.name = m->tables->maps[i].name,
			.type = type,
			.type_number = def->type,
			.key_size = def->key_size,
			.value_size = def->value_size,
			.max_entries = def->max_entries,
			/* Modules have no flags; Linux's tries are never without this one. */
			.flags =
				is_trie && object->dialect == DIALECT_LINUX ? MAP_F_NO_PREALLOC : 0,
			.inner = PROG_NO_INDEX,
			.id = def->id,
			.pinning = def->pinning,
		};
		object->maps[i].inner = inner_of(m, i);
	}
	return 0;
}

/* The sections of global data are those of the maps, in their order: the code counts on it. */
static int add_globals(struct making *m)
{
	u32 last = 0;

	for (u32 i = 0; i < m->tables->section_count; i++) {
		const global_variable_section_info_t *section = &m->tables->sections[i];
		u32 idx = find_map(m, section->name);
		struct prog_map *map;

		if (idx == PROG_NO_INDEX || (i > 0 && idx <= last))
			return error_set(m->err, ERR_NOEXEC,
					 "%s: global data '%.64s' has no map in its place",
					 m->object->file, section->name);
		map = &m->object->maps[idx];
		if (map->type == NULL || map->type->kind != MAP_KIND_ARRAY ||
		    map->max_entries != 1 || map->value_size != section->size)
			return error_set(m->err, ERR_NOEXEC,
					 "%s: map '%.64s' is not made for its global data",
					 m->object->file, section->name);
		map->is_global = true;
		map->read_only = strstr(map->name, ".rodata") != NULL;
		map->initial = section->initial_data;
		map->initial_len = (u32)section->size;
		last = idx;
	}
	return 0;
}

static u32 find_program(const struct making *m, const char *name)
{
	for (u32 i = 0; i < m->object->prog_count; i++)
		if (str_eq(m->object->progs[i].name, name))
			return i;
	return PROG_NO_INDEX;
}

static int add_values_of(struct making *m, const map_initial_values_t *row, struct prog_map *map)
{
	bool maps = holds_maps(map);
	struct prog_map_value *values =
		arena_array(&m->object->arena, row->count + 1, sizeof(*values));

	if (values == NULL)
		return no_memory(m);
	for (u32 i = 0; i < row->count; i++) {
		const char *name = row->values[i];
		struct prog_map_value *value = &values[map->value_count];

		if (name == NULL)
			continue;
		*value = (struct prog_map_value){ i, PROG_NO_INDEX, PROG_NO_INDEX, name };
		if (maps)
			value->map = find_map(m, name);
		else
			value->prog = find_program(m, name);
		if (value->map == PROG_NO_INDEX && value->prog == PROG_NO_INDEX)
			return error_set(
				m->err, ERR_NOEXEC,
				"%s: value %u of map '%.64s' is '%.64s', which is not there",
				m->object->file, i, map->name, name);
		map->value_count++;
	}
	map->values = values;
	return 0;
}

static int add_values(struct making *m)
{
	int status = 0;

	for (u32 i = 0; status == 0 && i < m->tables->value_count; i++) {
		const map_initial_values_t *row = &m->tables->values[i];
		u32 idx = find_map(m, row->name);
		struct prog_map *map = idx != PROG_NO_INDEX ? &m->object->maps[idx] : NULL;

		if (map == NULL || map->value_count > 0 ||
		    (!holds_maps(map) &&
		     (map->type == NULL || map->type->kind != MAP_KIND_PROG_ARRAY)))
			return error_set(m->err, ERR_NOEXEC,
					 "%s: initial values of '%.64s', which takes none",
					 m->object->file, row->name);
		status = add_values_of(m, row, map);
	}
	return status;
}

int module_object(const struct image_module *tables, const struct load_options *options,
		  struct object **ret_object, struct error *err)
{
	const struct object_options object_options = {
		.size = sizeof(object_options),
		.file = options->file,
		.spec = options->spec,
	};
	struct making m = { .tables = tables, .err = err };
	int status = object_new(&object_options, &m.object, err);

	if (status != 0)
		return status;
	status = add_programs(&m, options->dialect);
	if (status == 0)
		status = add_maps(&m);
	if (status == 0)
		status = add_globals(&m);
	if (status == 0)
		status = add_values(&m);
	if (status == 0)
		*ret_object = m.object;
	else
		object_free(m.object);
	return status;
}
