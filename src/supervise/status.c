/* SPDX-License-Identifier: MIT */
/* Sockets on which processes with attached programs say what those do. */
#include "supervise/status.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "os/os.h"
#include "supervise/folder.h"

#define BACKLOG	 8
#define WATCHERS 16
#define DRAIN_MS 50

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

static void say(struct status_server *server, int fd, enum status_question question)
{
	struct strbuf text = STRBUF_INIT;
	size_t sent = 0;
	ssize_t n = 1;

	server->options.fill(server->options.arg, question, &text);
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

	server->options.drain(server->options.arg, server->watcher_count > 0 ? &text : NULL);
	for (u32 i = server->watcher_count; i-- > 0;)
		if (strbuf_status(&text) == 0 && !send_lines(&server->watchers[i], &text))
			forget_watcher(server, i);
	strbuf_fini(&text);
}

static void say_redirect(const struct status_server *server, int fd)
{
	struct redirect_question question;
	struct redirect_answer answer;

	if (recv(fd, &question, sizeof(question), MSG_WAITALL) == (ssize_t)sizeof(question) &&
	    redirects_find(server->options.redirects, &question, &answer))
		(void)!send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
}

/* Who begins to watch is told of what comes from now on. */
static void answer(struct status_server *server, int fd)
{
	char what;

	folder_set_patience(fd);
	if (folder_may_ask(fd) && recv(fd, &what, 1, 0) == 1) {
		if (what == ASK_EVENTS && server->watcher_count < WATCHERS) {
			drain(server);
			server->watchers[server->watcher_count++] = (struct watcher){ .fd = fd };
			return;
		}
		if (what == ASK_PROGRAMS)
			say(server, fd, STATUS_PROGRAMS);
		if (what == ASK_MAPS)
			say(server, fd, STATUS_MAPS);
		if (what == ASK_MAPS_JSON)
			say(server, fd, STATUS_MAPS_JSON);
		if (what == ASK_REDIRECT)
			say_redirect(server, fd);
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
		bool drains = count > 0 || server->options.always;
		int fd;

		for (u32 i = 0; i < count; i++)
			fds[2 + i] =
				(struct pollfd){ .fd = server->watchers[i].fd, .events = POLLIN };
		if (poll(fds, 2 + count, drains ? DRAIN_MS : -1) < 0 && errno != EINTR)
			break;
		if (drains)
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
	format(server->address.sun_path, sizeof(server->address.sun_path),
	       "%s/%u-%llx" FOLDER_SUFFIX, folder, (u32)getpid(), os_clock_monotonic());
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return server->listener >= 0 && fchmod(server->listener, S_IRUSR | S_IWUSR) == 0 &&
	       bind(server->listener, (const struct sockaddr *)&server->address,
		    sizeof(server->address)) == 0 &&
	       listen(server->listener, BACKLOG) == 0;
}

static void close_listener(struct status_server *server)
{
	if (server->address.sun_path[0] != '\0')
		(void)unlink(server->address.sun_path);
	if (server->listener >= 0)
		close(server->listener);
	server->address.sun_path[0] = '\0';
	server->listener = -1;
}

static void free_server(struct status_server *server)
{
	close_listener(server);
	if (server->stop >= 0)
		close(server->stop);
	mem_free(server);
}

int status_serve(const struct status_options *options, struct status_server **ret_server,
		 struct error *err)
{
	struct status_server *server;
	char folder[sizeof(server->address.sun_path)];

	bool found = folder_find(true, folder, sizeof(folder)), open;

	if (!found && !options->always)
		return error_set(err, ERR_NOTSUP, "no folder of our own for a socket");
	server = mem_zalloc(sizeof(*server));
	if (server == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a socket");
	server->options = *options;
	server->listener = -1;
	server->stop = eventfd(0, EFD_CLOEXEC);
	open = found && open_listener(server, folder);
	if (!open)
		close_listener(server);
	if (server->stop < 0 || (!open && !options->always) || start_thread(server) != 0) {
		free_server(server);
		return error_set(err, ERR_IO, "no socket in %s", found ? folder : "any folder");
	}
	*ret_server = server;
	return 0;
}

bool status_is_open(const struct status_server *server)
{
	return server != NULL && server->listener >= 0;
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
