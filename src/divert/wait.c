/* SPDX-License-Identifier: MIT */
/* Waiting for a command or a signal to end, while a thread of ours works. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "divert/divert.h"

extern char **environ;

_Static_assert(sizeof(((struct divert_wait *)0)->old_mask) >= sizeof(sigset_t), "has room");

static const int ours[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD };

int divert_wait_open(struct divert_wait *ret_wait, struct error *err)
{
	struct divert_wait wait = { .signals = -1 };
	sigset_t set, old;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_COUNT(ours); i++)
		(void)sigaddset(&set, ours[i]);
	wait.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (wait.signals < 0)
		return error_set(err, ERR_IO, "no descriptor for signals: %s", strerror(errno));
	(void)pthread_sigmask(SIG_BLOCK, &set, &old);
	memcpy(wait.old_mask, &old, sizeof(old));
	*ret_wait = wait;
	return 0;
}

void divert_wait_close(struct divert_wait *wait)
{
	sigset_t old;

	memcpy(&old, wait->old_mask, sizeof(old));
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

int divert_wait(struct divert_wait *wait, const char *const *argv, int *ret_exit, struct error *err)
{
	pid_t pid = 0;
	int r = argv == NULL ? 0 : spawn(wait, argv, &pid, err);

	if (r < 0)
		return r;
	*ret_exit = 0;
	for (;;) {
		struct signalfd_siginfo info;

		if (read(wait->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
			if (errno == EINTR)
				continue;
			return error_set(err, ERR_IO, "signals: %s", strerror(errno));
		}
		if (info.ssi_signo == SIGCHLD) {
			if (pid != 0 && has_ended(pid, ret_exit))
				return 0;
		} else if (pid == 0) {
			return 0;
		} else if (info.ssi_code != SI_KERNEL) {
			/* A terminal's reaches the command as well. */
			(void)kill(pid, (int)info.ssi_signo);
		}
	}
}
