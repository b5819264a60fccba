/* SPDX-License-Identifier: MIT */
/* `oriel top`: what attached programs do, from the processes that have them attached. An answer is
 * lines of fields with a tab between two, as run/status.c writes them. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "live/fields.h"
#include "os/os.h"
#include "supervise/status.h"

enum { OPT_ONCE, OPT_COUNT, OPT_INTERVAL, OPT_MAPS };

static const struct cli_option top_options[] = {
	[OPT_ONCE] = { "once", NULL, "Show it once, and end.", NULL },
	[OPT_COUNT] = { "count", "N", "Show it N times. Default: until it is stopped.", NULL },
	[OPT_INTERVAL] = { "interval", "MS", "Milliseconds from one to the next. Default: 1000.",
			   NULL },
	[OPT_MAPS] = { "maps", NULL, "What is in the programs' maps, instead.", NULL },
};

static const struct cli_example top_examples[] = {
	{ "What is attached, and how it is doing:", "oriel top --once" },
	{ "How often each verdict was given, for a script:",
	  "oriel top --once --json | jq .verdicts" },
	{ "Tables that programs keep, as they grow:", "oriel top --maps" },
};

enum field {
	FIELD_KIND, /* "link" */
	FIELD_PID,
	FIELD_COMMAND,
	FIELD_HOOK,
	FIELD_PARAM,
	FIELD_NAME,
	FIELD_TYPE,
	FIELD_FILE,
	FIELD_DIALECT,
	FIELD_MODE,
	FIELD_RUNS,
	FIELD_RUN_NS, /* of all counted runs of the program */
	FIELD_COUNTED,
	FIELD_FAILURES,
	FIELD_VERDICTS, /* NAME=COUNT, with blanks between them */
	FIELDS
};

struct row {
	char *text; /* the fields, each terminated */
	const char *fields[FIELDS];
	u64 runs, run_ns, counted, failures;
};

struct view {
	VEC(struct row) rows;
	u64 at; /* monotonic; 0: never */
	bool failed;
};

struct top {
	struct cli *cli;
	struct view now, before;
	u32 answers;
};

static void view_fini(struct view *view)
{
	for (size_t i = 0; i < view->rows.count; i++)
		mem_free(view->rows.items[i].text);
	vec_free(&view->rows);
	*view = (struct view){ 0 };
}

/* --- answers --- */

static bool split(struct row *row, size_t len)
{
	return fields_split(row->text, len, row->fields, FIELDS) == FIELDS &&
	       strchr(row->fields[FIELDS - 1], '\t') == NULL &&
	       str_eq(row->fields[FIELD_KIND], "link") &&
	       str_to_u64(row->fields[FIELD_RUNS], &row->runs) &&
	       str_to_u64(row->fields[FIELD_RUN_NS], &row->run_ns) &&
	       str_to_u64(row->fields[FIELD_COUNTED], &row->counted) &&
	       str_to_u64(row->fields[FIELD_FAILURES], &row->failures);
}

static void take_line(struct view *view, const char *line, size_t len)
{
	struct row row = { .text = mem_alloc(len + 1) };

	if (row.text == NULL) {
		view->failed = true;
		return;
	}
	memcpy(row.text, line, len);
	row.text[len] = '\0';
	if (!split(&row, len)) {
		mem_free(row.text);
	} else if (vec_push(&view->rows, row) != 0) {
		mem_free(row.text);
		view->failed = true;
	}
}

/* A line that was cut off in the end is left out. */
static void take_answer(void *arg, const char *answer, size_t len)
{
	size_t begin = 0;

	for (size_t i = 0; i < len; i++) {
		if (answer[i] != '\n')
			continue;
		take_line(arg, answer + begin, i - begin);
		begin = i + 1;
	}
}

/* --- showing --- */

static const struct row *find(const struct view *view, const struct row *row)
{
	static const enum field same[] = { FIELD_PID, FIELD_HOOK, FIELD_PARAM, FIELD_NAME,
					   FIELD_FILE };

	for (size_t i = 0; i < view->rows.count; i++) {
		const struct row *other = &view->rows.items[i];
		bool is_it = true;

		for (size_t f = 0; f < ARRAY_COUNT(same); f++)
			is_it = is_it && str_eq(row->fields[same[f]], other->fields[same[f]]);
		if (is_it)
			return other;
	}
	return NULL;
}

