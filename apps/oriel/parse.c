/* SPDX-License-Identifier: MIT */
/* The command line: `oriel [global options] COMMAND [options] [operand]`, options anywhere. */
#include "cli.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

const struct cli_option cli_globals[CLI_GLOBAL_COUNT] = {
	[CLI_GLOBAL_JSON] = { "json", NULL, "Print one JSON object instead of text.", NULL },
	[CLI_GLOBAL_COLOR] = { "color", "WHEN", "Use colours: auto (on a terminal), always, never.",
			       "auto always never" },
	[CLI_GLOBAL_HELP] = { "help", NULL, "Show this help.", NULL },
	[CLI_GLOBAL_VERSION] = { "version", NULL, "Show the version.", NULL },
};

/* Edits that turn a into b, at most LIMIT of them considered: good enough for "did you mean". */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[32];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len >= ARRAY_COUNT(row) || b_len >= ARRAY_COUNT(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, change);
		}
	}
	return row[b_len];
}

struct guess {
	const char *word; /* closest so far */
	size_t distance;
};

static void guess_word(struct guess *guess, const char *word, const char *name)
{
	size_t distance = edit_distance(word, name);

	if (distance < guess->distance) {
		guess->distance = distance;
		guess->word = name;
	}
}

static int unknown_command(struct cli *cli, const char *word)
{
	struct guess guess = { NULL, 3 };
	struct strbuf hint = STRBUF_INIT;

	for (const struct command *const *c = cli_commands; *c != NULL; c++)
		guess_word(&guess, word, (*c)->name);
	if (guess.word != NULL)
		strbuf_printf(&hint, "did you mean 'oriel %s'?", guess.word);
	else
		strbuf_add(&hint, "'oriel --help' lists the commands");
	cli_error(cli, strbuf_str(&hint), "no command is called '%s'", word);
	strbuf_fini(&hint);
	return CLI_USAGE;
}

static int unknown_option(struct cli *cli, const char *word)
{
	struct guess guess = { NULL, 3 };
	struct strbuf hint = STRBUF_INIT;
	const struct command *command = cli->command;

	for (u32 i = 0; i < CLI_GLOBAL_COUNT; i++)
		guess_word(&guess, word, cli_globals[i].name);
	for (u32 i = 0; command != NULL && i < command->option_count; i++)
		guess_word(&guess, word, command->options[i].name);
	if (guess.word != NULL)
		strbuf_printf(&hint, "did you mean '--%s'?", guess.word);
	else
		strbuf_printf(&hint, "'oriel%s%s --help' lists the options",
			      command != NULL ? " " : "", command != NULL ? command->name : "");
	cli_error(cli, strbuf_str(&hint), "no option is called '--%s'", word);
	strbuf_fini(&hint);
	return CLI_USAGE;
}

/* The row whose name is the first len bytes of name. */
static const struct cli_option *find_option(const struct cli_option *rows, u32 count,
					    const char *name, size_t len, u32 *ret_idx)
{
	for (u32 i = 0; i < count; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0) {
			*ret_idx = i;
			return &rows[i];
		}
	}
	return NULL;
}

static size_t name_len(const char *name)
{
	size_t len = 0;

	while (name[len] != '\0' && name[len] != '=')
		len++;
	return len;
}

/* Whether word is one of those in list, which blanks separate. */
static bool is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		size_t item = strcspn(list, " ");

		if (item == len && strncmp(list, word, len) == 0)
			return true;
		list += item;
		list += *list == ' ';
	}
	return false;
}

static int check_value(struct cli *cli, const struct cli_option *option, const char *value)
{
	struct strbuf hint = STRBUF_INIT;

	if (option->words == NULL || str_eq(option->words, CLI_TYPES) ||
	    is_listed(option->words, value))
		return 0;
	strbuf_printf(&hint, "one of: %s", option->words);
	cli_error(cli, strbuf_str(&hint), "--%s: '%s' is none of its arguments", option->name,
		  value);
	strbuf_fini(&hint);
	return CLI_USAGE;
}

/* --name, --name=value or --name value; name is behind the dashes. next: the following argument or
 * NULL; *ret_used tells whether it was taken. */
