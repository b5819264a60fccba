/* SPDX-License-Identifier: MIT */
/* `oriel inspect` for people: a table for each part. */
#include "inspect.h"

#include "btf/text.h"

static void text_table(struct inspect *in, const char *title, struct strbuf *cells)
{
	cli_printf(in->cli, "\n%s%s%s\n", cli_style(in->cli, CLI_BOLD), title,
		   cli_style(in->cli, CLI_PLAIN));
	cli_table(in->cli, "  ", cells);
	strbuf_fini(cells);
}

static void text_sections(struct inspect *in)
{
	const struct elf *elf = &in->file.object->elf;
	struct strbuf cells = STRBUF_INIT;
	char flags[8], type[16];

	strbuf_add(&cells, "idx\tname\ttype\tsize\tflags\n");
	for (u32 i = 1; i < elf->section_count; i++) {
		const struct elf_section *section = &elf->sections[i];

		strbuf_printf(&cells, "%u\t%s\t%s\t%llu\t%s%s%s\n", i, section->name,
			      inspect_section_type(section, type), section->size,
			      inspect_section_flags(section, flags),
			      section->bad != NULL ? " bad: " : "",
			      section->bad != NULL ? section->bad : "");
	}
	text_table(in, "Sections", &cells);
}

static void text_programs(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;

	if (object->prog_count == 0)
		return;
	strbuf_add(&cells, "section\tprogram\ttype\tsize\tcallbacks\tsubprogram\n");
	for (u32 i = 0; i < object->prog_count; i++) {
		const struct object_prog *row = &object->progs[i];
		const struct prog *prog = in->progs[i].prog;

		if (!inspect_shows_prog(in, i))
			continue;
		strbuf_printf(&cells, "%s\t%s\t%s\t", row->section, row->name, cli_prog_type(row));
		if (prog != NULL)
			strbuf_printf(&cells, "%u\t%u", inspect_slots(prog),
				      inspect_callback_slots(prog));
		else
			strbuf_add(&cells, "damaged\t");
		strbuf_printf(&cells, "\t%s\n", row->is_subprog ? "yes" : "no");
	}
	text_table(in, "Programs", &cells);
}

static void text_stats(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "program\tinstructions\n");
	for (u32 i = 0; i < object->prog_count; i++) {
		const char *between = "";

		if (in->progs[i].prog == NULL)
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t", object->progs[i].name);
		for (u32 group = 0; group < PROG_GROUP_COUNT; group++) {
			if (in->progs[i].groups[group] == 0)
				continue;
			strbuf_printf(&cells, "%s%u %s", between, in->progs[i].groups[group],
				      prog_group_name((enum prog_group)group));
			between = ", ";
		}
		strbuf_add_char(&cells, '\n');
	}
	if (shown > 0)
		text_table(in, "Instructions", &cells);
	strbuf_fini(&cells);
}

static void text_maps(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "name\ttype\tkey\tvalue\tentries\tflags\tpinning\tinner\n");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];
		const struct prog_map *inner = inspect_inner(object, map);

		if (map->is_global || !in->maps[i])
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t%s\t%u\t%u\t%u\t0x%x\t%s\t%s\n", map->name,
			      object_map_error(object, i) != NULL ? "damaged"
			      : map->type != NULL		  ? map->type->name
								  : "-",
			      map->key_size, map->value_size, map->max_entries, map->flags,
			      map->pinning != 0 ? "by name" : "none",
			      inner != NULL ? inner->name : "-");
	}
	if (shown > 0)
		text_table(in, "Maps", &cells);
	strbuf_fini(&cells);
}

static void text_values(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "map\tkey\tholds\n");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];

		for (u32 v = 0; in->maps[i] && v < map->value_count; v++, shown++)
			strbuf_printf(&cells, "%s\t%u\t%s %s\n", map->name, map->values[v].index,
				      map->values[v].map != PROG_NO_INDEX ? "map" : "program",
				      map->values[v].name);
	}
	if (shown > 0)
		text_table(in, "Map contents", &cells);
	strbuf_fini(&cells);
}

static void text_globals(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "name\tsize\taccess\n");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];

		if (!map->is_global || !in->maps[i])
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t%u\t%s\n", map->name, map->value_size,
			      map->read_only ? "read" : "read, write");
	}
	if (shown > 0)
		text_table(in, "Globals", &cells);
	strbuf_fini(&cells);
}

