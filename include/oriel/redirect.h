/* SPDX-License-Identifier: MIT */
/* liboriel: for proxies. A connection that a program has redirected to this machine: where it was
 * meant to go, and what the program says of it. On Linux only. */
#pragma once

#include <oriel/error.h>
#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oriel_redirect {
	size_t size;
	/* Where to: IPv4 has the first four bytes; the port is a number. */
	uint8_t ip[16];
	uint16_t port;
	uint16_t family;  /* 4 or 6 */
	uint32_t process; /* that connects */
	/* What the program has left with bpf_sock_addr_set_redirect_context. */
	uint32_t context_size;
	uint32_t reserved;
	uint8_t context[512];
};

/* socket: what accept gave. Asks all oriel run that belong to the same user, by
 * XDG_RUNTIME_DIR/oriel or, for root, /run/oriel. That takes as long as they need to answer: less
 * than a second each. ORIEL_ERR_NOENT: no program of theirs has redirected this connection, or it
 * is closed; ORIEL_ERR_INVAL: the socket has no connection. */
ORIEL_API int oriel_redirect_query(int socket, struct oriel_redirect *ret_redirect,
				   struct oriel_error *error) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
