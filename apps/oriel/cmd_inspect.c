/* SPDX-License-Identifier: MIT */
/* `oriel inspect FILE`: what is in an object file. */
#include "cli.h"

#include "base/str.h"

enum { OPT_DIALECT, OPT_BTF, OPT_KCONFIG };

static const struct cli_option inspect_options[] = {
	[OPT_DIALECT] = { "dialect", "DIALECT", "Read the file as windows or linux.",
			  CLI_DIALECTS },
	[OPT_BTF] = { "btf", "FILE",
		      "Adjust the programs to the layouts in this BTF. Default: the object's own.",
		      NULL },
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
};

static const struct cli_example inspect_examples[] = {
	{ "What is in a file:", "oriel inspect hello_world.o" },
	{ "The names of its programs, for a script:",
	  "oriel inspect --json hello_world.o | jq -r '.programs[].name'" },
};

struct linked {
	const struct prog *prog; /* NULL where linking failed */
	const char *error;	 /* NULL where it went well */
};

struct inspect {
	struct cli *cli;
	struct cli_file file;
	struct linked *linked; /* by program */
	bool damaged;
};

/* --- gathering --- */

static int link_all(struct inspect *in)
{
	struct object *object = in->file.object;

	in->linked = arena_array(&object->arena, object->prog_count, sizeof(*in->linked));
	if (object->prog_count > 0 && in->linked == NULL)
		goto out_of_memory;
	for (u32 i = 0; i < object->prog_count; i++) {
		struct error err = { 0 };
		int status = object_link(object, i, NULL, &in->linked[i].prog, &err);

		if (status == 0)
			continue;
		in->linked[i].error = arena_strndup(&object->arena, err.text, strlen(err.text));
		if (status == ERR_NOMEM || in->linked[i].error == NULL)
			goto out_of_memory;
		in->damaged = true;
	}
	return CLI_OK;
out_of_memory:
	cli_error(in->cli, NULL, "%s: out of memory", in->file.path);
	return CLI_FAILED;
}

/* Slots of callbacks: subprograms that are not called but handed to a helper. */
static u32 callback_slots(const struct prog *prog)
{
	u32 count = 0;

	for (u32 i = 0; i < prog->subprog_count; i++)
		if (prog->subprogs[i].is_callback)
			count += prog->subprogs[i].count;
	return count;
}

static u32 own_slots(const struct prog *prog)
{
	return prog->insn_count - callback_slots(prog);
}

static const struct prog_map *map_at(const struct object *object, u32 idx)
{
	return idx < object->map_count ? &object->maps[idx] : NULL;
}

/* A section's flags as letters, as readelf has them. */
static const char *section_flags(const struct elf_section *section, char text[8])
{
	size_t len = 0;

	if (section->flags & ELF_SHF_WRITE)
		text[len++] = 'W';
	if (section->flags & ELF_SHF_ALLOC)
		text[len++] = 'A';
	if (section->flags & ELF_SHF_EXECINSTR)
		text[len++] = 'X';
	text[len] = '\0';
	return text;
}

static const char *section_type(const struct elf_section *section, char text[16])
{
	static const char *const names[] = {
		[ELF_SHT_NULL] = "null",     [ELF_SHT_PROGBITS] = "progbits",
		[ELF_SHT_SYMTAB] = "symtab", [ELF_SHT_STRTAB] = "strtab",
		[ELF_SHT_RELA] = "rela",     [ELF_SHT_NOBITS] = "nobits",
		[ELF_SHT_REL] = "rel",
	};
	struct strbuf number = STRBUF_INIT;

	if (section->type < ARRAY_COUNT(names) && names[section->type] != NULL)
		return names[section->type];
	strbuf_printf(&number, "0x%x", section->type);
	(void)str_copy(text, 16, strbuf_str(&number));
	strbuf_fini(&number);
	return text;
}

static void count_btf(const struct btf *btf, u32 counts[BTF_KIND_COUNT])
{
	for (u32 i = 1; i < btf->type_count; i++)
		if (btf->types[i].kind < BTF_KIND_COUNT)
			counts[btf->types[i].kind]++;
}

static u32 btf_types(const struct btf *btf)
{
	return btf->type_count > 0 ? btf->type_count - 1 : 0;
}

