/* SPDX-License-Identifier: MIT */
/* --help, from the tables. */
#include "cli.h"

#include "base/str.h"

static void print_options(struct cli *cli, const struct cli_option *options, u32 count)
{
	struct strbuf cells = STRBUF_INIT;

	for (u32 i = 0; i < count; i++)
		strbuf_printf(&cells, "--%s%s%s\t%s\n", options[i].name,
			      options[i].arg != NULL ? " " : "",
			      options[i].arg != NULL ? options[i].arg : "", options[i].help);
	cli_table(cli, "  ", &cells);
	strbuf_fini(&cells);
}

static void help_command(struct cli *cli)
{
	const struct command *command = cli->command;
	struct cli_option globals[CLI_GLOBAL_COUNT];

	memcpy(globals, cli_globals, sizeof(globals));
	if (command->json != NULL)
		globals[CLI_GLOBAL_JSON].help = command->json;

	cli_printf(cli, "Usage: oriel %s [options]%s%s\n\n%s\n", command->name,
		   command->operands[0] != '\0' ? " " : "", command->operands, command->about);
	if (command->option_count > 0) {
		cli_printf(cli, "\nOptions:\n");
		print_options(cli, command->options, command->option_count);
	}
	cli_printf(cli, "\nOptions of every command:\n");
	print_options(cli, globals, CLI_GLOBAL_COUNT);
	cli_printf(cli, "\nExamples:\n");
	for (u32 i = 0; i < command->example_count; i++)
		cli_printf(cli, "  %s\n      %s\n", command->examples[i].text,
			   command->examples[i].command);
	cli_printf(cli,
		   "\nExit codes: 0 fine, 1 a program failed, 2 unreadable input, 64 usage.\n"
		   "More: man oriel-%s\n",
		   command->name);
}

void cli_help(struct cli *cli)
{
	struct strbuf cells = STRBUF_INIT;

	if (cli->command != NULL) {
		help_command(cli);
		return;
	}
	cli_printf(cli, "Usage: oriel COMMAND [options] FILE\n\n"
			"Looks into eBPF object files and runs the programs in them.\n\n"
			"Commands:\n");
	for (const struct command *const *c = cli_commands; *c != NULL; c++)
		strbuf_printf(&cells, "%s\t%s\n", (*c)->name, (*c)->summary);
	cli_table(cli, "  ", &cells);
	strbuf_fini(&cells);
	cli_printf(cli, "\nOptions of every command:\n");
	print_options(cli, cli_globals, CLI_GLOBAL_COUNT);
	cli_printf(cli, "\nExamples:\n"
			"  Compile a program and run it:\n"
			"      clang -target bpf -O2 -g -I include -c hello_world.c\n"
			"      oriel run hello_world.o\n"
			"  What is in a file:\n"
			"      oriel inspect hello_world.o\n"
			"\n'oriel COMMAND --help' tells more. Man page: oriel(1)\n");
}
