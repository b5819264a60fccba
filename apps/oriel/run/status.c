/* SPDX-License-Identifier: MIT */
/* What a process with attached programs says to `oriel top` and `oriel trace`: lines of fields with
 * a tab between two. */
#include "attach.h"
#include "dump.h"

#include "base/str.h"
#include "os/os.h"

/* --- for `oriel top` --------------------------------------------------------------------------
 */

static void add_word(struct strbuf *out, const char *text)
{
	for (; *text != '\0'; text++)
		strbuf_add_char(out, (u8)*text < ' ' ? '?' : *text);
	strbuf_add_char(out, '\t');
}

static void add_command(const struct attached *a, struct strbuf *out)
{
	run_command_text(a->cli, a->file_count, out);
	strbuf_add_char(out, '\t');
}

static u64 add_verdicts(struct strbuf *out, const struct spec_prog_type *type,
			const struct link_info *info)
{
	u64 runs = info->other_verdicts + info->failures;
	const char *between = "";

	for (u32 i = 0; i < LINK_VERDICTS; i++) {
		const char *name = spec_verdict_name(type, i);

		runs += info->verdicts[i];
		if (info->verdicts[i] == 0)
			continue;
		if (name != NULL)
			strbuf_printf(out, "%s%s=%llu", between, name, info->verdicts[i]);
		else
			strbuf_printf(out, "%s%u=%llu", between, i, info->verdicts[i]);
		between = " ";
	}
	if (info->other_verdicts > 0)
		strbuf_printf(out, "%sother=%llu", between, info->other_verdicts);
	return runs;
}

static void add_link(const struct attached *a, const struct attached_file *file,
		     const struct attachment *attachment, struct strbuf *out)
{
	struct runtime_prog *prog = file->set.progs[attachment->prog];
	const struct object *object = file->run.load.object;
	struct strbuf verdicts = STRBUF_INIT;
	struct runtime_prog_info of_prog;
	struct link_info of_link;
	u64 runs;

	runtime_prog_info(prog, &of_prog);
	link_get_info(attachment->link, &of_link);
	runs = add_verdicts(&verdicts, object->progs[attachment->prog].match->type, &of_link);
	strbuf_printf(out, "link\t%u\t", os_process_id());
	add_command(a, out);
	add_word(out, attachment->hook);
	strbuf_printf(out, "%u\t", attachment->param);
	add_word(out, object->progs[attachment->prog].name);
	add_word(out, of_prog.type);
	add_word(out, file->run.file.path);
	add_word(out, dialect_name(object->dialect));
	add_word(out, of_prog.mode);
	strbuf_printf(out, "%llu\t%llu\t%llu\t%llu\t%s\n", runs, of_prog.run_ns, of_prog.runs,
		      of_link.failures, strbuf_str(&verdicts));
	strbuf_fini(&verdicts);
}

/* --- what is in maps --- */

static void add_maps(const struct attached *a, struct attached_file *file, bool as_json,
		     struct strbuf *out)
{
	struct strbuf command = STRBUF_INIT;
	/* Its own: this is another thread. */
	struct cli cli = { .command = a->cli->command, .out = STRBUF_INIT, .keeps_output = true };
	struct json json;

	add_command(a, &command);
	command.len -= command.len > 0; /* the tab */
	if (!as_json) {
		cli_printf(&cli, "process %u, %.*s: %s\n", os_process_id(), (int)command.len,
			   strbuf_str(&command), file->run.file.path);
		dump_text(&cli, &file->run.load, true);
	} else {
		json_init(&json, &cli.out, false);
		json_object_begin(&json, NULL);
		json_u64(&json, "pid", os_process_id());
		json_str_len(&json, "command", strbuf_str(&command), command.len);
		cli_json_file(&json, &file->run.file, file->run.load.object);
		dump_json(&cli, &json, &file->run.load, true);
		json_object_end(&json);
		cli_printf(&cli, "\n");
	}
	if (strbuf_status(&cli.out) == 0)
		strbuf_add_len(out, cli.out.data, cli.out.len);
	strbuf_fini(&command);
	strbuf_fini(&cli.out);
}

static void fill(void *arg, enum status_question question, struct strbuf *out)
{
	const struct attached *a = arg;

	for (int i = 0; i < a->file_count; i++) {
		if (question != STATUS_PROGRAMS) {
			add_maps(a, &a->files[i], question == STATUS_MAPS_JSON, out);
			continue;
		}
		for (size_t j = 0; j < a->files[i].attachments.count; j++)
			add_link(a, &a->files[i], &a->files[i].attachments.items[j], out);
	}
}

/* --- for `oriel trace` ------------------------------------------------------------------------
 */

struct drain {
	struct attached *a;
	struct runtime *rt;
	struct strbuf *out; /* NULL: for the file only */
};

static void take_event(void *arg, const struct trace_event *event)
{
	struct drain *drain = arg;
	struct strbuf *out = drain->out;
	char program[CORE_NAME];

	run_program_name(drain->rt, event->prog, program);
	run_trace_take(&drain->a->trace, event, program);
	if (out == NULL)
		return;
	strbuf_printf(out, "event\t%u\t", os_process_id());
	add_command(drain->a, out);
	strbuf_printf(out, "%llu\t%u\t", event->ns, event->slot);
	add_word(out, program);
	add_word(out, trace_kind_name(event->kind));
	for (u32 i = 0; i < event->len; i++)
		strbuf_add_char(out, (u8)event->text[i] < ' ' && event->text[i] != '\t'
					     ? '?'
					     : event->text[i]);
	strbuf_add_char(out, '\n');
}

void attach_drain(struct attached *a, struct strbuf *out)
{
	u64 dropped = 0;

	for (u32 i = 0; i < DIALECTS; i++) {
		struct drain drain = { a, a->worlds[i].rt, out };

		if (drain.rt == NULL)
			continue;
		trace_drain(a->events[i], take_event, &drain);
		dropped += trace_dropped(a->events[i]);
	}
	if (out != NULL && dropped > a->missed)
		strbuf_printf(out, "missed\t%u\t%llu\n", os_process_id(), dropped - a->missed);
	a->missed = dropped;
	run_trace_miss(&a->trace, dropped);
	run_trace_flush(&a->trace);
}

static void drain_events(void *arg, struct strbuf *out)
{
	attach_drain(arg, out);
}

/* --- both -------------------------------------------------------------------------------------
 */

/* Where nobody can ask, nothing is counted. */
struct status_server *attach_serve(struct attached *a)
{
	const struct status_options options = {
		.fill = fill,
		.drain = drain_events,
		.always = a->trace.path != NULL,
		.arg = a,
		.redirects = a->redirects,
	};
	struct status_server *server = NULL;
	struct error err = { 0 };

	if (status_serve(&options, &server, &err) < 0)
		return NULL;
	for (u32 i = 0; i < DIALECTS && status_is_open(server); i++) {
		if (a->worlds[i].rt == NULL || runtime_count_runs(a->worlds[i].rt, true, &err) == 0)
			continue;
		status_stop(server);
		return NULL;
	}
	return server;
}
