/* SPDX-License-Identifier: MIT */
/* All that is wrong with a program, for people. */
#include "verify/reports.h"

#include "base/error.h"
#include "base/mem.h"

int reports_make(const struct prog *prog, const struct verify_options *options,
		 const struct verify_result *result, struct reports *ret_reports, struct error *err)
{
	struct reports *reports = ret_reports;
	const struct record *record = &reports->record;
	int status;

	*reports = (struct reports){ 0 };
	status = record_make(prog, options, result, &reports->record, err);
	if (status != 0 || record->finding_count == 0)
		return status;
	reports->items = mem_zalloc_array(record->finding_count, sizeof(*reports->items));
	if (reports->items == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	while (status == 0 && reports->count < record->finding_count) {
		u32 i = reports->count++;

		status = report_init(&reports->items[i], prog, record->cfg, &record->findings[i]);
	}
	return status == 0 ? 0 : error_set(err, status, "out of memory");
}

void reports_fini(struct reports *reports)
{
	for (u32 i = 0; i < reports->count; i++)
		report_fini(&reports->items[i]);
	mem_free(reports->items);
	record_fini(&reports->record);
	*reports = (struct reports){ 0 };
}

void reports_text(const struct reports *reports, const struct report_style *style,
		  struct strbuf *out)
{
	for (u32 i = 0; i < reports->count; i++)
		report_text(&reports->items[i], style, out);
	if (reports->record.more > 0)
		strbuf_printf(out, "%s: note: and %u more\n", style->file, reports->record.more);
}

void reports_json(const struct reports *reports, struct json *json)
{
	json_array_begin(json, "findings");
	for (u32 i = 0; i < reports->count; i++)
		report_json(&reports->items[i], json);
	json_array_end(json);
	if (reports->record.more > 0)
		json_u64(json, "more_findings", reports->record.more);
}