/* Runs in a second since the last time; false: there was none. */
static bool rate_of(const struct top *top, const struct row *row, u64 *ret_rate)
{
	const struct row *old = top->before.at == 0 ? NULL : find(&top->before, row);
	u64 ms = (top->now.at - top->before.at) / 1000000;

	if (old == NULL || row->runs < old->runs || ms == 0)
		return false;
	*ret_rate = (row->runs - old->runs) * 1000 / ms;
	return true;
}

static u64 mean_ns(const struct row *row)
{
	return row->counted == 0 ? 0 : row->run_ns / row->counted;
}

static void json_verdicts(struct json *json, const char *text)
{
	json_object_begin(json, "verdicts");
	while (*text != '\0') {
		size_t len = strcspn(text, "="), rest = strcspn(text, " ");
		char name[64], number[32];
		u64 count;

		if (len < sizeof(name) && rest > len && rest - len <= sizeof(number)) {
			memcpy(name, text, len);
			name[len] = '\0';
			memcpy(number, text + len + 1, rest - len - 1);
			number[rest - len - 1] = '\0';
			if (str_to_u64(number, &count))
				json_u64(json, name, count);
		}
		text += rest;
		if (*text == ' ')
			text++;
	}
	json_object_end(json);
}

static void show_json(struct top *top, const struct row *row)
{
	struct json json;
	u64 number;

	json_init(&json, &top->cli->out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "time_ns", top->now.at);
	if (str_to_u64(row->fields[FIELD_PID], &number))
		json_u64(&json, "pid", number);
	json_str(&json, "command", row->fields[FIELD_COMMAND]);
	json_str(&json, "file", row->fields[FIELD_FILE]);
	json_str(&json, "name", row->fields[FIELD_NAME]);
	json_str(&json, "type", row->fields[FIELD_TYPE]);
	json_str(&json, "dialect", row->fields[FIELD_DIALECT]);
	json_str(&json, "hook", row->fields[FIELD_HOOK]);
	if (str_to_u64(row->fields[FIELD_PARAM], &number))
		json_u64(&json, "param", number);
	json_str(&json, "mode", row->fields[FIELD_MODE]);
	json_u64(&json, "runs", row->runs);
	if (rate_of(top, row, &number))
		json_u64(&json, "runs_per_second", number);
	json_u64(&json, "ns_per_run", mean_ns(row));
	json_u64(&json, "failures", row->failures);
	json_verdicts(&json, row->fields[FIELD_VERDICTS]);
	json_object_end(&json);
	cli_printf(top->cli, "\n");
}

static void show_text(struct top *top)
{
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "PID\tCOMMAND\tHOOK\tPROGRAM\tMODE\t");
	strbuf_add(&cells, "RUNS\t");
	strbuf_add(&cells, "RUNS/S\tNS/RUN\tFAILED\tVERDICTS\n");
	for (size_t i = 0; i < top->now.rows.count; i++) {
		const struct row *row = &top->now.rows.items[i];
		u64 rate;

		strbuf_printf(&cells, "%s\t%.24s\t%s", row->fields[FIELD_PID],
			      row->fields[FIELD_COMMAND], row->fields[FIELD_HOOK]);
		if (!str_eq(row->fields[FIELD_PARAM], "0"))
			strbuf_printf(&cells, "@%s", row->fields[FIELD_PARAM]);
		strbuf_printf(&cells, "\t%s\t%s\t%llu\t", row->fields[FIELD_NAME],
			      row->fields[FIELD_MODE], row->runs);
		if (rate_of(top, row, &rate))
			strbuf_printf(&cells, "%llu", rate);
		else
			strbuf_add(&cells, "-");
		strbuf_printf(&cells, "\t%llu\t%llu\t%s\n", mean_ns(row), row->failures,
			      row->fields[FIELD_VERDICTS]);
	}
	if (top->now.rows.count == 0)
		cli_printf(top->cli, "Nothing is attached.\n");
	else
		cli_table(top->cli, "", &cells);
	strbuf_fini(&cells);
}

