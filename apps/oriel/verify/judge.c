/* SPDX-License-Identifier: MIT */
/* A file that is open, a program of it judged and its verdict printed. */
#include "judge.h"

#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

#define FILE_LIMIT (256u * 1024 * 1024)

void verify_close(struct verify_file *file)
{
	object_free(file->object);
	mem_free(file->bytes);
	*file = (struct verify_file){ 0 };
}

void verify_open(struct verify *v, struct verify_file *file, const char *path, const char *name,
		 enum dialect dialect)
{
	struct object_options options = {
		.size = sizeof(options),
		.file = name,
		.dialect = dialect,
		.target_btf = cli_btf(&v->target),
		.kconfig = &v->target.kconfig,
		.spec = v->target.spec,
	};

	verify_close(file);
	file->path = name;
	if (os_file_read(path, FILE_LIMIT, &file->bytes, &file->len, &file->err) != 0)
		return;
	(void)!object_open(file->bytes, file->len, &options, &file->object, &file->err);
}

/* Processor time, which other programs on the machine do not add to. */
static u64 cpu_us(void)
{
	return (u64)clock() * (1000000 / (u64)CLOCKS_PER_SEC);
}

static int find_type(const struct object *object, u32 idx, const char *name,
		     const struct spec_prog_type **ret_type, struct error *err)
{
	if (object->dialect == DIALECT_UNKNOWN)
		return error_set(err, ERR_INVAL,
				 "the dialect is not known (%.80s); say --dialect windows or "
				 "--dialect linux",
				 object->dialect_why != NULL ? object->dialect_why : "no evidence");
	if (name == NULL) {
		const struct spec_section *match = object->progs[idx].match;

		*ret_type = match != NULL ? match->type : NULL;
		return 0;
	}
	*ret_type = spec_find_type(object->spec, object->dialect, name);
	if (*ret_type == NULL)
		return error_set(err, ERR_INVAL, "the %s dialect has no program type '%.64s'",
				 dialect_name(object->dialect), name);
	return 0;
}

static bool is_late(void *arg)
{
	const struct verify *v = arg;

	return os_clock_thread() > v->ends;
}

static void start_time(struct verify *v)
{
	if (v->max_time == 0)
		return;
	v->ends = os_clock_thread() + v->max_time;
	v->budget = (struct budget){ .is_spent = is_late, .arg = v };
	v->options.budget = &v->budget;
}

static int judge(struct verify *v, struct object *object, u32 idx, const char *type_name,
		 struct judged *j)
{
	const struct spec_prog_type *type = NULL;
	const struct prog *prog = NULL;
	u64 start = cpu_us();
	int status = find_type(object, idx, type_name, &type, &j->err);

	if (status == 0)
		status = object_link(object, idx, type, &prog, &j->err);
	if (status == 0)
		status = prog_check(prog, &j->err);
	start_time(v);
	if (status == 0)
		status = verify_prog(prog, &v->options, &j->result, &j->err);
	j->cpu_us = cpu_us() - start;
	if (prog != NULL)
		j->insns = prog->insn_count;
	j->prog = prog;
	if (status != 0 || (j->result.is_safe && !v->needs_record))
		return status;
	return reports_make(prog, &v->options, &j->result, &j->reports, &j->err);
}

void verify_one(struct verify *v, struct verify_file *file, u32 idx, const char *type,
		const char *label)
{
	const struct object_prog *row = &file->object->progs[idx];
	struct judged j = {
		.file = file->path, .section = row->section, .name = row->name, .label = label
	};

	if (judge(v, file->object, idx, type, &j) != 0)
		j.verdict = VERDICT_ERROR;
	else
		j.verdict = j.result.is_safe ? VERDICT_PASS : VERDICT_FAIL;
	verify_print(v, &j);
	reports_fini(&j.reports);
}

void verify_bad(struct verify *v, const char *file, const char *section, const char *name,
		const char *label, const struct error *err)
{
	struct judged j = { .file = file,
			    .section = section,
			    .name = name,
			    .label = label,
			    .verdict = VERDICT_ERROR,
			    .err = *err };

	verify_print(v, &j);
}
