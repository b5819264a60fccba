/* SPDX-License-Identifier: MIT */
/* `oriel verify`: verdicts as lines, findings as a compiler prints its errors, or JSON. */
#include "judge.h"

#include "base/str.h"

static const char *const verdict_words[] = { "PASS", "FAIL", "ERROR" };
static const char *const verdict_names[] = { "pass", "fail", "error" };

/* --- text --- */

static void print_finding(struct verify *v, const struct judged *j)
{
	const struct report_style style = {
		.format = v->format == FORMAT_MSVC ? REPORT_MSVC : REPORT_GCC,
		.file = j->file,
		.section = j->section,
		.bold = cli_style(v->cli, CLI_BOLD),
		.plain = cli_style(v->cli, CLI_PLAIN),
	};

	reports_text(&j->reports, &style, &v->cli->out);
}

static void print_text(struct verify *v, struct judged *j)
{
	struct cli *cli = v->cli;
	bool is_named = str_starts(j->err.text, j->file);

	if (j->verdict == VERDICT_PASS && cli_given(cli, VERIFY_QUIET))
		return;
	if (v->has_files && (v->heading == NULL || !str_eq(v->heading, j->file))) {
		cli_printf(cli, "%s%s:%s\n", cli_style(cli, CLI_BOLD), j->file,
			   cli_style(cli, CLI_PLAIN));
		v->heading = j->file;
	}
	cli_printf(cli, "%s%-5s%s  %-24s  %-24s  %6u  %4llu.%03llu ms", cli_style(cli, CLI_BOLD),
		   verdict_words[j->verdict], cli_style(cli, CLI_PLAIN), j->section, j->name,
		   j->insns, j->cpu_us / 1000, j->cpu_us % 1000);
	if (cli_given(cli, VERIFY_STATS))
		cli_printf(cli, "  %llu steps, %u states a point, %llu KiB", j->result.steps,
			   j->result.parts, (u64)j->result.memory >> 10);
	cli_printf(cli, "\n");
	if (j->verdict == VERDICT_FAIL)
		print_finding(v, j);
	else if (j->verdict == VERDICT_ERROR)
		cli_printf(cli, "%s%serror: %s\n", is_named ? "" : j->file, is_named ? "" : ": ",
			   j->err.text);
	verify_details(v, j);
	cli_flush_some(cli);
}

/* --- JSON --- */

static void json_print(struct verify *v, struct judged *j)
{
	struct json *json = &v->json;

	json_object_begin(json, NULL);
	if (v->is_list)
		json_str(json, "file", j->file);
	json_str(json, "section", j->section);
	json_str(json, "name", j->name);
	json_str(json, "verdict", verdict_names[j->verdict]);
	if (j->label != NULL)
		json_str(json, "label", j->label);
	json_u64(json, "insns", j->insns);
	json_u64(json, "cpu_us", j->cpu_us);
	if (cli_given(v->cli, VERIFY_STATS)) {
		json_u64(json, "steps", j->result.steps);
		json_u64(json, "states", j->result.parts);
		json_u64(json, "memory", j->result.memory);
	}
	if (j->verdict == VERDICT_ERROR)
		json_str(json, "error", j->err.text);
	reports_json(&j->reports, json);
	verify_details_json(v, j);
	json_object_end(json);
}

/* --- all formats --- */

static void count_label(struct verify *v, const struct judged *j)
{
	u32 i = 0;

	if (j->label == NULL)
		return;
	while (i < v->label_count &&
	       strncmp(v->labels[i].name, j->label, sizeof(v->labels[i].name) - 1) != 0)
		i++;
	if (i == ARRAY_COUNT(v->labels))
		return; /* no table of labels has as many rows */
	if (i == v->label_count) {
		(void)str_copy(v->labels[i].name, sizeof(v->labels[i].name), j->label);
		v->label_count++;
	}
	v->labels[i].verdicts[j->verdict]++;
	v->labels[i].cpu_us += j->cpu_us;
	v->labels[i].slowest_us = MAX(v->labels[i].slowest_us, j->cpu_us);
}

void verify_begin(struct verify *v)
{
	json_init(&v->json, &v->cli->out, !v->is_list);
	if (v->format == FORMAT_SARIF)
		sarif_begin(v);
	else if (v->format == FORMAT_JSON && !v->is_list && v->has_files)
		json_array_begin(&v->json, NULL);
}

