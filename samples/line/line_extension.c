/* SPDX-License-Identifier: MIT */
/* An extension in a file of its own: the program type `line` with a context, two helpers and a hook
 * on standard input. docs/extensions.md walks through it. */
#include <errno.h>
#include <oriel/extension.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"

#define LINE_MAX_LEN 4096

/* The host's functions, the same for all that is started. */
static const struct oriel_ext_host *host;

/* What programs get in r1 is the context; what is the runtime's stands in front of it. */
struct event {
	struct oriel_ext_context_header header;
	struct line_context context;
};

/* --- helpers: fn(r1, r2, r3, r4, r5, context) --- */

static uint64_t find(uint64_t r1, uint64_t text, uint64_t size, uint64_t r4, uint64_t r5,
		     void *context)
{
	const struct line_context *line = context;
	const uint8_t *wanted = (const uint8_t *)(uintptr_t)text;
	size_t len = (uint32_t)size;

	(void)r1;
	(void)r4;
	(void)r5;
	/* What the verifier has seen to, but programs may run without it. */
	if (!host->check_memory(context, text, len, false))
		return 0;
	for (const uint8_t *at = line->data; (size_t)(line->data_end - at) >= len; at++)
		if (memcmp(at, wanted, len) == 0)
			return (uint64_t)(at - line->data);
	return (uint64_t)-1;
}

/* Programs are not given the line to write to, but the extension may. */
static uint64_t hide(uint64_t at, uint64_t size, uint64_t r3, uint64_t r4, uint64_t r5,
		     void *context)
{
	struct line_context *line = context;
	size_t len = (size_t)(line->data_end - line->data), count = (uint32_t)size;

	(void)r3;
	(void)r4;
	(void)r5;
	if (at >= len)
		return 0;
	if (count > len - at)
		count = len - at;
	memset(line->data + at, '*', count);
	return count;
}

static const struct oriel_ext_helper helpers[] = {
	{ .header = ORIEL_EXT_HEADER(struct oriel_ext_helper, implicit_context),
	  .helper_id = LINE_HELPER_FIND,
	  .name = "line_find",
	  .return_type = ORIEL_EXT_RET_INTEGER,
	  .arguments = { ORIEL_EXT_ARG_CTX, ORIEL_EXT_ARG_READ_MEM, ORIEL_EXT_ARG_SIZE } },
	{ .header = ORIEL_EXT_HEADER(struct oriel_ext_helper, implicit_context),
	  .helper_id = LINE_HELPER_HIDE,
	  .name = "line_hide",
	  .return_type = ORIEL_EXT_RET_INTEGER,
	  .arguments = { ORIEL_EXT_ARG_ANYTHING, ORIEL_EXT_ARG_ANYTHING },
	  .implicit_context = true },
};
static const oriel_ext_helper_fn functions[] = { find, hide };
static const struct oriel_ext_helper_addresses addresses = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_helper_addresses, addresses),
	.helper_count = 2,
	.addresses = functions,
};

/* --- the program type, and its contexts for test runs --- */

static int context_create(const uint8_t *data, size_t data_size, const uint8_t *ctx,
			  size_t ctx_size, void **ret_context)
{
	struct event *event;
	uint8_t *line;

	if (ctx_size > sizeof(event->context) || data_size > LINE_MAX_LEN)
		return -EINVAL;
	event = calloc(1, sizeof(*event) + LINE_MAX_LEN);
	if (event == NULL)
		return -ENOMEM;
	line = (uint8_t *)(event + 1);
	if (ctx_size > 0)
		memcpy(&event->context, ctx, ctx_size);
	if (data_size > 0)
		memcpy(line, data, data_size);
	event->context.data = line;
	event->context.data_end = line + data_size;
	*ret_context = &event->context;
	return 0;
}

static void context_destroy(void *context, uint8_t *data, size_t *data_size, uint8_t *ctx,
			    size_t *ctx_size)
{
	struct line_context *line = context;
	struct event *event =
		(struct event *)(void *)((char *)context - offsetof(struct event, context));
	size_t size = (size_t)(line->data_end - line->data);

	if (*data_size > size)
		*data_size = size;
	if (*data_size > 0)
		memcpy(data, line->data, *data_size);
	line->data = line->data_end = NULL; /* addresses are nobody's business */
	if (*ctx_size > sizeof(*line))
		*ctx_size = sizeof(*line);
	if (*ctx_size > 0)
		memcpy(ctx, line, *ctx_size);
	free(event);
}

#define TYPE_GUID                                                      \
	{                                                              \
		0x3760d6df, 0xee54, 0x4c4a,                            \
		{                                                      \
			0x8c, 0xad, 0x61, 0x61, 0x71, 0xa6, 0x18, 0x7e \
		}                                                      \
	}

