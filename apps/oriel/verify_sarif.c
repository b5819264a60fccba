/* SPDX-License-Identifier: MIT */
/* `oriel verify --format sarif`: findings for tools that gather them (SARIF 2.1.0). */
#include "verify.h"

#define UNREADABLE "unreadable"

static void add_text(struct json *json, const char *key, const char *text)
{
	json_object_begin(json, key);
	json_str(json, "text", text);
	json_object_end(json);
}

static void add_rules(struct json *json)
{
	json_array_begin(json, "rules");
	for (u32 i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
		const struct finding_text *text = finding_text((enum finding_id)i);

		json_object_begin(json, NULL);
		json_str(json, "id", text->id);
		add_text(json, "shortDescription", text->message);
		if (text->hint[0] != '\0')
			add_text(json, "help", text->hint);
		json_object_end(json);
	}
	json_object_begin(json, NULL);
	json_str(json, "id", UNREADABLE);
	add_text(json, "shortDescription", "the program could not be judged");
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
	add_rules(json);
	json_object_end(json);
	json_object_end(json);
	json_array_begin(json, "results");
}

static void add_location(struct json *json, const char *file, const struct prog_line *line)
{
	json_object_begin(json, "physicalLocation");
	json_object_begin(json, "artifactLocation");
	json_str(json, "uri", line != NULL ? line->file : file);
	json_object_end(json);
	if (line != NULL) {
		json_object_begin(json, "region");
		json_u64(json, "startLine", line->line);
		if (line->col != 0)
			json_u64(json, "startColumn", line->col);
		json_object_end(json);
	}
	json_object_end(json);
}

/* report NULL: that the program could not be judged. */
static void add_result(struct json *json, const struct judged *j, const struct report *report)
{
	json_object_begin(json, NULL);
	json_str(json, "ruleId", report == NULL ? UNREADABLE : report->id);
	json_str(json, "level", "error");
	add_text(json, "message", report == NULL ? j->err.text : strbuf_str(&report->message));
	json_array_begin(json, "locations");
	json_object_begin(json, NULL);
	add_location(json, j->file, report != NULL ? report->line : NULL);
	json_array_begin(json, "logicalLocations");
	json_object_begin(json, NULL);
	json_str(json, "name", j->name);
	json_str(json, "kind", "function");
	json_object_end(json);
	json_array_end(json);
	json_object_end(json);
	json_array_end(json);
	json_object_end(json);
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
