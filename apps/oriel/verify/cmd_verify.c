/* SPDX-License-Identifier: MIT */
/* `oriel verify FILE...`: judges programs. */
#include "judge.h"

#include "base/str.h"
#include "os/os.h"

#define KEPT_MEMORY ((size_t)64 << 20) /* from one program to the next */

static const struct cli_option verify_options[] = {
	[VERIFY_PROGRAM] = { "program", "NAME",
			     "Only this program: a function's name or a section's.", NULL },
	[VERIFY_TYPE] = { "type", "TYPE", "Their program type. Default: what the section says.",
			  CLI_TYPES },
	[VERIFY_DIALECT] = CLI_DIALECT_OPTION,
	[VERIFY_POLICY] = CLI_POLICY_OPTION,
	[VERIFY_FORMAT] = { "format", "FORMAT", "How findings are printed. Default: gcc.",
			    "gcc msvc json sarif" },
	[VERIFY_MANIFEST] = { "manifest", "FILE",
			      "Judge the programs that a table (CSV) names, instead of "
			      "files.",
			      NULL },
	[VERIFY_QUIET] = { "quiet", NULL, "Say nothing of programs that are safe.", NULL },
	[VERIFY_STATS] = { "stats", NULL, "Show steps and memory of each program, too.", NULL },
	[VERIFY_VERBOSE] = { "verbose", NULL,
			     "Show what is known at the start of each block, and the instructions.",
			     NULL },
	[VERIFY_SLICE] = { "slice", NULL,
			   "Show the instructions that a finding depends on, with their lines.",
			   NULL },
	[VERIFY_DOT] = { "dot", NULL,
			 "Print graphs for dot(1), with findings and dead code, instead.", NULL },
	[VERIFY_STEPS] = { "max-steps", "N",
			   "Give up after N instructions looked at. Default: 4000000.", NULL },
	[VERIFY_MEMORY] = { "max-memory", "MIB", "Give up at so much memory. Default: 64.", NULL },
	[VERIFY_TIME] = { "max-time", "MS",
			  "Give up a program after so many milliseconds of processor time. "
			  "Default: 1000; 0: never.",
			  NULL },
	[VERIFY_BTF] = CLI_BTF_OPTION,
	[VERIFY_KCONFIG] = CLI_KCONFIG_OPTION,
	[VERIFY_SPEC] = CLI_SPEC_OPTION,
	[VERIFY_EXTENSION] = CLI_EXTENSION_OPTION,
	[VERIFY_RAW_SIZE] = CLI_RAW_SIZE_OPTION,
};

static const struct cli_example verify_examples[] = {
	{ "Whether the programs of a file are safe:", "oriel verify bind_count.o" },
	{ "All of a folder, with a word only on what is wrong:", "oriel verify --quiet *.o" },
	{ "What a finding means:", "oriel explain null-access" },
};

/* --- options --- */

static int read_options(struct verify *v)
{
	static const char *const formats[] = { "gcc", "msvc", "json", "sarif" };
	struct cli *cli = v->cli;
	const char *format = cli->values[VERIFY_FORMAT];
	u64 memory, steps, ms;
	int status;

	verify_options_default(&v->options);
	if (format == NULL)
		format = cli_json(cli) ? "json" : "gcc";
	while (!str_eq(format, formats[v->format]))
		v->format++;
	if (cli_json(cli) && v->format != FORMAT_JSON) {
		cli_error(cli, NULL, "verify: --json and --format %s are two ways to print",
			  format);
		return CLI_USAGE;
	}
	v->needs_record = cli_given(cli, VERIFY_VERBOSE) || cli_given(cli, VERIFY_SLICE) ||
			  cli_given(cli, VERIFY_DOT);
	if (cli_given(cli, VERIFY_DOT) && (v->format != FORMAT_GCC || cli_json(cli))) {
		cli_error(cli, NULL, "verify: --dot and --format %s are two ways to print", format);
		return CLI_USAGE;
	}
	v->is_list = cli_given(cli, VERIFY_MANIFEST);
	v->has_files = v->is_list || cli->rest_count > 1;
	if (v->is_list == (cli->rest_count > 0)) {
		cli_error(cli, "'oriel verify --help' shows examples",
			  v->is_list ? "verify: --manifest stands in for files, '%s' is too many"
				     : "verify: a file is missing%s",
			  v->is_list ? cli->rest[0] : "");
		return CLI_USAGE;
	}
	status = cli_number(cli, VERIFY_STEPS, UINT64_MAX, 0, &steps);
	if (status == 0)
		status = cli_number(cli, VERIFY_MEMORY, UINT32_MAX, 0, &memory);
	if (status == 0)
		status = cli_number(cli, VERIFY_TIME, UINT32_MAX, 1000, &ms);
	if (status != 0)
		return status;
	v->options.max_steps = steps;
	v->max_time = ms * 1000000;
	v->options.max_memory = (size_t)memory << 20;
	status = cli_policy(cli, VERIFY_POLICY, VERIFY_RAW_SIZE, &v->options.policy);
	if (status == 0)
		status = cli_open_btf(cli, &v->target, cli->values[VERIFY_BTF]);
	if (status == 0)
		status = cli_open_spec(cli, &v->target.spec);
	return status != 0 ? status : cli_open_kconfig(cli, &v->target);
}

