/* SPDX-License-Identifier: MIT */
/* `oriel explain ID`: what a finding of `oriel verify` means. */
#include "cli.h"

#include "base/str.h"
#include "check/finding.h"

enum { OPT_LIST };

static const struct cli_option explain_options[] = {
	[OPT_LIST] = { "list", NULL, "List all findings.", NULL },
};

static const struct cli_example explain_examples[] = {
	{ "What a finding means, by the word in brackets:", "oriel explain null-access" },
	{ "All that there are:", "oriel explain --list" },
};

/* Placeholders as words: "{size} bytes" becomes "SIZE bytes". */
static void add_message(struct strbuf *out, const char *message)
{
	bool inside = false;

	for (; *message != '\0'; message++) {
		if (*message == '{' || *message == '}')
			inside = *message == '{';
		else
			strbuf_add_char(out, inside && *message >= 'a' && *message <= 'z'
						     ? (char)(*message - 'a' + 'A')
						     : *message);
	}
}

static void show_json(struct cli *cli, const struct finding_text *text, struct json *json)
{
	struct strbuf message = STRBUF_INIT;

	add_message(&message, text->message);
	json_object_begin(json, NULL);
	json_str(json, "id", text->id);
	json_str(json, "message", strbuf_str(&message));
	json_str(json, "hint", text->hint[0] != '\0' ? text->hint : NULL);
	json_object_end(json);
	cli_flush_some(cli);
	strbuf_fini(&message);
}

static void show_list(struct cli *cli)
{
	struct strbuf cells = STRBUF_INIT;
	struct json json;

	json_init(&json, &cli->out, true);
	if (cli_json(cli))
		json_array_begin(&json, NULL);
	for (u32 i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
		const struct finding_text *text = finding_text((enum finding_id)i);

		if (cli_json(cli)) {
			show_json(cli, text, &json);
			continue;
		}
		strbuf_printf(&cells, "%s\t", text->id);
		add_message(&cells, text->message);
		strbuf_add_char(&cells, '\n');
	}
	if (cli_json(cli)) {
		json_array_end(&json);
		cli_printf(cli, "\n");
	}
	cli_table(cli, "", &cells);
	strbuf_fini(&cells);
}

static int show_one(struct cli *cli, const char *id)
{
	enum finding_id finding = finding_by_name(id);
	const struct finding_text *text = finding_text(finding);
	struct strbuf message = STRBUF_INIT;
	struct json json;

	if (text == NULL) {
		cli_error(cli, "'oriel explain --list' lists them", "no finding is called '%s'",
			  id);
		return CLI_USAGE;
	}
	json_init(&json, &cli->out, true);
	if (cli_json(cli)) {
		show_json(cli, text, &json);
		cli_printf(cli, "\n");
		return CLI_OK;
	}
	add_message(&message, text->message);
	cli_printf(cli, "%s%s%s\n    %s\n", cli_style(cli, CLI_BOLD), text->id,
		   cli_style(cli, CLI_PLAIN), strbuf_str(&message));
	if (text->hint[0] != '\0')
		cli_printf(cli, "What helps:\n    %s\n", text->hint);
	strbuf_fini(&message);
	return CLI_OK;
}

static int run_explain(struct cli *cli)
{
	bool is_list = cli_given(cli, OPT_LIST);

	if (is_list == (cli->operand != NULL)) {
		cli_error(cli, "'oriel explain --list' lists them",
			  is_list ? "explain: --list stands in for an ID"
				  : "explain: ID is missing");
		return CLI_USAGE;
	}
	if (!is_list)
		return show_one(cli, cli->operand);
	show_list(cli);
	return CLI_OK;
}

const struct command cmd_explain = {
	.name = "explain",
	.operands = "ID",
	.words = CLI_FINDINGS,
	.summary = "Explain a finding of the verifier.",
	.about = "Tells what a finding of 'oriel verify' means and what helps. Words in capitals\n"
		 "stand for what differs from case to case.",
	.options = explain_options,
	.option_count = ARRAY_COUNT(explain_options),
	.examples = explain_examples,
	.example_count = ARRAY_COUNT(explain_examples),
	.may_lack_operand = true,
	.run = run_explain,
};
