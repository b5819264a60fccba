/* SPDX-License-Identifier: MIT */
/* sock_diag(7): netlink messages about TCP sockets. */
#include "supervise/diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 8192
#define BUFFER	    (4 << 20)
/* linux/tcp.h does not name them, and netinet/tcp.h does not go with it. */
#define SYN_SENT 2
#define SYN_RECV 3
#define CLOSE	 7
#define LISTEN	 10

int diag_open(bool ends)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = ends ? 1u << (SKNLGRP_INET_TCP_DESTROY - 1) |
					     1u << (SKNLGRP_INET6_TCP_DESTROY - 1)
				  : 0,
	};
	const int size = BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	int error;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* Messages of anybody but the kernel are nothing to us. Its length; 0: one of those; or a negative
 * errno. */
static int receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, size, MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n < 0)
		return -errno;
	return len == sizeof(from) && from.nl_pid == 0 ? (int)n : 0;
}

/* NULL: it is none, or not whole. */
static const struct inet_diag_msg *message_of(const struct nlmsghdr *header, int len)
{
	if (len < (int)NLMSG_LENGTH(sizeof(struct inet_diag_msg)) || !NLMSG_OK(header, (u32)len) ||
	    header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return NULL;
	return NLMSG_DATA(header);
}

static void put_address(const struct net_address *address, __be32 ip[4], __be16 *ret_port)
{
	memcpy(ip, address->ip, address->family == NET_IP4 ? 4 : 16);
	*ret_port = htons(address->port);
}

static int ask(int fd, const struct diag_id *id)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.request = { .sdiag_family = id->local.family == NET_IP4 ? AF_INET : AF_INET6,
			     .sdiag_protocol = IPPROTO_TCP,
			     .idiag_states = ~0u },
	};
	struct inet_diag_sockid *socket_id = &message.request.id;

	put_address(&id->local, socket_id->idiag_src, &socket_id->idiag_sport);
	put_address(&id->remote, socket_id->idiag_dst, &socket_id->idiag_dport);
	socket_id->idiag_if = id->interface;
	socket_id->idiag_cookie[0] = (u32)id->cookie;
	socket_id->idiag_cookie[1] = (u32)(id->cookie >> 32);
	return send(fd, &message, sizeof(message), 0) < 0 ? -errno : 0;
}

/* The kernel has answered when send returns. */
enum diag_state diag_ask(int fd, const struct diag_id *id)
{
	union {
		struct nlmsghdr header;
		u8 bytes[MESSAGE_MAX];
	} answer;
	const struct inet_diag_msg *message;
	int len = ask(fd, id);

	if (len < 0)
		return DIAG_NONE;
	do {
		len = receive(fd, &answer, sizeof(answer));
	} while (len == 0 || len == -EINTR);
	message = len < 0 ? NULL : message_of(&answer.header, len);
	if (message == NULL || message->idiag_state == CLOSE || message->idiag_state == LISTEN)
		return DIAG_NONE;
	return message->idiag_state == SYN_SENT || message->idiag_state == SYN_RECV ? DIAG_PENDING
										    : DIAG_MADE;
}

/* Whoever has answered our SYN has let us have a connection, and so has he who came to us. */
static bool was_made(const struct nlmsghdr *header)
{
	size_t at = NLMSG_LENGTH(sizeof(struct inet_diag_msg)), len = header->nlmsg_len;
	struct tcp_info info = { 0 };
	struct nlattr attr;

	while (len - at >= sizeof(attr)) {
		memcpy(&attr, (const u8 *)header + at, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > len - at)
			break;
		if (attr.nla_type == INET_DIAG_INFO) {
			memcpy(&info, (const u8 *)header + at + sizeof(attr),
			       MIN(sizeof(info), attr.nla_len - sizeof(attr)));
			break;
		}
		at += MIN((size_t)NLA_ALIGN(attr.nla_len), len - at);
	}
	return info.tcpi_bytes_acked > 0;
}

int diag_next_end(int fd, struct diag_end *ret_end)
{
	union {
		struct nlmsghdr header;
		u8 bytes[MESSAGE_MAX];
	} event;

	for (;;) {
		int len = receive(fd, &event, sizeof(event));
		const struct inet_diag_msg *message =
			len <= 0 ? NULL : message_of(&event.header, len);

		if (len == -EAGAIN)
			return 0;
		if (len < 0 && len != -EINTR)
			return len;
		if (message == NULL)
			continue;
		ret_end->cookie = message->id.idiag_cookie[0] | (u64)message->id.idiag_cookie[1]
									<< 32;
		ret_end->made = was_made(&event.header);
		return 1;
	}
}
