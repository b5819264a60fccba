/* SPDX-License-Identifier: MIT */
/* See corpus.h. */
#include "corpus.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "object/object.h"
#include "os/os.h"

#define MAX_FILE ((size_t)256 << 20)

enum { COL_FILE, COL_SECTION, COL_PROGRAM, COL_DIALECT, COL_TYPE, COLS };

struct corpus {
	const char *path; /* of the list */
	struct object *obj;
	u8 *bytes;
	char file[1000]; /* that is open */
};

/* Splits a line in place; the fields that matter hold no quotes. */
static bool split(char *line, char *fields[COLS])
{
	for (int i = 0; i < COLS; i++) {
		fields[i] = line;
		line += strcspn(line, ",\r");
		if (*line == 0 && i < COLS - 1)
			return false;
		*line++ = 0;
	}
	return true;
}

static enum dialect dialect_of(const char *name)
{
	return strcmp(name, "windows") == 0 ? DIALECT_WINDOWS : DIALECT_LINUX;
}

/* The rows of one file follow each other. */
static void open_file(struct corpus *c, char *const fields[COLS])
{
	const char *slash = strrchr(c->path, '/');
	int folder = slash != NULL ? (int)(slash - c->path) + 1 : 0;
	struct object_options options = { .size = sizeof(options), .file = c->file };
	struct error err = { 0 };
	size_t len;

	if (strcmp(c->file, fields[COL_FILE]) == 0)
		return;
	object_free(c->obj);
	mem_free(c->bytes);
	c->obj = NULL;
	c->bytes = NULL;
	options.dialect = dialect_of(fields[COL_DIALECT]);
	snprintf(c->file, sizeof(c->file), "%.*s%s", folder, c->path, fields[COL_FILE]);
	if (os_file_read(c->file, MAX_FILE, &c->bytes, &len, &err) != 0 ||
	    object_open(c->bytes, len, &options, &c->obj, &err) != 0)
		c->obj = NULL;
	snprintf(c->file, sizeof(c->file), "%s", fields[COL_FILE]);
}

static bool one_row(struct corpus *c, char *const fields[COLS], corpus_each *each, void *arg)
{
	const struct spec_prog_type *type = NULL;
	const struct prog *prog;
	struct error err = { 0 };

	open_file(c, fields);
	if (c->obj == NULL)
		return true;
	if (fields[COL_TYPE][0] != 0)
		type = spec_prog_type_by_name(dialect_of(fields[COL_DIALECT]), fields[COL_TYPE]);
	for (u32 i = 0; i < c->obj->prog_count; i++) {
		if (strcmp(c->obj->progs[i].section, fields[COL_SECTION]) != 0 ||
		    strcmp(c->obj->progs[i].name, fields[COL_PROGRAM]) != 0)
			continue;
		if (object_link(c->obj, i, type, &prog, &err) != 0 || prog->type == NULL)
			return true;
		return each(arg, fields[COL_FILE], prog);
	}
	return true;
}

bool corpus_read(const char *path, corpus_each *each, void *arg)
{
	struct corpus c = { .path = path };
	struct error err = { 0 };
	char *fields[COLS], *line, *next;
	u8 *text = NULL;
	bool goes_on = true;
	size_t len;

	if (os_file_read(path, MAX_FILE, &text, &len, &err) != 0)
		return false;
	for (line = (char *)text; len > 0 && goes_on && *line != 0; line = next) {
		next = memchr(line, '\n', len - (size_t)(line - (char *)text));
		if (next == NULL)
			break;
		*next++ = 0;
		if (split(line, fields) && strcmp(fields[COL_FILE], "file") != 0)
			goes_on &= one_row(&c, fields, each, arg);
		if (next == (char *)text + len)
			break;
	}
	object_free(c.obj);
	mem_free(c.bytes);
	mem_free(text);
	return true;
}
