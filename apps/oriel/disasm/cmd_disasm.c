/* SPDX-License-Identifier: MIT */
/* `oriel disasm FILE`: programs as text, linked as they would run: each program is followed by the
 * subprograms that it calls, and references carry names. */
#include "disasm.h"

#include "object/prog_text.h"

enum {
	OPT_PROGRAM,
	OPT_SOURCE,
	OPT_JIT,
	OPT_MODE,
	OPT_ARCH,
	OPT_TYPE,
	OPT_RAW_SIZE,
	OPT_DIALECT,
	OPT_BTF,
	OPT_KCONFIG,
	OPT_SPEC,
	OPT_EXTENSION
};

static const struct cli_option disasm_options[] = {
	[OPT_PROGRAM] = { "program", "NAME", "Only this program: a function's name or a section's.",
			  NULL },
	[OPT_SOURCE] = { "source", NULL, "Put source lines between the instructions.", NULL },
	[OPT_JIT] = { "jit", NULL, "Put the machine code between them that they become.", NULL },
	[OPT_MODE] = { "mode", "MODE", "The same, of this mode of 'oriel run'. Default: jit.",
		       MACHINE_MODES },
	[OPT_ARCH] = { "arch", "ARCH", "The same, for this processor. Default: this machine's.",
		       MACHINE_ARCHS },
	[OPT_TYPE] = { "type", "TYPE",
		       "With machine code: the program type. Default: what the section says.",
		       CLI_TYPES },
	[OPT_RAW_SIZE] = CLI_RAW_SIZE_OPTION,
	[OPT_DIALECT] = CLI_DIALECT_OPTION,
	[OPT_BTF] = CLI_BTF_OPTION,
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
	[OPT_SPEC] = CLI_SPEC_OPTION,
	[OPT_EXTENSION] = CLI_EXTENSION_OPTION,
};

static const struct cli_example disasm_examples[] = {
	{ "Every program of a file:", "oriel disasm hello_world.o" },
	{ "One program, with its source lines:",
	  "oriel disasm --program HelloWorld --source hello_world.o" },
	{ "And with the code for arm64:",
	  "oriel disasm --program HelloWorld --source --arch arm64 hello_world.o" },
};

struct disasm {
	struct cli *cli;
	const struct prog *prog;
	struct prog_text text;
	const char *file;
	struct machine machine;
	bool wants_machine, has_machine; /* has: of prog */
};

/* --- machine code --- */

static bool wants_machine(const struct cli *cli)
{
	return cli_given(cli, OPT_JIT) || cli_given(cli, OPT_MODE) || cli_given(cli, OPT_ARCH);
}

static int open_machine(struct disasm *d)
{
	struct cli *cli = d->cli;
	int status;

	d->wants_machine = wants_machine(cli);
	if (!d->wants_machine && (cli_given(cli, OPT_TYPE) || cli_given(cli, OPT_RAW_SIZE))) {
		cli_error(cli, NULL, "--%s is for machine code, which --jit shows",
			  cli_given(cli, OPT_TYPE) ? "type" : "raw-size");
		return CLI_USAGE;
	}
	if (!d->wants_machine)
		return 0;
	status = machine_init(cli, cli->values[OPT_MODE], cli->values[OPT_ARCH], &d->machine);
	if (status == 0)
		status = cli_number(cli, OPT_RAW_SIZE, UINT32_MAX, 0,
				    &d->machine.verify.policy.raw_size);
	return status;
}

static int check_prog(const struct prog *prog, const struct object *object, struct error *err)
{
	if (object->dialect == DIALECT_UNKNOWN)
		return error_set(err, ERR_INVAL,
				 "the dialect is not known, so there is no machine code; say "
				 "--dialect windows or --dialect linux");
	if (prog->type == NULL)
		return error_set(err, ERR_INVAL,
				 "section '%.64s' does not say the program's type, so there is no "
				 "machine code; say --type NAME",
				 prog->section);
	return 0;
}

/* Its instructions are shown in any case. */
static int compile(struct disasm *d, const struct object *object, struct error *err)
{
	int status;

	d->has_machine = false;
	if (!d->wants_machine)
		return 0;
	status = check_prog(d->prog, object, err);
	if (status == 0)
		status = machine_compile(&d->machine, d->prog, err);
	d->has_machine = status == 0;
	return status;
}

static void print_bytes(struct disasm *d, struct machine_line line, u32 width)
{
	struct cli *cli = d->cli;

	for (u32 i = 0; i < line.len; i++)
		cli_printf(cli, "%s%02x", i == 0 ? "" : " ", d->machine.bytes[line.offset + i]);
	if (line.text != NULL)
		cli_printf(cli, "%*s  %s", (int)(3 * (width - MIN(line.len, width))), "",
			   line.text);
}

static void print_machine(struct disasm *d, struct machine_part part)
{
	u32 width = d->machine.options.target == JIT_ARM64 ? 4 : 8;

	while (d->has_machine && part.begin < part.end) {
		struct machine_line line = machine_line(&d->machine, part);

		cli_printf(d->cli, "%s%16x:  ", cli_style(d->cli, CLI_DIM), line.offset);
		print_bytes(d, line, width);
		cli_printf(d->cli, "%s\n", cli_style(d->cli, CLI_PLAIN));
		part.begin += line.len;
	}
}

