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
#define WATCHERS   16
#define DRAIN_MS   50
#define LINE_BYTES 8192 /* bytes of a line */

#define PATH_BYTES sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* What is asked, in one byte. */
#define ASK_STATUS 's'
#define ASK_EVENTS 'e'

struct status_server {
	struct sockaddr_un address;
	int listener, stop;
	pthread_t thread;
	struct status_options options;
	struct watcher {
		int fd;
		u64 missed;
	} watchers[WATCHERS];
	u32 watcher_count;
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

	server->options.fill(server->options.arg, &text);
	while (strbuf_status(&text) == 0 && sent < text.len && n > 0) {
		n = send(fd, text.data + sent, text.len - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	strbuf_fini(&text);
}

static void forget_watcher(struct status_server *server, u32 i)
{
	close(server->watchers[i].fd);
	server->watchers[i] = server->watchers[--server->watcher_count];
}

/* A line is sent whole or not at all: it is smaller than what the kernel takes in one piece. */
static bool send_line(struct watcher *watcher, const char *line, size_t len)
{
	ssize_t n = send(watcher->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		watcher->missed++;
	return n == (ssize_t)len || (n < 0 && errno == EAGAIN);
}

static bool send_missed(struct watcher *watcher)
{
	char text[64];
	u64 missed = watcher->missed;
	size_t len;
	ssize_t n;

	if (missed == 0)
		return true;
	len = format(text, sizeof(text), "missed\t%u\t%llu\n", (u32)getpid(), missed);
	n = send(watcher->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == (ssize_t)len)
		watcher->missed = 0;
	return n == (ssize_t)len || (n < 0 && errno == EAGAIN);
}

static bool send_lines(struct watcher *watcher, const struct strbuf *text)
{
	size_t begin = 0;

	if (!send_missed(watcher))
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] != '\n')
			continue;
		if (!send_line(watcher, text->data + begin, i + 1 - begin))
			return false;
		begin = i + 1;
	}
	return true;
}

static void drain(struct status_server *server)
{
	struct strbuf text = STRBUF_INIT;

	server->options.drain(server->options.arg, &text);
	for (u32 i = server->watcher_count; i-- > 0;)
		if (strbuf_status(&text) == 0 && !send_lines(&server->watchers[i], &text))
			forget_watcher(server, i);
	strbuf_fini(&text);
}

/* Who begins to watch is told of what comes from now on. */
static void answer(struct status_server *server, int fd)
{
	char what;

	set_patience(fd);
	if (may_ask(fd) && recv(fd, &what, 1, 0) == 1) {
		if (what == ASK_EVENTS && server->watcher_count < WATCHERS) {
			drain(server);
			server->watchers[server->watcher_count++] = (struct watcher){ .fd = fd };
			return;
		}
		if (what == ASK_STATUS)
			say(server, fd);
	}
	close(fd);
}

/* Those that went away; what others say is nothing that we wait for. */
static void look_at_watchers(struct status_server *server, const struct pollfd *fds)
{
	for (u32 i = server->watcher_count; i-- > 0;)
		if (fds[i].revents != 0)
			forget_watcher(server, i);
}

static void *serve(void *arg)
{
	struct status_server *server = arg;
	struct pollfd fds[2 + WATCHERS] = { { .fd = server->listener, .events = POLLIN },
					    { .fd = server->stop, .events = POLLIN } };

	for (;;) {
		u32 count = server->watcher_count;
		int fd;

		for (u32 i = 0; i < count; i++)
			fds[2 + i] =
				(struct pollfd){ .fd = server->watchers[i].fd, .events = POLLIN };
		if (poll(fds, 2 + count, count > 0 ? DRAIN_MS : -1) < 0 && errno != EINTR)
			break;
		if (count > 0)
			drain(server);
		if (fds[1].revents != 0)
			break;
		if (count > 0 && count == server->watcher_count)
			look_at_watchers(server, fds + 2);
		if ((fds[0].revents & POLLIN) == 0)
			continue;
		fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			answer(server, fd);
	}
	while (server->watcher_count > 0)
		forget_watcher(server, 0);
	return NULL;
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

int status_serve(const struct status_options *options, struct status_server **ret_server,
		 struct error *err)
{
	struct status_server *server;
	char folder[sizeof(server->address.sun_path)];

	if (!find_folder(true, folder, sizeof(folder)))
		return error_set(err, ERR_NOTSUP, "no folder of our own for a socket");
	server = mem_zalloc(sizeof(*server));
	if (server == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a socket");
	server->options = *options;
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

/* A connection on which that was asked; -1: not now; -2: nobody is there. */
static int ask_for(const char *path, char what)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_gone;

	if (fd < 0)
		return -1;
	set_patience(fd);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		if (may_ask(fd) && send(fd, &what, 1, MSG_NOSIGNAL) == 1)
			return fd;
		is_gone = false;
	} else {
		is_gone = errno == ECONNREFUSED;
	}
	close(fd);
	return is_gone ? -2 : -1;
}

/* What it says, as much as there is room for. */
static size_t hear(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < size && n > 0) {
		n = recv(fd, buf + len, size - len, 0);
		if (n > 0)
			len += (size_t)n;
	}
	return len;
}

