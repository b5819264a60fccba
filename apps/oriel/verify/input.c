/* SPDX-License-Identifier: MIT */
/* `oriel verify --manifest FILE`: the programs that a table names. */
#include "judge.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

#define MANIFEST_LIMIT (64u * 1024 * 1024)
#define MAX_COLUMNS    32

enum column { COL_FILE, COL_SECTION, COL_PROGRAM, COL_DIALECT, COL_TYPE, COL_LABEL, COL_COUNT };
static const char *const column_names[COL_COUNT] = { "file",	"section", "program",
						     "dialect", "type",	   "label" };

struct manifest {
	const char *path;
	char *at; /* what is not read yet */
	u32 row;
	u32 line_count, done;	  /* rows with a program, about */
	u32 columns[MAX_COLUMNS]; /* enum column; COL_COUNT: of no use here */
	u32 column_count;
	const char *cells[COL_COUNT]; /* of the row; "" where there is none */
	struct verify_file file;
	struct strbuf file_path, file_name;
	enum dialect dialect;
};

/* Cuts the next cell off: up to a comma, or in quotes, where "" is a quote. False: it was the last
 * one of its row. */
static bool next_cell(struct manifest *m, char **ret_cell)
{
	char *from = m->at, *to = m->at;
	bool quoted = *from == '"';
	char end;

	*ret_cell = to;
	if (quoted)
		from++;
	while (*from != '\0') {
		if (quoted && *from == '"' && from[1] != '"') {
			quoted = false;
			from++;
			continue;
		}
		if (!quoted && (*from == ',' || *from == '\n'))
			break;
		from += quoted && *from == '"';
		*to++ = *from++;
	}
	end = *from;
	m->at = end != '\0' ? from + 1 : from;
	if (end != ',' && to > *ret_cell && to[-1] == '\r')
		to--;
	*to = '\0';
	return end == ',';
}

static bool next_row(struct manifest *m)
{
	bool more = true;

	if (*m->at == '\0')
		return false;
	m->row++;
	for (u32 i = 0; i < COL_COUNT; i++)
		m->cells[i] = "";
	for (u32 i = 0; more; i++) {
		char *cell;

		more = next_cell(m, &cell);
		if (i < m->column_count && m->columns[i] < COL_COUNT)
			m->cells[m->columns[i]] = cell;
	}
	return true;
}

static u32 count_lines(const char *text)
{
	u32 count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n' || text[1] == '\0';
	return count;
}

static void read_header(struct manifest *m)
{
	bool more = *m->at != '\0';

	m->row++;
	while (more && m->column_count < MAX_COLUMNS) {
		u32 *column = &m->columns[m->column_count++];
		char *cell;

		more = next_cell(m, &cell);
		for (*column = 0; *column < COL_COUNT; (*column)++)
			if (str_eq(cell, column_names[*column]))
				break;
	}
	while (more) {
		char *cell;

		more = next_cell(m, &cell);
	}
}

static bool has_column(const struct manifest *m, enum column column)
{
	for (u32 i = 0; i < m->column_count; i++)
		if (m->columns[i] == column)
			return true;
	return false;
}

/* The row's file is open afterwards, or m->file.err says why not. */
static void open_file(struct verify *v, struct manifest *m)
{
	const char *name = m->cells[COL_FILE], *given = m->cells[COL_DIALECT];
	enum dialect dialect =
		*given != '\0' ? cli_dialect(given) : cli_dialect(v->cli->values[VERIFY_DIALECT]);
	size_t folder = strlen(m->path);

	if (m->file.path != NULL && str_eq(name, strbuf_str(&m->file_name)) &&
	    dialect == m->dialect)
		return;
	while (folder > 0 && m->path[folder - 1] != '/' && m->path[folder - 1] != '\\')
		folder--;
	if (name[0] == '/' || name[0] == '\\' || (name[0] != '\0' && name[1] == ':'))
		folder = 0;
	verify_close(&m->file);
	v->heading = NULL;
	strbuf_reset(&m->file_path);
	strbuf_reset(&m->file_name);
	strbuf_add_len(&m->file_path, m->path, folder);
	strbuf_add(&m->file_path, name);
	strbuf_add(&m->file_name, name);
	m->dialect = dialect;
	verify_open(v, &m->file, strbuf_str(&m->file_path), strbuf_str(&m->file_name), dialect);
}

/* By name and section; where only one of them is given, by that. */
static u32 find_prog(const struct object *object, const char *section, const char *name)
{
	for (u32 i = 0; i < object->prog_count; i++)
		if (str_eq(object->progs[i].name, name) &&
		    str_eq(object->progs[i].section, section))
			return i;
	return object_find_prog(object, *name != '\0' ? name : section);
}

static void verify_row(struct verify *v, struct manifest *m)
{
	const char *section = m->cells[COL_SECTION], *name = m->cells[COL_PROGRAM];
	const char *type =
		m->cells[COL_TYPE][0] != '\0' ? m->cells[COL_TYPE] : v->cli->values[VERIFY_TYPE];
	const char *label = has_column(m, COL_LABEL) ? m->cells[COL_LABEL] : NULL;
	struct error err = { 0 };
	u32 idx;

	if (m->cells[COL_DIALECT][0] != '\0' && !str_eq(m->cells[COL_DIALECT], "windows") &&
	    !str_eq(m->cells[COL_DIALECT], "linux")) {
		error_set(&err, ERR_INVAL, "%s:%u: dialect '%.32s' is neither windows nor linux",
			  m->path, m->row, m->cells[COL_DIALECT]);
		verify_bad(v, m->cells[COL_FILE], section, name, label, &err);
		return;
	}
	open_file(v, m);
	if (m->file.object == NULL) {
		verify_bad(v, m->file.path, section, name, label, &m->file.err);
		return;
	}
	idx = find_prog(m->file.object, section, name);
	if (idx != PROG_NO_INDEX) {
		verify_one(v, &m->file, idx, type, label);
		return;
	}
	error_set(&err, ERR_NOENT, "no program '%.64s' in section '%.64s'", name, section);
	verify_bad(v, m->file.path, section, name, label, &err);
}

static bool is_blank(const struct manifest *m)
{
	for (u32 i = 0; i < COL_COUNT; i++)
		if (m->cells[i][0] != '\0')
			return false;
	return true;
}

int verify_manifest(struct verify *v, const char *path)
{
	struct manifest m = { .path = path };
	struct error err = { 0 };
	u8 *bytes;
	size_t len;

	if (os_file_read(path, MANIFEST_LIMIT, &bytes, &len, &err) != 0) {
		cli_error(v->cli, NULL, "--manifest: %s", err.text);
		return CLI_INPUT;
	}
	m.at = (char *)bytes;
	read_header(&m);
	if (!has_column(&m, COL_FILE)) {
		cli_error(v->cli,
			  "the first line names the columns: file,section,program,dialect,type",
			  "--manifest: %s: no column 'file'", path);
		mem_free(bytes);
		return CLI_INPUT;
	}
	m.line_count = count_lines(m.at);
	while (next_row(&m)) {
		if (is_blank(&m))
			continue;
		m.done++;
		cli_progress(v->cli, m.done, MAX(m.done, m.line_count), m.cells[COL_FILE]);
		verify_row(v, &m);
	}
	verify_close(&m.file);
	strbuf_fini(&m.file_path);
	strbuf_fini(&m.file_name);
	mem_free(bytes);
	return 0;
}
