/* SPDX-License-Identifier: MIT */
/* Windows gives main's arguments in a legacy encoding; its wide ones become UTF-8. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "cli.h"

#include "base/mem.h"
#include "os/windows/wide.h"

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	char **args = mem_zalloc_array((size_t)argc + 1, sizeof(*args));
	int status = CLI_FAILED;

	if (args == NULL)
		return status;
	for (int i = 0; i < argc; i++) {
		args[i] = wide_to_utf8(argv[i]);
		if (args[i] == NULL)
			goto out_free;
	}
	SetConsoleOutputCP(CP_UTF8);
	status = cli_main(argc, args);
out_free:
	for (int i = 0; i < argc; i++)
		mem_free(args[i]);
	mem_free(args);
	return status;
}
