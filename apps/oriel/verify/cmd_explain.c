/* SPDX-License-Identifier: MIT */
/* `oriel explain ID`: what a finding of `oriel verify` means. */
#include "cli.h"

#include "base/str.h"
#include "check/finding.h"
#include "verify/explain.h"

enum { OPT_LIST };

static const struct cli_option explain_options[] = {
	[OPT_LIST] = { "list", NULL, "List all findings.", NULL },
};

static const struct cli_example explain_examples[] = {
	{ "What a finding means, by the word in brackets:", "oriel explain null-access" },
	{ "All that there are:", "oriel explain --list" },
};

static void show_json(struct cli *cli, enum finding_id id, struct json *json)
{
	const struct finding_text *text = finding_text(id);
	const struct explanation *more = explanation_of(id);
	struct strbuf message = STRBUF_INIT;

	finding_words(&message, text->message);
	json_object_begin(json, NULL);
	json_str(json, "id", text->id);
	json_str(json, "message", strbuf_str(&message));
	json_str(json, "hint", text->hint[0] != '\0' ? text->hint : NULL);
	if (more != NULL) {
		json_str(json, "why", more->why);
		json_str(json, "bad", more->bad);
		json_str(json, "good", more->good);
	}
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
			show_json(cli, (enum finding_id)i, &json);
			continue;
		}
		strbuf_printf(&cells, "%s\t", text->id);
		finding_words(&cells, text->message);
		strbuf_add_char(&cells, '\n');
	}
	if (cli_json(cli)) {
		json_array_end(&json);
		cli_printf(cli, "\n");
	}
	cli_table(cli, "", &cells);
	strbuf_fini(&cells);
}

static void show_lines(struct cli *cli, const char *title, const char *lines)
{
	cli_printf(cli, "%s\n", title);
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		cli_printf(cli, "    %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

#define WIDTH 78

/* In lines that are not too long. */
static void show_text(struct cli *cli, const char *text)
{
	while (*text != '\0') {
		size_t len = strlen(text);

		if (len > WIDTH) {
			for (len = WIDTH; len > 0 && text[len] != ' ';)
				len--;
			len = len > 0 ? len : WIDTH;
		}
		cli_printf(cli, "%.*s\n", (int)len, text);
		text += len + (text[len] == ' ');
	}
}

static int show_one(struct cli *cli, const char *id)
{
	enum finding_id finding = finding_by_name(id);
	const struct finding_text *text = finding_text(finding);
	const struct explanation *more = explanation_of(finding);
	struct strbuf message = STRBUF_INIT;
	struct json json;

	if (text == NULL) {
		cli_error(cli, "'oriel explain --list' lists them", "no finding is called '%s'",
			  id);
		return CLI_USAGE;
	}
	json_init(&json, &cli->out, true);
	if (cli_json(cli)) {
		show_json(cli, finding, &json);
		cli_printf(cli, "\n");
		return CLI_OK;
	}
	finding_words(&message, text->message);
	cli_printf(cli, "%s%s%s\n    %s\n", cli_style(cli, CLI_BOLD), text->id,
		   cli_style(cli, CLI_PLAIN), strbuf_str(&message));
	if (more != NULL)
		show_text(cli, more->why);
	if (text->hint[0] != '\0')
		show_lines(cli, "What helps:", text->hint);
	if (more != NULL) {
		show_lines(cli, "Refused:", more->bad);
		show_lines(cli, "Accepted:", more->good);
	}
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
