/* SPDX-License-Identifier: MIT */
/* Sockets on which processes with attached programs say what those do. */
#include "supervise/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "os/os.h"

#define SUFFIX	   ".sock"
#define ANSWER_MAX ((size_t)1 << 20)
#define BACKLOG	   8

struct status_server {
	struct sockaddr_un address;
	int listener, stop;
	pthread_t thread;
	status_fill_fn fill;
	void *arg;
};

/* --- where --- */

/* Nobody else may put anything there. */
static bool is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* False: there is none, or its name is too long for a socket's. */
static bool find_folder(bool create, char *buf, size_t size)
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

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* Neither side waits long for the other. */
static void set_patience(int fd)
{
	const struct timeval patience = { .tv_sec = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* --- the answering side --- */

static void say(struct status_server *server, int fd)
{
	struct strbuf text = STRBUF_INIT;
	size_t sent = 0;
	ssize_t n = 1;

	set_patience(fd);
	server->fill(server->arg, &text);
	while (strbuf_status(&text) == 0 && sent < text.len && n > 0) {
		n = send(fd, text.data + sent, text.len - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	strbuf_fini(&text);
}

static void *serve(void *arg)
{
	struct status_server *server = arg;
	struct pollfd fds[] = { { .fd = server->listener, .events = POLLIN },
				{ .fd = server->stop, .events = POLLIN } };

	for (;;) {
		int fd;

		if (poll(fds, ARRAY_COUNT(fds), -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents != 0)
			return NULL;
		if ((fds[0].revents & POLLIN) == 0)
			continue;
		fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		if (may_ask(fd))
			say(server, fd);
		close(fd);
	}
}

/* The signals are other threads'. */
static int start_thread(struct status_server *server)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&server->thread, NULL, serve, server);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

/* A name that nobody had before, so that whoever removes what is left over removes no other. */
static bool open_listener(struct status_server *server, const char *folder)
{
	server->address.sun_family = AF_UNIX;
	format(server->address.sun_path, sizeof(server->address.sun_path), "%s/%u-%llx" SUFFIX,
	       folder, (u32)getpid(), os_clock_monotonic());
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return server->listener >= 0 && fchmod(server->listener, S_IRUSR | S_IWUSR) == 0 &&
	       bind(server->listener, (const struct sockaddr *)&server->address,
		    sizeof(server->address)) == 0 &&
	       listen(server->listener, BACKLOG) == 0;
}

static void free_server(struct status_server *server)
{
	if (server->address.sun_path[0] != '\0')
		(void)unlink(server->address.sun_path);
	if (server->listener >= 0)
		close(server->listener);
	if (server->stop >= 0)
		close(server->stop);
	mem_free(server);
}

int status_serve(status_fill_fn fill, void *arg, struct status_server **ret_server,
		 struct error *err)
{
	struct status_server *server;
	char folder[sizeof(server->address.sun_path)];

	if (!find_folder(true, folder, sizeof(folder)))
		return error_set(err, ERR_NOTSUP, "no folder of our own for a socket");
	server = mem_zalloc(sizeof(*server));
	if (server == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a socket");
	server->fill = fill;
	server->arg = arg;
	server->listener = -1;
	server->stop = eventfd(0, EFD_CLOEXEC);
	if (server->stop < 0 || !open_listener(server, folder) || start_thread(server) != 0) {
		free_server(server);
		return error_set(err, ERR_IO, "no socket in %s", folder);
	}
	*ret_server = server;
	return 0;
}

void status_stop(struct status_server *server)
{
	const u64 one = 1;

	if (server == NULL)
		return;
	if (write(server->stop, &one, sizeof(one)) == (ssize_t)sizeof(one))
		(void)pthread_join(server->thread, NULL);
	free_server(server);
}

/* --- the asking side --- */

static bool is_socket_name(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

/* What it says, as much as there is room for; -1: nobody is there. */
static ssize_t ask(const char *path, char *buf, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return 0;
	set_patience(fd);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		n = errno == ECONNREFUSED ? -1 : 0;
		close(fd);
		return n;
	}
	while (may_ask(fd) && len < size && n > 0) {
		n = recv(fd, buf + len, size - len, 0);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	return (ssize_t)len;
}

int status_ask(void (*take)(void *arg, const char *answer, size_t len), void *arg,
	       struct error *err)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)], path[sizeof(folder)];
	const struct dirent *entry;
	char *buf;
	DIR *dir;

	if (!find_folder(false, folder, sizeof(folder)))
		return 0;
	buf = mem_alloc(ANSWER_MAX);
	if (buf == NULL)
		return error_set(err, ERR_NOMEM, "no memory for answers");
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		ssize_t len;

		if (!is_socket_name(entry->d_name) ||
		    strlen(folder) + strlen(entry->d_name) + 2 > sizeof(path))
			continue;
		format(path, sizeof(path), "%s/%s", folder, entry->d_name);
		len = ask(path, buf, ANSWER_MAX);
		if (len < 0)
			(void)unlink(path);
		else if (len > 0)
			take(arg, buf, (size_t)len);
	}
	if (dir != NULL)
		closedir(dir);
	mem_free(buf);
	return 0;
}

void status_sleep(u32 ms)
{
	(void)poll(NULL, 0, (int)MIN(ms, (u32)INT32_MAX));
}
