/* SPDX-License-Identifier: MIT */
/* The command: forked, put under the filter, started when we have its listener. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/internal.h"

/* What the two sides say to each other on a socket: descriptors can be sent by none of the calls
 * that may be filtered, so we fetch the listener by its number. */
struct hello {
	s32 listener; /* of the child's descriptors; negative errno */
};

static void write_all(int fd, const void *data, size_t len)
{
	while (write(fd, data, len) < 0 && errno == EINTR) {
	}
}

static bool read_all(int fd, void *data, size_t len)
{
	ssize_t got;

	do {
		got = read(fd, data, len);
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)len;
}

/* In the child; does not return. */
static void become_command(const struct server *server, int channel)
{
	struct hello hello;
	char go;
	s32 failed;

	hello.listener = filter_install(server);
	write_all(channel, &hello, sizeof(hello));
	if (hello.listener < 0 || !read_all(channel, &go, sizeof(go)))
		_exit(126);
	close(hello.listener);
	(void)sigprocmask(SIG_SETMASK, server->signal_mask, NULL);
	execvp(server->options->argv[0], (char *const *)(uintptr_t)server->options->argv);
	failed = errno;
	write_all(channel, &failed, sizeof(failed));
	_exit(failed == ENOENT ? 127 : 126);
}

static int fetch_listener(struct server *server, int remote, struct error *err)
{
	int pidfd = (int)syscall(SYS_pidfd_open, server->child, 0);
	int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, remote, 0);
	int error = errno;

	if (pidfd >= 0)
		close(pidfd);
	if (fd < 0)
		return error_set(err, ERR_NOTSUP, "the command cannot be supervised: %s",
				 strerror(error));
	server->listener = fd;
	return 0;
}

static int greet(struct server *server, int channel, struct error *err)
{
	struct hello hello;
	s32 failed;
	int r;

	if (!read_all(channel, &hello, sizeof(hello)))
		return error_set(err, ERR_IO, "the command ended before it began");
	if (hello.listener == -EBUSY)
		return error_set(err, ERR_BUSY,
				 "somebody else supervises this process already: there can be one");
	if (hello.listener < 0)
		return error_set(err, ERR_NOTSUP, "the kernel does not take the filter: %s",
				 strerror(-hello.listener));
	r = fetch_listener(server, hello.listener, err);
	if (r < 0)
		return r;
	write_all(channel, "g", 1);
	/* Closed by a command that has begun. */
	if (!read_all(channel, &failed, sizeof(failed)))
		return 0;
	return error_set(err, failed == ENOENT ? ERR_NOENT : ERR_ACCES, "cannot run %.100s: %s",
			 server->options->argv[0], strerror(failed));
}

int start_command(struct server *server, struct error *err)
{
	int channel[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
		return error_set(err, ERR_IO, "no socket: %s", strerror(errno));
	server->child = fork();
	if (server->child == 0) {
		close(channel[0]);
		become_command(server, channel[1]);
	}
	close(channel[1]);
	if (server->child < 0)
		r = error_set(err, ERR_AGAIN, "no process: %s", strerror(errno));
	else
		r = greet(server, channel[0], err);
	close(channel[0]);
	if (r < 0 && server->child > 0)
		while (waitpid(server->child, NULL, 0) < 0 && errno == EINTR) {
		}
	return r;
}
