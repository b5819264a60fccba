/* SPDX-License-Identifier: MIT */
/* listen(2), accept(2) and accept4(2). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "supervise/internal.h"

void handle_listen(struct call *call)
{
	struct seccomp_data data = call->request->data;
	struct net_event *event = &call->event;
	struct creds_saved saved;
	bool inet;

	if (!target_socket(call, (int)data.args[0]) || !call_is_valid(call))
		return;
	inet = socket_name(call, &event->local);
	if (inet && event_is_wanted(call, NET_LISTEN, (enum net_family)event->local.family)) {
		target_describe(call, NET_LISTEN);
		if (!event_judge(call))
			return;
	}
	/* Of Unix sockets peers ask who listens. */
	if (!inet && !creds_take(call, true, &saved))
		return;
	answer_errno(call, listen(call->socket, (int)data.args[1]));
	if (!inet)
		creds_give_back(&saved);
}

/* --- accept ------------------------------------------------------------------------------------
 */

struct accepted {
	int fd;
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

/* One connection; false: none, and the call has its answer. */
static bool take_connection(struct call *call, struct accepted *ret)
{
	bool may_wait = !socket_is_nonblocking(call->socket), interrupted = false;
	int error;

	ret->peer_len = sizeof(ret->peer);
	if (may_wait) {
		wait_begin(call);
		if (!socket_is_ready(call->socket))
			wait_expect(call);
	}
	ret->fd = accept4(call->socket, (struct sockaddr *)&ret->peer, &ret->peer_len,
			  ((int)call->flags & SOCK_NONBLOCK) | SOCK_CLOEXEC);
	error = errno;
	if (may_wait)
		interrupted = wait_end(call);
	if (ret->fd >= 0)
		return true;
	errno = error;
	if (error == EINTR && interrupted)
		answer_interrupted(call, socket_has_timeout(call->socket, SO_RCVTIMEO));
	else
		answer_errno(call, -1);
	return false;
}

/* The peer finds out at once. */
static void refuse_connection(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static bool judge_connection(struct call *call, const struct accepted *accepted)
{
	struct net_event *event = &call->event;
	int listener = call->socket;
	bool permitted = true;

	if (!address_from_host(&accepted->peer, accepted->peer_len, &event->remote))
		return true;
	call->socket = accepted->fd;
	event->known = 0; /* of another socket */
	if (event_is_wanted(call, NET_ACCEPT, (enum net_family)event->remote.family)) {
		target_describe(call, NET_ACCEPT);
		permitted = event_judge(call);
	}
	if (permitted &&
	    event_is_wanted(call, NET_ESTABLISHED_PASSIVE, (enum net_family)event->remote.family) &&
	    flow_take(call, true))
		event_tell(call, NET_ESTABLISHED_PASSIVE);
	call->socket = listener;
	return permitted;
}

/* As the kernel does it: as much as there is room for, and how much there would be. */
static int tell_peer(const struct call *call, const struct accepted *accepted, u64 address,
		     u64 len_at)
{
	s32 room, len = (s32)accepted->peer_len;
	int r;

	if (address == 0)
		return 0;
	r = target_read(call, len_at, &room, sizeof(room));
	if (r == 0 && room < 0)
		r = -EINVAL;
	if (r == 0)
		r = target_write(call, address, &accepted->peer, (size_t)MIN(room, len));
	if (r == 0)
		r = target_write(call, len_at, &len, sizeof(len));
	return r;
}

static int install(struct call *call, int fd, u32 send)
{
	struct seccomp_notif_addfd add = {
		.id = call->request->id,
		.flags = send,
		.srcfd = (u32)fd,
		.newfd_flags = ((int)call->flags & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0,
	};

	return ioctl(call->server->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

/* Where a signal may end the call the descriptor comes together with the answer, so that none is
 * left over. Else our copy is closed before: it would keep open what the process closes. */
static void give(struct call *call, int fd)
{
	int r = -1;

	if ((call->server->features & SUPERVISE_WAIT_KILLABLE) == 0 &&
	    (call->server->features & SUPERVISE_ADDFD_SEND) != 0) {
		r = install(call, fd, SECCOMP_ADDFD_FLAG_SEND);
		call->answered = r >= 0 || errno == ENOENT;
		if (r >= 0 || errno != EINVAL)
			goto out;
	}
	r = install(call, fd, 0);
out:
	answer_errno(call, r);
}

static void accept_one(struct call *call, u64 address, u64 len_at)
{
	struct accepted accepted;

	for (;;) {
		int r;

		if (!take_connection(call, &accepted))
			return;
		if (!judge_connection(call, &accepted)) {
			refuse_connection(accepted.fd);
			continue;
		}
		r = tell_peer(call, &accepted, address, len_at);
		if (r < 0)
			answer(call, 0, r);
		else
			give(call, accepted.fd);
		close(accepted.fd);
		return;
	}
}

static void handle_accept_with(struct call *call, u64 flags)
{
	struct seccomp_data data = call->request->data;

	call->flags = flags;
	if (!target_fd(call, (int)data.args[0]))
		return;
	if ((flags & ~(u64)(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) {
		answer(call, 0, -EINVAL);
		return;
	}
	if (target_is_socket(call) && call_is_valid(call))
		accept_one(call, data.args[1], data.args[2]);
}

void handle_accept(struct call *call)
{
	handle_accept_with(call, 0);
}

void handle_accept4(struct call *call)
{
	handle_accept_with(call, (u32)call->request->data.args[3]);
}
