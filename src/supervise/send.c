/* SPDX-License-Identifier: MIT */
/* sendto(2), sendmsg(2) and sendmmsg(2), where they name an address. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "supervise/internal.h"

#define CHUNK	    ((size_t)1 << 20) /* of a stream; no datagram is longer */
#define CONTROL_MAX ((size_t)64 << 10)
#define PIECES_MAX  1024 /* of a message, and messages of a call: the kernel's */
#define RIGHTS_MAX  253	 /* descriptors in a message: the kernel's */

/* One message: what the task said, and our copy of it. */
struct message {
	struct call *call;
	int flags;
	struct sockaddr_storage name;
	socklen_t name_len;
	bool has_name;
	bool plain; /* of sendto: a name without a length is a wrong one there, and none elsewhere
		     */
	struct iovec *pieces; /* in the task's memory */
	size_t piece_count;
	size_t piece, off; /* where the rest begins */
	u8 *control;
	size_t control_len;
	int rights[RIGHTS_MAX]; /* our duplicates */
	u32 rights_count;
};

/* --- what the task said; these give 0 or a negative errno --- */

static int read_pieces(struct message *m, u64 from, u64 count)
{
	if (count > PIECES_MAX)
		return -EMSGSIZE;
	m->pieces = mem_zalloc_array((size_t)count + 1, sizeof(*m->pieces));
	if (m->pieces == NULL)
		return -ENOMEM;
	m->piece_count = (size_t)count;
	return target_read(m->call, from, m->pieces, (size_t)count * sizeof(*m->pieces));
}

static int copy_right(struct message *m, int *fd)
{
	int copy;

	if (m->rights_count == RIGHTS_MAX)
		return -EINVAL;
	copy = target_copy_fd(m->call, *fd);
	if (copy < 0)
		return -EBADF;
	m->rights[m->rights_count++] = copy;
	*fd = copy;
	return 0;
}

/* Descriptors are numbers of the task's, and its process is not ours. */
static int translate_control(struct message *m)
{
	struct msghdr header = { .msg_control = m->control, .msg_controllen = m->control_len };
	int r = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL && r == 0;
	     c = CMSG_NXTHDR(&header, c)) {
		size_t room = m->control_len - (size_t)((u8 *)c - m->control);

		if (c->cmsg_len < sizeof(*c) || c->cmsg_len > room)
			return -EINVAL;
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			for (size_t at = CMSG_LEN(0); r == 0 && at + sizeof(int) <= c->cmsg_len;
			     at += sizeof(int)) {
				int fd;

				memcpy(&fd, (u8 *)c + at, sizeof(fd));
				r = copy_right(m, &fd);
				memcpy((u8 *)c + at, &fd, sizeof(fd));
			}
		if (c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(struct ucred))) {
			struct ucred *cred = (void *)CMSG_DATA(c);

			if ((u32)cred->pid == m->call->target->tgid)
				cred->pid = getpid();
		}
	}
	return r;
}

static int read_control(struct message *m, u64 from, u64 len)
{
	int r;

	if (len == 0)
		return 0;
	if (len > CONTROL_MAX)
		return -ENOBUFS;
	m->control = mem_zalloc((size_t)len);
	if (m->control == NULL)
		return -ENOMEM;
	m->control_len = (size_t)len;
	r = target_read(m->call, from, m->control, (size_t)len);
	return r < 0 ? r : translate_control(m);
}

static int read_name(struct message *m, u64 from, s64 len)
{
	if (from == 0)
		return 0;
	if (!address_read(m->call, from, len, &m->name, &m->name_len))
		return m->call->error;
	m->has_name = true;
	return 0;
}

