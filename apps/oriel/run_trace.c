/* SPDX-License-Identifier: MIT */
/* `oriel run --trace-to`: what programs print, and faults, as a file. */
#include "base/str.h"
#include "os/os.h"
#include "run.h"
#include "runtime/trace.h"

#define RING_SIZE (1u << 20) /* of each slot: what does not fit is counted */

int run_trace_open(struct run *run)
{
	struct error err = { 0 };

	if (!cli_given(run->cli, RUN_TRACE_TO)) {
		if (!cli_given(run->cli, RUN_TRACE_FORMAT))
			return 0;
		cli_error(run->cli, NULL, "--trace-format needs --trace-to");
		return CLI_USAGE;
	}
	if (trace_new(MIN(os_cpu_count(), 256u), RING_SIZE, &run->events, &err) == 0)
		return 0;
	cli_error(run->cli, NULL, "%s", err.text);
	return CLI_FAILED;
}

struct writer {
	struct strbuf out;
	void (*form)(struct strbuf *out, const struct trace_event *event);
};

static void write_event(void *arg, const struct trace_event *event)
{
	struct writer *writer = arg;

	writer->form(&writer->out, event);
}

static int write_file(struct run *run, const char *path, const struct strbuf *text)
{
	struct error err = { 0 };

	if (strbuf_status(text) != 0)
		error_set(&err, ERR_NOMEM, "%s: no memory for what is to be written", path);
	else if (os_file_write(path, text->data, text->len, &err) == 0)
		return 0;
	cli_error(run->cli, NULL, "%s", err.text);
	return CLI_FAILED;
}

/* Next to the stream, so that its folder is a trace. */
static int write_metadata(struct run *run, const char *stream)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	size_t folder = 0;
	int status;

	for (size_t i = 0; stream[i] != '\0'; i++)
		if (stream[i] == '/')
			folder = i + 1;
	strbuf_printf(&path, "%.*smetadata", (int)folder, stream);
	trace_ctf_metadata(&text);
	status = write_file(run, strbuf_str(&path), &text);
	strbuf_fini(&path);
	strbuf_fini(&text);
	return status;
}

int run_trace_write(struct run *run)
{
	const char *path = run->cli->values[RUN_TRACE_TO],
		   *form = run->cli->values[RUN_TRACE_FORMAT];
	bool is_ctf = form != NULL && str_eq(form, "ctf");
	struct writer writer = { STRBUF_INIT, trace_text };
	u64 dropped;
	int status;

	if (run->events == NULL)
		return 0;
	if (is_ctf) {
		trace_ctf_begin(&writer.out);
		writer.form = trace_ctf;
	} else if (form != NULL && str_eq(form, "json")) {
		writer.form = trace_json;
	}
	trace_drain(run->events, write_event, &writer);
	status = write_file(run, path, &writer.out);
	strbuf_fini(&writer.out);
	if (status == 0 && is_ctf)
		status = write_metadata(run, path);
	dropped = trace_dropped(run->events);
	if (dropped > 0)
		cli_error(run->cli, NULL, "%s: %llu events did not fit", path, dropped);
	return status;
}
