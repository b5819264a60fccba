/* SPDX-License-Identifier: MIT */
/* `oriel inspect --json`. */
#include "inspect.h"

#include "btf/text.h"

static void json_sections(struct json *json, const struct elf *elf)
{
	char flags[8], type[16];

	json_array_begin(json, "sections");
	for (u32 i = 1; i < elf->section_count; i++) {
		const struct elf_section *section = &elf->sections[i];

		json_object_begin(json, NULL);
		json_u64(json, "idx", i);
		json_str(json, "name", section->name);
		json_str(json, "type", inspect_section_type(section, type));
		json_u64(json, "size", section->size);
		json_str(json, "flags", inspect_section_flags(section, flags));
		if (section->bad != NULL)
			json_str(json, "error", section->bad);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_prog(struct json *json, const struct object_prog *row,
		      const struct inspect_prog *linked)
{
	const struct spec_section *match = row->match;

	json_object_begin(json, NULL);
	json_str(json, "name", row->name);
	json_str(json, "section", row->section);
	json_str(json, "type", match != NULL && match->type != NULL ? match->type->name : NULL);
	json_str(json, "attach_type",
		 match != NULL && match->attach != NULL ? match->attach->name : NULL);
	json_bool(json, "subprogram", row->is_subprog);
	json_bool(json, "optional", row->optional);
	if (linked->prog != NULL) {
		json_u64(json, "insns", inspect_slots(linked->prog));
		json_u64(json, "callback_insns", inspect_callback_slots(linked->prog));
		json_object_begin(json, "stats");
		for (u32 group = 0; group < PROG_GROUP_COUNT; group++)
			json_u64(json, prog_group_name((enum prog_group)group),
				 linked->groups[group]);
		json_object_end(json);
	} else {
		json_str(json, "error", linked->error);
	}
	json_object_end(json);
}

static void json_programs(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;

	json_array_begin(json, "programs");
	for (u32 i = 0; i < object->prog_count; i++)
		if (inspect_shows_prog(in, i))
			json_prog(json, &object->progs[i], &in->progs[i]);
	json_array_end(json);
}

static void json_values(struct json *json, const struct prog_map *map)
{
	json_array_begin(json, "values");
	for (u32 i = 0; i < map->value_count; i++) {
		const struct prog_map_value *value = &map->values[i];

		json_object_begin(json, NULL);
		json_u64(json, "key", value->index);
		json_str(json, value->map != PROG_NO_INDEX ? "map" : "program", value->name);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_map(struct json *json, const struct object *object, u32 idx)
{
	const struct prog_map *map = &object->maps[idx];
	const struct prog_map *inner = inspect_inner(object, map);

	json_object_begin(json, NULL);
	json_str(json, "name", map->name);
	json_str(json, "type", map->type != NULL ? map->type->name : NULL);
	json_u64(json, "key_size", map->key_size);
	json_u64(json, "value_size", map->value_size);
	json_u64(json, "max_entries", map->max_entries);
	json_u64(json, "flags", map->flags);
	json_u64(json, "extra", map->extra);
	json_u64(json, "id", map->id);
	json_str(json, "pinning", map->pinning != 0 ? "by_name" : "none");
	json_str(json, "inner", inner != NULL ? inner->name : NULL);
	json_values(json, map);
	if (object_map_error(object, idx) != NULL)
		json_str(json, "error", object_map_error(object, idx));
	json_object_end(json);
}

static void json_maps(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;

	json_array_begin(json, "maps");
	for (u32 i = 0; i < object->map_count; i++)
		if (!object->maps[i].is_global && in->maps[i])
			json_map(json, object, i);
	json_array_end(json);
}

/* Those of one map; next goes through all, which are in the order of the maps. */
static void json_vars(struct json *json, const struct inspect *in, u32 map, u32 *next)
{
	json_array_begin(json, "variables");
	while (*next < in->global_count && in->globals[*next].map < map)
		(*next)++;
	for (; *next < in->global_count && in->globals[*next].map == map; (*next)++) {
		const struct object_global *var = &in->globals[*next];
		struct strbuf type = STRBUF_INIT;

		btf_type_text(&in->file.object->btf, var->type, &type);
		json_object_begin(json, NULL);
		json_str(json, "name", var->name);
		json_u64(json, "offset", var->off);
		json_u64(json, "size", var->size);
		json_str(json, "type", var->type != 0 ? strbuf_str(&type) : NULL);
		json_object_end(json);
		strbuf_fini(&type);
	}
	json_array_end(json);
}

static void json_globals(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;
	u32 next = 0;

	json_array_begin(json, "globals");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];

		if (!map->is_global || !in->maps[i])
			continue;
		json_object_begin(json, NULL);
		json_str(json, "name", map->name);
		json_u64(json, "size", map->value_size);
		json_bool(json, "read_only", map->read_only);
		json_vars(json, in, i, &next);
		if (object_map_error(object, i) != NULL)
			json_str(json, "error", object_map_error(object, i));
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_relocs(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;

	json_array_begin(json, "relocations");
	for (u32 i = 0; i < in->reloc_count; i++) {
		const struct object_reloc *row = &in->relocs[i];

		if (in->only != PROG_NO_INDEX && in->only != row->prog)
			continue;
		json_object_begin(json, NULL);
		json_str(json, "section", object->elf.sections[row->section].name);
		json_u64(json, "offset", row->off);
		json_str(json, "program",
			 row->prog != PROG_NO_INDEX ? object->progs[row->prog].name : NULL);
		json_str(json, "kind", row->kind_name);
		json_str(json, "symbol", row->symbol);
		if (row->error != NULL) {
			json_str(json, "error", row->error);
		} else if (row->kind == OBJECT_RELOC_CORE) {
			json_u64(json, "value", row->value);
		} else {
			json_str(json, "target", row->target);
			json_u64(json, "target_offset", row->target_off);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_btf(struct json *json, const struct object *object)
{
	const struct btf *btf = &object->btf;
	u32 counts[BTF_KIND_COUNT] = { 0 };

	inspect_count_btf(btf, counts);
	json_object_begin(json, "btf");
	json_u64(json, "types", btf->type_count > 0 ? btf->type_count - 1 : 0);
	json_object_begin(json, "kinds");
	for (u32 kind = 1; kind < BTF_KIND_COUNT; kind++)
		if (counts[kind] > 0)
			json_u64(json, btf_kind_name((enum btf_kind)kind), counts[kind]);
	json_object_end(json);
	json_u64(json, "lines", inspect_lines(object));
	json_object_end(json);
}

static void json_core(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;

	json_object_begin(json, "core");
	json_u64(json, "relocations", object_core_relo_count(object));
	json_str(json, "btf", in->file.btf_path);
	json_array_begin(json, "unresolved");
	for (u32 i = 0; i < object->prog_count; i++) {
		const struct prog *prog = in->progs[i].prog;

		for (u32 j = 0; prog != NULL && j < prog->unresolved_count; j++) {
			json_object_begin(json, NULL);
			json_str(json, "name", prog->name);
			json_u64(json, "slot", prog->unresolved[j].slot);
			json_str(json, "text", prog->unresolved[j].text);
			json_object_end(json);
		}
	}
	json_array_end(json);
	json_object_end(json);
}

static void json_warnings(struct json *json, const struct object *object)
{
	json_array_begin(json, "warnings");
	for (u32 i = 0; i < object->warning_count; i++)
		json_str(json, NULL, object->warnings[i]);
	json_array_end(json);
}

void inspect_json(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct json json;

	json_init(&json, &in->cli->out, true);
	json_object_begin(&json, NULL);
	cli_json_file(&json, &in->file, object);
	json_str(&json, "license", object->license);
	if ((in->parts & INSPECT_SECTIONS) != 0)
		json_sections(&json, &object->elf);
	if ((in->parts & INSPECT_PROGRAMS) != 0)
		json_programs(&json, in);
	if ((in->parts & INSPECT_MAPS) != 0)
		json_maps(&json, in);
	if ((in->parts & INSPECT_GLOBALS) != 0)
		json_globals(&json, in);
	if ((in->parts & INSPECT_RELOCATIONS) != 0)
		json_relocs(&json, in);
	if ((in->parts & INSPECT_BTF) != 0) {
		json_btf(&json, object);
		json_core(&json, in);
	}
	json_warnings(&json, object);
	json_object_end(&json);
	cli_printf(in->cli, "\n");
}