static const struct oriel_ext_context context_layout = {
	.size = sizeof(struct line_context),
	.data = offsetof(struct line_context, data),
	.end = offsetof(struct line_context, data_end),
	.meta = -1,
};
static const struct oriel_ext_program_type type = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_program_type, is_privileged),
	.name = "line",
	.context = &context_layout,
	.program_type = TYPE_GUID,
	.bpf_prog_type = 1000,
};
static const struct oriel_ext_program_info info = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_program_info, global_helpers),
	.type = &type,
	.type_helper_count = 2,
	.type_helpers = helpers,
};
static const struct oriel_ext_program_data program = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_program_data, capabilities),
	.program_info = &info,
	.type_helper_addresses = &addresses,
	.context_create = context_create,
	.context_destroy = context_destroy,
};

/* --- the hook: the strongest verdict counts --- */

static const struct oriel_ext_attach_data attach = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_attach_data, section),
	.supported_program_type = TYPE_GUID,
	.bpf_attach_type = 1000,
	.link_type = ORIEL_EXT_LINK_PLAIN,
	.name = "line",
};
static const uint32_t order[] = { LINE_PASS, LINE_DROP };
static const struct oriel_ext_verdicts verdicts = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_verdicts, nothing),
	.order = order,
	.count = 2,
	.stop = LINE_DROP,
	.other = LINE_PASS,
	.nothing = LINE_PASS,
};
static const struct oriel_ext_hook_options options = {
	.header = ORIEL_EXT_HEADER(struct oriel_ext_hook_options, arg),
	.attach_type = { 0x60da3c00,
			 0x8e60,
			 0x42c9,
			 { 0xb5, 0x4d, 0x4f, 0xf4, 0x95, 0xcb, 0xcf, 0x29 } },
	.data = &attach,
	.mode = ORIEL_EXT_HOOK_MULTI,
	.verdicts = &verdicts,
};

/* --- events --- */

struct lines {
	struct oriel_ext_registry *registry;
	struct oriel_ext_chain *chain;
	uint64_t number;
	size_t len;
	uint8_t text[LINE_MAX_LEN + 1]; /* what has been read, and a newline */
};

static int write_all(const uint8_t *text, size_t len)
{
	while (len > 0) {
		ssize_t put = write(STDOUT_FILENO, text, len);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			text += put;
			len -= (size_t)put;
		}
	}
	return 0;
}

/* The line's memory has room for a newline behind it. */
static int judge(struct lines *lines, uint8_t *line, size_t len)
{
	struct event event = { .context = { line, line + len, ++lines->number } };
	uint32_t verdict;
	int ran = host->hook_run(lines->chain, 0, &event.context, &verdict);

	if (ran < 0)
		return ran;
	if (ran > 0 && verdict == LINE_DROP)
		return 0;
	line[len] = '\n';
	return write_all(line, len + 1);
}

/* Whole lines out of what has been read. */
static int take_lines(struct lines *lines)
{
	uint8_t *at = lines->text, *end = lines->text + lines->len, *newline;
	int r = 0;

	while (r == 0 && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		r = judge(lines, at, (size_t)(newline - at));
		at = newline + 1;
	}
	lines->len = (size_t)(end - at);
	memmove(lines->text, at, lines->len);
	return r;
}

static int run(void *instance)
{
	struct lines *lines = instance;
	int r;

	while ((r = host->wait(lines->registry, STDIN_FILENO, -1)) > 0) {
		ssize_t got =
			read(STDIN_FILENO, lines->text + lines->len, LINE_MAX_LEN - lines->len);

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		lines->len += (size_t)got;
		r = take_lines(lines);
		/* The last line, or more than fits: they are judged as they are. */
		if (r == 0 && lines->len > 0 && (got == 0 || lines->len == LINE_MAX_LEN)) {
			r = judge(lines, lines->text, lines->len);
			lines->len = 0;
		}
		if (r != 0 || got == 0)
			break;
	}
	return r;
}

/* --- what the host calls --- */

static int start(const struct oriel_ext_host *with, struct oriel_ext_registry *registry,
		 void **ret_instance, struct oriel_ext_error *err)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	int r;

	if (lines == NULL)
		return with->fail(err, -ENOMEM, "no memory for lines");
	lines->registry = registry;
	r = with->register_program(registry, &program, err);
	if (r == 0)
		r = with->hook_new(registry, &options, &lines->chain, err);
	if (r == 0)
		*ret_instance = lines;
	else
		free(lines);
	return r;
}

static const struct oriel_extension extension = {
	.header = ORIEL_EXT_HEADER(struct oriel_extension, free),
	.name = "line",
	.version = "1.0",
	.summary = "programs that see the lines of standard input and decide which go on",
	.dialect = ORIEL_EXT_WINDOWS,
	.start = start,
	.run = run,
	.free = free,
};

ORIEL_EXTENSION_EXPORT const struct oriel_extension *
oriel_extension_entry(const struct oriel_ext_host *with);

const struct oriel_extension *oriel_extension_entry(const struct oriel_ext_host *with)
{
	/* All that is used of it is there. */
	if (with->header.version < ORIEL_EXT_VERSION ||
	    with->header.size < offsetof(struct oriel_ext_host, map_context))
		return NULL;
	host = with;
	return &extension;
}
