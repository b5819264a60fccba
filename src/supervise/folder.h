/* SPDX-License-Identifier: MIT */
/* What those that answer on sockets and those that ask have in common. */
#pragma once

#include <sys/un.h>

#include "supervise/redirects.h"

#define FOLDER_SUFFIX ".sock"
#define PATH_BYTES    sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* What is asked, in one byte. */
#define ASK_PROGRAMS  's'
#define ASK_MAPS      'm'
#define ASK_MAPS_JSON 'j'
#define ASK_EVENTS    'e'
#define ASK_REDIRECT  'r' /* a struct redirect_question follows; the answer is one, or nothing */

/* False: there is none, or its name is too long for a socket's. */
bool folder_find(bool create, char *buf, size_t size);
/* Whether the other side is of our user, or root. */
bool folder_may_ask(int fd);
/* Neither side waits long for the other. */
void folder_set_patience(int fd);
