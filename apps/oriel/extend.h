/* SPDX-License-Identifier: MIT */
/* What commands do with --extension. */
#pragma once

#include "cli.h"

#include "extension/extension.h"

#define EXTENSIONS_MAX 64 /* in one command */

/* All that --extension names. */
struct cli_extensions {
	struct extension **items;
	struct extension_instance **instances; /* NULL entries: not started */
	u32 count;
	struct spec *spec; /* what they add; NULL: there are none */
};

/* These return 0 or an exit code after an error message. */
int cli_open_extensions(struct cli *cli, struct cli_extensions *ret_extensions) MUST_CHECK;
/* Whether programs of theirs are attached to a hook of that name. */
bool cli_extensions_have_hook(const struct cli_extensions *extensions, const char *hook);
/* Those of the runtime's dialect register with it; 0 or an error. */
int cli_start_extensions(struct cli_extensions *extensions, struct runtime *rt,
			 struct error *err) MUST_CHECK;
/* When nothing of theirs is attached any more. */
void cli_stop_extensions(struct cli_extensions *extensions);
void cli_close_extensions(struct cli_extensions *extensions); /* accepts zeroed ones */

/* The file that an argument of --extension means; 0 or an exit code after an error message. */
int cli_find_extension(struct cli *cli, const char *name, char **ret_path) MUST_CHECK;
/* The folders of installed extensions, one behind the other, each terminated. */
int cli_extension_folders(struct cli *cli, struct strbuf *ret_folders) MUST_CHECK;
