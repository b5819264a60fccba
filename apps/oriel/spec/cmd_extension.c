/* SPDX-License-Identifier: MIT */
/* `oriel extension ACTION [NAME]`: extensions that are installed, and what is in one. */
#include "extend.h"

#include "base/mem.h"
#include "base/str.h"
#include "json.h"
#include "os/os.h"

static const struct cli_example extension_examples[] = {
	{ "What --extension NAME finds:", "oriel extension list" },
	{ "What a file brings:", "oriel extension show ./line.so" },
};

/* --- one --- */

static void json_head(struct json *json, const struct extension_info *info)
{
	json_str(json, "name", info->name);
	json_str(json, "version", info->version);
	json_str(json, "summary", info->summary);
	json_str(json, "file", info->path);
	json_str(json, "dialect", dialect_name(info->dialect));
	json_bool(json, "events", info->has_events);
}

static void show_json(struct cli *cli, const struct extension_info *info, const struct spec *spec)
{
	struct json json;

	json_init(&json, &cli->out, true);
	json_object_begin(&json, NULL);
	json_head(&json, info);
	json_array_begin(&json, "prog_types");
	for (u32 i = 0; i < spec->type_count; i++)
		json_spec_prog_type(&json, spec->types[i]);
	json_array_end(&json);
	json_array_begin(&json, "attach_types");
	for (u32 i = 0; i < spec->attach_count; i++)
		json_spec_attach_type(&json, spec->attach_types[i]);
	json_array_end(&json);
	json_array_begin(&json, "sections");
	for (u32 i = 0; i < spec->section_count; i++)
		json_spec_section(&json, spec->sections[i]);
	json_array_end(&json);
	json_array_begin(&json, "helpers");
	for (u32 i = 0; i < spec->helper_count; i++)
		json_spec_helper(&json, spec, spec->helpers[i]);
	json_array_end(&json);
	json_array_begin(&json, "functions");
	for (u32 i = 0; i < spec->function_count; i++)
		json_spec_function(&json, spec->functions[i]);
	json_array_end(&json);
	json_object_end(&json);
	cli_printf(cli, "\n");
}

static void add_names(struct strbuf *cells, const struct spec *spec)
{
	for (u32 i = 0; i < spec->type_count; i++)
		strbuf_printf(cells, "program type\t%s, with a context of %u bytes\n",
			      spec->types[i]->name, spec->types[i]->ctx->size);
	for (u32 i = 0; i < spec->section_count; i++)
		strbuf_printf(cells, "hook\t%s, for programs in sections \"%s\"\n",
			      spec->sections[i]->attach->name, spec->sections[i]->prefix);
	for (u32 i = 0; i < spec->helper_count; i++)
		strbuf_printf(cells, "helper\t%s, %s0x%x\n", spec->helpers[i]->name,
			      spec->helpers[i]->type == NULL ? "of all types, " : "",
			      spec->helpers[i]->id);
	for (u32 i = 0; i < spec->function_count; i++)
		strbuf_printf(cells, "function\t%s\n", spec->functions[i]->contract.name);
}

static void show_text(struct cli *cli, const struct extension_info *info, const struct spec *spec)
{
	struct strbuf cells = STRBUF_INIT;

	cli_printf(cli, "%s%s %s%s: %s\n", cli_style(cli, CLI_BOLD), info->name, info->version,
		   cli_style(cli, CLI_PLAIN), info->summary);
	strbuf_printf(&cells, "file\t%s\ndialect\t%s\n", info->path, dialect_name(info->dialect));
	strbuf_printf(&cells, "events\t%s\n",
		      info->has_events ? "its own, while programs are attached"
				       : "when others make some");
	add_names(&cells, spec);
	cli_table(cli, "  ", &cells);
	strbuf_fini(&cells);
}

static int failed(struct cli *cli, const struct error *err)
{
	cli_error(cli, NULL, "%s", err->text);
	return cli_exit_code(err->status == ERR_INVAL ? ERR_NOEXEC : err->status);
}

static int show(struct cli *cli)
{
	struct extension *extension = NULL;
	struct spec *spec = NULL;
	struct error err = { 0 };
	char *path = NULL;
	int status, r;

	if (cli->operand2 == NULL) {
		cli_error(cli, "oriel extension show NAME", "extension show: NAME is missing");
		return CLI_USAGE;
	}
	status = cli_find_extension(cli, cli->operand2, &path);
	if (status != 0)
		return status;
	r = extension_open(path, &extension, &err);
	if (r == 0)
		r = extension_spec(&extension, 1, &spec, &err);
	if (r != 0)
		status = failed(cli, &err);
	else if (cli_json(cli))
		show_json(cli, extension_info(extension), spec);
	else
		show_text(cli, extension_info(extension), spec);
	spec_put(spec);
	(void)!extension_close(extension, NULL);
	mem_free(path);
	return status;
}

