/* SPDX-License-Identifier: MIT */
/* Whether a file is nobody's to change but this user's and root's: neither itself nor the folders
 * that lead to it, so that it is still the same file when it is opened by its name. */
#define _GNU_SOURCE /* realpath */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

static int refused(const char *path, const char *part, const char *why, struct error *err)
{
	if (str_eq(path, part))
		return error_set(err, ERR_ACCES, "%s: %s", path, why);
	return error_set(err, ERR_ACCES, "%s: %s: %s", path, part, why);
}

static int check_part(const char *path, const char *part, bool is_last, struct error *err)
{
	struct stat st;

	if (lstat(part, &st) != 0)
		return error_set(err, errno == ENOENT ? ERR_NOENT : ERR_ACCES, "%s: %s", part,
				 strerror(errno));
	if (is_last && !S_ISREG(st.st_mode))
		return refused(path, part, "no regular file", err);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return refused(path, part, "belongs to another user", err);
	/* In a sticky folder others make files, but do not rename those that are not theirs. */
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (is_last || (st.st_mode & S_ISVTX) == 0))
		return refused(path, part, "others may write to it", err);
	return 0;
}

int os_file_trusted(const char *path, char **ret_path, struct error *err)
{
	char *real = realpath(path, NULL), *copy;
	size_t len;
	int r = 0;

	if (real == NULL)
		return error_set(err, errno == ENOENT ? ERR_NOENT : ERR_ACCES, "%s: %s", path,
				 strerror(errno));
	len = strlen(real);
	for (size_t i = 1; r == 0 && i < len; i++) {
		if (real[i] != '/')
			continue;
		real[i] = '\0';
		r = check_part(path, real, false, err);
		real[i] = '/';
	}
	if (r == 0)
		r = check_part(path, "/", false, err);
	if (r == 0)
		r = check_part(path, real, true, err);
	copy = r == 0 ? mem_alloc(len + 1) : NULL;
	if (r == 0 && copy == NULL)
		r = error_set(err, ERR_NOMEM, "%s: out of memory", path);
	if (r == 0) {
		memcpy(copy, real, len + 1);
		*ret_path = copy;
	}
	free(real);
	return r;
}
