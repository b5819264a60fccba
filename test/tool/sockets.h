/* SPDX-License-Identifier: MIT */
/* What the files of the tool `sockets` share. */
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Listens on a port of the kernel's choice. */
int sockets_listener(int backlog, struct sockaddr_in *ret);
int sockets_signals(void);
/* family: 4, 6 or mapped. */
int sockets_net(const char *family, int listen_port, int connect_port);
int sockets_random(int calls, unsigned int seed);
