/* SPDX-License-Identifier: MIT */
/* Other programs, and where this one is. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

extern char **environ;

int os_spawn(const char *const *argv, int *ret_exit, struct error *err)
{
	pid_t pid;
	int status, code;

	/* The argument is not const for reasons of history only. */
	code = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);
	if (code != 0)
		return error_set(err,
				 code == ENOENT	  ? ERR_NOENT
				 : code == EACCES ? ERR_ACCES
						  : ERR_IO,
				 "%s: %s", argv[0], strerror(code));
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_set(err, ERR_IO, "%s: %s", argv[0], strerror(errno));
	}
	*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

static char *copy_text(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (copy != NULL) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *os_env(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? copy_text(value, strlen(value)) : NULL;
}

char *os_program_path(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	return len > 0 && (size_t)len < sizeof(path) ? copy_text(path, (size_t)len) : NULL;
}
