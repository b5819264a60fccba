/* SPDX-License-Identifier: MIT */
/* What one client of a runtime holds: handles to objects, each a user's reference, with what may be
 * done by it. Whoever serves clients gives each of them a table, and closes it when the client
 * goes: then all that it held is given back. */
#pragma once

#include "runtime/objects.h"

#define CLIENT_HANDLES	   4096	 /* of a client, unless its options say otherwise */
#define CLIENT_MAX_HANDLES 65536 /* at most */

enum client_access {
	CLIENT_READ = 1,
	CLIENT_WRITE = 2,
};

struct client;

struct client_options {
	size_t size;	 /* sizeof(struct client_options) */
	u32 max_handles; /* 0: CLIENT_HANDLES */
};

int client_new(struct runtime *rt, const struct client_options *options, struct client **ret_client,
	       struct error *err) MUST_CHECK;
/* Closes all; nobody uses the client any more. Accepts NULL. Closing may wait for running
 * invocations, as a link that loses its last user is detached. */
void client_free(struct client *client);

/* Handles are not 0, and one that was closed is not given again. All of these may be called from
 * any thread at any time; access is of enum client_access. */

/* Takes over a user's reference, unless it fails: ERR_NOSPC, the client has as many as it may. */
int client_add(struct client *client, struct core_object *object, u32 access,
	       u64 *ret_handle) MUST_CHECK;
/* ERR_NOENT: there is no such object. */
int client_open(struct client *client, enum core_kind kind, u32 id, u32 access,
		u64 *ret_handle) MUST_CHECK;
/* With a user's reference, which the caller gives back with core_put_user. ERR_BADF: no such
 * handle; ERR_INVAL: it is of another kind; ERR_PERM: it does not allow all of access. */
int client_get(struct client *client, u64 handle, enum core_kind kind, u32 access,
	       struct core_object **ret_object) MUST_CHECK;
int client_close(struct client *client, u64 handle);
/* The same object for another client, of the same runtime, with no more rights. */
int client_share(struct client *client, u64 handle, struct client *with, u32 access,
		 u64 *ret_handle) MUST_CHECK;

struct client_handle {
	u64 handle;
	enum core_kind kind;
	u32 id;
	u32 access;
};
/* The next one after that handle (0: the first), in no order but each once; ERR_NOENT at the end.
 */
int client_next(struct client *client, u64 after, struct client_handle *ret_handle) MUST_CHECK;
u32 client_count(const struct client *client);
