/* SPDX-License-Identifier: MIT */
/* `oriel disasm FILE`: programs as text, linked as they would run: each program is followed by the
 * subprograms that it calls, and references carry names. */
#include "cli.h"

#include "object/prog_text.h"

enum { OPT_PROGRAM, OPT_SOURCE, OPT_DIALECT, OPT_BTF, OPT_KCONFIG, OPT_SPEC };

static const struct cli_option disasm_options[] = {
	[OPT_PROGRAM] = { "program", "NAME", "Only this program: a function's name or a section's.",
			  NULL },
	[OPT_SOURCE] = { "source", NULL, "Put source lines between the instructions.", NULL },
	[OPT_DIALECT] = CLI_DIALECT_OPTION,
	[OPT_BTF] = CLI_BTF_OPTION,
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
	[OPT_SPEC] = CLI_SPEC_OPTION,
};

static const struct cli_example disasm_examples[] = {
	{ "Every program of a file:", "oriel disasm hello_world.o" },
	{ "One program, with its source lines:",
	  "oriel disasm --program HelloWorld --source hello_world.o" },
};

struct disasm {
	struct cli *cli;
	const struct prog *prog;
	struct prog_text text;
};

static void print_source(struct disasm *d, u32 slot)
{
	const struct prog_line *line = prog_text_new_line(&d->text, slot);

	if (line == NULL)
		return;
	cli_printf(d->cli, "%s; %s:%u\n", cli_style(d->cli, CLI_DIM), line->file, line->line);
	if (line->text[0] != '\0')
		cli_printf(d->cli, "; %s\n", line->text);
	cli_printf(d->cli, "%s", cli_style(d->cli, CLI_PLAIN));
}

static void print_prog(struct disasm *d)
{
	bool with_source = cli_given(d->cli, OPT_SOURCE);

	for (u32 slot = 0; slot < d->prog->insn_count; slot += insn_slots(&d->prog->insns[slot])) {
		const struct prog_subprog *sub = prog_text_label(d->prog, slot);

		if (sub != NULL)
			cli_printf(d->cli, "\n%s%016llx <%s>:%s\n", cli_style(d->cli, CLI_BOLD),
				   (u64)slot * INSN_SLOT_SIZE, sub->name,
				   cli_style(d->cli, CLI_PLAIN));
		if (with_source)
			print_source(d, slot);
		cli_printf(d->cli, "%8u:\t%s", slot, prog_text_insn(&d->text, slot));
		if (prog_unresolved_at(d->prog, slot) != NULL)
			cli_printf(d->cli, "\t; %s", prog_unresolved_at(d->prog, slot));
		cli_printf(d->cli, "\n");
		cli_flush_some(d->cli);
	}
}

static void json_prog(struct disasm *d, struct json *json)
{
	json_array_begin(json, "insns");
	for (u32 slot = 0; slot < d->prog->insn_count; slot += insn_slots(&d->prog->insns[slot])) {
		const struct prog_subprog *sub = prog_text_label(d->prog, slot);
		const struct prog_line *line =
			cli_given(d->cli, OPT_SOURCE) ? prog_text_new_line(&d->text, slot) : NULL;

		json_object_begin(json, NULL);
		json_u64(json, "slot", slot);
		json_str(json, "text", prog_text_insn(&d->text, slot));
		if (sub != NULL)
			json_str(json, "label", sub->name);
		if (prog_unresolved_at(d->prog, slot) != NULL)
			json_str(json, "unresolved", prog_unresolved_at(d->prog, slot));
		if (line != NULL) {
			json_str(json, "source_file", line->file);
			json_u64(json, "source_line", line->line);
			json_str(json, "source", line->text);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

static int show_disasm(void *arg, struct object *object, u32 idx, struct json *json)
{
	struct disasm *d = arg;
	const struct object_prog *row = &object->progs[idx];
	struct error err = { 0 };
	int status = object_link(object, idx, NULL, &d->prog, &err);

	prog_text_init(&d->text, d->prog);
	if (json != NULL) {
		json_object_begin(json, NULL);
		json_str(json, "name", row->name);
		json_str(json, "section", row->section);
		json_str(json, "type", row->match != NULL ? cli_prog_type(row) : NULL);
		if (status == 0)
			json_prog(d, json);
		else
			json_str(json, "error", err.text);
		json_object_end(json);
	} else {
		cli_printf(d->cli, "\nDisassembly of section %s:\n", row->section);
		if (status == 0)
			print_prog(d);
		else
			cli_printf(d->cli, "\n<%s>: damaged\n", row->name);
	}
	prog_text_fini(&d->text);
	if (status != 0)
		cli_error(d->cli, NULL, "%s", err.text);
	return status == 0 ? CLI_OK : CLI_INPUT;
}

static int run_disasm(struct cli *cli)
{
	struct disasm d = { .cli = cli };
	struct cli_file file = { 0 };
	int status = cli_read_file(cli, cli->operand, &file);

	if (status == 0)
		status =
			cli_open_object(cli, &file, cli->values[OPT_DIALECT], cli->values[OPT_BTF]);
	if (status == 0)
		status = cli_show_programs(cli, &file, cli->values[OPT_PROGRAM], true, show_disasm,
					   &d);
	cli_file_fini(&file);
	return status;
}

const struct command cmd_disasm = {
	.name = "disasm",
	.operands = "FILE",
	.summary = "Show the instructions of an object's programs.",
	.about = "Disassembles the programs of an eBPF object file. Each program is shown as it\n"
		 "would run, followed by the subprograms that it calls. '-' reads standard input.",
	.options = disasm_options,
	.option_count = ARRAY_COUNT(disasm_options),
	.examples = disasm_examples,
	.example_count = ARRAY_COUNT(disasm_examples),
	.repeatable = 1u << OPT_KCONFIG,
	.run = run_disasm,
};
_Static_assert(ARRAY_COUNT(disasm_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
