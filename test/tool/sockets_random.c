/* SPDX-License-Identifier: MIT */
/* A random sequence of calls on sockets, good ones and bad ones; what became of each. Numbers that
 * the kernel picks at random are not shown. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 100 /* of those that are played with */
#define FDS	 24

static unsigned int state;
static char *edge; /* the end of readable memory */

bool sockets_draw_begin(unsigned int seed)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	state = seed;
	/* Not unmapped: somebody else might get it. */
	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE) != 0)
		return false;
	edge = pages + 4096;
	return true;
}

unsigned int draw(unsigned int below)
{
	state = state * 1103515245u + 12345u;
	return (state >> 8) % below;
}

/* Some are closed, some are none. */
static int draw_fd(void)
{
	unsigned int what = draw(40);

	return what == 0 ? -1 : what == 1 ? 5000 : what == 2 ? 0 : FIRST_FD + (int)draw(FDS);
}

static void draw_ip4(struct in_addr *ip)
{
	static const uint32_t ips[] = { INADDR_LOOPBACK, INADDR_LOOPBACK,     INADDR_LOOPBACK,
					INADDR_ANY,	 INADDR_LOOPBACK + 1, 0xc0000201 };

	ip->s_addr = htonl(ips[draw(sizeof(ips) / sizeof(ips[0]))]);
}

static void draw_ip6(struct in6_addr *ip)
{
	static const char *const ips[] = {
		"::1", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "2001:db8::1"
	};

	inet_pton(AF_INET6, ips[draw(sizeof(ips) / sizeof(ips[0]))], ip);
}

static socklen_t draw_address(struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;
	struct sockaddr_un *un = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	switch (draw(8)) {
	case 0:
	case 1:
	case 2:
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)(PORT + draw(PORTS)));
		draw_ip4(&in->sin_addr);
		return sizeof(*in);
	case 3:
	case 4:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)(PORT + draw(PORTS)));
		draw_ip6(&in6->sin6_addr);
		return draw(8) == 0 ? 24 : sizeof(*in6);
	case 5:
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "s%u", draw(4));
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 3);
	case 6:
		in->sin_family = AF_UNSPEC;
		in->sin_port = htons((uint16_t)(PORT + draw(PORTS)));
		return sizeof(*in);
	default: ret->ss_family = (sa_family_t)draw(50); return (socklen_t)draw(129);
	}
}

void draw_argument(struct argument *ret)
{
	static const int lens[] = { 0, 1, 2, 8, 15, 16, 23, 24, 27, 28, 110, 128, 129, -1 };

	ret->len = draw_address(&ret->address);
	if (draw(8) == 0)
		ret->len = (socklen_t)lens[draw(sizeof(lens) / sizeof(lens[0]))];
	ret->pointer = &ret->address;
	switch (draw(24)) {
	case 0: ret->pointer = NULL; break;
	case 1: ret->pointer = (const void *)1; break;
	case 2: ret->pointer = edge - 8; break;
	case 3:
		if (ret->len <= sizeof(ret->address)) {
			memcpy(edge - ret->len, &ret->address, ret->len);
			ret->pointer = edge - ret->len;
		}
		break;
	default: break;
	}
}

static void show(int n, const char *call, int fd, int r)
{
	printf("%d %s(%d) %s\n", n, call, fd, r >= 0 ? "ok" : strerrorname_np(errno));
}

static void show_name(int fd)
{
	struct sockaddr_storage name;
	struct sockaddr_in *in = (void *)&name;
	socklen_t len = sizeof(name);
	int port;

	memset(&name, 0, sizeof(name));
	if (getsockname(fd, (struct sockaddr *)&name, &len) != 0) {
		printf("  %s\n", strerrorname_np(errno));
		return;
	}
	port = ntohs(in->sin_port);
	if (name.ss_family == AF_UNIX)
		printf("  unix %u %s\n", len, ((struct sockaddr_un *)&name)->sun_path);
	else
		printf("  family %d port %d ip %08x\n", name.ss_family,
		       port >= PORT && port < PORT + PORTS ? port : port != 0,
		       name.ss_family == AF_INET ? ntohl(in->sin_addr.s_addr) : 0);
}

static void do_socket(int n)
{
	static const int families[] = { AF_INET, AF_INET, AF_INET6, AF_INET6, AF_UNIX };
	static const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM };
	int type = types[draw(3)];
	int fd = socket(families[draw(5)], type | SOCK_NONBLOCK, 0);
	int to = FIRST_FD + (int)draw(FDS), one = 1;

	if (draw(3) == 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	show(n, "socket", to, dup2(fd, to));
	close(fd);
}

static void do_accept(int n, int fd)
{
	struct sockaddr_storage peer;
	struct sockaddr *to = (void *)&peer;
	socklen_t len = sizeof(peer), *len_at = &len;
	int r;

	switch (draw(16)) {
	case 0: to = NULL; break;
	case 1: len = (socklen_t)draw(32); break;
	case 2: len = (socklen_t)-1; break;
	case 3: len_at = NULL; break;
	case 4: to = (void *)1; break;
	default: break;
	}
	r = accept4(fd, to, len_at, draw(20) == 0 ? 1 : SOCK_NONBLOCK);
	show(n, "accept", fd, r);
	if (r >= 0) {
		printf("  len %u flags %x\n", len, (unsigned int)fcntl(r, F_GETFL));
		dup2(r, FIRST_FD + (int)draw(FDS));
		close(r);
	}
}

static void do_call(int n)
{
	struct argument argument;
	int fd = draw_fd();

	draw_argument(&argument);
	switch (draw(14)) {
	case 0:
	case 1:
	case 2: do_socket(n); break;
	case 3:
	case 4:
	case 5: show(n, "bind", fd, bind(fd, argument.pointer, argument.len)); break;
	case 6:
	case 7:
	case 8: show(n, "connect", fd, connect(fd, argument.pointer, argument.len)); break;
	case 9: show(n, "listen", fd, listen(fd, (int)draw(10) - 2)); break;
	case 10: do_accept(n, fd); break;
	case 11:
		show(n, "sendto", fd,
		     (int)sendto(fd, "text", 4, MSG_DONTWAIT | MSG_NOSIGNAL, argument.pointer,
				 argument.len));
		break;
	case 12: show_name(fd); break;
	default:
		if (fd >= FIRST_FD)
			show(n, "close", fd, close(fd));
		break;
	}
}

int sockets_random(int calls, unsigned int seed)
{
	char folder[] = "/tmp/sockets.XXXXXX";

	if (!sockets_draw_begin(seed) || mkdtemp(folder) == NULL || chdir(folder) != 0)
		return 1;
	for (int n = 0; n < calls; n++)
		do_call(n);
	for (int i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%d", i);
		unlink(name);
	}
	return rmdir(folder);
}
