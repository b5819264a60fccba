/* SPDX-License-Identifier: MIT */
/* Netlink: building requests, sending them, reading the answers. */
#include "divert/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/str.h"

#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif

#define ATTR_HEADER    sizeof(struct nlattr)
#define ALIGNED(size)  (((size) + 3) & ~(size_t)3)
#define ANSWER_ROOM    8192
#define ANSWER_SECONDS 5 /* the kernel answers at once; a lost answer shall not hang us */

int netlink_open(int protocol, struct netlink *ret_netlink, struct error *err)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	const int one = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return error_set(err, errno == EPROTONOSUPPORT ? ERR_NOTSUP : -errno,
				 "no netlink socket: %s", strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;

		close(fd);
		return error_set(err, -error, "no netlink socket: %s", strerror(error));
	}
	/* Kernels that say no more than a number are fine, too. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	*ret_netlink = (struct netlink){ .fd = fd };
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->fd >= 0)
		close(netlink->fd);
	netlink->fd = -1;
}

/* --- building --- */

void netlink_init(struct netlink_batch *batch)
{
	*batch = (struct netlink_batch){ 0 };
}

/* Room that is aligned; NULL: there is none. */
static void *take(struct netlink_batch *batch, size_t size)
{
	size_t whole = ALIGNED(size);
	void *at = batch->bytes + batch->len;

	if (batch->full || whole > NETLINK_ROOM - batch->len) {
		batch->full = true;
		return NULL;
	}
	batch->len += whole;
	((struct nlmsghdr *)(void *)(batch->bytes + batch->begin))->nlmsg_len =
		(u32)(batch->len - batch->begin);
	return at;
}

static void begin(struct netlink_batch *batch, u16 type, u16 flags, const void *header, size_t size)
{
	struct nlmsghdr *message;

	batch->begin = batch->len;
	message = take(batch, sizeof(*message));
	if (message == NULL)
		return;
	message->nlmsg_type = type;
	message->nlmsg_flags = (u16)(NLM_F_REQUEST | flags);
	netlink_raw(batch, header, size);
}

void netlink_message(struct netlink_batch *batch, u16 type, u16 flags, const void *header,
		     size_t size)
{
	batch->answers++;
	begin(batch, type, (u16)(NLM_F_ACK | flags), header, size);
}

void netlink_mark(struct netlink_batch *batch, u16 type, const void *header, size_t size)
{
	begin(batch, type, 0, header, size);
}

void netlink_raw(struct netlink_batch *batch, const void *bytes, size_t size)
{
	void *at = take(batch, size);

	if (at != NULL)
		memcpy(at, bytes, size);
}

void netlink_attr(struct netlink_batch *batch, u16 type, const void *value, size_t size)
{
	struct nlattr *attr = take(batch, ATTR_HEADER + size);

	if (attr == NULL)
		return;
	attr->nla_type = type;
	attr->nla_len = (u16)(ATTR_HEADER + size);
	if (size > 0)
		memcpy((u8 *)attr + ATTR_HEADER, value, size);
}

void netlink_u32(struct netlink_batch *batch, u16 type, u32 value)
{
	netlink_attr(batch, type, &value, sizeof(value));
}

void netlink_be32(struct netlink_batch *batch, u16 type, u32 value)
{
	netlink_u32(batch, type, htonl(value));
}

void netlink_text(struct netlink_batch *batch, u16 type, const char *text)
{
	netlink_attr(batch, type, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *batch, u16 type)
{
	size_t nest = batch->len;

	netlink_attr(batch, (u16)(type | NLA_F_NESTED), NULL, 0);
	return nest;
}

void netlink_nest_end(struct netlink_batch *batch, size_t nest)
{
	if (!batch->full)
		((struct nlattr *)(void *)(batch->bytes + nest))->nla_len =
			(u16)(batch->len - nest);
}

/* --- talking --- */

/* What the kernel says beside the number; ret: terminated. */
static void take_words(const struct nlmsghdr *message, char *ret, size_t size)
{
	size_t at = sizeof(*message) + sizeof(struct nlmsgerr);
	const u8 *bytes = (const u8 *)message;

	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;
	while (at + ATTR_HEADER <= message->nlmsg_len) {
		struct nlattr attr;

		memcpy(&attr, bytes + at, sizeof(attr));
		if (attr.nla_len < ATTR_HEADER || attr.nla_len > message->nlmsg_len - at)
			return;
		if (attr.nla_type == NLMSGERR_ATTR_MSG) {
			size_t len = MIN((size_t)attr.nla_len - ATTR_HEADER, size - 1);

			memcpy(ret, bytes + at + ATTR_HEADER, len);
			ret[len] = '\0';
		}
		at += ALIGNED((size_t)attr.nla_len);
	}
}

/* One datagram of answers; counts those to requests from number `from` on: of a batch that failed
 * some may have been left. */
static int read_answers(struct netlink *netlink, u32 from, u32 *count, int *first,
			struct error *err)
{
	u8 bytes[ANSWER_ROOM] __attribute__((aligned(8)));
	ssize_t got = recv(netlink->fd, bytes, sizeof(bytes), 0);
	size_t left = got < 0 ? 0 : (size_t)got, at = 0;

	if (got < 0)
		return errno == EINTR ? 0
				      : error_set(err, ERR_IO, "the kernel does not answer: %s",
						  strerror(errno));
	while (left - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *message =
			(const struct nlmsghdr *)(const void *)(bytes + at);
		char words[160] = "";
		int code;

		if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > left - at)
			break;
		at += MIN(ALIGNED((size_t)message->nlmsg_len), left - at);
		if (message->nlmsg_type != NLMSG_ERROR || (s32)(message->nlmsg_seq - from) < 0 ||
		    message->nlmsg_len < sizeof(*message) + sizeof(struct nlmsgerr))
			continue;
		memcpy(&code, message + 1, sizeof(code));
		(*count)++;
		if (code == 0 || *first != 0)
			continue;
		take_words(message, words, sizeof(words));
		*first = code;
		(void)error_set(err, code, "%s%s%s", strerror(-code), words[0] != '\0' ? ": " : "",
				words);
	}
	return 0;
}

int netlink_send(struct netlink *netlink, struct netlink_batch *batch, struct error *err)
{
	u32 count = 0, from = netlink->seq + 1;
	int first = 0, r = 0;

	if (batch->full)
		return error_set(err, ERR_TOOBIG, "a netlink message is too long");
	for (size_t at = 0; at < batch->len;) {
		struct nlmsghdr *message = (struct nlmsghdr *)(void *)(batch->bytes + at);

		message->nlmsg_seq = ++netlink->seq;
		at += message->nlmsg_len;
	}
	if (send(netlink->fd, batch->bytes, batch->len, 0) != (ssize_t)batch->len)
		return error_set(err, -errno, "netlink: %s", strerror(errno));
	/* What is wrong as a whole is answered once. */
	while (r == 0 && first == 0 && count < batch->answers)
		r = read_answers(netlink, from, &count, &first, err);
	return r < 0 ? r : first;
}
