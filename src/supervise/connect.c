/* SPDX-License-Identifier: MIT */
/* connect(2). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "supervise/internal.h"

/* Connecting to AF_UNSPEC ends what a socket has. */
static bool is_inet(const struct call *call, const struct sockaddr_storage *address, socklen_t len,
		    struct net_address *ret_address)
{
	return call->domain != AF_UNIX && call->domain != AF_NETLINK &&
	       address_from_host(address, len, ret_address);
}

static bool is_local(const struct net_address *remote)
{
	static const u8 loopback[16] = { [15] = 1 };

	return remote->family == NET_IP4 ? remote->ip[0] == 127
					 : memcmp(remote->ip, loopback, sizeof(loopback)) == 0;
}

/* Redirecting comes first; then those who decide only, of whom a change would be ignored. */
static bool judge(struct call *call, struct sockaddr_storage *address)
{
	struct net_event *event = &call->event;
	enum net_family family = (enum net_family)event->remote.family;

	if (event_is_wanted(call, NET_CONNECT, family)) {
		target_describe(call, NET_CONNECT);
		if (!event_judge(call))
			return false;
		if (event->redirected)
			address_to_host(&event->remote, address);
	}
	if (event_is_wanted(call, NET_CONNECT_AUTHORIZE, family)) {
		target_describe(call, NET_CONNECT_AUTHORIZE);
		return event_judge(call);
	}
	return true;
}

static bool is_established(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT);
}

/* A connection that is made while the process goes on is not seen, unless it is there at once. */
static void tell_established(struct call *call)
{
	if ((call->error != 0 && call->error != -EINPROGRESS) || call->type != SOCK_STREAM ||
	    !event_is_wanted(call, NET_ESTABLISHED_ACTIVE,
			     (enum net_family)call->event.remote.family) ||
	    (call->error != 0 && !is_established(call->socket)))
		return;
	event_tell(call, NET_ESTABLISHED_ACTIVE);
}

/* Only what has to ask another machine takes long. */
static void make_call(struct call *call, const struct sockaddr_storage *address, socklen_t len,
		      bool local)
{
	bool may_wait = call->type != SOCK_DGRAM && call->type != SOCK_RAW &&
			!socket_is_nonblocking(call->socket);
	bool interrupted = false;
	int r, error;

	if (may_wait) {
		wait_begin(call);
		if (!local)
			wait_expect(call);
	}
	r = connect(call->socket, (const struct sockaddr *)address, len);
	error = errno;
	if (may_wait)
		interrupted = wait_end(call);
	errno = error;
	if (r < 0 && error == EINTR && interrupted)
		answer_interrupted(call, socket_has_timeout(call->socket, SO_SNDTIMEO));
	else
		answer_errno(call, r);
}

void handle_connect(struct call *call)
{
	struct seccomp_data data = call->request->data;
	struct sockaddr_storage address;
	struct creds_saved saved;
	socklen_t len;
	bool inet;

	if (!target_fd(call, (int)data.args[0]) ||
	    !address_read(call, data.args[1], (int)data.args[2], &address, &len) ||
	    !target_is_socket(call) || !call_is_valid(call))
		return;
	inet = is_inet(call, &address, len, &call->event.remote);
	if (inet && !judge(call, &address))
		return;
	if (!inet && !creds_take(call, true, &saved))
		return;
	make_call(call, &address, len, !inet || is_local(&call->event.remote));
	if (!inet)
		creds_give_back(&saved);
	else if (!call->answered)
		tell_established(call);
}
