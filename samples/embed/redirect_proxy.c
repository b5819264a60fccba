/* SPDX-License-Identifier: MIT */
/* liboriel from C: a proxy for samples/connect_redirect.c. Takes connections that the program has
 * redirected, says where each was meant to go, and passes on what the two sides say.
 *
 *     cc redirect_proxy.c $(pkg-config --cflags --libs oriel) && ./a.out 8080 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <oriel/redirect.h>

static int listen_on(int family, uint16_t port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(family, SOCK_STREAM, 0), yes = 1;

	in6.sin6_addr.s6_addr[15] = 1;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if ((family == AF_INET ? bind(fd, (struct sockaddr *)&in, sizeof(in))
			       : bind(fd, (struct sockaddr *)&in6, sizeof(in6))) != 0 ||
	    listen(fd, 64) != 0)
		perror(family == AF_INET ? "127.0.0.1" : "::1");
	return fd;
}

static int connect_to(const struct oriel_redirect *to)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	int fd = socket(to->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);

	memcpy(&in6.sin6_addr, to->ip, 16);
	memcpy(&in.sin_addr, to->ip, 4);
	if ((to->family == 4 ? connect(fd, (struct sockaddr *)&in, sizeof(in))
			     : connect(fd, (struct sockaddr *)&in6, sizeof(in6))) == 0)
		return fd;
	perror("connect");
	close(fd);
	return -1;
}

/* Until both sides have said all. */
static void pass_on(int a, int b)
{
	struct pollfd fds[2] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };
	char text[16384];

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0)
			return;
		for (int i = 0; i < 2; i++) {
			int to = i == 0 ? b : a;
			ssize_t len;

			if (fds[i].fd < 0 || fds[i].revents == 0)
				continue;
			len = read(fds[i].fd, text, sizeof(text));
			if (len > 0 && send(to, text, (size_t)len, MSG_NOSIGNAL) == len)
				continue;
			(void)shutdown(to, SHUT_WR);
			fds[i].fd = -1;
		}
	}
}

static void serve(int client)
{
	struct oriel_redirect redirect = { .size = sizeof(redirect) };
	struct oriel_error error;
	char ip[INET6_ADDRSTRLEN];
	int server;

	if (oriel_redirect_query(client, &redirect, &error) != 0) {
		printf("%s\n", error.text);
		return;
	}
	(void)inet_ntop(redirect.family == 4 ? AF_INET : AF_INET6, redirect.ip, ip, sizeof(ip));
	printf("process %u: to %s port %u, number %u\n", (unsigned)redirect.process, ip,
	       (unsigned)redirect.port, redirect.context_size > 0 ? redirect.context[0] : 0u);
	server = connect_to(&redirect);
	if (server < 0)
		return;
	pass_on(client, server);
	close(server);
}

int main(int argc, char **argv)
{
	uint16_t port = argc == 2 ? (uint16_t)strtoul(argv[1], NULL, 10) : 8080;
	struct pollfd fds[2] = { { .fd = listen_on(AF_INET, port), .events = POLLIN },
				 { .fd = listen_on(AF_INET6, port), .events = POLLIN } };

	(void)signal(SIGCHLD, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	printf("port %u\n", (unsigned)port);
	while (poll(fds, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			int client = fds[i].revents != 0 ? accept(fds[i].fd, NULL, NULL) : -1;

			if (client >= 0 && fork() == 0) {
				serve(client);
				exit(0);
			}
			if (client >= 0)
				close(client);
		}
	return 1;
}