/* --- files --- */

static bool has_entry(const struct object *object)
{
	for (u32 i = 0; i < object->prog_count; i++)
		if (!object->progs[i].is_subprog)
			return true;
	return false;
}

static int verify_programs(struct verify *v, struct verify_file *file)
{
	const char *name = v->cli->values[VERIFY_PROGRAM], *type = v->cli->values[VERIFY_TYPE];
	const struct object *object = file->object;
	bool skip_subprogs = has_entry(object);

	if (name != NULL) {
		u32 idx = object_find_prog(object, name);

		if (idx == PROG_NO_INDEX) {
			cli_error(v->cli, "'oriel inspect' lists the programs",
				  "%s: no program or section with one program is called '%s'",
				  file->path, name);
			return CLI_USAGE;
		}
		verify_one(v, file, idx, type, NULL);
		return 0;
	}
	for (u32 i = 0; i < object->prog_count; i++)
		if (!skip_subprogs || !object->progs[i].is_subprog)
			verify_one(v, file, i, type, NULL);
	return 0;
}

static int verify_files(struct verify *v)
{
	struct cli *cli = v->cli;
	int status = 0;

	for (int i = 0; i < cli->rest_count && status == 0; i++) {
		const char *path = cli->rest[i];
		struct verify_file file = { 0 };

		if (cli->rest_count > 1)
			cli_progress(cli, (u32)i + 1, (u32)cli->rest_count, path);
		verify_open(v, &file, path, str_eq(path, "-") ? "standard input" : path,
			    cli_dialect(cli->values[VERIFY_DIALECT]));
		verify_begin_file(v, &file);
		if (file.object != NULL)
			status = verify_programs(v, &file);
		else
			verify_print_file(v, &file);
		verify_end_file(v);
		verify_close(&file);
		v->heading = NULL;
	}
	return status;
}

static int run_verify(struct cli *cli)
{
	struct verify v = { .cli = cli };
	int status = read_options(&v);

	if (status == 0) {
		os_memory_keep(KEPT_MEMORY);
		verify_begin(&v);
		status = v.is_list ? verify_manifest(&v, cli->values[VERIFY_MANIFEST])
				   : verify_files(&v);
		verify_end(&v);
	}
	cli_file_fini(&v.target);
	if (status != 0)
		return status;
	if (v.verdicts[VERDICT_ERROR] > 0)
		return CLI_INPUT;
	return v.verdicts[VERDICT_FAIL] > 0 ? CLI_FAILED : CLI_OK;
}

const struct command cmd_verify = {
	.name = "verify",
	.operands = "FILE...",
	.summary = "Prove that programs are safe, or say why not.",
	.about = "Judges the programs of eBPF object files, without running them: whether every\n"
		 "access is inside of what it may touch, every call keeps its contract, and every\n"
		 "run ends. A finding comes with its place in the source, as a compiler's errors\n"
		 "do, and 'oriel explain' tells more about it. '-' reads standard input.",
	.options = verify_options,
	.option_count = ARRAY_COUNT(verify_options),
	.repeatable = 1u << VERIFY_POLICY | 1u << VERIFY_KCONFIG | 1u << VERIFY_EXTENSION,
	.examples = verify_examples,
	.example_count = ARRAY_COUNT(verify_examples),
	.many_operands = true,
	.may_lack_operand = true,
	.run = run_verify,
};
_Static_assert(ARRAY_COUNT(verify_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
