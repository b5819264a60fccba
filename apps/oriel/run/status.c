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
	for (int i = a->file_count; i < a->cli->rest_count; i++)
		for (const char *c = a->cli->rest[i], *end = c + strlen(c); c <= end; c++)
			if (*c != '\0' || i + 1 < a->cli->rest_count)
				strbuf_add_char(out, (u8)*c < ' ' ? ' ' : *c);
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
	u32 dialect;
	struct strbuf *out;
};

static const char *name_of(const struct drain *drain, u32 prog)
{
	const struct attached *a = drain->a;

	for (int i = 0; i < a->file_count; i++) {
		const struct attached_file *file = &a->files[i];
		const struct object *object = file->run.load.object;

		if ((object->dialect == DIALECT_LINUX) != (drain->dialect != 0))
			continue;
		for (u32 j = 0; j < object->prog_count; j++) {
			struct runtime_prog_info info;

			if (file->set.progs == NULL || file->set.progs[j] == NULL)
				continue;
			runtime_prog_info(file->set.progs[j], &info);
			if (info.id == prog)
				return object->progs[j].name;
		}
	}
	return "?";
}

/* An event for the file, if there is one, and a line for who watches. */
static void take_event(void *arg, const struct trace_event *event)
{
	struct drain *drain = arg;
	struct strbuf *out = drain->out;

	run_trace_take(&drain->a->trace, event);
	strbuf_printf(out, "event\t%u\t", os_process_id());
	add_command(drain->a, out);
	strbuf_printf(out, "%llu\t%u\t", event->ns, event->slot);
	add_word(out, name_of(drain, event->prog));
	add_word(out, trace_kind_name(event->kind));
	for (u32 i = 0; i < event->len; i++)
		strbuf_add_char(out, (u8)event->text[i] < ' ' && event->text[i] != '\t'
					     ? '?'
					     : event->text[i]);
	strbuf_add_char(out, '\n');
}

static void drain_events(void *arg, struct strbuf *out)
{
	struct drain drain = { .a = arg, .out = out };

	for (; drain.dialect < DIALECTS; drain.dialect++)
		trace_drain(drain.a->events[drain.dialect], take_event, &drain);
}

/* --- both -------------------------------------------------------------------------------------
 */

/* Where nobody can ask, nothing is counted. */
struct status_server *attach_serve(struct attached *a)
{
	const struct status_options options = { fill, drain_events, a, a->redirects };
	struct status_server *server = NULL;
	struct error err = { 0 };

	if (status_serve(&options, &server, &err) < 0)
		return NULL;
	for (u32 i = 0; i < DIALECTS; i++) {
		if (a->worlds[i].rt == NULL || runtime_count_runs(a->worlds[i].rt, true, &err) == 0)
			continue;
		status_stop(server);
		return NULL;
	}
	return server;
}
