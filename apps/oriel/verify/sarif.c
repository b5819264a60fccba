/* SPDX-License-Identifier: MIT */
/* `oriel verify --format sarif`: findings for tools that gather them (SARIF 2.1.0). */
#include "judge.h"

#include "base/str.h"
#include "verify/explain.h"

#define UNREADABLE "unreadable"

static void add_text(struct json *json, const char *key, const char *text)
{
	json_object_begin(json, key);
	json_str(json, "text", text);
	json_object_end(json);
}

/* The explanation, as plain text and for viewers that show Markdown. */
static void add_help(struct json *json, const struct finding_text *text,
		     const struct explanation *more)
{
	struct strbuf help = STRBUF_INIT;

	json_object_begin(json, "help");
	strbuf_printf(&help, "%s\nWhat helps: %s\nRefused:\n%sAccepted:\n%s", more->why,
		      text->hint[0] != '\0' ? text->hint : "see the example", more->bad,
		      more->good);
	json_str(json, "text", strbuf_str(&help));
	strbuf_reset(&help);
	strbuf_printf(&help, "%s\n\n", more->why);
	if (text->hint[0] != '\0')
		strbuf_printf(&help, "What helps: %s\n\n", text->hint);
	strbuf_printf(&help, "Refused:\n\n```c\n%s```\n\nAccepted:\n\n```c\n%s```\n", more->bad,
		      more->good);
	json_str(json, "markdown", strbuf_str(&help));
	json_object_end(json);
	strbuf_fini(&help);
}

/* Placeholders as words, as in `oriel explain`. */
static void add_description(struct json *json, const char *message)
{
	struct strbuf text = STRBUF_INIT;

	finding_words(&text, message);
	add_text(json, "shortDescription", strbuf_str(&text));
	strbuf_fini(&text);
}

/* Rule i is finding i + 1; the last one is UNREADABLE. */
static void add_rules(struct json *json)
{
	json_array_begin(json, "rules");
	for (u32 i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
		const struct finding_text *text = finding_text((enum finding_id)i);
		const struct explanation *more = explanation_of((enum finding_id)i);

		json_object_begin(json, NULL);
		json_str(json, "id", text->id);
		add_description(json, text->message);
		if (more != NULL) {
			add_text(json, "fullDescription", more->why);
			add_help(json, text, more);
		}
		json_object_end(json);
	}
	json_object_begin(json, NULL);
	json_str(json, "id", UNREADABLE);
	add_text(json, "shortDescription", "the program could not be judged");
	add_text(json, "fullDescription", "The file is damaged, or its dialect is not known.");
	add_text(json, "help", "oriel inspect says more about the file");
	json_object_end(json);
	json_array_end(json);
}

void sarif_begin(struct verify *v)
{
	struct json *json = &v->json;

	json_init(json, &v->cli->out, true);
	json_object_begin(json, NULL);
	json_str(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_str(json, "version", "2.1.0");
	json_array_begin(json, "runs");
	json_object_begin(json, NULL);
	json_object_begin(json, "tool");
	json_object_begin(json, "driver");
	json_str(json, "name", "oriel");
	json_str(json, "version", ORIEL_VERSION);
	add_rules(json);
	json_object_end(json);
	json_object_end(json);
	json_array_begin(json, "results");
}

/* A path as a URI reference. */
static void add_uri(struct json *json, const char *path)
{
	static const char plain[] = "-._~/:@!$&'()*+,;=";
	struct strbuf uri = STRBUF_INIT;
	bool has_drive = path[0] != '\0' && path[1] == ':';

	if (has_drive || path[0] == '/' || path[0] == '\\')
		strbuf_add(&uri, has_drive ? "file:///" : "file://");
	for (; *path != '\0'; path++) {
		if (*path == '\\')
			strbuf_add_char(&uri, '/');
		else if (str_is_alnum(*path) || strchr(plain, *path) != NULL)
			strbuf_add_char(&uri, *path);
		else
			strbuf_printf(&uri, "%%%02X", (unsigned)(u8)*path);
	}
	json_object_begin(json, "artifactLocation");
	json_str(json, "uri", strbuf_str(&uri));
	json_object_end(json);
	strbuf_fini(&uri);
}

static void add_physical(struct json *json, const char *file, const struct prog_line *line)
{
	json_object_begin(json, "physicalLocation");
	add_uri(json, line != NULL ? line->file : file);
	if (line != NULL) {
		json_object_begin(json, "region");
		json_u64(json, "startLine", line->line);
		if (line->col != 0)
			json_u64(json, "startColumn", line->col);
		if (line->text[0] != '\0')
			add_text(json, "snippet", line->text);
		json_object_end(json);
	}
	json_object_end(json);
}

/* A step of the way that leads to a finding. */
static void add_step(struct json *json, const char *file, const struct prog_line *line,
		     const char *message)
{
	json_object_begin(json, NULL);
	json_object_begin(json, "location");
	add_physical(json, file, line);
	add_text(json, "message", message);
	json_object_end(json);
	json_object_end(json);
}

static void add_flow(struct json *json, const struct judged *j, const struct report *report)
{
	json_array_begin(json, "codeFlows");
	json_object_begin(json, NULL);
	json_array_begin(json, "threadFlows");
	json_object_begin(json, NULL);
	json_array_begin(json, "locations");
	add_step(json, j->file, report->origin.line, strbuf_str(&report->origin.text));
	add_step(json, j->file, report->line, strbuf_str(&report->message));
	json_array_end(json);
	json_object_end(json);
	json_array_end(json);
	json_object_end(json);
	json_array_end(json);
}

/* report NULL: that the program could not be judged. */
static void add_result(struct json *json, const struct judged *j, const struct report *report)
{
	enum finding_id id = report != NULL ? finding_by_name(report->id) : FINDING_COUNT;
	struct strbuf message = STRBUF_INIT;

	strbuf_add(&message, report == NULL ? j->err.text : strbuf_str(&report->message));
	if (report != NULL && report->hint.len > 0)
		strbuf_printf(&message, "; %s", strbuf_str(&report->hint));
	json_object_begin(json, NULL);
	json_str(json, "ruleId", report == NULL ? UNREADABLE : report->id);
	json_u64(json, "ruleIndex", (u64)id - 1);
	json_str(json, "level", "error");
	add_text(json, "message", strbuf_str(&message));
	json_array_begin(json, "locations");
	json_object_begin(json, NULL);
	add_physical(json, j->file, report != NULL ? report->line : NULL);
	json_array_begin(json, "logicalLocations");
	json_object_begin(json, NULL);
	json_str(json, "name", report != NULL ? report->function : j->name);
	json_str(json, "kind", "function");
	json_object_end(json);
	json_array_end(json);
	json_object_end(json);
	json_array_end(json);
	if (report != NULL && report->origin.line != NULL && report->line != NULL)
		add_flow(json, j, report);
	json_object_end(json);
	strbuf_fini(&message);
}

void sarif_print(struct verify *v, const struct judged *j)
{
	if (j->verdict == VERDICT_ERROR)
		add_result(&v->json, j, NULL);
	for (u32 i = 0; i < j->reports.count; i++)
		add_result(&v->json, j, &j->reports.items[i]);
	cli_flush_some(v->cli);
}

void sarif_end(struct verify *v)
{
	struct json *json = &v->json;

	json_array_end(json);
	json_object_end(json);
	json_array_end(json);
	json_object_end(json);
	cli_printf(v->cli, "\n");
}
