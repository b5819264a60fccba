/* SPDX-License-Identifier: MIT */
/* Reports in the forms in which they are handed on: as compilers print errors, and as JSON. */
#include "verify/report.h"

#include "base/str.h"

static void add_place(const struct report_style *style, const struct prog_line *line,
		      struct strbuf *out)
{
	if (line == NULL)
		strbuf_printf(out, "%s(%s): ", style->file, style->section);
	else if (style->format == REPORT_MSVC)
		strbuf_printf(out, line->col != 0 ? "%s(%u,%u): " : "%s(%u): ", line->file,
			      line->line, line->col);
	else
		strbuf_printf(out, line->col != 0 ? "%s:%u:%u: " : "%s:%u: ", line->file,
			      line->line, line->col);
}

/* The line, and below it a mark at its column; tabs stay, so that the mark is in its place. */
static void add_source(const struct report_style *style, const struct prog_line *line,
		       struct strbuf *out)
{
	const char *text = line != NULL ? line->text : "";

	if (style->format != REPORT_GCC || *text == '\0')
		return;
	strbuf_printf(out, "%5u | %s\n", line->line, text);
	if (line->col == 0 || line->col > strlen(text))
		return;
	strbuf_add(out, "      | ");
	for (u32 i = 0; i + 1 < line->col; i++)
		strbuf_add_char(out, text[i] == '\t' ? '\t' : ' ');
	strbuf_add(out, "^\n");
}

static void add_note(const struct report_style *style, const struct prog_line *line,
		     const struct strbuf *text, struct strbuf *out)
{
	if (text->len == 0)
		return;
	add_place(style, line, out);
	strbuf_printf(out, "note: %s\n", text->data);
}

void report_text(const struct report *report, const struct report_style *style, struct strbuf *out)
{
	bool is_msvc = style->format == REPORT_MSVC;

	add_place(style, report->line, out);
	strbuf_printf(out, "%serror%s%s%s: ", style->bold, style->plain, is_msvc ? " " : "",
		      is_msvc ? report->id : "");
	if (report->line == NULL)
		strbuf_printf(out, "%s: slot %u: ", report->function, report->slot);
	strbuf_add(out, strbuf_str(&report->message));
	if (!is_msvc)
		strbuf_printf(out, " [%s]", report->id);
	strbuf_add_char(out, '\n');
	add_source(style, report->line, out);
	if (report->origin.line != NULL) {
		add_note(style, report->origin.line, &report->origin.text, out);
		add_source(style, report->origin.line, out);
	}
	add_note(style, report->line, &report->hint, out);
}

static void json_place(struct json *json, const struct prog_line *line)
{
	if (line == NULL)
		return;
	json_str(json, "file", line->file);
	json_u64(json, "line", line->line);
	if (line->col != 0)
		json_u64(json, "col", line->col);
	if (line->text[0] != '\0')
		json_str(json, "source", line->text);
}

void report_json(const struct report *report, struct json *json)
{
	json_object_begin(json, NULL);
	json_str(json, "id", report->id);
	json_str(json, "message", strbuf_str(&report->message));
	if (report->hint.len > 0)
		json_str(json, "hint", strbuf_str(&report->hint));
	json_str(json, "function", report->function);
	json_u64(json, "slot", report->slot);
	json_place(json, report->line);
	if (report->origin.text.len > 0) {
		json_object_begin(json, "origin");
		json_str(json, "message", strbuf_str(&report->origin.text));
		json_place(json, report->origin.line);
		json_object_end(json);
	}
	json_object_end(json);
}
