/* SPDX-License-Identifier: MIT */
/* Addresses of calls, and what programs say of them. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "supervise/internal.h"

void answer(struct call *call, s64 value, int error)
{
	call->value = value;
	call->error = error;
}

void answer_errno(struct call *call, s64 value)
{
	answer(call, value < 0 ? 0 : value, value < 0 ? -errno : 0);
}

/* As the kernel does it: the length first. */
bool address_read(struct call *call, u64 from, s64 len, struct sockaddr_storage *ret,
		  socklen_t *ret_len)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	if (len < 0 || (size_t)len > ADDRESS_MAX) {
		answer(call, 0, -EINVAL);
		return false;
	}
	r = target_read(call, from, ret, (size_t)len);
	*ret_len = (socklen_t)len;
	if (r < 0)
		answer(call, 0, r);
	return r == 0;
}

bool socket_name(const struct call *call, struct net_address *ret_address)
{
	return address_of_socket(call->socket, getsockname, ret_address);
}

bool socket_is_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

bool socket_is_ready(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0;
}

bool socket_has_timeout(int fd, int option)
{
	struct timeval timeout = { 0 };
	socklen_t len = sizeof(timeout);

	return getsockopt(fd, SOL_SOCKET, option, &timeout, &len) == 0 &&
	       (timeout.tv_sec != 0 || timeout.tv_usec != 0);
}

bool event_is_wanted(const struct call *call, enum net_operation operation, enum net_family family)
{
	const struct supervise_options *options = call->server->options;

	for (u32 i = 0; i < options->net_count; i++)
		if (net_is_used(options->nets[i], operation, family))
			return true;
	return false;
}

bool event_judge(struct call *call)
{
	const struct supervise_options *options = call->server->options;

	for (u32 i = 0; i < options->net_count; i++) {
		if (net_permits(options->nets[i], &call->event))
			continue;
		answer(call, 0, call->event.retval < 0 ? call->event.retval : -EPERM);
		return false;
	}
	return true;
}

bool event_judge_connect(struct call *call, enum net_operation operation,
			 struct sockaddr_storage *address)
{
	struct net_event *event = &call->event;

	if (!event_is_wanted(call, operation, (enum net_family)event->remote.family))
		return true;
	call->origin = event->remote;
	target_describe(call, operation);
	if (!event_judge(call))
		return false;
	call->redirected = event->redirected;
	if (event->redirected)
		address_to_host(&event->remote, address);
	return true;
}

void event_tell(struct call *call, enum net_operation operation)
{
	const struct supervise_options *options = call->server->options;
	socklen_t len = sizeof(call->event.flow);

	target_describe(call, operation);
	call->event.known &= ~(u32)NET_LOCAL; /* it has got one */
	(void)getsockopt(call->socket, SOL_SOCKET, SO_COOKIE, &call->event.flow, &len);
	for (u32 i = 0; i < options->net_count; i++)
		(void)net_permits(options->nets[i], &call->event);
}