/* Others' words, whole lines of them: no controls. */
static void show_maps(void *arg, const char *answer, size_t len)
{
	struct top *top = arg;
	bool is_cut = len == STATUS_ANSWER_MAX;

	while (is_cut && len > 0 && answer[len - 1] != '\n')
		len--;
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)answer[i];

		strbuf_add_char(&top->cli->out,
				(c < ' ' && c != '\n') || c == 0x7f ? '?' : (char)c);
	}
	cli_flush_some(top->cli);
	if (is_cut)
		cli_warn(top->cli, "top: there is more in maps than can be shown");
	top->answers++;
}

static void begin_page(struct top *top)
{
	if (cli_json(top->cli))
		return;
	if (os_is_terminal(OS_STDOUT) && !cli_given(top->cli, OPT_ONCE))
		cli_printf(top->cli, "\x1b[H\x1b[2J");
	else if (top->before.at != 0)
		cli_printf(top->cli, "\n");
}

static int ask_maps(struct top *top, struct error *err)
{
	top->answers = 0;
	begin_page(top);
	return status_ask(cli_json(top->cli) ? STATUS_MAPS_JSON : STATUS_MAPS, show_maps, top, err);
}

static int ask_programs(struct top *top, struct error *err)
{
	int r = status_ask(STATUS_PROGRAMS, take_answer, &top->now, err);

	if (r != 0)
		return r;
	return top->now.failed ? error_set(err, ERR_NOMEM, "out of memory") : 0;
}

static void show_programs(struct top *top)
{
	begin_page(top);
	if (!cli_json(top->cli))
		show_text(top);
	for (size_t i = 0; cli_json(top->cli) && i < top->now.rows.count; i++)
		show_json(top, &top->now.rows.items[i]);
}

static int show(struct top *top)
{
	bool maps = cli_given(top->cli, OPT_MAPS);
	struct error err = { 0 };

	if ((maps ? ask_maps(top, &err) : ask_programs(top, &err)) != 0) {
		cli_error(top->cli, NULL, "%s", err.text);
		return CLI_FAILED;
	}
	top->now.at = os_clock_monotonic();
	if (!maps)
		show_programs(top);
	else if (top->answers == 0 && !cli_json(top->cli))
		cli_printf(top->cli, "Nothing is attached.\n");
	cli_flush(top->cli);
	view_fini(&top->before);
	top->before = top->now;
	top->now = (struct view){ 0 };
	return CLI_OK;
}

static int run_top(struct cli *cli)
{
	struct top top = { .cli = cli };
	u64 count, interval;
	int status = cli_number(cli, OPT_COUNT, UINT32_MAX, UINT64_MAX, &count);

	if (status == 0)
		status = cli_number(cli, OPT_INTERVAL, 3600000, 1000, &interval);
	if (status != 0)
		return status;
	if (cli->operand != NULL) {
		cli_error(cli, NULL, "top: '%s' is one word too many", cli->operand);
		return CLI_USAGE;
	}
	if (cli_given(cli, OPT_ONCE))
		count = 1;
	for (u64 i = 0; status == 0 && i < count && !cli->output_failed; i++) {
		if (i > 0)
			status_sleep((u32)interval);
		status = show(&top);
	}
	view_fini(&top.now);
	view_fini(&top.before);
	return status;
}

const struct command cmd_top = {
	.name = "top",
	.operands = "",
	.words = "",
	.summary = "Watch attached programs.",
	.about = "Shows what the programs do that 'oriel run --attach' has attached: how often "
		 "each\n"
		 "one runs and for how long, and what it says. Those of this user's processes; "
		 "root\n"
		 "sees root's.",
	.json = "Print a JSON object for each program, or each file with --maps, a line each.",
	.options = top_options,
	.option_count = ARRAY_COUNT(top_options),
	.examples = top_examples,
	.example_count = ARRAY_COUNT(top_examples),
	.may_lack_operand = true,
	.run = run_top,
};
