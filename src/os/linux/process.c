/* SPDX-License-Identifier: MIT */
/* Other programs, and where this one is. */
#define _GNU_SOURCE /* a program started in another folder */
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

extern char **environ;

static int spawn_error(const char *name, int code, struct error *err)
{
	return error_set(err,
			 code == ENOENT	  ? ERR_NOENT
			 : code == EACCES ? ERR_ACCES
					  : ERR_IO,
			 "%s: %s", name, strerror(code));
}

int os_spawn_in(const char *dir, const char *const *argv, int *ret_exit, struct error *err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status, code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return spawn_error(argv[0], code, err);
	if (dir != NULL)
		code = posix_spawn_file_actions_addchdir_np(&actions, dir);
	/* The argument is not const for reasons of history only. */
	if (code == 0)
		code = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
				    environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (code != 0)
		return spawn_error(argv[0], code, err);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_set(err, ERR_IO, "%s: %s", argv[0], strerror(errno));
	}
	*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int os_spawn(const char *const *argv, int *ret_exit, struct error *err)
{
	return os_spawn_in(NULL, argv, ret_exit, err);
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

int os_temp_dir(char **ret_path, struct error *err)
{
	char *base = os_env("TMPDIR");
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/oriel-XXXXXX", base != NULL ? base : "/tmp");

	mem_free(base);
	if (len < 0 || (size_t)len >= sizeof(path) || mkdtemp(path) == NULL)
		return error_set(err, ERR_IO, "cannot make a folder for temporary files: %s",
				 strerror(errno));
	*ret_path = copy_text(path, (size_t)len);
	if (*ret_path != NULL)
		return 0;
	(void)rmdir(path);
	return error_set(err, ERR_NOMEM, "out of memory");
}

void os_file_remove(const char *path)
{
	(void)remove(path);
}

int os_library_open(const char *path, void **ret_library, struct error *err)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(err, ERR_NOEXEC, "%s", dlerror());
	*ret_library = library;
	return 0;
}

void *os_library_symbol(void *library, const char *name)
{
	return dlsym(library, name);
}

void os_library_close(void *library)
{
	(void)dlclose(library);
}
