/* SPDX-License-Identifier: MIT */
/* sockets MODE: what the tests of hooks have a command do with sockets. It prints what the kernel
 * said, so that the same run can be compared with and without a supervisor. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FORBIDDEN 4444
#define RACE_MAX  100000

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int sockets_listener(int backlog, struct sockaddr_in *ret)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(*ret);

	*ret = loopback(0);
	if (bind(fd, (struct sockaddr *)ret, sizeof(*ret)) != 0 || listen(fd, backlog) != 0 ||
	    getsockname(fd, (struct sockaddr *)ret, &len) != 0) {
		perror("listener");
		exit(1);
	}
	return fd;
}

/* --- race: another thread changes the address while bind is under way --------------------------
 */

static volatile uint16_t *flipped;
static volatile int flipping = 1;

static void *flip(void *arg)
{
	(void)arg;
	while (flipping) {
		*flipped = htons(FORBIDDEN);
		*flipped = 0;
	}
	return NULL;
}

static int race(int rounds)
{
	static struct sockaddr_in address;
	int bound = 0, refused = 0, forbidden = 0;
	pthread_t thread;

	address = loopback(0);
	flipped = &address.sin_port;
	pthread_create(&thread, NULL, flip, NULL);
	/* On a busy machine the other thread may not run for long. */
	for (int i = 0; i < rounds || (i < RACE_MAX && (bound == 0 || refused == 0)); i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		struct sockaddr_in name = { 0 };
		socklen_t len = sizeof(name);

		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			bound++;
			getsockname(fd, (struct sockaddr *)&name, &len);
			forbidden += name.sin_port == htons(FORBIDDEN);
		} else {
			refused++;
		}
		close(fd);
	}
	flipping = 0;
	pthread_join(thread, NULL);
	printf("both %d\nforbidden %d\n", bound > 0 && refused > 0, forbidden);
	return 0;
}

/* --- escape: other doors to the kernel ---------------------------------------------------------
 */

static void report(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerror((int)-result) : "works");
}

#if defined(__x86_64__)
/* socketcall(SYS_BIND); in a child, as a kernel without it kills. */
static void try_int80(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		long result;

		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(102l), "b"(2l), "c"(0l)
				 : "memory");
		_exit(result == -ENOSYS ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	report("int80", status == 0 || WIFSIGNALED(status) ? -ENOSYS : 0);
}

static void try_x32(void)
{
	report("x32", syscall(0x40000000l | SYS_bind, -1, NULL, 0) < 0 ? -errno : 0);
}
#else
static void try_int80(void)
{
	report("int80", -ENOSYS);
}

static void try_x32(void)
{
	report("x32", -ENOSYS);
}
#endif

static int escape(void)
{
	try_int80();
	try_x32();
	report("io_uring", syscall(SYS_io_uring_setup, 1, NULL) < 0 ? -errno : 0);
	report("sctp", setsockopt(0, IPPROTO_SCTP, 100, NULL, 0) < 0 ? -errno : 0);
	return 0;
}

/* --- many: clients in threads, an epoll server in forked workers -------------------------------
 */

static void serve_worker(int listener)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener };
	int epoll = epoll_create1(0);

	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		char text[64];
		ssize_t len;
		int fd = event.data.fd;

		if (fd == listener) {
			fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
			event = (struct epoll_event){ .events = EPOLLIN, .data.fd = fd };
			if (fd >= 0)
				epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
			continue;
		}
		len = read(fd, text, sizeof(text));
		if (len <= 0 || write(fd, text, (size_t)len) != len)
			close(fd);
	}
	_exit(0);
}

static struct sockaddr_in server;
static int echoes;

static void *client(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), number = (int)(intptr_t)arg, echo = -1;

	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0 &&
	    write(fd, &number, sizeof(number)) == sizeof(number) &&
	    read(fd, &echo, sizeof(echo)) == sizeof(echo) && echo == number)
		__atomic_add_fetch(&echoes, 1, __ATOMIC_RELAXED);
	close(fd);
	return NULL;
}

