/* SPDX-License-Identifier: MIT */
/* bind(2). */
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "supervise/internal.h"

/* What is neither IPv4 nor IPv6 is nobody's business but the kernel's. An IPv4 socket may be bound
 * to 0.0.0.0 without saying that it is IPv4. */
static bool is_inet(const struct call *call, const struct sockaddr_storage *address, socklen_t len,
		    struct net_address *ret_address)
{
	struct sockaddr_storage copy = *address;

	if (call->domain == AF_UNIX || call->domain == AF_NETLINK || call->domain == AF_PACKET)
		return false;
	if (call->domain == AF_INET && copy.ss_family == AF_UNSPEC)
		copy.ss_family = AF_INET;
	return address_from_host(&copy, len, ret_address);
}

/* A netlink socket that leaves the choice of its number to the kernel gets that of its process: it
 * would be ours. */
static int bind_netlink(const struct call *call, struct sockaddr_storage *address, socklen_t len)
{
	struct sockaddr_nl *nl = (void *)address;
	int r;

	if (len < sizeof(*nl) || nl->nl_family != AF_NETLINK || nl->nl_pid != 0)
		return bind(call->socket, (struct sockaddr *)address, len);
	nl->nl_pid = call->target->tgid;
	r = bind(call->socket, (struct sockaddr *)address, len);
	if (r == 0 || (errno != EADDRINUSE && errno != EINVAL))
		return r;
	nl->nl_pid = 0;
	return bind(call->socket, (struct sockaddr *)address, len);
}

#define PORT_PRIVILEGED_MAX 1023

static void make_call(struct call *call, struct sockaddr_storage *address, socklen_t len,
		      bool special, bool files)
{
	struct creds_saved saved;
	int r;

	if (special && !creds_take(call, files, &saved))
		return;
	if (call->domain == AF_NETLINK)
		r = bind_netlink(call, address, len);
	else
		r = bind(call->socket, (struct sockaddr *)address, len);
	answer_errno(call, r);
	if (special)
		creds_give_back(&saved);
}

void handle_bind(struct call *call)
{
	const u64 *args = (const u64 *)call->request->data.args;
	struct net_event *event = &call->event;
	struct sockaddr_storage address;
	bool inet, special;
	socklen_t len;

	if (!target_socket(call, (int)args[0]) ||
	    !address_read(call, args[1], (int)args[2], &address, &len))
		return;
	if (!call_is_valid(call))
		return;
	inet = is_inet(call, &address, len, &event->local);
	if (inet && event_is_wanted(call, NET_BIND, (enum net_family)event->local.family)) {
		target_describe(call, NET_BIND);
		if (!event_judge(call))
			return;
		if (event->redirected)
			address_to_host(&event->local, &address);
	}
	/* Who asks matters for few ports only. */
	special = !inet || (event->local.port != 0 && event->local.port < call->server->first_port);
	make_call(call, &address, len, special, !inet);
}
