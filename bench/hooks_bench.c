/* SPDX-License-Identifier: MIT */
/* hooks_bench loop CALL: nanoseconds of a system call, as a command has it. hooks_bench notify
 * CALL: the same when each call is told to a supervisor and goes on in the kernel; made CALL: when
 * the supervisor makes it, and no program is asked. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "os/os.h"
#include "supervise/supervise.h"

#define ROUND 64 /* short, so that some of many have the processor for themselves */

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void check(int r)
{
	if (r >= 0)
		return;
	perror("hooks_bench");
	exit(1);
}

/* --- calls: `state` is what they need --- */

struct state {
	int fd, other;
	struct sockaddr_in address;
};

static int listener(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*ret = loopback();
	check(bind(fd, (struct sockaddr *)ret, sizeof(*ret)));
	check(listen(fd, 128));
	check(getsockname(fd, (struct sockaddr *)ret, &len));
	return fd;
}

static int datagrams(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*ret = loopback();
	check(bind(fd, (struct sockaddr *)ret, sizeof(*ret)));
	check(getsockname(fd, (struct sockaddr *)ret, &len));
	return fd;
}

static void open_state(struct state *s)
{
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	s->other = datagrams(&s->address);
}

static void open_listener(struct state *s)
{
	s->other = listener(&s->address);
}

static void do_getppid(struct state *s)
{
	(void)s;
	(void)getppid();
}

static void do_bind(struct state *s)
{
	struct sockaddr_in any = loopback();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)s;
	check(bind(fd, (struct sockaddr *)&any, sizeof(any)));
	close(fd);
}

static void do_connect_udp(struct state *s)
{
	check(connect(s->fd, (struct sockaddr *)&s->address, sizeof(s->address)));
}

static void do_connect_tcp(struct state *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	check(connect(fd, (struct sockaddr *)&s->address, sizeof(s->address)));
	peer = accept(s->other, NULL, NULL);
	check(peer);
	close(fd);
	close(peer);
}

static void do_send(struct state *s)
{
	char byte = 0;

	check((int)sendto(s->fd, &byte, 1, 0, (struct sockaddr *)&s->address, sizeof(s->address)));
	check((int)recv(s->other, &byte, 1, 0));
}

static const struct {
	const char *name;
	void (*open)(struct state *s);
	void (*run)(struct state *s);
} calls[] = {
	{ "getppid", open_state, do_getppid },
	{ "bind", open_state, do_bind },
	{ "connect-udp", open_state, do_connect_udp },
	{ "connect-tcp", open_listener, do_connect_tcp },
	{ "sendto", open_state, do_send },
};

static int loop(const char *name, u32 rounds)
{
	struct state state = { 0 };
	u64 best = UINT64_MAX;
	size_t i = 0;

	while (i < ARRAY_COUNT(calls) && !str_eq(calls[i].name, name))
		i++;
	if (i == ARRAY_COUNT(calls))
		return 64;
	calls[i].open(&state);
	for (u32 round = 0; round < rounds; round++) {
		u64 begin = os_clock_monotonic();

		for (u32 n = 0; n < ROUND; n++)
			calls[i].run(&state);
		best = MIN(best, os_clock_monotonic() - begin);
	}
	printf("%llu\n", best / ROUND);
	return 0;
}

int main(int argc, char **argv)
{
	struct supervise_options options = { .size = sizeof(options), .all_calls = true };
	const char *command[] = { "/proc/self/exe", "loop", NULL, NULL, NULL };
	struct error err = { 0 };
	int exit_code = 0;

	if (argc < 4)
		return 64;
	if (str_eq(argv[1], "loop"))
		return loop(argv[2], (u32)strtoul(argv[3], NULL, 10));
	command[2] = argv[2];
	command[3] = argv[3];
	options.argv = command;
	options.only_notify = str_eq(argv[1], "notify");
	if (supervise_run(&options, &exit_code, &err) != 0) {
		fprintf(stderr, "hooks_bench: %s\n", err.text);
		return 1;
	}
	return exit_code;
}
