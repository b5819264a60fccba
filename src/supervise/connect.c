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

	if (!event_judge_connect(call, NET_CONNECT, address))
		return false;
	if (event_is_wanted(call, NET_CONNECT_AUTHORIZE, family)) {
		target_describe(call, NET_CONNECT_AUTHORIZE);
		return event_judge(call);
	}
	return true;
}

/* A call that a signal ends, or a timeout, leaves the connection to be made by itself, as does one
 * that does not block. */
void connect_tell(struct call *call, s64 error)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	enum net_family family = (enum net_family)call->event.remote.family;
	bool goes_on = error == -EINPROGRESS || error == -EINTR || error == -ERESTARTSYS;

	if ((error < 0 && !goes_on) || call->type != SOCK_STREAM ||
	    !event_is_wanted(call, NET_ESTABLISHED_ACTIVE, family))
		return;
	if (getsockopt(call->socket, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		info.tcpi_state = error == 0 ? TCP_ESTABLISHED : TCP_CLOSE;
	if (info.tcpi_state == TCP_SYN_SENT || info.tcpi_state == TCP_SYN_RECV)
		(void)flow_take(call, false);
	else if ((error >= 0 || (info.tcpi_state != TCP_CLOSE && info.tcpi_state != TCP_LISTEN)) &&
		 flow_take(call, true))
		event_tell(call, NET_ESTABLISHED_ACTIVE);
}

/* Only what has to ask another machine takes long. */
static void make_call(struct call *call, const struct sockaddr_storage *address, socklen_t len,
		      bool local)
{
	bool may_wait = call->type != SOCK_DGRAM && call->type != SOCK_RAW &&
			!socket_is_nonblocking(call->socket);
	bool interrupted = false;
	struct redirect *redirect;
	int r, error;

	if (may_wait) {
		wait_begin(call);
		if (!local)
			wait_expect(call);
	}
	redirect = redirect_begin(call);
	r = connect(call->socket, (const struct sockaddr *)address, len);
	error = errno;
	redirect_end(call, redirect);
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
	if (inet)
		connect_tell(call, call->answered ? -EINTR : call->error);
	else if (address.ss_family == AF_UNSPEC && call->error == 0)
		flow_cut(call);
}
