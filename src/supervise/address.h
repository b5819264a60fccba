/* SPDX-License-Identifier: MIT */
/* Addresses as the host has them, and as programs do. */
#pragma once

#include <sys/socket.h>

#include "net/net.h"

/* Whether programs know such addresses. */
bool address_from_host(const struct sockaddr_storage *from, socklen_t len,
		       struct net_address *ret_address);
/* Changes address and port in place; the rest stays. */
void address_to_host(const struct net_address *address, struct sockaddr_storage *to);
/* name: getsockname or getpeername. False: it has none that programs know. */
bool address_of_socket(int fd, int (*name)(int fd, struct sockaddr *address, socklen_t *len),
		       struct net_address *ret_address);
