/* SPDX-License-Identifier: MIT */
/* `oriel cc FILE.c`: clang with the options that a program for either dialect needs. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "os/os.h"

#define SOURCE_LIMIT (64u * 1024 * 1024)

static const struct cli_example cc_examples[] = {
	{ "Compile a program to hello_world.o here:", "oriel cc samples/hello_world.c" },
	{ "Choose the output and pass options to clang:",
	  "oriel cc samples/hello_world.c -o hello.o -Wall -DVERBOSE=1" },
};

struct compile {
	struct cli *cli;
	const char *source;
	char *sdk;
	VEC(const char *) args; /* [0] is the compiler */
};

static bool is_source(const char *arg)
{
	size_t len = strlen(arg);

	return arg[0] != '-' && len > 2 && str_eq(arg + len - 2, ".c");
}

/* The one argument that is a C file; all others are clang's business. */
static int find_source(struct compile *cc)
{
	struct cli *cli = cc->cli;

	for (int i = 0; i < cli->rest_count; i++) {
		if (!is_source(cli->rest[i]))
			continue;
		if (cc->source != NULL) {
			cli_error(cli, NULL, "cc takes one FILE.c, '%s' is one too many",
				  cli->rest[i]);
			return CLI_USAGE;
		}
		cc->source = cli->rest[i];
	}
	if (cc->source == NULL) {
		cli_error(cli, "'oriel cc --help' shows examples", "cc: FILE.c is missing");
		return CLI_USAGE;
	}
	return 0;
}

/* clang would say so too, with the exit code of an error in the program. */
static int check_source(struct compile *cc)
{
	struct error err = { 0 };
	size_t len;
	u8 *bytes;

	if (os_file_read(cc->source, SOURCE_LIMIT, &bytes, &len, &err) != 0) {
		cli_error(cc->cli, NULL, "%s", err.text);
		return CLI_INPUT;
	}
	mem_free(bytes);
	return 0;
}

static int build_args(struct compile *cc, const char *sdk)
{
	const char *const fixed[] = { "clang", "-target", "bpf", "-O2", "-g", "-I", sdk };
	int status = 0;

	/* Before the user's, which may override them; -c last, so that none of theirs does. */
	for (size_t i = 0; status == 0 && i < ARRAY_COUNT(fixed); i++)
		status = vec_push(&cc->args, fixed[i]);
	for (int i = 0; status == 0 && i < cc->cli->rest_count; i++)
		status = vec_push(&cc->args, cc->cli->rest[i]);
	if (status == 0)
		status = vec_push(&cc->args, "-c");
	if (status == 0)
		status = vec_push(&cc->args, NULL);
	if (status != 0)
		cli_error(cc->cli, NULL, "cc: out of memory");
	return status == 0 ? 0 : CLI_FAILED;
}

/* The first compiler that can be started; chosen NULL: of those that Debian has. */
static int spawn_compiler(struct compile *cc, const char *chosen, int *ret_exit)
{
	static const char *const names[] = { "clang",	 "clang-19", "clang-18", "clang-17",
					     "clang-16", "clang-15", "clang-14" };
	struct error err = { 0 };
	int status = ERR_NOENT;

	if (chosen != NULL) {
		cc->args.items[0] = chosen;
		status = os_spawn(cc->args.items, ret_exit, &err);
		if (status != 0)
			cli_error(cc->cli, "it is clang's name or path", "ORIEL_CLANG: %s",
				  err.text);
		return status == 0 ? 0 : CLI_FAILED;
	}
	for (size_t i = 0; status == ERR_NOENT && i < ARRAY_COUNT(names); i++) {
		cc->args.items[0] = names[i];
		status = os_spawn(cc->args.items, ret_exit, &err);
	}
	if (status == ERR_NOENT)
		cli_error(cc->cli,
			  "Debian: apt install clang; elsewhere: https://releases.llvm.org; or "
			  "set ORIEL_CLANG to its path",
			  "cc: clang is not installed");
	else if (status != 0)
		cli_error(cc->cli, NULL, "%s", err.text);
	return status == 0 ? 0 : CLI_FAILED;
}

static void print_json(struct compile *cc, int code)
{
	struct json json;

	json_init(&json, &cc->cli->out, true);
	json_object_begin(&json, NULL);
	json_str(&json, "file", cc->source);
	json_array_begin(&json, "command");
	for (size_t i = 0; i + 1 < cc->args.count; i++)
		json_str(&json, NULL, cc->args.items[i]);
	json_array_end(&json);
	json_s64(&json, "exit_code", code);
	json_object_end(&json);
	cli_printf(cc->cli, "\n");
}

static int run_cc(struct cli *cli)
{
	struct compile cc = { .cli = cli };
	char *chosen = os_env("ORIEL_CLANG");
	int code = 0, status = find_source(&cc);

	if (status == 0)
		status = check_source(&cc);
	if (status == 0)
		status = cli_find_sdk(cc.cli, &cc.sdk);
	if (status == 0)
		status = build_args(&cc, cc.sdk);
	if (status == 0)
		status = spawn_compiler(&cc, chosen, &code);
	if (status == 0) {
		if (cli_json(cli))
			print_json(&cc, code);
		status = code == 0 ? CLI_OK : CLI_FAILED;
	}
	vec_free(&cc.args);
	mem_free(cc.sdk);
	mem_free(chosen);
	return status;
}

const struct command cmd_cc = {
	.name = "cc",
	.operands = "FILE.c [clang's options]",
	.summary = "Compile a C program to an eBPF object with clang.",
	.about = "Runs clang -target bpf -O2 -g with the SDK's headers and -c. All that is not an\n"
		 "option of every command goes to clang; without -o the object is named after the\n"
		 "file. Environment: ORIEL_CLANG (the compiler), ORIEL_SDK (the headers' folder).",
	.takes_rest = true,
	.examples = cc_examples,
	.example_count = ARRAY_COUNT(cc_examples),
	.run = run_cc,
};