/* --- all --- */

struct listing {
	struct cli *cli;
	struct json json;
	struct strbuf cells, refused;
	u32 count;
};

static void list_one(struct listing *list, const char *path)
{
	struct extension *extension = NULL;
	const struct extension_info *info;
	struct error err = { 0 };

	list->count++;
	if (extension_open(path, &extension, &err) != 0) {
		if (cli_json(list->cli)) {
			json_object_begin(&list->json, NULL);
			json_str(&list->json, "file", path);
			json_str(&list->json, "refused", err.text);
			json_object_end(&list->json);
		} else {
			strbuf_printf(&list->refused, "refused: %s\n", err.text);
		}
		return;
	}
	info = extension_info(extension);
	if (cli_json(list->cli)) {
		json_object_begin(&list->json, NULL);
		json_head(&list->json, info);
		json_object_end(&list->json);
	} else {
		strbuf_printf(&list->cells, "%s\t%s\t%s\t%s\n", info->name, info->version,
			      dialect_name(info->dialect), info->summary);
	}
	(void)!extension_close(extension, NULL);
}

static bool is_library(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && str_eq(name + len - 3, ".so");
}

static void list_folder(struct listing *list, const char *dir)
{
	struct strbuf path = STRBUF_INIT;
	char *names = NULL;
	size_t len = 0;

	if (os_dir_list(dir, &names, &len, NULL) != 0)
		return;
	for (size_t at = 0; at < len; at += strlen(names + at) + 1) {
		if (!is_library(names + at))
			continue;
		strbuf_reset(&path);
		strbuf_printf(&path, "%s/%s", dir, names + at);
		if (strbuf_status(&path) == 0)
			list_one(list, strbuf_str(&path));
	}
	strbuf_fini(&path);
	mem_free(names);
}

static void end_text(struct listing *list, const struct strbuf *folders)
{
	struct cli *cli = list->cli;

	if (list->count > 0) {
		cli_table(cli, "", &list->cells);
		cli_printf(cli, "%s", strbuf_str(&list->refused));
		return;
	}
	cli_printf(cli, "no extensions%s", folders->len > 0 ? " in" : "");
	for (size_t at = 0; at < folders->len; at += strlen(folders->data + at) + 1)
		cli_printf(cli, "%s %s", at > 0 ? "," : "", folders->data + at);
	cli_printf(cli, "\n");
}

static int list_all(struct cli *cli)
{
	struct listing list = { .cli = cli };
	struct strbuf folders = STRBUF_INIT;
	int status = cli_extension_folders(cli, &folders);

	if (status != 0)
		return status;
	if (cli_json(cli)) {
		json_init(&list.json, &cli->out, true);
		json_object_begin(&list.json, NULL);
		json_array_begin(&list.json, "extensions");
	} else {
		strbuf_add(&list.cells, "name\tversion\tdialect\twhat it is\n");
	}
	for (size_t at = 0; at < folders.len; at += strlen(folders.data + at) + 1)
		list_folder(&list, folders.data + at);
	if (cli_json(cli)) {
		json_array_end(&list.json);
		json_array_begin(&list.json, "folders");
		for (size_t at = 0; at < folders.len; at += strlen(folders.data + at) + 1)
			json_str(&list.json, NULL, folders.data + at);
		json_array_end(&list.json);
		json_object_end(&list.json);
		cli_printf(cli, "\n");
	} else {
		end_text(&list, &folders);
	}
	strbuf_fini(&list.cells);
	strbuf_fini(&list.refused);
	strbuf_fini(&folders);
	return CLI_OK;
}

static int run_extension(struct cli *cli)
{
	if (str_eq(cli->operand, "show"))
		return show(cli);
	if (!str_eq(cli->operand, "list")) {
		cli_error(cli, "one of: list show", "extension: '%s' is no action", cli->operand);
		return CLI_USAGE;
	}
	if (cli->operand2 != NULL) {
		cli_error(cli, "'oriel extension show NAME' shows one",
			  "extension list takes no NAME");
		return CLI_USAGE;
	}
	return list_all(cli);
}

const struct command cmd_extension = {
	.name = "extension",
	.operands = "ACTION [NAME]",
	.words = "list show",
	.summary = "Show extensions, which bring program types and hooks.",
	.about = "ACTION list names the extensions that are installed, and those that are refused, "
		 "with\n"
		 "the reason; show NAME (or a file, with its folder) says what one brings. Other\n"
		 "commands take them with --extension.",
	.examples = extension_examples,
	.example_count = ARRAY_COUNT(extension_examples),
	.two_operands = true,
	.run = run_extension,
};