static void text_vars(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "section\tvariable\toffset\tsize\ttype\n");
	for (u32 i = 0; i < in->global_count; i++) {
		const struct object_global *var = &in->globals[i];

		if (!in->maps[var->map])
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t%s\t%u\t%u\t", object->maps[var->map].name, var->name,
			      var->off, var->size);
		btf_type_text(&object->btf, var->type, &cells);
		strbuf_add_char(&cells, '\n');
	}
	if (shown > 0)
		text_table(in, "Variables", &cells);
	strbuf_fini(&cells);
}

static void text_relocs(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "section\toffset\tkind\tsymbol\tresolved to\n");
	for (u32 i = 0; i < in->reloc_count; i++) {
		const struct object_reloc *row = &in->relocs[i];

		if (in->only != PROG_NO_INDEX && in->only != row->prog)
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t0x%llx\t%s\t%s\t",
			      object->elf.sections[row->section].name, row->off, row->kind_name,
			      row->symbol);
		if (row->error != NULL)
			strbuf_printf(&cells, "- (%s)", row->error);
		else if (row->kind == OBJECT_RELOC_CORE)
			strbuf_printf(&cells, "%llu", row->value);
		else if (row->target == NULL)
			strbuf_add(&cells, "outside");
		else if (row->target_off != 0)
			strbuf_printf(&cells, "%s+0x%llx", row->target, row->target_off);
		else
			strbuf_add(&cells, row->target);
		strbuf_add_char(&cells, '\n');
	}
	if (shown > 0)
		text_table(in, "Relocations", &cells);
	strbuf_fini(&cells);
}

static void text_btf(struct inspect *in)
{
	const struct object *object = in->file.object;
	u32 counts[BTF_KIND_COUNT] = { 0 };
	const char *between = ": ";

	cli_printf(in->cli, "\nBTF %u types",
		   object->btf.type_count > 0 ? object->btf.type_count - 1 : 0);
	inspect_count_btf(&object->btf, counts);
	for (u32 kind = 1; kind < BTF_KIND_COUNT; kind++) {
		if (counts[kind] == 0)
			continue;
		cli_printf(in->cli, "%s%u %s", between, counts[kind],
			   btf_kind_name((enum btf_kind)kind));
		between = ", ";
	}
	cli_printf(in->cli, "; %u source lines\n", inspect_lines(object));
}

static void text_core(struct inspect *in)
{
	const struct object *object = in->file.object;
	u32 count = object_core_relo_count(object);

	if (count == 0)
		return;
	cli_printf(in->cli, "CO-RE: %u relocation%s, resolved against %s\n", count,
		   count == 1 ? "" : "s",
		   in->file.btf_path != NULL ? in->file.btf_path : "the object's own BTF");
	for (u32 i = 0; i < object->prog_count; i++) {
		const struct prog *prog = in->progs[i].prog;

		for (u32 j = 0; prog != NULL && j < prog->unresolved_count; j++)
			cli_printf(in->cli, "  %s, slot %u: %s\n", prog->name,
				   prog->unresolved[j].slot, prog->unresolved[j].text);
	}
}

void inspect_text(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;

	strbuf_printf(&cells, "file\t%s\ndialect\t%s (%s)\nlicense\t%s\n", in->file.path,
		      dialect_name(object->dialect), object->dialect_why,
		      object->license != NULL ? object->license : "none");
	cli_table(in->cli, "", &cells);
	strbuf_fini(&cells);
	if ((in->parts & INSPECT_PROGRAMS) != 0)
		text_programs(in);
	if (in->stats && (in->parts & INSPECT_PROGRAMS) != 0)
		text_stats(in);
	if ((in->parts & INSPECT_MAPS) != 0) {
		text_maps(in);
		text_values(in);
	}
	if ((in->parts & INSPECT_GLOBALS) != 0) {
		text_globals(in);
		text_vars(in);
	}
	if ((in->parts & INSPECT_RELOCATIONS) != 0)
		text_relocs(in);
	if ((in->parts & INSPECT_SECTIONS) != 0)
		text_sections(in);
	if ((in->parts & INSPECT_BTF) != 0) {
		text_btf(in);
		text_core(in);
	}
}
