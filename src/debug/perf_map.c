/* SPDX-License-Identifier: MIT */
/* perf's map of a process: a line for each function. perf looks for it under this name, when the
 * process may be gone already, so the file stays. */
#include "base/format.h"
#include "debug/internal.h"

static int perf_map_open(struct debug *debug, struct error *err)
{
	format(debug->path, sizeof(debug->path), "/tmp/perf-%u.map", os_process_id());
	return debug_open_log(debug, false, err);
}

static int perf_map_made(struct debug *debug, const struct debug_code *code,
			 UNUSED void **ret_token, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int status;

	for (u32 i = 0; i < code->func_count; i++) {
		const struct debug_func *func = &code->funcs[i];

		strbuf_printf(&text, "%llx %x ", code->address + func->begin,
			      func->end - func->begin);
		if (i > 0)
			strbuf_printf(&text, "%s.", code->funcs[0].name);
		strbuf_printf(&text, "%s\n", func->name);
	}
	if (code->common < code->len && code->func_count > 0)
		strbuf_printf(&text, "%llx %x %s.(common)\n", code->address + code->common,
			      code->len - code->common, code->funcs[0].name);
	status = debug_log(debug, &text, err);
	strbuf_fini(&text);
	return status;
}

const struct debug_form_ops debug_perf_map = { perf_map_open, perf_map_made, NULL };
