/* SPDX-License-Identifier: MIT */
/* The folder of the SDK's headers. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

#ifndef ORIEL_SOURCE_SDK
#define ORIEL_SOURCE_SDK "include"
#endif
/* Where an installation has the headers, seen from the folder of its programs. */
#define INSTALLED_SDK "../share/oriel/include"
#define HEADER_LIMIT  (1u << 20)

static bool has_headers(const char *dir)
{
	struct strbuf path = STRBUF_INIT;
	u8 *bytes = NULL;
	size_t len;
	bool found;

	strbuf_printf(&path, "%s/oriel/bpf/sdk.h", dir);
	found = strbuf_status(&path) == 0 &&
		os_file_read(strbuf_str(&path), HEADER_LIMIT, &bytes, &len, NULL) == 0;
	strbuf_fini(&path);
	mem_free(bytes);
	return found;
}

/* The installed headers when this program is installed; NULL when it is not. */
static char *installed_sdk(void)
{
	char *program = os_program_path(), *found = NULL;
	struct strbuf path = STRBUF_INIT;
	size_t len = program != NULL ? strlen(program) : 0;

	while (len > 0 && program[len - 1] != '/' && program[len - 1] != '\\')
		len--;
	if (len > 0) {
		strbuf_add_len(&path, program, len);
		strbuf_add(&path, INSTALLED_SDK);
		if (strbuf_status(&path) == 0 && has_headers(strbuf_str(&path)))
			found = path.data;
	}
	if (found == NULL)
		strbuf_fini(&path);
	mem_free(program);
	return found;
}

int cli_find_sdk(struct cli *cli, char **ret_dir)
{
	char *dir = os_env("ORIEL_SDK");

	if (dir != NULL && !has_headers(dir)) {
		cli_error(cli, "it is the folder that has oriel/bpf/sdk.h",
			  "ORIEL_SDK: %s holds no SDK headers", dir);
		mem_free(dir);
		return CLI_INPUT;
	}
	if (dir == NULL)
		dir = installed_sdk();
	if (dir == NULL && has_headers(ORIEL_SOURCE_SDK)) {
		struct strbuf text = STRBUF_INIT;

		strbuf_add(&text, ORIEL_SOURCE_SDK);
		dir = text.data;
	}
	if (dir == NULL) {
		cli_error(cli, "set ORIEL_SDK to the folder that has oriel/bpf/sdk.h",
			  "the SDK headers are not where oriel was installed");
		return CLI_INPUT;
	}
	*ret_dir = dir;
	return 0;
}