/* --- text --- */

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
			      section_type(section, type), section->size,
			      section_flags(section, flags), section->bad != NULL ? " bad: " : "",
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
	strbuf_add(&cells, "name\tsection\ttype\tslots\tsubprogram\n");
	for (u32 i = 0; i < object->prog_count; i++) {
		const struct object_prog *prog = &object->progs[i];

		strbuf_printf(&cells, "%s\t%s\t%s\t", prog->name, prog->section,
			      cli_prog_type(prog));
		if (in->linked[i].prog != NULL)
			strbuf_printf(&cells, "%u", own_slots(in->linked[i].prog));
		else
			strbuf_add(&cells, "damaged");
		strbuf_printf(&cells, "\t%s\n", prog->is_subprog ? "yes" : "no");
	}
	text_table(in, "Programs", &cells);
}

static void text_maps(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;
	u32 shown = 0;

	strbuf_add(&cells, "name\ttype\tkey\tvalue\tentries\tflags\tpinning\tinner\n");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];
		const struct prog_map *inner = map_at(object, map->inner);

		if (map->is_global)
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t%s\t%u\t%u\t%u\t0x%x\t%s\t%s\n", map->name,
			      map->type != NULL ? map->type->name : "-", map->key_size,
			      map->value_size, map->max_entries, map->flags,
			      map->pinning != 0 ? "by name" : "none",
			      inner != NULL ? inner->name : "-");
	}
	if (shown > 0)
		text_table(in, "Maps", &cells);
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

		if (!map->is_global)
			continue;
		shown++;
		strbuf_printf(&cells, "%s\t%u\t%s\n", map->name, map->value_size,
			      map->read_only ? "read" : "read, write");
	}
	if (shown > 0)
		text_table(in, "Globals", &cells);
	strbuf_fini(&cells);
}

static void text_btf(struct inspect *in)
{
	const struct btf *btf = &in->file.object->btf;
	u32 counts[BTF_KIND_COUNT] = { 0 };
	const char *between = ": ";

	cli_printf(in->cli, "\nBTF %u types", btf_types(btf));
	count_btf(btf, counts);
	for (u32 kind = 1; kind < BTF_KIND_COUNT; kind++) {
		if (counts[kind] == 0)
			continue;
		cli_printf(in->cli, "%s%u %s", between, counts[kind],
			   btf_kind_name((enum btf_kind)kind));
		between = ", ";
	}
	cli_printf(in->cli, "\n");
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
		const struct prog *prog = in->linked[i].prog;

		for (u32 j = 0; prog != NULL && j < prog->unresolved_count; j++)
			cli_printf(in->cli, "  %s, slot %u: %s\n", prog->name,
				   prog->unresolved[j].slot, prog->unresolved[j].text);
	}
}

static void print_text(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct strbuf cells = STRBUF_INIT;

	strbuf_printf(&cells, "file\t%s\ndialect\t%s (%s)\nlicense\t%s\n", in->file.path,
		      dialect_name(object->dialect), object->dialect_why,
		      object->license != NULL ? object->license : "none");
	cli_table(in->cli, "", &cells);
	strbuf_fini(&cells);
	text_sections(in);
	text_programs(in);
	text_maps(in);
	text_globals(in);
	text_btf(in);
	text_core(in);
}

/* --- JSON --- */

