/* SPDX-License-Identifier: MIT */
/* Reading and opening the file that a command is about. */
#include "extend.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "spec/file.h"

#define FILE_LIMIT (256u * 1024 * 1024)

int cli_exit_code(int status)
{
	switch (status) {
	case 0: return CLI_OK;
	case ERR_INVAL: return CLI_USAGE;
	case ERR_NOTSUP:
	case ERR_NOMEM:
	case ERR_FAULT:
	case ERR_TIME:
	case ERR_LOOP: return CLI_FAILED;
	default: return CLI_INPUT;
	}
}

int cli_read_file(struct cli *cli, const char *path, struct cli_file *ret_file)
{
	struct error err = { 0 };
	u8 *bytes;
	size_t len;

	if (os_file_read(path, FILE_LIMIT, &bytes, &len, &err) != 0) {
		cli_error(cli, NULL, "%s", err.text);
		return CLI_INPUT;
	}
	*ret_file = (struct cli_file){
		.path = str_eq(path, "-") ? "standard input" : path,
		.bytes = bytes,
		.len = len,
	};
	return 0;
}

static bool starts_with(const struct cli_file *file, const char *magic, size_t len)
{
	return file->len >= len && memcmp(file->bytes, magic, len) == 0;
}

#define ELF_MACHINE_OFF 18
#define ELF_MACHINE_BPF 247

const char *cli_file_hint(const struct cli_file *file)
{
	if (starts_with(file,
			"\x7f"
			"ELF",
			4))
		return file->len > ELF_MACHINE_OFF &&
				       file->bytes[ELF_MACHINE_OFF] == ELF_MACHINE_BPF
			       ? NULL
			       : "this is for another processor: compile with clang -target bpf";
	if (starts_with(file, "BC\xc0\xde", 4))
		return "this is LLVM bitcode: compile without -emit-llvm and -flto";
	return "an object file is expected, as made by: clang -target bpf -O2 -g -c program.c";
}

enum dialect cli_dialect(const char *name)
{
	if (name == NULL)
		return DIALECT_UNKNOWN;
	return str_eq(name, "windows") ? DIALECT_WINDOWS : DIALECT_LINUX;
}

int cli_open_btf(struct cli *cli, struct cli_file *file, const char *path)
{
	struct error err = { 0 };
	size_t len;
	int status;

	if (path == NULL)
		return 0;
	if (os_file_read(path, FILE_LIMIT, &file->btf_bytes, &len, &err) != 0) {
		cli_error(cli, NULL, "--btf: %s", err.text);
		return CLI_INPUT;
	}
	status = object_btf_open(file->btf_bytes, len, &file->btf_arena, &file->btf, &err);
	if (status != 0) {
		cli_error(cli, "a BTF file such as /sys/kernel/btf/vmlinux, or an object with BTF",
			  "--btf: %s: %s", path, err.text);
		return cli_exit_code(status);
	}
	file->btf_path = path;
	return 0;
}

static int read_kconfig(struct cli *cli, struct cli_file *file, const char *arg)
{
	struct error err = { 0 };
	u8 *bytes;
	size_t len;
	int status;

	if (str_starts(arg, "CONFIG_") || str_starts(arg, "LINUX_")) {
		status = kconfig_set(&file->kconfig, arg, strlen(arg), &err);
		if (status != 0)
			cli_error(cli, "such as CONFIG_HZ=250, CONFIG_BPF=y, CONFIG_NAME='\"x\"'",
				  "--kconfig: %s", err.text);
		return cli_exit_code(status);
	}
	if (os_file_read(arg, FILE_LIMIT, &bytes, &len, &err) != 0) {
		cli_error(cli, NULL, "--kconfig: %s", err.text);
		return CLI_INPUT;
	}
	status = kconfig_read(&file->kconfig, bytes, len, &err);
	mem_free(bytes);
	if (status == 0)
		return 0;
	cli_error(cli, "a file of lines CONFIG_NAME=value, as a kernel's .config",
		  "--kconfig: %s: %s", arg, err.text);
	return status == ERR_NOMEM ? CLI_FAILED : CLI_INPUT;
}

int cli_open_kconfig(struct cli *cli, struct cli_file *file)
{
	int status = 0;

	kconfig_init(&file->kconfig);
	for (size_t i = 0; status == 0 && i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];

		if (str_eq(cli->command->options[given->option].name, "kconfig"))
			status = read_kconfig(cli, file, given->value);
	}
	return status;
}

/* The rows stay when the libraries go. */
static int open_extensions(struct cli *cli, bool has_file, struct spec **ret_spec)
{
	struct cli_extensions extensions = { 0 };
	int status = cli_open_extensions(cli, &extensions);

	if (status != 0)
		return status;
	if (has_file && extensions.count > 0) {
		cli_error(cli, NULL, "--spec and --extension both say what programs may do");
		status = CLI_USAGE;
	} else {
		*ret_spec = spec_get(extensions.spec);
	}
	cli_close_extensions(&extensions);
	return status;
}

int cli_open_spec(struct cli *cli, struct spec **ret_spec)
{
	struct error err = { 0 };
	const char *path = NULL;
	u8 *bytes;
	size_t len;
	int status;

	if (*ret_spec != NULL)
		return 0;
	for (u32 i = 0; i < cli->command->option_count; i++)
		if (str_eq(cli->command->options[i].name, "spec"))
			path = cli->values[i];
	status = open_extensions(cli, path != NULL, ret_spec);
	if (status != 0 || path == NULL)
		return status;
	if (os_file_read(path, FILE_LIMIT, &bytes, &len, &err) != 0) {
		cli_error(cli, NULL, "--spec: %s", err.text);
		return CLI_INPUT;
	}
	status = spec_read((const char *)bytes, len, ret_spec, &err);
	mem_free(bytes);
	if (status == 0)
		return 0;
	cli_error(cli, "a JSON file such as 'oriel spec export' writes", "--spec: %s: %s", path,
		  err.text);
	return status == ERR_NOMEM ? CLI_FAILED : CLI_INPUT;
}

int cli_open_object(struct cli *cli, struct cli_file *file, const char *dialect, const char *btf)
{
	struct object_options options = {
		.size = sizeof(options),
		.file = file->path,
		.dialect = cli_dialect(dialect),
	};
	struct error err = { 0 };
	int status = cli_open_btf(cli, file, btf);

	if (status == 0)
		status = cli_open_kconfig(cli, file);
	if (status == 0)
		status = cli_open_spec(cli, &file->spec);
	if (status != 0)
		return status;
	options.spec = file->spec;
	options.target_btf = cli_btf(file);
	options.kconfig = &file->kconfig;
	status = object_open(file->bytes, file->len, &options, &file->object, &err);
	if (status != 0) {
		cli_error(cli, cli_file_hint(file), "%s", err.text);
		return cli_exit_code(status);
	}
	return 0;
}

void cli_file_fini(struct cli_file *file)
{
	if (file->object != NULL)
		object_free(file->object);
	kconfig_fini(&file->kconfig);
	spec_put(file->spec);
	arena_fini(&file->btf_arena);
	mem_free(file->btf_bytes);
	mem_free(file->bytes);
	*file = (struct cli_file){ 0 };
}

void cli_json_file(struct json *json, const struct cli_file *file, const struct object *object)
{
	json_str(json, "file", file->path);
	json_str(json, "dialect", dialect_name(object->dialect));
	json_str(json, "dialect_why", object->dialect_why);
}

const char *cli_prog_type(const struct object_prog *prog)
{
	if (prog->match == NULL || prog->match->type == NULL)
		return "-";
	return prog->match->type->name;
}
