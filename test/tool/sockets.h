/* SPDX-License-Identifier: MIT */
/* What the files of the tool `sockets` share. */
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Listens on a port of the kernel's choice. */
int sockets_listener(int backlog, struct sockaddr_in *ret);
int sockets_signals(void);
/* family: 4, 6 or mapped. */
int sockets_net(const char *family, int listen_port, int connect_port);
int sockets_random(int calls, unsigned int seed);
int sockets_racing(int rounds, unsigned int seed);

/* --- sockets_random.c: draws; the same ones for the same seed --- */

#define PORT  7000 /* the first of those that addresses have */
#define PORTS 6

struct argument {
	struct sockaddr_storage address;
	const void *pointer; /* to it, or a bad one */
	socklen_t len;
};

bool sockets_draw_begin(unsigned int seed);
unsigned int draw(unsigned int below);
/* Good, too short, too long, negative; at good places and bad ones. */
void draw_argument(struct argument *ret);