static void json_sections(struct json *json, const struct elf *elf)
{
	char flags[8], type[16];

	json_array_begin(json, "sections");
	for (u32 i = 1; i < elf->section_count; i++) {
		const struct elf_section *section = &elf->sections[i];

		json_object_begin(json, NULL);
		json_u64(json, "idx", i);
		json_str(json, "name", section->name);
		json_str(json, "type", section_type(section, type));
		json_u64(json, "size", section->size);
		json_str(json, "flags", section_flags(section, flags));
		if (section->bad != NULL)
			json_str(json, "error", section->bad);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_programs(struct json *json, const struct inspect *in)
{
	const struct object *object = in->file.object;

	json_array_begin(json, "programs");
	for (u32 i = 0; i < object->prog_count; i++) {
		const struct object_prog *prog = &object->progs[i];
		const struct spec_section *match = prog->match;

		json_object_begin(json, NULL);
		json_str(json, "name", prog->name);
		json_str(json, "section", prog->section);
		json_str(json, "type",
			 match != NULL && match->type != NULL ? match->type->name : NULL);
		json_str(json, "attach_type",
			 match != NULL && match->attach != NULL ? match->attach->name : NULL);
		json_bool(json, "subprogram", prog->is_subprog);
		if (in->linked[i].prog != NULL) {
			json_u64(json, "insns", own_slots(in->linked[i].prog));
			json_u64(json, "callback_insns", callback_slots(in->linked[i].prog));
		} else {
			json_str(json, "error", in->linked[i].error);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_map(struct json *json, const struct object *object, const struct prog_map *map)
{
	const struct prog_map *inner = map_at(object, map->inner);

	json_object_begin(json, NULL);
	json_str(json, "name", map->name);
	json_str(json, "type", map->type != NULL ? map->type->name : NULL);
	json_u64(json, "key_size", map->key_size);
	json_u64(json, "value_size", map->value_size);
	json_u64(json, "max_entries", map->max_entries);
	json_u64(json, "flags", map->flags);
	json_str(json, "pinning", map->pinning != 0 ? "by_name" : "none");
	json_str(json, "inner", inner != NULL ? inner->name : NULL);
	json_object_end(json);
}

static void json_maps(struct json *json, const struct object *object)
{
	json_array_begin(json, "maps");
	for (u32 i = 0; i < object->map_count; i++)
		if (!object->maps[i].is_global)
			json_map(json, object, &object->maps[i]);
	json_array_end(json);
	json_array_begin(json, "globals");
	for (u32 i = 0; i < object->map_count; i++) {
		const struct prog_map *map = &object->maps[i];

		if (!map->is_global)
			continue;
		json_object_begin(json, NULL);
		json_str(json, "name", map->name);
		json_u64(json, "size", map->value_size);
		json_bool(json, "read_only", map->read_only);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_btf(struct json *json, const struct btf *btf)
{
	u32 counts[BTF_KIND_COUNT] = { 0 };

	count_btf(btf, counts);
	json_object_begin(json, "btf");
	json_u64(json, "types", btf_types(btf));
	json_object_begin(json, "kinds");
	for (u32 kind = 1; kind < BTF_KIND_COUNT; kind++)
		if (counts[kind] > 0)
			json_u64(json, btf_kind_name((enum btf_kind)kind), counts[kind]);
	json_object_end(json);
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
		const struct prog *prog = in->linked[i].prog;

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

static void print_json(struct inspect *in)
{
	const struct object *object = in->file.object;
	struct json json;

	json_init(&json, &in->cli->out, true);
	json_object_begin(&json, NULL);
	cli_json_file(&json, &in->file, object);
	json_str(&json, "license", object->license);
	json_sections(&json, &object->elf);
	json_programs(&json, in);
	json_maps(&json, object);
	json_btf(&json, &object->btf);
	json_core(&json, in);
	json_array_begin(&json, "warnings");
	for (u32 i = 0; i < object->warning_count; i++)
		json_str(&json, NULL, object->warnings[i]);
	json_array_end(&json);
	json_object_end(&json);
	cli_printf(in->cli, "\n");
}

/* --- the command --- */

static void report(struct inspect *in)
{
	const struct object *object = in->file.object;

	if (cli_json(in->cli))
		print_json(in);
	else
		print_text(in);
	for (u32 i = 0; !cli_json(in->cli) && i < object->warning_count; i++)
		cli_warn(in->cli, "%s", object->warnings[i]);
	if (object->dialect == DIALECT_UNKNOWN && !cli_json(in->cli))
		cli_warn(in->cli, "%s: the dialect is unknown; --dialect says which it is",
			 in->file.path);
	for (u32 i = 0; i < object->prog_count; i++)
		if (in->linked[i].error != NULL)
			cli_error(in->cli, NULL, "%s", in->linked[i].error);
}

static int run_inspect(struct cli *cli)
{
	struct inspect in = { .cli = cli };
	int status = cli_read_file(cli, cli->operand, &in.file);

	if (status == 0)
		status = cli_open_object(cli, &in.file, cli->values[OPT_DIALECT],
					 cli->values[OPT_BTF]);
	if (status == 0)
		status = link_all(&in);
	if (status == 0) {
		report(&in);
		status = in.damaged ? CLI_INPUT : CLI_OK;
	}
	cli_file_fini(&in.file);
	return status;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.operands = "FILE",
	.summary = "Show what is in an object file.",
	.about = "Lists sections, programs, maps, global variables, licence and type information\n"
		 "of an eBPF object file, and says which dialect it speaks and why. A program's\n"
		 "slots include those of the subprograms that it calls, not those of callbacks.\n"
		 "'-' reads standard input.",
	.options = inspect_options,
	.option_count = ARRAY_COUNT(inspect_options),
	.examples = inspect_examples,
	.example_count = ARRAY_COUNT(inspect_examples),
	.repeatable = 1u << OPT_KCONFIG,
	.run = run_inspect,
};
_Static_assert(ARRAY_COUNT(inspect_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
