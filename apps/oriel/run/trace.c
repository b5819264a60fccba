/* SPDX-License-Identifier: MIT */
/* `oriel run --trace-to`: what programs print, and faults, as a file. */
#include "base/str.h"
#include "os/os.h"
#include "run.h"
#include "runtime/trace.h"

/* Of each slot: what does not fit is counted. */
#define RING_SIZE	(1u << 20) /* for the whole run */
#define SMALL_RING_SIZE (1u << 16) /* until whoever watches looks again */

int run_trace_open(struct run_trace *trace, struct cli *cli)
{
	const char *form = cli->values[RUN_TRACE_FORMAT];

	trace->cli = cli;
	trace->path = cli->values[RUN_TRACE_TO];
	trace->is_ctf = form != NULL && str_eq(form, "ctf");
	trace->form = trace->is_ctf			     ? trace_ctf
		      : form != NULL && str_eq(form, "json") ? trace_json
							     : trace_text;
	if (trace->is_ctf)
		trace_ctf_begin(&trace->out);
	if (trace->path != NULL || form == NULL)
		return 0;
	cli_error(cli, NULL, "--trace-format needs --trace-to");
	return CLI_USAGE;
}

int run_trace_rings(const struct run_trace *trace, struct trace **ret_events)
{
	struct error err = { 0 };

	if (trace_new(MIN(os_cpu_count(), 256u), trace->path != NULL ? RING_SIZE : SMALL_RING_SIZE,
		      ret_events, &err) == 0)
		return 0;
	cli_error(trace->cli, NULL, "%s", err.text);
	return CLI_FAILED;
}

void run_trace_take(struct run_trace *trace, const struct trace_event *event)
{
	if (trace->path != NULL)
		trace->form(&trace->out, event);
}

static void take(void *arg, const struct trace_event *event)
{
	run_trace_take(arg, event);
}

static int write_file(struct cli *cli, const char *path, const struct strbuf *text)
{
	struct error err = { 0 };

	if (strbuf_status(text) != 0)
		error_set(&err, ERR_NOMEM, "%s: no memory for what is to be written", path);
	else if (os_file_write(path, text->data, text->len, &err) == 0)
		return 0;
	cli_error(cli, NULL, "%s", err.text);
	return CLI_FAILED;
}

/* Next to the stream, so that its folder is a trace. */
static int write_metadata(struct cli *cli, const char *stream)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	size_t folder = 0;
	int status;

	for (size_t i = 0; stream[i] != '\0'; i++)
		if (stream[i] == '/')
			folder = i + 1;
	strbuf_printf(&path, "%.*smetadata", (int)folder, stream);
	trace_ctf_metadata(&text);
	status = write_file(cli, strbuf_str(&path), &text);
	strbuf_fini(&path);
	strbuf_fini(&text);
	return status;
}

int run_trace_write(struct run_trace *trace, struct trace *const *events, u32 count)
{
	u64 dropped = 0;
	int status;

	if (trace->path == NULL)
		return 0;
	for (u32 i = 0; i < count; i++) {
		trace_drain(events[i], take, trace);
		dropped += trace_dropped(events[i]);
	}
	status = write_file(trace->cli, trace->path, &trace->out);
	if (status == 0 && trace->is_ctf)
		status = write_metadata(trace->cli, trace->path);
	if (dropped > 0)
		cli_error(trace->cli, NULL, "%s: %llu events did not fit", trace->path, dropped);
	return status;
}

void run_trace_fini(struct run_trace *trace)
{
	strbuf_fini(&trace->out);
}
