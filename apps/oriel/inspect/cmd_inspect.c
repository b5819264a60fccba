/* SPDX-License-Identifier: MIT */
/* `oriel inspect FILE`: what is in an object file. */
#include "inspect.h"

#include "base/str.h"

enum { OPT_PROGRAM, OPT_ONLY, OPT_DIALECT, OPT_BTF, OPT_KCONFIG, OPT_SPEC, OPT_EXTENSION };

static const struct cli_option inspect_options[] = {
	[OPT_PROGRAM] = { "program", "NAME",
			  "Only this program, with its instructions counted, its maps and "
			  "relocations.",
			  NULL },
	[OPT_ONLY] = { "only", "PART",
		       "Only sections, programs, maps, globals, relocations or btf.",
		       "sections programs maps globals relocations btf" },
	[OPT_DIALECT] = CLI_DIALECT_OPTION,
	[OPT_BTF] = CLI_BTF_OPTION,
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
	[OPT_SPEC] = CLI_SPEC_OPTION,
	[OPT_EXTENSION] = CLI_EXTENSION_OPTION,
};

static const struct cli_example inspect_examples[] = {
	{ "What is in a file:", "oriel inspect hello_world.o" },
	{ "One program, with what it refers to:",
	  "oriel inspect --program HelloWorld hello_world.o" },
	{ "The names of its programs, for a script:",
	  "oriel inspect --json hello_world.o | jq -r '.programs[].name'" },
};

/* --- gathering --- */

static int out_of_memory(struct inspect *in)
{
	cli_error(in->cli, NULL, "%s: out of memory", in->file.path);
	return CLI_FAILED;
}

static int link_one(struct inspect *in, u32 idx)
{
	struct object *object = in->file.object;
	struct inspect_prog *row = &in->progs[idx];
	struct error err = { 0 };
	int status = object_link(object, idx, NULL, &row->prog, &err);

	if (status == 0) {
		prog_count_groups(row->prog, 0, inspect_slots(row->prog), row->groups);
		return CLI_OK;
	}
	row->error = arena_strndup(&object->arena, err.text, strlen(err.text));
	if (status == ERR_NOMEM || row->error == NULL)
		return out_of_memory(in);
	in->damaged = true;
	return CLI_OK;
}

static int link_all(struct inspect *in)
{
	struct object *object = in->file.object;
	int status = CLI_OK;

	in->progs = arena_array(&object->arena, (size_t)object->prog_count + 1, sizeof(*in->progs));
	if (in->progs == NULL)
		return out_of_memory(in);
	for (u32 i = 0; i < object->prog_count && status == CLI_OK; i++)
		if (inspect_shows_prog(in, i))
			status = link_one(in, i);
	return status;
}

/* The maps that the chosen program refers to, and their templates. */
static void mark_maps(const struct inspect *in, const struct prog *prog)
{
	for (u32 slot = 0; prog != NULL && slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];

		if (insn->kind != INSN_LDDW || (insn->op != LDDW_MAP && insn->op != LDDW_MAP_VALUE))
			continue;
		in->maps[insn->imm] = true;
		if (prog->maps[insn->imm].inner < prog->map_count)
			in->maps[prog->maps[insn->imm].inner] = true;
	}
}

static int choose_maps(struct inspect *in)
{
	struct object *object = in->file.object;

	in->maps = arena_array(&object->arena, (size_t)object->map_count + 1, sizeof(*in->maps));
	if (in->maps == NULL)
		return out_of_memory(in);
	if (in->only != PROG_NO_INDEX)
		mark_maps(in, in->progs[in->only].prog);
	else
		for (u32 i = 0; i < object->map_count; i++)
			in->maps[i] = true;
	return CLI_OK;
}

static int read_lists(struct inspect *in)
{
	struct object *object = in->file.object;
	struct error err = { 0 };
	int status = 0;

	if ((in->parts & INSPECT_RELOCATIONS) != 0)
		status = object_relocs(object, &in->relocs, &in->reloc_count, &err);
	if (status == 0 && (in->parts & INSPECT_GLOBALS) != 0)
		status = object_globals(object, &in->globals, &in->global_count, &err);
	return status != 0 ? out_of_memory(in) : CLI_OK;
}

static int choose_parts(struct inspect *in)
{
	static const struct {
		const char *name;
		u32 part;
	} parts[] = {
		{ "sections", INSPECT_SECTIONS }, { "programs", INSPECT_PROGRAMS },
		{ "maps", INSPECT_MAPS },	  { "globals", INSPECT_GLOBALS },
		{ "btf", INSPECT_BTF },		  { "relocations", INSPECT_RELOCATIONS },
	};
	const char *only = in->cli->values[OPT_ONLY], *name = in->cli->values[OPT_PROGRAM];

	in->parts = cli_json(in->cli) ? INSPECT_ALL : INSPECT_ALL & ~(u32)INSPECT_RELOCATIONS;
	in->only = PROG_NO_INDEX;
	if (name != NULL) {
		in->only = object_find_prog(in->file.object, name);
		if (in->only == PROG_NO_INDEX) {
			cli_error(in->cli, "'oriel inspect' without --program lists them",
				  "%s: no program or section with one program is called '%s'",
				  in->file.path, name);
			return CLI_USAGE;
		}
		in->parts = INSPECT_ALL & ~(u32)(INSPECT_SECTIONS | INSPECT_BTF);
	}
	for (size_t i = 0; only != NULL && i < ARRAY_COUNT(parts); i++)
		if (str_eq(parts[i].name, only))
			in->parts = parts[i].part;
	in->stats = name != NULL || in->parts == INSPECT_PROGRAMS;
	return CLI_OK;
}

/* --- the command --- */

static void report(struct inspect *in)
{
	const struct object *object = in->file.object;

	if (cli_json(in->cli))
		inspect_json(in);
	else
		inspect_text(in);
	for (u32 i = 0; !cli_json(in->cli) && i < object->warning_count; i++)
		cli_warn(in->cli, "%s", object->warnings[i]);
	if (object->dialect == DIALECT_UNKNOWN && !cli_json(in->cli))
		cli_warn(in->cli, "%s: the dialect is unknown; --dialect says which it is",
			 in->file.path);
	for (u32 i = 0; i < object->prog_count; i++)
		if (in->progs[i].error != NULL)
			cli_error(in->cli, NULL, "%s", in->progs[i].error);
}

static int run_inspect(struct cli *cli)
{
	struct inspect in = { .cli = cli };
	int status = cli_read_file(cli, cli->operand, &in.file);

	if (status == 0)
		status = cli_open_object(cli, &in.file, cli->values[OPT_DIALECT],
					 cli->values[OPT_BTF]);
	if (status == 0)
		status = choose_parts(&in);
	if (status == 0)
		status = link_all(&in);
	if (status == 0)
		status = choose_maps(&in);
	if (status == 0)
		status = read_lists(&in);
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
	.about = "Lists sections, programs, maps, global variables, relocations, licence and type\n"
		 "information of an eBPF object file, and says which dialect it speaks and why. A\n"
		 "program's size is its instruction slots with those of the subprograms that it\n"
		 "calls, not those of callbacks. '-' reads standard input.",
	.options = inspect_options,
	.option_count = ARRAY_COUNT(inspect_options),
	.examples = inspect_examples,
	.example_count = ARRAY_COUNT(inspect_examples),
	.repeatable = 1u << OPT_KCONFIG | 1u << OPT_EXTENSION,
	.run = run_inspect,
};
_Static_assert(ARRAY_COUNT(inspect_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
