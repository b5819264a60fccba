/* SPDX-License-Identifier: MIT */
/* Third-party objects: each program of corpus/expected.csv is found and has the slots that the
 * table says. Needs ORIEL_TEST_DATA in the environment. */
#include "tap.h"

#include "object/object.h"
#include "os/os.h"

/* Rows of damaged files. */
#define MAX_REFUSED 12

struct row {
	char *file, *section, *program, *dialect, *slots;
};

struct totals {
	u32 rows, no_count, refused, missing, unlinked, wrong, right, each_call;
};

#define MAX_FUNCS 256

/* Slots when a function counts as often as it is called, up to the depth that frames have: some
 * rows of the table are counted so. 0: too many functions to say. */
static u32 slots_of_calls(const struct prog *prog)
{
	u32 totals[MAX_FUNCS] = { 0 };

	if (prog->subprog_count > MAX_FUNCS)
		return 0;
	for (u32 depth = 0; depth <= PROG_MAX_FRAMES; depth++) {
		u32 next[MAX_FUNCS] = { 0 };

		for (u32 i = 0; i < prog->subprog_count; i++) {
			const struct prog_subprog *sub = &prog->subprogs[i];

			next[i] = sub->count;
			for (u32 slot = sub->start; slot < sub->start + sub->count; slot++) {
				const struct insn *insn = &prog->insns[slot];

				if (insn->kind == INSN_CALL_LOCAL)
					next[i] += totals[prog_subprog_at(
								  prog, slot + 1 + (u32)insn->off) -
							  prog->subprogs];
			}
		}
		memcpy(totals, next, sizeof(next));
	}
	return totals[0];
}

/* Splits a line in place; the fields that matter hold no quotes. */
static int row_parse(char *line, struct row *ret)
{
	char *fields[6];

	for (int i = 0; i < 6; i++) {
		fields[i] = line;
		line = strchr(line, ',');
		if (line == NULL)
			return 0;
		*line++ = 0;
	}
	*ret = (struct row){ fields[0], fields[1], fields[2], fields[3], fields[5] };
	return 1;
}

static u32 find_prog(const struct object *obj, const struct row *row)
{
	for (u32 i = 0; i < obj->prog_count; i++)
		if (strcmp(obj->progs[i].section, row->section) == 0 &&
		    strcmp(obj->progs[i].name, row->program) == 0)
			return i;
	return PROG_NO_INDEX;
}

static void check_row(struct object *obj, const struct row *row, struct totals *totals)
{
	const struct prog *prog;
	struct error err = { 0 };
	u32 idx = find_prog(obj, row);

	if (row->slots[0] == 0) {
		totals->no_count++;
	} else if (idx == PROG_NO_INDEX) {
		totals->missing++;
		printf("# %s %s %s: not found\n", row->file, row->section, row->program);
	} else if (object_link(obj, idx, NULL, &prog, &err) != 0) {
		totals->unlinked++;
		printf("# %s\n", err.text);
	} else if (prog->called_count != strtoul(row->slots, NULL, 10) &&
		   slots_of_calls(prog) == strtoul(row->slots, NULL, 10)) {
		totals->each_call++;
	} else if (prog->called_count != strtoul(row->slots, NULL, 10)) {
		totals->wrong++;
		printf("# %s %s %s: %u slots, not %s\n", row->file, row->section, row->program,
		       prog->called_count, row->slots);
	} else {
		totals->right++;
	}
}

/* The rows of one file follow each other. */
static int open_for(const char *dir, const struct row *row, u8 **bytes, struct object **obj,
		    struct error *err)
{
	struct object_options options = { .size = sizeof(options), .file = row->file };
	char path[1000];
	size_t len;

	object_free(*obj);
	*obj = NULL;
	mem_free(*bytes);
	*bytes = NULL;
	options.dialect = strcmp(row->dialect, "windows") == 0 ? DIALECT_WINDOWS : DIALECT_LINUX;
	snprintf(path, sizeof(path), "%s/corpus/%s", dir, row->file);
	if (os_file_read(path, (size_t)1 << 28, bytes, &len, err) != 0)
		return -1;
	return object_open(*bytes, len, &options, obj, err) != 0 ? -1 : 0;
}

static void test_corpus(void)
{
	const char *dir = getenv("ORIEL_TEST_DATA");
	struct totals t = { 0 };
	struct object *obj = NULL;
	u8 *bytes = NULL, *table = NULL;
	char path[1000], file[500] = "", *line, *next;
	struct error err = { 0 };
	struct row row;
	size_t len;

	snprintf(path, sizeof(path), "%s/corpus/expected.csv", dir);
	CHECK_EQ(os_file_read(path, (size_t)1 << 24, &table, &len, &err), 0);
	line = strchr((char *)table, '\n');
	for (; line != NULL && line[1] != 0; line = next) {
		next = strchr(++line, '\n');
		if (next != NULL)
			*next = 0;
		CHECK(row_parse(line, &row));
		t.rows++;
		if (strcmp(file, row.file) != 0) {
			snprintf(file, sizeof(file), "%s", row.file);
			err.text[0] = 0;
			if (open_for(dir, &row, &bytes, &obj, &err) != 0)
				printf("# %s: refused: %s\n", row.file, err.text);
		}
		if (obj == NULL)
			t.refused++;
		else
			check_row(obj, &row, &t);
	}
	printf("# %u rows: %u right, %u right by calls, %u wrong, %u not linked, %u not found, %u "
	       "in refused files, "
	       "%u without a count\n",
	       t.rows, t.right, t.each_call, t.wrong, t.unlinked, t.missing, t.refused, t.no_count);
	CHECK_EQ(t.missing, 0);
	CHECK_EQ(t.wrong, 0);
	CHECK(t.unlinked + t.refused <= MAX_REFUSED);
out:
	object_free(obj);
	mem_free(bytes);
	mem_free(table);
}

int main(void)
{
	static const struct tap_test tests[] = { TAP_TEST(test_corpus) };
	const char *dir = getenv("ORIEL_TEST_DATA");

	if (dir == NULL || dir[0] == 0) {
		printf("1..0 # SKIP ORIEL_TEST_DATA is not set\n");
		return 77;
	}
	return tap_main(tests, 1, NULL);
}
