/* SPDX-License-Identifier: MIT */
/* Windows' debuggers and profilers read no such files. */
#include "os/os.h"

int os_log_open(const char *path, UNUSED bool mapped, UNUSED struct os_log *ret_log,
		struct error *err)
{
	return error_set(err, ERR_NOTSUP, "%s: there are no such files on this host", path);
}

int os_log_add(UNUSED struct os_log *log, UNUSED const void *data, UNUSED size_t len)
{
	return ERR_IO;
}

void os_log_close(UNUSED struct os_log *log) {}