void verify_begin_file(struct verify *v, const struct verify_file *file)
{
	if (v->format != FORMAT_JSON)
		return;
	json_object_begin(&v->json, NULL);
	json_str(&v->json, "file", file->path);
	if (file->object != NULL) {
		json_str(&v->json, "dialect", dialect_name(file->object->dialect));
		json_str(&v->json, "dialect_why", file->object->dialect_why);
	} else {
		json_str(&v->json, "error", file->err.text);
	}
	json_array_begin(&v->json, "programs");
}

void verify_print(struct verify *v, struct judged *j)
{
	v->verdicts[j->verdict]++;
	v->cpu_us += j->cpu_us;
	count_label(v, j);
	if (cli_given(v->cli, VERIFY_DOT)) {
		verify_dot(v, j);
	} else if (v->format == FORMAT_SARIF) {
		sarif_print(v, j);
	} else if (v->format == FORMAT_JSON) {
		json_print(v, j);
		if (v->is_list) {
			cli_printf(v->cli, "\n");
			json_init(&v->json, &v->cli->out, false);
		}
		cli_flush_some(v->cli);
	} else {
		print_text(v, j);
	}
}

void verify_print_file(struct verify *v, const struct verify_file *file)
{
	struct cli_file shown = { .path = file->path, .bytes = file->bytes, .len = file->len };
	struct judged j = { .file = file->path,
			    .section = "-",
			    .name = "-",
			    .verdict = VERDICT_ERROR,
			    .err = file->err };

	v->verdicts[VERDICT_ERROR]++;
	if (v->format == FORMAT_SARIF)
		sarif_print(v, &j);
	else if (v->format != FORMAT_JSON)
		cli_error(v->cli, file->bytes != NULL ? cli_file_hint(&shown) : NULL, "%s",
			  file->err.text);
}

void verify_end_file(struct verify *v)
{
	if (v->format != FORMAT_JSON)
		return;
	json_array_end(&v->json);
	json_object_end(&v->json);
}

static void print_labels(struct verify *v)
{
	struct strbuf cells = STRBUF_INIT;

	if (v->label_count == 0)
		return;
	strbuf_add(&cells, "label\tprograms\taccepted\trefused\terrors\tms\tslowest\n");
	for (u32 i = 0; i < v->label_count; i++) {
		const struct label_count *label = &v->labels[i];
		const u32 *n = label->verdicts;

		strbuf_printf(&cells, "%s\t%u\t%u\t%u\t%u\t%llu.%03llu\t%llu.%03llu\n", label->name,
			      n[VERDICT_PASS] + n[VERDICT_FAIL] + n[VERDICT_ERROR], n[VERDICT_PASS],
			      n[VERDICT_FAIL], n[VERDICT_ERROR], label->cpu_us / 1000,
			      label->cpu_us % 1000, label->slowest_us / 1000,
			      label->slowest_us % 1000);
	}
	cli_table(v->cli, "", &cells);
	strbuf_fini(&cells);
}

static void print_summary(struct verify *v)
{
	const u32 *n = v->verdicts;
	u32 all = n[VERDICT_PASS] + n[VERDICT_FAIL] + n[VERDICT_ERROR];

	print_labels(v);
	/* Standard error has all that there is to say of a file which is no object. */
	if (n[VERDICT_PASS] + n[VERDICT_FAIL] == 0 && v->cpu_us == 0 && !v->is_list)
		return;
	if (cli_given(v->cli, VERIFY_QUIET) && n[VERDICT_PASS] == all)
		return;
	cli_printf(v->cli, "%u program%s: %u safe, %u not", all, all == 1 ? "" : "s",
		   n[VERDICT_PASS], n[VERDICT_FAIL]);
	if (n[VERDICT_ERROR] > 0)
		cli_printf(v->cli, ", %u could not be judged", n[VERDICT_ERROR]);
	cli_printf(v->cli, "; %llu.%03llu ms\n", v->cpu_us / 1000, v->cpu_us % 1000);
}

void verify_end(struct verify *v)
{
	if (v->format == FORMAT_SARIF) {
		sarif_end(v);
	} else if (v->format == FORMAT_JSON) {
		if (!v->is_list && v->has_files)
			json_array_end(&v->json);
		if (!v->is_list)
			cli_printf(v->cli, "\n");
	} else if (!cli_given(v->cli, VERIFY_DOT)) {
		print_summary(v);
	}
}
