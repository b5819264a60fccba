/* SPDX-License-Identifier: MIT */
/* oriel/redirect.h: connections that programs have redirected. */
#include <oriel/redirect.h>

#include "api/api.h"
#include "base/str.h"
#include "supervise/redirects.h"

_Static_assert(sizeof(((struct oriel_redirect *)NULL)->context) == NET_REDIRECT_CONTEXT,
	       "all that a program may leave");

int oriel_redirect_query(int socket, struct oriel_redirect *ret_redirect, struct oriel_error *error)
{
	struct oriel_redirect redirect = { .size = sizeof(redirect) };
	struct redirect_answer answer;
	struct error err = { 0 };
	int status = redirect_ask(socket, &answer, &err);

	if (status == 0) {
		memcpy(redirect.ip, answer.origin.ip, sizeof(redirect.ip));
		redirect.port = answer.origin.port;
		redirect.family = answer.origin.family == NET_IP4 ? 4 : 6;
		redirect.process = answer.process;
		redirect.context_size = answer.context_len;
		memcpy(redirect.context, answer.context, answer.context_len);
		status = api_give_info(&redirect, ret_redirect);
		if (status != 0)
			status = error_set(&err, status,
					   "struct oriel_redirect: its size is not set");
	}
	return status == 0 ? 0 : api_fail(&err, error);
}
