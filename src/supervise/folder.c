/* SPDX-License-Identifier: MIT */
/* The folder of the sockets on which processes with attached programs are asked. */
#include "supervise/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/format.h"

/* Nobody else may put anything there. */
static bool is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* False: there is none, or its name is too long for a socket's. */
bool folder_find(bool create, char *buf, size_t size)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 64;

	if (base == NULL || base[0] != '/')
		base = geteuid() == 0 ? "/run" : NULL;
	if (base == NULL || strlen(base) + sizeof("/oriel") > MIN(room, size))
		return false;
	format(buf, size, "%s/oriel", base);
	if (create && mkdir(buf, S_IRWXU) != 0 && errno != EEXIST)
		return false;
	return is_ours(buf);
}

bool folder_may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* Neither side waits long for the other. */
void folder_set_patience(int fd)
{
	const struct timeval patience = { .tv_sec = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}
