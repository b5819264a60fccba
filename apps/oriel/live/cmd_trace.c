/* SPDX-License-Identifier: MIT */
/* `oriel trace`: what attached programs print, as it comes, from the processes that have them
 * attached. A line is fields with a tab between two, as run/status.c writes them. */
#include "cli.h"

#include "base/str.h"
#include "live/fields.h"
#include "os/os.h"
#include "supervise/status.h"

enum { OPT_COUNT };

static const struct cli_option trace_options[] = {
	[OPT_COUNT] = { "count", "N", "End after N lines. Default: when it is stopped.", NULL },
};

static const struct cli_example trace_examples[] = {
	{ "What programs print, whatever process has them attached:", "oriel trace" },
	{ "The first fault, for a script:", "oriel trace --json | grep -m 1 '\"fault\"'" },
};

enum field {
	FIELD_KIND, /* "event" */
	FIELD_PID,
	FIELD_COMMAND,
	FIELD_NS,
	FIELD_SLOT,
	FIELD_PROGRAM,
	FIELD_EVENT,
	FIELD_TEXT, /* may have tabs */
	FIELDS
};

#define LINE_MAX_BYTES 8192

struct tracing {
	struct cli *cli;
	u64 left;
};

/* False: that is no such line. */
static bool split(char *text, size_t len, const char *fields[FIELDS], u32 *ret_count)
{
	*ret_count = fields_split(text, len, fields, FIELDS);
	return *ret_count == FIELDS ? str_eq(fields[FIELD_KIND], "event")
				    : *ret_count == 3 && str_eq(fields[0], "missed");
}

static void show_event(struct cli *cli, const char *const *fields, u64 pid, u64 ns, u64 slot)
{
	struct json json;

	if (!cli_json(cli)) {
		cli_printf(cli, "%s %.16s [%s] %llu.%06llu: %s: %s%s\n", fields[FIELD_PID],
			   fields[FIELD_COMMAND], fields[FIELD_SLOT], ns / 1000000000,
			   ns / 1000 % 1000000, fields[FIELD_PROGRAM],
			   str_eq(fields[FIELD_EVENT], "fault") ? "stopped " : "",
			   fields[FIELD_TEXT]);
		return;
	}
	json_init(&json, &cli->out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "pid", pid);
	json_str(&json, "command", fields[FIELD_COMMAND]);
	json_u64(&json, "ns", ns);
	json_u64(&json, "slot", slot);
	json_str(&json, "program", fields[FIELD_PROGRAM]);
	json_str(&json, "event", fields[FIELD_EVENT]);
	json_str(&json, "text", fields[FIELD_TEXT]);
	json_object_end(&json);
	cli_printf(cli, "\n");
}

static void show_missed(struct cli *cli, const char *const *fields, u64 pid, u64 missed)
{
	struct json json;

	if (!cli_json(cli)) {
		cli_printf(cli, "%s: %s lines were not read in time\n", fields[1], fields[2]);
		return;
	}
	json_init(&json, &cli->out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "pid", pid);
	json_str(&json, "event", "missed");
	json_u64(&json, "lines", missed);
	json_object_end(&json);
	cli_printf(cli, "\n");
}

static bool take_line(void *arg, const char *line, size_t len)
{
	struct tracing *tracing = arg;
	const char *fields[FIELDS];
	char text[LINE_MAX_BYTES];
	u64 pid, first, slot;
	u32 count;

	if (len >= sizeof(text))
		return true;
	memcpy(text, line, len);
	text[len] = '\0';
	if (!split(text, len, fields, &count) || !str_to_u64(fields[FIELD_PID], &pid))
		return true;
	if (count == FIELDS) {
		if (!str_to_u64(fields[FIELD_NS], &first) || !str_to_u64(fields[FIELD_SLOT], &slot))
			return true;
		show_event(tracing->cli, fields, pid, first, slot);
	} else if (str_to_u64(fields[2], &first)) {
		show_missed(tracing->cli, fields, pid, first);
	}
	cli_flush(tracing->cli);
	return --tracing->left > 0 && !tracing->cli->output_failed;
}

static void see_answer(void *arg, UNUSED const char *answer, UNUSED size_t len)
{
	*(bool *)arg = true;
}

/* Else nobody knows why nothing comes. */
static void say_waiting(struct cli *cli)
{
	struct strbuf line = STRBUF_INIT;
	struct error err = { 0 };
	bool attached = false;

	if (!os_is_terminal(OS_STDERR) ||
	    status_ask(STATUS_PROGRAMS, see_answer, &attached, &err) != 0 || attached)
		return;
	strbuf_add(&line, "Nothing is attached yet. ^C ends it.\n");
	cli_report(cli, &line);
	strbuf_fini(&line);
}

static int run_trace(struct cli *cli)
{
	struct tracing tracing = { .cli = cli };
	struct error err = { 0 };
	int status = cli_number(cli, OPT_COUNT, UINT32_MAX, UINT64_MAX, &tracing.left);

	if (status != 0)
		return status;
	if (cli->operand != NULL) {
		cli_error(cli, NULL, "trace: '%s' is one word too many", cli->operand);
		return CLI_USAGE;
	}
	if (tracing.left == 0) {
		cli_error(cli, NULL, "--count: from 1");
		return CLI_USAGE;
	}
	say_waiting(cli);
	if (status_watch(take_line, &tracing, &err) == 0)
		return CLI_OK;
	cli_error(cli, NULL, "%s", err.text);
	return CLI_FAILED;
}

const struct command cmd_trace = {
	.name = "trace",
	.operands = "",
	.words = "",
	.summary = "Show what attached programs print.",
	.about =
		"Shows what the programs print that 'oriel run --attach' has attached, and why one "
		"was\n"
		"stopped, as it happens, from all of this user's processes, also from those that\n"
		"begin later; root sees root's. A line: process, command, slot, seconds, program,\n"
		"text. No program waits for it: what is not read in time is counted.",
	.json = "Print a JSON object for each event, on a line of its own.",
	.options = trace_options,
	.option_count = ARRAY_COUNT(trace_options),
	.examples = trace_examples,
	.example_count = ARRAY_COUNT(trace_examples),
	.may_lack_operand = true,
	.run = run_trace,
};