static int read_header(struct message *m, u64 from)
{
	struct msghdr header;
	int r = target_read(m->call, from, &header, sizeof(header));

	if (r < 0)
		return r;
	/* Too long a name of a message is cut. */
	r = (s32)header.msg_namelen < 0 ? -EINVAL
					: read_name(m, (u64)(uintptr_t)header.msg_name,
						    (s64)MIN(header.msg_namelen, (u32)ADDRESS_MAX));
	if (r == 0 && header.msg_namelen == 0)
		m->has_name = false;
	if (r == 0)
		r = read_pieces(m, (u64)(uintptr_t)header.msg_iov, header.msg_iovlen);
	if (r == 0)
		r = read_control(m, (u64)(uintptr_t)header.msg_control, header.msg_controllen);
	return r;
}

static void message_fini(struct message *m)
{
	for (u32 i = 0; i < m->rights_count; i++)
		close(m->rights[i]);
	mem_free(m->pieces);
	mem_free(m->control);
}

/* --- the programs' say --- */

static bool judge(struct message *m)
{
	struct call *call = m->call;
	struct net_event *event = &call->event;
	bool stream = call->type == SOCK_STREAM;
	enum net_operation operation = stream ? NET_CONNECT : NET_SEND;

	if (!m->has_name || call->domain == AF_UNIX || call->domain == AF_NETLINK ||
	    (stream ? (m->flags & MSG_FASTOPEN) == 0 : call->type != SOCK_DGRAM) ||
	    !address_from_host(&m->name, m->name_len, &event->remote))
		return true;
	if (!event_judge_connect(call, operation, &m->name))
		return false;
	if (!stream ||
	    !event_is_wanted(call, NET_CONNECT_AUTHORIZE, (enum net_family)event->remote.family))
		return true;
	target_describe(call, NET_CONNECT_AUTHORIZE);
	return event_judge(call);
}

static bool begins_connection(const struct message *m)
{
	return m->call->type == SOCK_STREAM && m->has_name && (m->flags & MSG_FASTOPEN) != 0 &&
	       (m->call->domain == AF_INET || m->call->domain == AF_INET6) &&
	       m->call->event.remote.family != NET_NO_FAMILY;
}

/* --- sending --- */

/* As much of the rest as fits; its length or a negative errno. */
static s64 read_rest(struct message *m, u8 *to, size_t room)
{
	size_t len = 0;

	while (m->piece < m->piece_count && len < room) {
		const struct iovec *piece = &m->pieces[m->piece];
		size_t part = MIN(piece->iov_len - m->off, room - len);
		int r = target_read(m->call, (u64)(uintptr_t)piece->iov_base + m->off, to + len,
				    part);

		if (r < 0)
			return len > 0 && m->call->type == SOCK_STREAM ? (s64)len : r;
		len += part;
		m->off += part;
		if (m->off < piece->iov_len)
			break;
		m->piece++;
		m->off = 0;
	}
	return (s64)len;
}

static s64 send_chunk(struct message *m, u8 *data, size_t len, bool first)
{
	struct call *call = m->call;
	struct iovec piece = { data, len };
	struct msghdr header = { .msg_iov = &piece, .msg_iovlen = 1 };
	bool may_wait = (m->flags & MSG_DONTWAIT) == 0 && !socket_is_nonblocking(call->socket);
	bool interrupted = false;
	ssize_t sent;
	int error;

	if (m->has_name) {
		header.msg_name = &m->name;
		header.msg_namelen = m->name_len;
	}
	if (first) {
		header.msg_control = m->control;
		header.msg_controllen = m->control_len;
	}
	if (may_wait)
		wait_begin(call);
	if (m->plain)
		sent = sendto(call->socket, data, len, m->flags | MSG_NOSIGNAL, header.msg_name,
			      header.msg_namelen);
	else
		sent = sendmsg(call->socket, &header, m->flags | MSG_NOSIGNAL);
	error = errno;
	if (may_wait)
		interrupted = wait_end(call);
	if (sent >= 0)
		return sent;
	if (error == EPIPE && (m->flags & MSG_NOSIGNAL) == 0 && call->type == SOCK_STREAM)
		(void)syscall(SYS_tgkill, call->target->tgid, call->request->pid, SIGPIPE);
	if (error == EINTR && interrupted)
		return socket_has_timeout(call->socket, SO_SNDTIMEO) ? -EINTR : -ERESTARTSYS;
	return -error;
}

