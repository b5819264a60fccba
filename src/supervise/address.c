/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6. */
#include "supervise/address.h"

#include <netinet/in.h>
#include <string.h>

#define SIN6_LEN_RFC2133 24 /* without a scope */

bool address_from_host(const struct sockaddr_storage *from, socklen_t len,
		       struct net_address *ret_address)
{
	struct net_address address = { 0 };

	if (from->ss_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *in = (const void *)from;

		address.family = NET_IP4;
		address.port = ntohs(in->sin_port);
		memcpy(address.ip, &in->sin_addr, 4);
	} else if (from->ss_family == AF_INET6 && len >= SIN6_LEN_RFC2133) {
		const struct sockaddr_in6 *in6 = (const void *)from;

		address.family = NET_IP6;
		address.port = ntohs(in6->sin6_port);
		memcpy(address.ip, &in6->sin6_addr, 16);
	} else {
		return false;
	}
	*ret_address = address;
	return true;
}

void address_to_host(const struct net_address *address, struct sockaddr_storage *to)
{
	if (address->family == NET_IP4) {
		struct sockaddr_in *in = (void *)to;

		in->sin_port = htons(address->port);
		memcpy(&in->sin_addr, address->ip, 4);
	} else {
		struct sockaddr_in6 *in6 = (void *)to;

		in6->sin6_port = htons(address->port);
		memcpy(&in6->sin6_addr, address->ip, 16);
	}
}

bool address_of_socket(int fd, int (*name)(int fd, struct sockaddr *address, socklen_t *len),
		       struct net_address *ret_address)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	memset(ret_address, 0, sizeof(*ret_address));
	memset(&address, 0, sizeof(address));
	return name(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address_from_host(&address, len, ret_address);
}
