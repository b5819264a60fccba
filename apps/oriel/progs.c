/* SPDX-License-Identifier: MIT */
/* Commands that show an object's programs one by one. */
#include "cli.h"

/* Subprograms come with their callers; a file of nothing else is shown one by one. */
static bool has_entry(const struct object *object)
{
	for (u32 i = 0; i < object->prog_count; i++)
		if (!object->progs[i].is_subprog)
			return true;
	return false;
}

static int show_all(struct object *object, cli_show_prog *show, void *arg, struct json *json)
{
	bool skip_subprogs = has_entry(object);
	int status = CLI_OK;

	for (u32 i = 0; i < object->prog_count; i++) {
		int shown;

		if (skip_subprogs && object->progs[i].is_subprog)
			continue;
		shown = show(arg, object, i, json);
		if (shown != CLI_OK)
			status = shown;
	}
	return status;
}

int cli_show_programs(struct cli *cli, const struct cli_file *file, const char *name,
		      bool with_title, cli_show_prog *show, void *arg)
{
	struct object *object = file->object;
	u32 only = PROG_NO_INDEX;
	struct json json;
	int status;

	if (name != NULL) {
		only = object_find_prog(object, name);
		if (only == PROG_NO_INDEX) {
			cli_error(cli, "'oriel inspect' lists the programs",
				  "%s: no program or section with one program is called '%s'",
				  file->path, name);
			return CLI_USAGE;
		}
	}
	if (object->dialect == DIALECT_UNKNOWN)
		cli_warn(cli, "%s: the dialect is unknown (%s), so helpers have no names",
			 file->path, object->dialect_why);
	if (with_title && !cli_json(cli))
		cli_printf(cli, "%s:\t%s dialect (%s)\n", file->path, dialect_name(object->dialect),
			   object->dialect_why);
	if (!cli_json(cli))
		return only != PROG_NO_INDEX ? show(arg, object, only, NULL)
					     : show_all(object, show, arg, NULL);
	json_init(&json, &cli->out, true);
	json_object_begin(&json, NULL);
	cli_json_file(&json, file, object);
	json_array_begin(&json, "programs");
	status = only != PROG_NO_INDEX ? show(arg, object, only, &json)
				       : show_all(object, show, arg, &json);
	json_array_end(&json);
	json_object_end(&json);
	cli_printf(cli, "\n");
	return status;
}
