/* SPDX-License-Identifier: MIT */
/* Extensions from files: where they are, and what commands need of them. */
#include "extend.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

/* Where an installation has its extensions, seen from the folder of its programs. */
#ifndef ORIEL_EXTENSIONS
#define ORIEL_EXTENSIONS "../lib/oriel/extensions"
#endif

/* --- where they are --- */

static int no_memory(struct cli *cli)
{
	cli_error(cli, NULL, "out of memory");
	return CLI_FAILED;
}

static int add_folder(struct cli *cli, const char *dir, size_t len, struct strbuf *folders)
{
	if (len == 0)
		return 0;
	/* Who may write to the current folder is another question each time. */
	if (dir[0] != '/') {
		cli_error(cli, NULL, "ORIEL_EXTENSION_PATH: '%.*s' does not begin with '/'",
			  (int)MIN(len, (size_t)200), dir);
		return CLI_USAGE;
	}
	strbuf_add_len(folders, dir, len);
	strbuf_add_char(folders, '\0');
	return 0;
}

int cli_extension_folders(struct cli *cli, struct strbuf *ret_folders)
{
	char *path = os_env("ORIEL_EXTENSION_PATH"), *program = os_program_path();
	size_t len = program != NULL ? strlen(program) : 0;
	struct strbuf folders = STRBUF_INIT;
	int status = 0;

	for (const char *at = path; status == 0 && at != NULL && *at != '\0';) {
		size_t part = strcspn(at, ":");

		status = add_folder(cli, at, part, &folders);
		at += part;
		at += *at == ':';
	}
	mem_free(path);
	while (len > 0 && program[len - 1] != '/')
		len--;
	if (len > 0) {
		strbuf_add_len(&folders, program, len);
		strbuf_add(&folders, ORIEL_EXTENSIONS);
		strbuf_add_char(&folders, '\0');
	}
	mem_free(program);
	if (status == 0 && strbuf_status(&folders) != 0)
		status = no_memory(cli);
	if (status != 0)
		strbuf_fini(&folders);
	else
		*ret_folders = folders;
	return status;
}

static bool is_there(const char *dir, const char *file)
{
	size_t len = 0, file_len = strlen(file);
	char *names = NULL;
	bool found = false;

	if (os_dir_list(dir, &names, &len, NULL) != 0)
		return false;
	for (size_t at = 0; at < len && !found; at += strlen(names + at) + 1)
		found = strlen(names + at) == file_len && str_eq(names + at, file);
	mem_free(names);
	return found;
}

static int not_found(struct cli *cli, const char *name, const struct strbuf *folders)
{
	struct strbuf hint = STRBUF_INIT;

	strbuf_add(&hint, "a file is named with its folder, such as ./line.so; installed ones are "
			  "looked for in");
	for (size_t at = 0; at < folders->len; at += strlen(folders->data + at) + 1)
		strbuf_printf(&hint, "%s %s", at > 0 ? "," : "", folders->data + at);
	cli_error(cli, strbuf_str(&hint), "no extension '%s'", name);
	strbuf_fini(&hint);
	return CLI_INPUT;
}

int cli_find_extension(struct cli *cli, const char *name, char **ret_path)
{
	struct strbuf folders = STRBUF_INIT, path = STRBUF_INIT, file = STRBUF_INIT;
	const bool is_path = strcspn(name, "/\\") < strlen(name);
	int status = 0;

	if (is_path)
		strbuf_add(&path, name);
	else
		status = cli_extension_folders(cli, &folders);
	strbuf_printf(&file, "%s.so", name);
	for (size_t at = 0; status == 0 && at < folders.len && path.len == 0;
	     at += strlen(folders.data + at) + 1)
		if (is_there(folders.data + at, strbuf_str(&file)))
			strbuf_printf(&path, "%s/%s", folders.data + at, strbuf_str(&file));
	if (status == 0 && (strbuf_status(&path) != 0 || strbuf_status(&file) != 0))
		status = no_memory(cli);
	else if (status == 0 && path.len == 0)
		status = not_found(cli, name, &folders);
	if (status == 0)
		*ret_path = path.data;
	else
		strbuf_fini(&path);
	strbuf_fini(&folders);
	strbuf_fini(&file);
	return status;
}

/* --- for commands --- */

static int open_one(struct cli *cli, const char *name, struct cli_extensions *extensions)
{
	struct error err = { 0 };
	char *path = NULL;
	int status, r;

	if (extensions->count == EXTENSIONS_MAX) {
		cli_error(cli, NULL, "--extension: more than %d", EXTENSIONS_MAX);
		return CLI_USAGE;
	}
	status = cli_find_extension(cli, name, &path);
	if (status != 0)
		return status;
	r = extension_open(path, &extensions->items[extensions->count], &err);
	mem_free(path);
	if (r == 0) {
		extensions->count++;
		return 0;
	}
	cli_error(cli,
		  r == ERR_ACCES
			  ? "it would run as this process: it has to be your own file or root's"
			  : NULL,
		  "--extension: %s", err.text);
	return cli_exit_code(r);
}

int cli_open_extensions(struct cli *cli, struct cli_extensions *ret_extensions)
{
	struct cli_extensions extensions = { 0 };
	struct error err = { 0 };
	int status = 0, r = 0;

	extensions.items = mem_zalloc_array(cli->given.count + 1, sizeof(struct extension *));
	extensions.instances =
		mem_zalloc_array(cli->given.count + 1, sizeof(struct extension_instance *));
	if (extensions.items == NULL || extensions.instances == NULL)
		status = no_memory(cli);
	for (size_t i = 0; status == 0 && i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];

		if (str_eq(cli->command->options[given->option].name, "extension"))
			status = open_one(cli, given->value, &extensions);
	}
	if (status == 0 && extensions.count > 0)
		r = extension_spec(extensions.items, extensions.count, &extensions.spec, &err);
	if (r != 0) {
		cli_error(cli, NULL, "--extension: %s", err.text);
		status = r == ERR_NOMEM ? CLI_FAILED : CLI_INPUT;
	}
	if (status != 0)
		cli_close_extensions(&extensions);
	else
		*ret_extensions = extensions;
	return status;
}

bool cli_extensions_have_hook(const struct cli_extensions *extensions, const char *hook)
{
	const struct spec *spec = extensions->spec;

	for (u32 i = 0; spec != NULL && i < spec->section_count; i++)
		if (str_eq(spec->sections[i]->prefix, hook))
			return true;
	return false;
}

int cli_start_extensions(struct cli_extensions *extensions, struct runtime *rt, struct error *err)
{
	int r = 0;

	for (u32 i = 0; r == 0 && i < extensions->count; i++)
		if (extension_info(extensions->items[i])->dialect == runtime_dialect(rt) &&
		    extensions->instances[i] == NULL)
			r = extension_start(extensions->items[i], rt, &extensions->instances[i],
					    err);
	return r;
}

void cli_stop_extensions(struct cli_extensions *extensions)
{
	for (u32 i = extensions->count; i-- > 0;)
		if (extension_stop(extensions->instances[i], NULL) == 0)
			extensions->instances[i] = NULL;
}

void cli_close_extensions(struct cli_extensions *extensions)
{
	cli_stop_extensions(extensions);
	spec_put(extensions->spec);
	for (u32 i = extensions->count; i-- > 0;)
		(void)!extension_close(extensions->items[i], NULL);
	mem_free(extensions->items);
	mem_free(extensions->instances);
	*extensions = (struct cli_extensions){ 0 };
}