/* A stream's message may be of any length. */
static s64 send_chunks(struct message *m)
{
	size_t room = 0;
	s64 total = 0, len, sent;
	u8 *data;

	for (size_t i = 0; i < m->piece_count && room < CHUNK; i++)
		room += MIN(m->pieces[i].iov_len, CHUNK);
	if (room > CHUNK || (room == CHUNK && m->call->type != SOCK_STREAM))
		room = CHUNK;
	data = mem_alloc(room + 1);
	if (data == NULL)
		return -ENOMEM;
	do {
		len = read_rest(m, data, room);
		if (len >= 0 && m->call->type != SOCK_STREAM && m->piece < m->piece_count)
			len = -EMSGSIZE;
		sent = len < 0 ? len : send_chunk(m, data, (size_t)len, total == 0);
		if (sent > 0)
			total += sent;
	} while (sent > 0 && sent == len && m->piece < m->piece_count);
	mem_free(data);
	return total > 0 || sent >= 0 ? total : sent;
}

/* The bytes that were sent, or a negative errno. */
static s64 send_message(struct message *m)
{
	bool inet = m->call->domain == AF_INET || m->call->domain == AF_INET6;
	bool special = m->control_len > 0 || (!inet && m->has_name);
	struct redirect *redirect;
	struct creds_saved saved;
	s64 sent;

	m->call->redirected = false;
	if (!judge(m) || (special && !creds_take(m->call, !inet, &saved)))
		return m->call->error;
	redirect = redirect_begin(m->call);
	sent = send_chunks(m);
	redirect_end(m->call, redirect);
	if (special)
		creds_give_back(&saved);
	if (begins_connection(m))
		connect_tell(m->call, sent < 0 ? sent : 0);
	return sent;
}

static void answer_sent(struct call *call, s64 sent)
{
	if (sent < 0 && !call_is_valid(call))
		call->answered = true;
	else
		answer(call, sent < 0 ? 0 : sent, sent < 0 ? (int)sent : 0);
}

/* --- the calls --- */

void handle_sendto(struct call *call)
{
	struct seccomp_data data = call->request->data;
	struct message m = {
		.call = call, .flags = (int)data.args[3], .plain = true, .piece_count = 1
	};
	struct iovec piece = { (void *)(uintptr_t)data.args[1], (size_t)data.args[2] };
	int r;

	if (!target_socket(call, (int)data.args[0]))
		return;
	r = read_name(&m, data.args[4], (int)data.args[5]);
	if (r == 0 && !call_is_valid(call))
		return;
	m.pieces = &piece;
	answer_sent(call, r < 0 ? r : send_message(&m));
}

static s64 send_header(struct call *call, u64 header, int flags)
{
	struct message m = { .call = call, .flags = flags };
	s64 sent = read_header(&m, header);

	if (sent == 0)
		sent = call_is_valid(call) ? send_message(&m) : -EINTR;
	message_fini(&m);
	return sent;
}

void handle_sendmsg(struct call *call)
{
	struct seccomp_data data = call->request->data;

	if (target_socket(call, (int)data.args[0]))
		answer_sent(call, send_header(call, data.args[1], (int)data.args[2]));
}

void handle_sendmmsg(struct call *call)
{
	struct seccomp_data data = call->request->data;
	u32 count = MIN((u32)data.args[2], (u32)PIECES_MAX), done = 0;
	s64 sent = 0;

	if (!target_socket(call, (int)data.args[0]))
		return;
	while (done < count) {
		u64 at = data.args[1] + done * sizeof(struct mmsghdr);
		u32 len;

		sent = send_header(call, at, (int)data.args[3]);
		if (sent < 0)
			break;
		len = (u32)sent;
		done++;
		if (target_write(call, at + offsetof(struct mmsghdr, msg_len), &len, sizeof(len)) <
		    0)
			break;
	}
	answer_sent(call, done > 0 ? done : sent);
}
