/* SPDX-License-Identifier: MIT */
/* Waiting for a command or a signal to end, while a thread of ours works and others may say
 * something. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "divert/divert.h"

extern char **environ;

_Static_assert(sizeof(((struct divert_wait *)0)->old_mask) >= sizeof(sigset_t), "has room");

static const int ours[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD };

static void close_lines(struct divert_wait *wait)
{
	if (wait->lines >= 0)
		close(wait->lines);
	wait->lines = -1;
}

/* A pipe is opened for writing, too, so that it does not end with its first writer. */
static int open_lines(const char *path, int *ret_fd, struct error *err)
{
	struct stat st;
	int fd;

	if (str_eq(path, "-")) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		bool is_pipe = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

		fd = open(path, (is_pipe ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

int divert_wait_open(const char *lines, struct divert_wait *ret_wait, struct error *err)
{
	struct divert_wait wait = { .signals = -1, .lines = -1, .until = -1 };
	int r = lines == NULL ? 0 : open_lines(lines, &wait.lines, err);
	sigset_t set, old;

	if (r < 0)
		return r;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_COUNT(ours); i++)
		(void)sigaddset(&set, ours[i]);
	wait.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (wait.signals < 0) {
		r = error_set(err, ERR_IO, "no descriptor for signals: %s", strerror(errno));
		close_lines(&wait);
		return r;
	}
	(void)pthread_sigmask(SIG_BLOCK, &set, &old);
	memcpy(wait.old_mask, &old, sizeof(old));
	*ret_wait = wait;
	return 0;
}

void divert_wait_close(struct divert_wait *wait)
{
	sigset_t old;

	memcpy(&old, wait->old_mask, sizeof(old));
	close_lines(wait);
	close(wait->signals);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static int spawn(const struct divert_wait *wait, const char *const *argv, pid_t *ret_pid,
		 struct error *err)
{
	posix_spawnattr_t attr;
	sigset_t old;
	int code = posix_spawnattr_init(&attr);

	memcpy(&old, wait->old_mask, sizeof(old));
	if (code == 0) {
		(void)posix_spawnattr_setsigmask(&attr, &old);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
		/* The argument is not const for reasons of history only. */
		code = posix_spawnp(ret_pid, argv[0], NULL, &attr, (char *const *)(uintptr_t)argv,
				    environ);
		(void)posix_spawnattr_destroy(&attr);
	}
	if (code == 0)
		return 0;
	return error_set(err, code == ENOENT ? ERR_NOENT : ERR_ACCES, "cannot run %.100s: %s",
			 argv[0], strerror(code));
}

static bool has_ended(pid_t pid, int *ret_exit)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

/* --- lines --- */

#define LINE_ROOM 4096

/* What has been read and is no whole line yet. */
struct lines {
	char text[LINE_ROOM];
	size_t len;
};

static void give_line(struct divert_wait *wait, struct lines *lines, size_t len)
{
	lines->text[len] = '\0';
	if (len > 0 && lines->text[len - 1] == '\r')
		lines->text[len - 1] = '\0';
	if (lines->text[0] != '\0')
		wait->line(wait->arg, lines->text);
}

static void read_lines(struct divert_wait *wait, struct lines *lines)
{
	ssize_t got = read(wait->lines, lines->text + lines->len, LINE_ROOM - 1 - lines->len);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		if (lines->len > 0)
			give_line(wait, lines, lines->len);
		close_lines(wait);
		return;
	}
	lines->len += (size_t)got;
	while ((end = memchr(lines->text, '\n', lines->len)) != NULL) {
		size_t len = (size_t)(end - lines->text);

		give_line(wait, lines, len);
		lines->len -= len + 1;
		memmove(lines->text, end + 1, lines->len);
	}
	/* No line is that long: it is given as it is, and refused. */
	if (lines->len == LINE_ROOM - 1) {
		give_line(wait, lines, lines->len);
		lines->len = 0;
	}
}

/* --- waiting --- */

/* Whether it is over. */
static bool take_signal(struct divert_wait *wait, pid_t pid, int *ret_exit)
{
	struct signalfd_siginfo info;

	if (read(wait->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo == SIGCHLD)
		return pid != 0 && has_ended(pid, ret_exit);
	if (pid == 0)
		return true;
	/* A terminal's reaches the command as well. */
	if (info.ssi_code != SI_KERNEL)
		(void)kill(pid, (int)info.ssi_signo);
	return false;
}

int divert_wait(struct divert_wait *wait, const char *const *argv, int *ret_exit, struct error *err)
{
	struct lines lines = { .len = 0 };
	bool over = false;
	pid_t pid = 0;
	int exit_code = 0;
	int r = argv == NULL ? 0 : spawn(wait, argv, &pid, err);

	if (r < 0)
		return r;
	while (!over) {
		struct pollfd fds[] = { { .fd = wait->signals, .events = POLLIN },
					{ .fd = wait->lines, .events = POLLIN },
					{ .fd = pid == 0 ? wait->until : -1, .events = POLLIN } };

		if (poll(fds, ARRAY_COUNT(fds), -1) < 0 && errno != EINTR)
			return error_set(err, ERR_IO, "waiting: %s", strerror(errno));
		if (fds[1].revents != 0)
			read_lines(wait, &lines);
		if (fds[0].revents != 0)
			over = take_signal(wait, pid, &exit_code);
		over |= fds[2].revents != 0;
	}
	*ret_exit = exit_code;
	return 0;
}
