/* SPDX-License-Identifier: MIT */
/* Where keys and trusted roots are kept: the system's in /etc/oriel/roots (on Windows below
 * %ProgramData%), a user's own in $XDG_DATA_HOME/oriel, which is ~/.local/share/oriel by default
 * (on Windows below %APPDATA%). In enforced mode the system's alone count. */
#pragma once

#include "sign/sign.h"

#define SIGN_DEFAULT_KEY "development"

enum sign_dir {
	SIGN_USER_KEYS,	   /* NAME.key, and in NAME.pem its certificates, the root last */
	SIGN_USER_ROOTS,   /* files of certificates: .pem .crt .cer .der */
	SIGN_SYSTEM_ROOTS, /* as well */
};
/* mem_alloc'd; ERR_NOENT: the environment does not tell. */
int sign_dir_path(enum sign_dir dir, char **ret_path, struct error *err) MUST_CHECK;
/* Whether a file in a folder of roots counts. */
bool sign_is_root_file(const char *name);
/* Letters, digits, '.', '-' and '_', not beginning with one of the latter; at most 50. */
bool sign_is_key_name(const char *name);

/* Adds all roots of a folder; one that is not there has none. A file that cannot be read or
 * understood is an error. */
int sign_store_add_dir(struct sign_store *store, enum sign_dir dir, struct error *err) MUST_CHECK;
/* The system's roots, and if with_user this user's. */
int sign_store_add_roots(struct sign_store *store, bool with_user, struct error *err) MUST_CHECK;

/* A key of this user's; name NULL: that of development. ERR_NOENT: there is none of that name. */
int sign_user_key(const char *name, struct sign_key **ret_key, struct error *err) MUST_CHECK;
