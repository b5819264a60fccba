/* SPDX-License-Identifier: MIT */
/* getsockopt(2) of SO_ORIGINAL_DST: proxies that are supervised ask for it as they do where a
 * firewall redirects. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "supervise/internal.h"

/* As much as the firewall would tell: addresses of the level's family. */
static bool is_redirected(const struct call *call, int level, struct sockaddr_storage *ret_address)
{
	struct redirect_question question;
	struct redirect_answer answer;

	if (!redirect_question_of(call->socket, &question) ||
	    !redirects_find(call->server->options->redirects, &question, &answer) ||
	    (answer.origin.family == NET_IP4) != (level == SOL_IP))
		return false;
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->ss_family = level == SOL_IP ? AF_INET : AF_INET6;
	address_to_host(&answer.origin, ret_address);
	return true;
}

static int tell(const struct call *call, const struct sockaddr_storage *address, s32 room, s32 len)
{
	const u64 *args = (const u64 *)call->request->data.args;
	int r;

	if (room < len)
		return -EINVAL;
	r = target_write(call, args[4], &len, sizeof(len));
	return r == 0 ? target_write(call, args[3], address, (size_t)len) : r;
}

void handle_getsockopt(struct call *call)
{
	const u64 *args = (const u64 *)call->request->data.args;
	int level = (int)args[1], name = (int)args[2], r;
	struct sockaddr_storage address;
	s32 room, len;

	if (!target_socket(call, (int)args[0]))
		return;
	r = target_read(call, args[4], &room, sizeof(room));
	if (r < 0 || !call_is_valid(call)) {
		answer(call, 0, r);
		return;
	}
	len = level == SOL_IP ? (s32)sizeof(struct sockaddr_in) : (s32)sizeof(struct sockaddr_in6);
	if (!is_redirected(call, level, &address)) {
		socklen_t given = (socklen_t)MIN(room, (s32)sizeof(address));

		/* A firewall may know. */
		if (getsockopt(call->socket, level, name, &address, &given) != 0) {
			answer_errno(call, -1);
			return;
		}
		len = (s32)MIN(given, (socklen_t)sizeof(address));
		room = len;
	}
	answer(call, 0, tell(call, &address, room, len));
}