/* The next socket in the folder; what nobody answers on is removed. False: there is no other. */
static bool next_socket(DIR *dir, const char *folder, char *path, size_t size)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (!is_socket_name(entry->d_name) ||
		    strlen(folder) + strlen(entry->d_name) + 2 > size)
			continue;
		format(path, size, "%s/%s", folder, entry->d_name);
		return true;
	}
	return false;
}

int status_ask(void (*take)(void *arg, const char *answer, size_t len), void *arg,
	       struct error *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];
	char *buf;
	DIR *dir;

	if (!find_folder(false, folder, sizeof(folder)))
		return 0;
	buf = mem_alloc(ANSWER_MAX);
	if (buf == NULL)
		return error_set(err, ERR_NOMEM, "no memory for answers");
	dir = opendir(folder);
	while (dir != NULL && next_socket(dir, folder, path, sizeof(path))) {
		int fd = ask_for(path, ASK_STATUS);

		if (fd == -2)
			(void)unlink(path);
		if (fd < 0)
			continue;
		take(arg, buf, hear(fd, buf, ANSWER_MAX));
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
	mem_free(buf);
	return 0;
}

/* --- the watching side --- */

#define LOOK_MS	  200 /* for processes that are new */
#define PROCESSES 64

struct watched {
	char path[PATH_BYTES];
	int fd;
	size_t len;
	char line[LINE_BYTES]; /* what there is of one */
};

struct watch {
	struct watched *list;
	u32 count;
	bool (*take)(void *arg, const char *line, size_t len);
	void *arg;
};

static void look_for_new(struct watch *watch)
{
	char folder[PATH_BYTES], path[PATH_BYTES];
	DIR *dir = find_folder(false, folder, sizeof(folder)) ? opendir(folder) : NULL;

	while (dir != NULL && watch->count < PROCESSES &&
	       next_socket(dir, folder, path, sizeof(path))) {
		u32 i = 0;
		int fd;

		while (i < watch->count && strcmp(watch->list[i].path, path) != 0)
			i++;
		if (i < watch->count)
			continue;
		fd = ask_for(path, ASK_EVENTS);
		if (fd == -2)
			(void)unlink(path);
		if (fd < 0)
			continue;
		watch->list[i].fd = fd;
		watch->list[i].len = 0;
		memcpy(watch->list[i].path, path, strlen(path) + 1);
		watch->count++;
	}
	if (dir != NULL)
		closedir(dir);
}

/* Whole lines; one that does not fit is none of ours. False: enough. */
static bool take_lines(const struct watch *watch, struct watched *from)
{
	size_t begin = 0;

	for (size_t i = 0; i < from->len; i++) {
		if (from->line[i] != '\n')
			continue;
		if (!watch->take(watch->arg, from->line + begin, i - begin))
			return false;
		begin = i + 1;
	}
	from->len = begin == 0 && from->len == sizeof(from->line) ? 0 : from->len - begin;
	memmove(from->line, from->line + begin, from->len);
	return true;
}

static bool hear_one(struct watch *watch, u32 i)
{
	struct watched *from = &watch->list[i];
	ssize_t n = recv(from->fd, from->line + from->len, sizeof(from->line) - from->len,
			 MSG_DONTWAIT);

	if (n > 0) {
		from->len += (size_t)n;
		return take_lines(watch, from);
	}
	if (n == 0 || errno != EAGAIN) {
		close(from->fd);
		watch->count--;
		if (i < watch->count)
			memcpy(from, &watch->list[watch->count], sizeof(*from));
	}
	return true;
}

int status_watch(bool (*take)(void *arg, const char *line, size_t len), void *arg,
		 struct error *err)
{
	struct watch watch = { .list = mem_zalloc_array(PROCESSES, sizeof(struct watched)),
			       .take = take,
			       .arg = arg };
	bool go_on = watch.list != NULL;

	if (!go_on)
		return error_set(err, ERR_NOMEM, "no memory to watch");
	while (go_on) {
		struct pollfd fds[PROCESSES];

		look_for_new(&watch);
		for (u32 i = 0; i < watch.count; i++)
			fds[i] = (struct pollfd){ .fd = watch.list[i].fd, .events = POLLIN };
		if (poll(fds, watch.count, LOOK_MS) <= 0)
			continue;
		for (u32 i = watch.count; i-- > 0 && go_on;)
			if (fds[i].revents != 0)
				go_on = hear_one(&watch, i);
	}
	for (u32 i = 0; i < watch.count; i++)
		close(watch.list[i].fd);
	mem_free(watch.list);
	return 0;
}

void status_sleep(u32 ms)
{
	(void)poll(NULL, 0, (int)MIN(ms, (u32)INT32_MAX));
}
