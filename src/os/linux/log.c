/* SPDX-License-Identifier: MIT */
/* Files that grow while others read them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "os/os.h"

static int fd_of(const struct os_log *log)
{
	return (int)(intptr_t)log->host[0] - 1;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int failed(const char *path, int code, struct error *err)
{
	return error_set(err,
			 code == EACCES || code == EPERM ? ERR_ACCES
			 : code == EEXIST		 ? ERR_EXIST
							 : ERR_IO,
			 "%s: %s", path, strerror(code));
}

/* The name may be known to others beforehand and the folder may be everybody's: what is there is
 * never opened, only replaced. */
int os_log_open(const char *path, bool mapped, struct os_log *ret_log, struct error *err)
{
	struct os_log log = { 0 };
	void *page;
	int fd, code;

	(void)unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
	if (fd < 0)
		return failed(path, errno, err);
	log.host[0] = (void *)(intptr_t)(fd + 1);
	if (mapped) {
		page = mmap(NULL, page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		code = errno;
		if (page == MAP_FAILED) {
			close(fd);
			(void)unlink(path);
			return failed(path, code, err);
		}
		log.host[1] = page;
	}
	*ret_log = log;
	return 0;
}

int os_log_add(struct os_log *log, const void *data, size_t len)
{
	const u8 *p = data;

	while (len > 0) {
		ssize_t put = write(fd_of(log), p, len);

		if (put > 0) {
			p += put;
			len -= (size_t)put;
		} else if (put == 0 || errno != EINTR) {
			return ERR_IO;
		}
	}
	return 0;
}

void os_log_close(struct os_log *log)
{
	if (log->host[1] != NULL)
		munmap(log->host[1], page_size());
	if (log->host[0] != NULL)
		close(fd_of(log));
	*log = (struct os_log){ 0 };
}
