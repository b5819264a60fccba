/* SPDX-License-Identifier: MIT */
/* `oriel completion SHELL`: a completion script made from the tables. */
#include "cli.h"

#include "base/str.h"
#include "check/finding.h"

static void option_names(struct strbuf *out, const struct cli_option *options, u32 count)
{
	for (u32 i = 0; i < count; i++)
		strbuf_printf(out, "%s--%s", i > 0 ? " " : "", options[i].name);
}

static void add_types(struct strbuf *out)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		strbuf_printf(out, "%s%s", i > 0 ? " " : "", type->name);
}

/* What completion offers for the operand. */
static void operand_words(struct strbuf *out, const struct command *command)
{
	if (command->words == NULL)
		return;
	if (!str_eq(command->words, CLI_FINDINGS)) {
		strbuf_add(out, command->words);
		return;
	}
	for (u32 i = FINDING_NONE + 1; i < FINDING_COUNT; i++)
		strbuf_printf(out, "%s%s", i > FINDING_NONE + 1 ? " " : "",
			      finding_text((enum finding_id)i)->id);
}

static void option_words(struct strbuf *out, const struct cli_option *option)
{
	if (str_eq(option->words, CLI_TYPES))
		add_types(out);
	else
		strbuf_add(out, option->words);
}

/* One arm of a `case` over "command:option" for an option with an argument. */
static void bash_argument(struct cli *cli, const char *command, const struct cli_option *option)
{
	struct strbuf words = STRBUF_INIT;

	if (option->arg == NULL)
		return;
	if (option->words != NULL) {
		option_words(&words, option);
		cli_printf(cli,
			   "\t%s:--%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
			   command, option->name, strbuf_str(&words));
		strbuf_fini(&words);
	} else if (str_eq(option->arg, "FILE"))
		cli_printf(cli, "\t%s:--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
			   command, option->name);
	else
		cli_printf(cli, "\t%s:--%s) return ;;\n", command, option->name);
}

static void bash_commands(struct cli *cli)
{
	cli_printf(cli, "\tcase $command in\n");
	for (const struct command *const *c = cli_commands; *c != NULL; c++) {
		struct strbuf names = STRBUF_INIT, words = STRBUF_INIT;

		option_names(&names, (*c)->options, (*c)->option_count);
		operand_words(&words, *c);
		cli_printf(cli, "\t%s) options='%s'; words='%s' ;;\n", (*c)->name,
			   strbuf_str(&names), strbuf_str(&words));
		strbuf_fini(&names);
		strbuf_fini(&words);
	}
	cli_printf(cli, "\t*) words='");
	for (const struct command *const *c = cli_commands; *c != NULL; c++)
		cli_printf(cli, "%s%s", c != cli_commands ? " " : "", (*c)->name);
	cli_printf(cli, "' ;;\n\tesac\n");
}

static void bash_script(struct cli *cli)
{
	struct strbuf globals = STRBUF_INIT;

	option_names(&globals, cli_globals, CLI_GLOBAL_COUNT);
	cli_printf(cli, "# bash completion for oriel, made by `oriel completion bash`\n"
			"_oriel()\n{\n"
			"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
			"\tlocal command= options= words= i\n"
			"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			"\t\tcase ${COMP_WORDS[i]} in\n"
			"\t\t-*) ;;\n"
			"\t\t*) [ \"${COMP_WORDS[i-1]}\" = --color ] || {\n"
			"\t\t\tcommand=${COMP_WORDS[i]}; break; } ;;\n"
			"\t\tesac\n"
			"\tdone\n"
			"\tcase $command:$prev in\n");
	cli_printf(cli, "\t*:--color) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
		   cli_globals[CLI_GLOBAL_COLOR].words);
	for (const struct command *const *c = cli_commands; *c != NULL; c++)
		for (u32 i = 0; i < (*c)->option_count; i++)
			bash_argument(cli, (*c)->name, &(*c)->options[i]);
	cli_printf(cli, "\tesac\n");
	bash_commands(cli);
	cli_printf(cli,
		   "\tif [[ $cur == -* ]]; then\n"
		   "\t\tCOMPREPLY=($(compgen -W \"$options %s\" -- \"$cur\"))\n"
		   "\telif [ -n \"$words\" ]; then\n"
		   "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		   "\telse\n"
		   "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
		   "\tfi\n"
		   "}\n"
		   "complete -o filenames -F _oriel oriel\n",
		   strbuf_str(&globals));
	strbuf_fini(&globals);
}

static void fish_option(struct cli *cli, const char *condition, const struct cli_option *option)
{
	struct strbuf words = STRBUF_INIT;

	cli_printf(cli, "complete -c oriel %s -l %s -d \"%s\"", condition, option->name,
		   option->help);
	if (option->words != NULL) {
		option_words(&words, option);
		cli_printf(cli, " -x -a \"%s\"", strbuf_str(&words));
		strbuf_fini(&words);
	} else if (option->arg != NULL)
		cli_printf(cli, str_eq(option->arg, "FILE") ? " -r -F" : " -x");
	cli_printf(cli, "\n");
}

static void fish_script(struct cli *cli)
{
	cli_printf(cli, "# fish completion for oriel, made by `oriel completion fish`\n");
	for (const struct command *const *c = cli_commands; *c != NULL; c++) {
		struct strbuf condition = STRBUF_INIT, words = STRBUF_INIT;

		cli_printf(cli, "complete -c oriel -n __fish_use_subcommand -f -a %s -d \"%s\"\n",
			   (*c)->name, (*c)->summary);
		strbuf_printf(&condition, "-n \"__fish_seen_subcommand_from %s\"", (*c)->name);
		for (u32 i = 0; i < (*c)->option_count; i++)
			fish_option(cli, strbuf_str(&condition), &(*c)->options[i]);
		operand_words(&words, *c);
		if (words.len > 0)
			cli_printf(cli, "complete -c oriel %s -f -a \"%s\"\n",
				   strbuf_str(&condition), strbuf_str(&words));
		strbuf_fini(&condition);
		strbuf_fini(&words);
	}
	for (u32 i = 0; i < CLI_GLOBAL_COUNT; i++)
		fish_option(cli, "", &cli_globals[i]);
}

static int run_completion(struct cli *cli)
{
	if (str_eq(cli->operand, "bash"))
		bash_script(cli);
	else if (str_eq(cli->operand, "fish"))
		fish_script(cli);
	else {
		cli_error(cli, "zsh reads bash's after 'autoload bashcompinit && bashcompinit'",
			  "completion: '%s' is none of bash, fish", cli->operand);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static const struct cli_example completion_examples[] = {
	{ "Completion in the shell that runs now:", "source <(oriel completion bash)" },
};

const struct command cmd_completion = {
	.name = "completion",
	.operands = "SHELL",
	.words = "bash fish",
	.summary = "Print a completion script for a shell.",
	.about =
		"Prints a script that teaches a shell (bash or fish) to complete oriel's commands\n"
		"and options.",
	.examples = completion_examples,
	.example_count = ARRAY_COUNT(completion_examples),
	.run = run_completion,
};