/* A list of machine instructions, or, without their names, one of all bytes. */
static void json_machine(struct disasm *d, struct json *json, const char *key,
			 struct machine_part part)
{
	if (!d->has_machine)
		return;
	json_array_begin(json, key);
	while (part.begin < part.end) {
		struct machine_line line = { part.begin, part.end - part.begin, NULL };

		if (machine_has_text())
			line = machine_line(&d->machine, part);
		json_object_begin(json, NULL);
		json_u64(json, "offset", line.offset);
		json_hex(json, "bytes", d->machine.bytes + line.offset, line.len);
		if (line.text != NULL)
			json_str(json, "text", line.text);
		json_object_end(json);
		part.begin += line.len;
	}
	json_array_end(json);
}

/* --- instructions --- */

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
		if (d->has_machine)
			print_machine(d, machine_before(&d->machine, slot));
		if (with_source)
			print_source(d, slot);
		cli_printf(d->cli, "%8u:\t%s", slot, prog_text_insn(&d->text, slot));
		if (prog_unresolved_at(d->prog, slot) != NULL)
			cli_printf(d->cli, "\t; %s", prog_unresolved_at(d->prog, slot));
		cli_printf(d->cli, "\n");
		if (d->has_machine)
			print_machine(d, machine_of(&d->machine, slot));
		cli_flush_some(d->cli);
	}
	if (!d->has_machine)
		return;
	cli_printf(d->cli, "\n%sshared:%s\n", cli_style(d->cli, CLI_BOLD),
		   cli_style(d->cli, CLI_PLAIN));
	print_machine(d, machine_after(&d->machine));
	cli_printf(d->cli, "\n%zu bytes of machine code (%s, %s), %u instructions\n",
		   d->machine.len, d->machine.arch, d->machine.mode, d->prog->insn_count);
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
		if (d->has_machine) {
			json_machine(d, json, "machine_before", machine_before(&d->machine, slot));
			json_machine(d, json, "machine", machine_of(&d->machine, slot));
		}
		json_object_end(json);
	}
	json_array_end(json);
	if (!d->has_machine)
		return;
	json_str(json, "arch", d->machine.arch);
	json_str(json, "mode", d->machine.mode);
	json_u64(json, "machine_size", d->machine.len);
	json_machine(d, json, "machine_after", machine_after(&d->machine));
}

/* The type that was named, or the section's. */
static int link_prog(struct disasm *d, struct object *object, u32 idx, struct error *err)
{
	const char *name = d->cli->values[OPT_TYPE];
	const struct spec_prog_type *type = NULL;

	if (name != NULL) {
		type = spec_find_type(object->spec, object->dialect, name);
		if (type == NULL)
			return error_set(err, ERR_INVAL,
					 "the %s dialect has no program type '%.64s'",
					 dialect_name(object->dialect), name);
	}
	return object_link(object, idx, type, &d->prog, err);
}

static int complain(struct disasm *d, bool is_linked, int status, const struct error *err)
{
	if (status == 0)
		return CLI_OK;
	if (is_linked && status == ERR_ACCES && !d->machine.result.is_safe && !cli_json(d->cli))
		machine_refused(&d->machine, d->cli);
	if (!is_linked)
		cli_error(d->cli, NULL, "%s", err->text);
	else
		cli_error(d->cli, NULL, "%s: %s", d->file, err->text);
	return is_linked && status != ERR_INVAL ? CLI_FAILED : CLI_INPUT;
}

static int show_disasm(void *arg, struct object *object, u32 idx, struct json *json)
{
	struct disasm *d = arg;
	const struct object_prog *row = &object->progs[idx];
	struct error err = { 0 };
	int linked = link_prog(d, object, idx, &err), status = linked;

	if (linked == 0)
		status = compile(d, object, &err);
	prog_text_init(&d->text, d->prog);
	if (json != NULL) {
		json_object_begin(json, NULL);
		json_str(json, "name", row->name);
		json_str(json, "section", row->section);
		json_str(json, "type", row->match != NULL ? cli_prog_type(row) : NULL);
		if (linked == 0)
			json_prog(d, json);
		if (status != 0)
			json_str(json, "error", err.text);
		json_object_end(json);
	} else {
		cli_printf(d->cli, "\nDisassembly of section %s:\n", row->section);
		if (linked == 0)
			print_prog(d);
		else
			cli_printf(d->cli, "\n<%s>: damaged\n", row->name);
	}
	prog_text_fini(&d->text);
	return complain(d, linked == 0, status, &err);
}

static int run_disasm(struct cli *cli)
{
	struct disasm d = { .cli = cli };
	struct cli_file file = { 0 };
	int status = open_machine(&d);

	if (status == 0)
		status = cli_read_file(cli, cli->operand, &file);
	d.file = file.path;
	if (status == 0)
		status =
			cli_open_object(cli, &file, cli->values[OPT_DIALECT], cli->values[OPT_BTF]);
	if (status == 0)
		status = cli_show_programs(cli, &file, cli->values[OPT_PROGRAM], true, show_disasm,
					   &d);
	machine_fini(&d.machine);
	cli_file_fini(&file);
	return status;
}

const struct command cmd_disasm = {
	.name = "disasm",
	.operands = "FILE",
	.summary = "Show the instructions of an object's programs.",
	.about = "Disassembles the programs of an eBPF object file. Each program is shown as it\n"
		 "would run, followed by the subprograms that it calls. '-' reads standard "
		 "input.\n\n"
		 "With --jit, --mode or --arch, programs are verified and compiled, and the bytes\n"
		 "of each instruction's machine code follow it.",
	.options = disasm_options,
	.option_count = ARRAY_COUNT(disasm_options),
	.examples = disasm_examples,
	.example_count = ARRAY_COUNT(disasm_examples),
	.repeatable = 1u << OPT_KCONFIG | 1u << OPT_EXTENSION,
	.run = run_disasm,
};
_Static_assert(ARRAY_COUNT(disasm_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
