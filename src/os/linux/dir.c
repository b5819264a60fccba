/* SPDX-License-Identifier: MIT */
/* Folders, and files that are for one's own eyes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "os/os.h"

static int failed(const char *path, int code, struct error *err)
{
	return error_set(err,
			 code == ENOENT	  ? ERR_NOENT
			 : code == EACCES ? ERR_ACCES
			 : code == EEXIST ? ERR_EXIST
					  : ERR_IO,
			 "%s: %s", path, strerror(code));
}

int os_file_write_private(const char *path, const void *data, size_t len, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const u8 *p = data;
	int code = 0;

	if (fd < 0)
		return failed(path, errno, err);
	while (code == 0 && len > 0) {
		ssize_t put = write(fd, p, len);

		if (put > 0) {
			p += put;
			len -= (size_t)put;
		} else if (errno != EINTR) {
			code = errno;
		}
	}
	if (close(fd) != 0 && code == 0)
		code = errno;
	if (code == 0)
		return 0;
	(void)unlink(path);
	return failed(path, code, err);
}

int os_file_rename(const char *from, const char *to, struct error *err)
{
	return rename(from, to) == 0 ? 0 : failed(to, errno, err);
}

int os_dir_make(const char *path, struct error *err)
{
	size_t len = strlen(path);
	char *part = mem_alloc(len + 1);
	int status = 0;

	if (part == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", path);
	memcpy(part, path, len + 1);
	for (size_t i = 1; status == 0 && i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			status = failed(part, errno, err);
		part[i] = path[i];
	}
	mem_free(part);
	return status;
}

int os_dir_list(const char *path, char **ret_names, size_t *ret_len, struct error *err)
{
	struct strbuf names = STRBUF_INIT;
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return failed(path, errno, err);
	strbuf_add(&names, ""); /* so that there is memory, also for none */
	while ((entry = readdir(dir)) != NULL)
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			strbuf_add_len(&names, entry->d_name, strlen(entry->d_name) + 1);
	(void)closedir(dir);
	if (strbuf_status(&names) != 0) {
		strbuf_fini(&names);
		return error_set(err, ERR_NOMEM, "%s: out of memory", path);
	}
	*ret_names = names.data;
	*ret_len = names.len;
	return 0;
}
