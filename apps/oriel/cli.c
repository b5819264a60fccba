/* SPDX-License-Identifier: MIT */
/* Output: everything on standard output goes through one buffer. */
#include "cli.h"

#include <errno.h>

#include "base/str.h"
#include "os/os.h"

#define FLUSH_SIZE     (64 * 1024)
#define PROGRESS_FIRST 400000000ull /* nanoseconds: shorter runs say nothing */
#define PROGRESS_NEXT  100000000ull

void cli_printf(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vprintf(&cli->out, fmt, args);
	va_end(args);
}

/* The line of the terminal is empty afterwards. */
static void progress_wipe(struct cli *cli)
{
	struct strbuf line = STRBUF_INIT;

	if (cli->progress_len == 0)
		return;
	strbuf_printf(&line, "\r%*s\r", (int)cli->progress_len, "");
	cli->progress_len = 0;
	(void)os_write(OS_STDERR, strbuf_str(&line), line.len);
	strbuf_fini(&line);
}

void cli_progress(struct cli *cli, u32 done, u32 all, const char *what)
{
	struct strbuf line = STRBUF_INIT;
	u64 now = os_clock_monotonic();
	bool is_first = cli->progress_at == 0;

	if (now < cli->progress_at || !os_is_terminal(OS_STDERR))
		return;
	cli->progress_at = now + (is_first ? PROGRESS_FIRST : PROGRESS_NEXT);
	if (is_first)
		return;
	progress_wipe(cli);
	strbuf_printf(&line, "%u/%u %.60s", done, all, what);
	cli->progress_len = (u32)line.len;
	(void)os_write(OS_STDERR, strbuf_str(&line), line.len);
	strbuf_fini(&line);
}

static void write_error(const struct strbuf *line)
{
	/* Nothing can be done about a standard error that does not take the message. */
	(void)os_write(OS_STDERR, strbuf_str(line), line->len);
}

void cli_flush(struct cli *cli)
{
	struct strbuf line = STRBUF_INIT;
	bool lost = strbuf_status(&cli->out) != 0;
	const char *why = "out of memory";

	progress_wipe(cli);
	if (cli->output_failed)
		return;
	errno = 0;
	if (!lost && cli->out.len > 0 && os_write(OS_STDOUT, cli->out.data, cli->out.len) != 0) {
		lost = true;
		why = "cannot be written";
	}
	strbuf_reset(&cli->out);
	if (!lost)
		return;
	cli->output_failed = true;
	/* A reader such as head(1) that has enough is no error worth a message. Windows has no
	 * errno of its own for that (EINVAL). */
	if (errno == EPIPE || errno == EINVAL)
		return;
	strbuf_printf(&line, "oriel: standard output: %s\n", why);
	write_error(&line);
	strbuf_fini(&line);
}

void cli_flush_some(struct cli *cli)
{
	if (cli->out.len >= FLUSH_SIZE && !cli->keeps_output)
		cli_flush(cli);
}

static void message(struct cli *cli, const char *kind, const char *hint, const char *fmt,
		    va_list args)
{
	struct strbuf line = STRBUF_INIT;

	cli_flush(cli);
	strbuf_printf(&line, "oriel: %s", kind);
	strbuf_vprintf(&line, fmt, args);
	strbuf_add_char(&line, '\n');
	if (hint != NULL)
		strbuf_printf(&line, "hint: %s\n", hint);
	write_error(&line);
	strbuf_fini(&line);
}

void cli_report(struct cli *cli, struct strbuf *text)
{
	cli_flush(cli);
	write_error(text);
}

void cli_error(struct cli *cli, const char *hint, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(cli, "", hint, fmt, args);
	va_end(args);
}

void cli_warn(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(cli, "warning: ", NULL, fmt, args);
	va_end(args);
}

const char *cli_style(const struct cli *cli, enum cli_style style)
{
	if (!cli->color)
		return "";
	switch (style) {
	case CLI_BOLD: return "\x1b[1m";
	case CLI_DIM: return "\x1b[2m";
	case CLI_PLAIN: break;
	}
	return "\x1b[0m";
}

#define TABLE_COLUMNS 12

/* Padding of empty last cells shall not reach the output. */
static void trim_line(struct strbuf *out)
{
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

void cli_table(struct cli *cli, const char *indent, const struct strbuf *cells)
{
	size_t width[TABLE_COLUMNS] = { 0 };

	for (unsigned pass = 0; pass < 2; pass++) {
		const char *p = strbuf_str(cells);
		size_t column = 0;

		for (const char *cell = p; *p != '\0'; p++) {
			size_t len = (size_t)(p - cell);

			if (*p != '\t' && *p != '\n')
				continue;
			if (pass == 0 && column < TABLE_COLUMNS) {
				width[column] = MAX(width[column], len);
			} else if (pass == 1) {
				int pad = *p == '\n' || column >= TABLE_COLUMNS
						  ? 0
						  : (int)width[column];

				cli_printf(cli, "%s%-*.*s", column == 0 ? indent : "", pad,
					   (int)len, cell);
				if (*p == '\n')
					trim_line(&cli->out);
				strbuf_add(&cli->out, *p == '\n' ? "\n" : "  ");
			}
			column = *p == '\n' ? 0 : column + 1;
			cell = p + 1;
		}
	}
}