static int parse_option(struct cli *cli, const char *name, const char *next, bool *ret_used)
{
	const struct command *command = cli->command;
	const struct cli_option *option;
	const char **slot, *value;
	size_t len = name_len(name);
	u32 idx = 0;

	*ret_used = false;
	option = find_option(cli_globals, CLI_GLOBAL_COUNT, name, len, &idx);
	slot = &cli->globals[idx];
	if (option == NULL && command != NULL) {
		option = find_option(command->options, command->option_count, name, len, &idx);
		slot = &cli->values[idx];
	}
	if (option == NULL)
		return unknown_option(cli, name);
	value = name[len] == '=' ? name + len + 1 : NULL;
	if (option->arg == NULL) {
		if (value != NULL) {
			cli_error(cli, NULL, "--%s takes no argument", option->name);
			return CLI_USAGE;
		}
		value = "";
	} else if (value == NULL) {
		if (next == NULL) {
			cli_error(cli, option->help, "--%s needs an argument: %s", option->name,
				  option->arg);
			return CLI_USAGE;
		}
		value = next;
		*ret_used = true;
	}
	*slot = value;
	if (command != NULL && slot == &cli->values[idx] && (command->repeatable >> idx & 1) != 0 &&
	    vec_push(&cli->given, (struct cli_given){ idx, value, cli->rest_count }) != 0) {
		cli_error(cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	return check_value(cli, option, value);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *c = cli_commands; *c != NULL; c++)
		if (str_eq((*c)->name, name))
			return *c;
	return NULL;
}

/* room: for this and all that may follow. */
static int add_rest(struct cli *cli, const char *arg, int room)
{
	if (cli->rest == NULL)
		cli->rest = mem_zalloc_array((size_t)room, sizeof(*cli->rest));
	if (cli->rest == NULL) {
		cli_error(cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	cli->rest[cli->rest_count++] = arg;
	cli->operand = cli->rest[0];
	return 0;
}

static int parse_word(struct cli *cli, const char *word, int room)
{
	if (cli->command == NULL) {
		cli->command = find_command(word);
		return cli->command == NULL ? unknown_command(cli, word) : 0;
	}
	if (cli->command->many_operands)
		return add_rest(cli, word, room);
	if (cli->operand != NULL && (cli->operand2 != NULL || !cli->command->two_operands)) {
		cli_error(cli, NULL, "%s takes one %s, '%s' is one too many", cli->command->name,
			  cli->command->operands, word);
		return CLI_USAGE;
	}
	if (cli->operand == NULL)
		cli->operand = word;
	else
		cli->operand2 = word;
	return 0;
}

static void choose_color(struct cli *cli)
{
	const char *when = cli->globals[CLI_GLOBAL_COLOR];
	const char *no_color = getenv("NO_COLOR");

	if (when == NULL || str_eq(when, "auto"))
		cli->color = os_is_terminal(OS_STDOUT) && (no_color == NULL || *no_color == '\0');
	else
		cli->color = str_eq(when, "always");
}

static int check_complete(struct cli *cli)
{
	if (cli->globals[CLI_GLOBAL_HELP] != NULL || cli->globals[CLI_GLOBAL_VERSION] != NULL)
		return 0;
	if (cli->command == NULL) {
		cli_error(cli, "'oriel --help' lists the commands", "a command is missing");
		return CLI_USAGE;
	}
	if (cli->operand == NULL && !cli->command->may_lack_operand) {
		struct strbuf hint = STRBUF_INIT;

		strbuf_printf(&hint, "'oriel %s --help' shows examples", cli->command->name);
		cli_error(cli, strbuf_str(&hint), "%s: %s is missing", cli->command->name,
			  cli->command->operands);
		strbuf_fini(&hint);
		return CLI_USAGE;
	}
	return 0;
}

/* -o is the short form of --output, for the commands that have it. */
static bool has_output(const struct cli *cli)
{
	u32 idx;

	return cli->command != NULL &&
	       find_option(cli->command->options, cli->command->option_count, "output", 6, &idx) !=
		       NULL;
}

/* Whether an argument is the command's own business. */
static bool is_rest(const struct cli *cli, const char *arg, bool only_words)
{
	u32 idx;

	if (cli->command == NULL || !cli->command->takes_rest)
		return false;
	return only_words || !str_starts(arg, "--") ||
	       find_option(cli_globals, CLI_GLOBAL_COUNT, arg + 2, name_len(arg + 2), &idx) == NULL;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		bool used = false;
		int status;

		if (!only_words && str_eq(arg, "--")) {
			only_words = true;
			cli->has_dashes = true;
			cli->dashes_at = cli->rest_count;
			continue;
		}
		if (!only_words && str_eq(arg, "-h"))
			arg = "--help";
		if (!only_words && str_eq(arg, "-o") && has_output(cli))
			arg = "--output";
		if (is_rest(cli, arg, only_words)) {
			status = add_rest(cli, arg, argc);
		} else if (!only_words && str_starts(arg, "--")) {
			status = parse_option(cli, arg + 2, i + 1 < argc ? argv[i + 1] : NULL,
					      &used);
		} else if (!only_words && arg[0] == '-' && arg[1] != '\0') {
			cli_error(cli, "options have two dashes", "no option is called '%s'", arg);
			status = CLI_USAGE;
		} else {
			status = parse_word(cli, arg, argc);
		}
		if (status != 0)
			return status;
		i += used;
	}
	choose_color(cli);
	return check_complete(cli);
}

int cli_number(struct cli *cli, u32 option, u64 max, u64 fallback, u64 *ret)
{
	const char *text = cli->values[option];
	u64 value;

	if (text == NULL) {
		*ret = fallback;
		return 0;
	}
	if (!str_to_u64(text, &value) || value > max) {
		cli_error(cli, NULL, "--%s: '%s' is not a number from 0 to %llu",
			  cli->command->options[option].name, text, max);
		return CLI_USAGE;
	}
	*ret = value;
	return 0;
}
