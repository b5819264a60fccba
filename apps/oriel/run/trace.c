/* SPDX-License-Identifier: MIT */
/* `oriel run --trace-to`: what programs print, and faults, as a file that grows while they run. */
#include "base/str.h"
#include "os/os.h"
#include "run.h"
#include "runtime/objects.h"
#include "runtime/trace.h"

/* Of each slot: what does not fit is counted. */
#define RING_SIZE	(1u << 18) /* until the file has it */
#define SMALL_RING_SIZE (1u << 16) /* until whoever watches looks again */
#define WRITE_SIZE	(1u << 16) /* so much is not kept any longer */

void run_command_text(const struct cli *cli, int first, struct strbuf *out)
{
	for (int i = first; i < cli->rest_count; i++) {
		if (i > first)
			strbuf_add_char(out, ' ');
		for (const char *c = cli->rest[i]; *c != '\0'; c++)
			strbuf_add_char(out, (u8)*c < ' ' ? ' ' : *c);
	}
}

void run_program_name(struct runtime *rt, u32 id, char ret_name[CORE_NAME])
{
	struct runtime_prog *prog = rt == NULL ? NULL : runtime_get_prog(rt, id);
	struct runtime_prog_info info = { .name = "?" };

	if (prog != NULL) {
		runtime_prog_info(prog, &info);
		core_put_user(prog_core(prog));
	}
	memcpy(ret_name, info.name, CORE_NAME);
}

/* --- opening --- */

/* Next to the stream, so that its folder is a trace. */
static int write_metadata(const struct run_trace *trace, struct error *err)
{
	const struct trace_origin origin = { os_process_id(), strbuf_str(&trace->command), "" };
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	size_t folder = 0;
	int r;

	for (size_t i = 0; trace->path[i] != '\0'; i++)
		if (trace->path[i] == '/')
			folder = i + 1;
	strbuf_printf(&path, "%.*smetadata", (int)folder, trace->path);
	trace_ctf_metadata(&text, &origin);
	if (strbuf_status(&path) != 0 || strbuf_status(&text) != 0)
		r = error_set(err, ERR_NOMEM, "%s: no memory for its metadata", trace->path);
	else
		r = os_file_write(path.data, text.data, text.len, err);
	strbuf_fini(&path);
	strbuf_fini(&text);
	return r;
}

static int open_file(struct run_trace *trace, int first)
{
	struct error err = { 0 };
	int r;

	if (str_eq(trace->path, "-")) {
		cli_error(trace->cli, "what programs print is on standard output anyway",
			  "--trace-to writes a file, and '-' is none");
		return CLI_USAGE;
	}
	run_command_text(trace->cli, first, &trace->command);
	r = os_writer_open(trace->path, &trace->file, &err);
	if (r == 0 && trace->form == RUN_TRACE_CTF)
		r = write_metadata(trace, &err);
	if (r == 0)
		return 0;
	cli_error(trace->cli, NULL, "--trace-to: %s", err.text);
	return cli_exit_code(r);
}

int run_trace_open(struct run_trace *trace, struct cli *cli, int first)
{
	const char *form = cli->values[RUN_TRACE_FORMAT];

	trace->cli = cli;
	trace->path = cli->values[RUN_TRACE_TO];
	if (form != NULL && str_eq(form, "ctf"))
		trace->form = RUN_TRACE_CTF;
	else if (form != NULL && str_eq(form, "json"))
		trace->form = RUN_TRACE_JSON;
	if (trace->path != NULL)
		return open_file(trace, first);
	if (form == NULL)
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

/* --- while programs run, in any one thread at a time: no messages --- */

void run_trace_flush(struct run_trace *trace)
{
	if (trace->form == RUN_TRACE_CTF && trace->out.len > 0)
		trace_ctf_end(&trace->packet, &trace->out, trace->missed);
	if (trace->status == 0)
		trace->status = strbuf_status(&trace->out);
	if (trace->status == 0 && trace->out.len > 0)
		trace->status = os_writer_add(&trace->file, trace->out.data, trace->out.len);
	strbuf_reset(&trace->out);
}

void run_trace_take(struct run_trace *trace, const struct trace_event *event, const char *program)
{
	const struct trace_origin origin = { os_process_id(), strbuf_str(&trace->command),
					     program };

	if (trace->path == NULL || trace->status != 0)
		return;
	switch (trace->form) {
	case RUN_TRACE_TEXT: trace_text(&trace->out, event, &origin); break;
	case RUN_TRACE_JSON: trace_json(&trace->out, event, &origin); break;
	case RUN_TRACE_CTF:
		if (trace->out.len == 0)
			trace_ctf_begin(&trace->packet, &trace->out);
		trace_ctf(&trace->packet, &trace->out, event, &origin);
		break;
	}
	if (trace->out.len >= WRITE_SIZE)
		run_trace_flush(trace);
}

void run_trace_miss(struct run_trace *trace, u64 dropped)
{
	const struct trace_origin origin = { os_process_id(), strbuf_str(&trace->command), "" };
	u64 more = dropped - trace->missed;

	if (trace->path == NULL || trace->status != 0 || more == 0)
		return;
	trace->missed = dropped;
	switch (trace->form) {
	case RUN_TRACE_TEXT: trace_text_missed(&trace->out, more); break;
	case RUN_TRACE_JSON: trace_json_missed(&trace->out, more, &origin); break;
	case RUN_TRACE_CTF:
		if (trace->out.len == 0)
			trace_ctf_begin(&trace->packet, &trace->out);
		break;
	}
}

struct drain {
	struct run_trace *trace;
	struct runtime *rt;
};

static void take(void *arg, const struct trace_event *event)
{
	struct drain *drain = arg;
	char program[CORE_NAME];

	run_program_name(drain->rt, event->prog, program);
	run_trace_take(drain->trace, event, program);
}

void run_trace_drain(struct run_trace *trace, struct trace *events, struct runtime *rt)
{
	struct drain drain = { trace, rt };

	trace_drain(events, take, &drain);
	run_trace_miss(trace, trace_dropped(events));
	run_trace_flush(trace);
}

/* --- the end --- */

int run_trace_end(struct run_trace *trace)
{
	if (trace->path == NULL)
		return 0;
	os_writer_close(&trace->file);
	if (trace->missed > 0)
		cli_error(trace->cli, NULL, "%s: %llu events did not fit", trace->path,
			  trace->missed);
	if (trace->status == 0)
		return 0;
	cli_error(trace->cli, NULL, "%s: %s", trace->path,
		  trace->status == ERR_NOMEM ? "no memory for what is to be written"
					     : "events could not be written, it ends before them");
	return CLI_FAILED;
}

void run_trace_fini(struct run_trace *trace)
{
	os_writer_close(&trace->file);
	strbuf_fini(&trace->command);
	strbuf_fini(&trace->out);
}
