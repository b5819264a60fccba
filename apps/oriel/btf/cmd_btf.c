/* SPDX-License-Identifier: MIT */
/* `oriel btf dump FILE`: the types of an object or of a BTF file, as records or as C. */
#include "dump.h"

#include "base/str.h"
#include "object/object.h"

enum { OPT_FORMAT };

static const struct cli_option btf_options[] = {
	[OPT_FORMAT] = { "format", "FORMAT",
			 "c: declarations to compile; raw: the records. Default: raw.", "c raw" },
};

static const struct cli_example btf_examples[] = {
	{ "The types of an object, by number:", "oriel btf dump hello_world.o" },
	{ "A header with a kernel's types:",
	  "oriel btf dump --format c /sys/kernel/btf/vmlinux >vmlinux.h" },
};

static int dump_format(struct cli *cli, const struct btf *btf, struct strbuf *out,
		       struct error *err)
{
	const char *format = cli->values[OPT_FORMAT];

	if (format != NULL && str_eq(format, "c"))
		return btf_dump_c(btf, out, err);
	btf_dump_raw(btf, out);
	return strbuf_status(out);
}

static void json_types(struct json *json, const struct btf *btf)
{
	json_array_begin(json, "types");
	for (u32 id = 1; id < btf->type_count; id++) {
		const struct btf_type *type = &btf->types[id];

		json_object_begin(json, NULL);
		json_u64(json, "id", id);
		json_str(json, "kind", btf_kind_name(type->kind));
		json_str(json, "name", type->name);
		json_u64(json, "type_id", type->type);
		if (type->has_bytes)
			json_u64(json, "size", type->bytes);
		if (type->kind == BTF_ARRAY)
			json_u64(json, "elements", type->count);
		json_array_begin(json, "members");
		for (u32 i = 0; type->members != NULL && i < type->count; i++) {
			const struct btf_member *member = &type->members[i];

			json_object_begin(json, NULL);
			json_str(json, "name", member->name);
			json_u64(json, "type_id", member->type);
			json_u64(json, "offset", member->off);
			json_u64(json, "size", member->size);
			json_s64(json, "value", member->value);
			json_object_end(json);
		}
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static int dump_json_types(struct cli *cli, const struct cli_file *file)
{
	struct json json;

	json_init(&json, &cli->out, true);
	json_object_begin(&json, NULL);
	json_str(&json, "file", file->path);
	json_types(&json, &file->btf);
	json_object_end(&json);
	cli_printf(cli, "\n");
	return CLI_OK;
}

static int dump_file(struct cli *cli, struct cli_file *file)
{
	struct error err = { 0 };
	int status = object_btf_open(file->bytes, file->len, &file->btf_arena, &file->btf, &err);

	if (status != 0) {
		cli_error(cli, "a BTF file, or an object compiled with -g, is expected", "%s: %s",
			  file->path, err.text);
		return cli_exit_code(status);
	}
	if (cli_json(cli))
		return dump_json_types(cli, file);
	status = dump_format(cli, &file->btf, &cli->out, &err);
	if (status != 0) {
		strbuf_reset(&cli->out);
		cli_error(cli, "the default format, raw, shows it", "%s: %s", file->path,
			  err.status != 0 ? err.text : error_name(status));
	}
	return status != 0 ? CLI_FAILED : CLI_OK;
}

static int run_btf(struct cli *cli)
{
	struct cli_file file = { 0 };
	int status;

	if (!str_eq(cli->operand, "dump")) {
		cli_error(cli, NULL, "btf: '%s' is not dump", cli->operand);
		return CLI_USAGE;
	}
	if (cli->operand2 == NULL) {
		cli_error(cli, "'oriel btf --help' shows examples", "btf dump: FILE is missing");
		return CLI_USAGE;
	}
	status = cli_read_file(cli, cli->operand2, &file);
	if (status == 0)
		status = dump_file(cli, &file);
	cli_file_fini(&file);
	return status;
}

const struct command cmd_btf = {
	.name = "btf",
	.operands = "dump FILE",
	.words = "dump",
	.summary = "Show the types that an object or a BTF file describes.",
	.about = "Prints the BTF of an object file or of a file that is nothing else, such as\n"
		 "/sys/kernel/btf/vmlinux: a record a line, or C declarations in an order that\n"
		 "compiles, with the layout that BTF describes. '-' reads standard input.",
	.options = btf_options,
	.option_count = ARRAY_COUNT(btf_options),
	.examples = btf_examples,
	.example_count = ARRAY_COUNT(btf_examples),
	.two_operands = true,
	.run = run_btf,
};