#define WORKERS	    3
#define CLIENTS_MAX 512

static int many(int clients)
{
	pthread_t threads[CLIENTS_MAX];
	pid_t workers[WORKERS];
	int listener = sockets_listener(128, &server);

	fcntl(listener, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0)
			serve_worker(listener);
	}
	clients = clients < CLIENTS_MAX ? clients : CLIENTS_MAX;
	for (int i = 0; i < clients; i++)
		pthread_create(&threads[i], NULL, client, (void *)(intptr_t)i);
	for (int i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	printf("echoes %d\n", echoes);
	return 0;
}

/* --- orphan: what calls give when the supervisor dies ------------------------------------------
 */

static void *blocked_accept(void *arg)
{
	struct sockaddr_in address;
	int fd = sockets_listener(1, &address);
	int r = accept(fd, NULL, NULL);

	(void)arg;
	printf("accept %s\n", r < 0 ? strerror(errno) : "works");
	return NULL;
}

/* Nobody accepts, and there is no room: until the supervisor is gone. */
static void *blocked_connect(void *arg)
{
	struct sockaddr_in address;
	int full = sockets_listener(0, &address), first = socket(AF_INET, SOCK_STREAM, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int r = connect(first, (struct sockaddr *)&address, sizeof(address));

	if (r == 0)
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	(void)arg;
	printf("connect %s\n", r < 0 ? strerror(errno) : "works");
	close(full);
	return NULL;
}

/* Connections, one after the other, until a call fails. */
static void *traffic(void *arg)
{
	struct sockaddr_in address;
	int listener = sockets_listener(1, &address), fd;

	do {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			int taken = accept(listener, NULL, NULL), error = errno;

			close(fd);
			fd = taken;
			errno = error;
		} else {
			close(fd);
			fd = -1;
		}
	} while (fd >= 0 && close(fd) == 0);
	(void)arg;
	printf("traffic %s\n", strerror(errno));
	return NULL;
}

#define TRAFFIC 4

static int orphan(void)
{
	struct timespec soon = { .tv_nsec = 1000000 };
	struct sockaddr_in address;
	pthread_t threads[TRAFFIC + 2];
	int r, fd;

	pthread_create(&threads[TRAFFIC], NULL, blocked_accept, NULL);
	pthread_create(&threads[TRAFFIC + 1], NULL, blocked_connect, NULL);
	for (int i = 0; i < TRAFFIC; i++)
		pthread_create(&threads[i], NULL, traffic, NULL);
	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	printf("ready\n");
	fflush(stdout);
	do {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		address = loopback(0);
		r = bind(fd, (struct sockaddr *)&address, sizeof(address));
		if (r == 0) {
			nanosleep(&soon, NULL);
			close(fd);
		}
	} while (r == 0);
	printf("bind %s\n", strerror(errno));
	for (int i = 0; i < TRAFFIC + 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;

	if (strcmp(mode, "race") == 0)
		return race(number);
	if (strcmp(mode, "escape") == 0)
		return escape();
	if (strcmp(mode, "many") == 0)
		return many(number);
	if (strcmp(mode, "net") == 0 && argc == 5)
		return sockets_net(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (strcmp(mode, "orphan") == 0)
		return orphan();
	if (strcmp(mode, "signals") == 0)
		return sockets_signals();
	if (strcmp(mode, "random") == 0)
		return sockets_random(number, argc > 3 ? (unsigned int)atoi(argv[3]) : 1);
	if (strcmp(mode, "racing") == 0)
		return sockets_racing(number, argc > 3 ? (unsigned int)atoi(argv[3]) : 1);
	fprintf(stderr, "usage: sockets race N | escape | many N | orphan | signals | random N "
			"SEED | racing N SEED | net FAMILY PORT PORT\n");
	return 64;
}
