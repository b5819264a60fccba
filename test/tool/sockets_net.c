/* SPDX-License-Identifier: MIT */
/* Listens, connects and sends: what became of it, a line each. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct place {
	struct sockaddr_storage address;
	socklen_t len;
};

static struct place place_of(const char *family, uint16_t port)
{
	struct place place = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (void *)&place.address;
	struct sockaddr_in6 *in6 = (void *)&place.address;

	if (strcmp(family, "4") == 0) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return place;
	}
	place.len = sizeof(*in6);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	inet_pton(AF_INET6, strcmp(family, "6") == 0 ? "::1" : "::ffff:127.0.0.1", &in6->sin6_addr);
	return place;
}

static int open_socket(const struct place *place, int type)
{
	struct timeval patience = { .tv_usec = 150000 };
	int fd = socket(place->address.ss_family, type, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void say(const char *what, const char *result, int r)
{
	printf("%s %s\n", what, r < 0 ? strerror(errno) : result);
}

static void *serve(void *arg)
{
	int listener = (int)(intptr_t)arg, fd = accept(listener, NULL, NULL);

	if (fd < 0 || write(fd, "welcome", 7) != 7)
		say("accept", "", -1);
	close(fd);
	return NULL;
}

static void do_connect(const struct place *to)
{
	struct place peer = { .len = sizeof(peer.address) };
	char text[32] = "", result[96];
	int fd = open_socket(to, SOCK_STREAM);
	int r = connect(fd, (const struct sockaddr *)&to->address, to->len);

	if (r == 0)
		r = (int)read(fd, text, sizeof(text) - 1);
	if (r >= 0)
		getpeername(fd, (struct sockaddr *)&peer.address, &peer.len);
	snprintf(result, sizeof(result), "%s %u", text,
		 ntohs(((struct sockaddr_in *)&peer.address)->sin_port));
	say("connect", result, r);
	close(fd);
}

static void do_send(const struct place *at, const struct place *to)
{
	int there = open_socket(at, SOCK_DGRAM), here = open_socket(to, SOCK_DGRAM);
	char text[32] = "";
	int r = bind(there, (const struct sockaddr *)&at->address, at->len);

	if (r == 0)
		r = (int)sendto(here, "text", 4, 0, (const struct sockaddr *)&to->address, to->len);
	if (r >= 0)
		r = (int)read(there, text, sizeof(text) - 1);
	say("send", text, r);
	close(there);
	close(here);
}

int sockets_net(const char *family, int listen_port, int connect_port)
{
	struct place at = place_of(family, (uint16_t)listen_port),
		     to = place_of(family, (uint16_t)connect_port);
	int listener = open_socket(&at, SOCK_STREAM), r;
	pthread_t thread;

	r = bind(listener, (const struct sockaddr *)&at.address, at.len);
	if (r == 0)
		r = listen(listener, 8);
	say("listen", "ok", r);
	if (r == 0)
		pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener);
	do_connect(&to);
	do_send(&at, &to);
	if (r == 0)
		pthread_join(thread, NULL);
	close(listener);
	return 0;
}
