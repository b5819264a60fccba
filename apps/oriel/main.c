/* SPDX-License-Identifier: MIT */
/* oriel: one program, a command a file (cmd_*.c). */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

#ifndef ORIEL_VERSION
#define ORIEL_VERSION "unknown"
#endif

const struct command *const cli_commands[] = {
	&cmd_run,   &cmd_top,	  &cmd_trace,	  &cmd_verify,	   &cmd_explain, &cmd_disasm,
	&cmd_cfg,   &cmd_inspect, &cmd_spec,	  &cmd_btf,	   &cmd_cc,	 &cmd_native,
	&cmd_image, &cmd_key,	  &cmd_extension, &cmd_completion, NULL
};

static int run(struct cli *cli, int argc, char **argv)
{
	int status = cli_parse(cli, argc, argv);

	if (status != 0)
		return status;
	if (cli->globals[CLI_GLOBAL_VERSION] != NULL) {
		cli_printf(cli, "oriel %s\n", ORIEL_VERSION);
		return CLI_OK;
	}
	if (cli->globals[CLI_GLOBAL_HELP] != NULL) {
		cli_help(cli);
		return CLI_OK;
	}
	return cli->command->run(cli);
}

int cli_main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status = run(&cli, argc, argv);

	cli_flush(&cli);
	strbuf_fini(&cli.out);
	mem_free(cli.rest);
	vec_free(&cli.given);
	return status == CLI_OK && cli.output_failed ? CLI_FAILED : status;
}
