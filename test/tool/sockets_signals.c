/* SPDX-License-Identifier: MIT */
/* Calls that block, and signals: what they end with, and whether they are made again. */
#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BLOCKED 2 /* connections that fill a listener which takes none */

static volatile int alarms;

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void set_alarm(int flags, int ms, int every_ms)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval timer = { .it_value = { .tv_usec = ms * 1000 },
				   .it_interval = { .tv_usec = every_ms * 1000 } };

	alarms = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void sleep_ms(int ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	while (nanosleep(&left, &left) != 0) {
	}
}

static void report(const char *what, int r, int error)
{
	printf("%s: %s, alarms %s\n", what, r >= 0 ? "works" : strerrorname_np(error),
	       alarms > 0 ? "yes" : "no");
	fflush(stdout);
}

/* A listener whose queue is full: connecting to it takes until somebody accepts. */
struct full {
	int listener, clients[BLOCKED];
	struct sockaddr_in address;
};

static void open_full(struct full *full)
{
	full->listener = sockets_listener(0, &full->address);
	for (int i = 0; i < BLOCKED; i++) {
		full->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(full->clients[i], (struct sockaddr *)&full->address,
			      sizeof(full->address));
	}
	sleep_ms(20);
}

static void close_full(const struct full *full)
{
	for (int i = 0; i < BLOCKED; i++)
		close(full->clients[i]);
	close(full->listener);
}

static int try_connect(const struct full *full, int timeout_ms)
{
	struct timeval timeout = { .tv_usec = timeout_ms * 1000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), r, error;

	if (timeout_ms > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	r = connect(fd, (const struct sockaddr *)&full->address, sizeof(full->address));
	error = errno;
	close(fd);
	errno = error;
	return r;
}

static void *accept_later(void *arg)
{
	const struct full *full = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	sleep_ms(300);
	for (int i = 0; i < BLOCKED; i++)
		close(accept(full->listener, NULL, NULL));
	return NULL;
}

static void connects(void)
{
	struct full full;
	pthread_t thread;
	int r;

	open_full(&full);
	set_alarm(0, 200, 0);
	r = try_connect(&full, 0);
	report("connect, EINTR", r, errno);
	set_alarm(0, 0, 0);
	r = try_connect(&full, 150);
	report("connect, timeout", r, errno);
	set_alarm(SA_RESTART, 60, 0);
	r = try_connect(&full, 400);
	report("connect, timeout and signal", r, errno);
	set_alarm(SA_RESTART, 100, 100);
	pthread_create(&thread, NULL, accept_later, &full);
	r = try_connect(&full, 0);
	report("connect, restart", r, errno);
	set_alarm(0, 0, 0);
	pthread_join(thread, NULL);
	close_full(&full);
}

static void *connect_aside(void *arg)
{
	int r = try_connect(arg, 900);

	report("connect, another thread's signals", r, errno);
	return NULL;
}

static void *connect_for_first(void *arg)
{
	int r = try_connect(arg, 5000);

	report("connect, signals that the first thread blocks", r, errno);
	return NULL;
}

/* Signals that another thread takes are none of a thread's business. The handler does not block
 * its own signal: while the first thread was in it, the kernel would give the next one to the other
 * thread. */
static void others_signals(struct full *full)
{
	pthread_t thread;

	pthread_create(&thread, NULL, connect_aside, full);
	sleep_ms(50);
	set_alarm(SA_NODEFER, 4, 4);
	pthread_join(thread, NULL);
	set_alarm(0, 0, 0);
}

static void blocked_signals(struct full *full)
{
	sigset_t alarm_only, old;
	pthread_t thread;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_create(&thread, NULL, connect_for_first, full);
	pthread_sigmask(SIG_BLOCK, &alarm_only, &old);
	set_alarm(0, 50, 0);
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void threads(void)
{
	struct full full;

	open_full(&full);
	others_signals(&full);
	blocked_signals(&full);
	close_full(&full);
}

static void *connect_later(void *arg)
{
	const struct sockaddr_in *address = arg;
	sigset_t all;
	int fd;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	sleep_ms(300);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)connect(fd, (const struct sockaddr *)address, sizeof(*address));
	close(fd);
	return NULL;
}

static void accepts(void)
{
	struct timeval timeout = { .tv_usec = 150000 };
	struct sockaddr_in address;
	pthread_t thread;
	int fd = sockets_listener(8, &address), r;

	set_alarm(0, 200, 0);
	r = accept(fd, NULL, NULL);
	report("accept, EINTR", r, errno);
	set_alarm(SA_RESTART, 100, 100);
	pthread_create(&thread, NULL, connect_later, &address);
	r = accept(fd, NULL, NULL);
	report("accept, restart", r, errno);
	pthread_join(thread, NULL);
	set_alarm(0, 0, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	r = accept(fd, NULL, NULL);
	report("accept, timeout", r, errno);
	set_alarm(SA_RESTART, 60, 0);
	r = accept(fd, NULL, NULL);
	report("accept, timeout and signal", r, errno);
	close(fd);
}

int sockets_signals(void)
{
	connects();
	threads();
	accepts();
	return 0;
}
