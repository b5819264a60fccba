/* SPDX-License-Identifier: MIT */
/* The asking side of the sockets on which processes with attached programs are asked. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "supervise/address.h"
#include "supervise/folder.h"
#include "supervise/kernel.h"
#include "supervise/status.h"

#define LINE_BYTES 8192 /* bytes of a line */

static bool is_socket_name(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(FOLDER_SUFFIX) &&
	       strcmp(name + len - strlen(FOLDER_SUFFIX), FOLDER_SUFFIX) == 0;
}

/* A connection on which that was asked; -1: not now; -2: nobody is there. */
static int ask_for(const char *path, const void *what, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_gone;

	if (fd < 0)
		return -1;
	folder_set_patience(fd);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		if (folder_may_ask(fd) && send(fd, what, len, MSG_NOSIGNAL) == (ssize_t)len)
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

int status_ask(enum status_question question,
	       void (*take)(void *arg, const char *answer, size_t len), void *arg,
	       struct error *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];
	static const char asks[] = { [STATUS_PROGRAMS] = ASK_PROGRAMS,
				     [STATUS_MAPS] = ASK_MAPS,
				     [STATUS_MAPS_JSON] = ASK_MAPS_JSON };
	char *buf;
	DIR *dir;

	if (!folder_find(false, folder, sizeof(folder)))
		return 0;
	buf = mem_alloc(STATUS_ANSWER_MAX);
	if (buf == NULL)
		return error_set(err, ERR_NOMEM, "no memory for answers");
	dir = opendir(folder);
	while (dir != NULL && next_socket(dir, folder, path, sizeof(path))) {
		int fd = ask_for(path, &asks[question], 1);

		if (fd == -2)
			(void)unlink(path);
		if (fd < 0)
			continue;
		take(arg, buf, hear(fd, buf, STATUS_ANSWER_MAX));
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
	mem_free(buf);
	return 0;
}

/* --- redirected connections --- */

bool redirect_question_of(int socket, struct redirect_question *ret_question)
{
	struct redirect_question question;
	socklen_t len = sizeof(question.netns);

	memset(&question, 0, sizeof(question));
	/* Their local one is our remote one. */
	if (!address_of_socket(socket, getpeername, &question.local) ||
	    !address_of_socket(socket, getsockname, &question.remote))
		return false;
	(void)getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &question.netns, &len);
	*ret_question = question;
	return true;
}

static bool is_whole(const struct redirect_answer *answer, size_t len)
{
	return len == sizeof(*answer) && answer->context_len <= sizeof(answer->context);
}

int redirect_ask(int socket, struct redirect_answer *ret_answer, struct error *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];
	struct redirect_answer answer;
	struct {
		char what;
		char question[sizeof(struct redirect_question)];
	} message = { .what = ASK_REDIRECT };
	struct redirect_question question;
	bool found = false;
	DIR *dir;

	if (!redirect_question_of(socket, &question))
		return error_set(err, ERR_INVAL, "no socket with a connection of IPv4 or IPv6");
	memcpy(message.question, &question, sizeof(question));
	dir = folder_find(false, folder, sizeof(folder)) ? opendir(folder) : NULL;
	while (dir != NULL && !found && next_socket(dir, folder, path, sizeof(path))) {
		int fd = ask_for(path, &message, sizeof(message));

		if (fd < 0)
			continue;
		found = is_whole(&answer, hear(fd, (char *)&answer, sizeof(answer)));
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
	if (!found)
		return error_set(err, ERR_NOENT, "no program has redirected this connection");
	*ret_answer = answer;
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
	const char what = ASK_EVENTS;
	DIR *dir = folder_find(false, folder, sizeof(folder)) ? opendir(folder) : NULL;

	while (dir != NULL && watch->count < PROCESSES &&
	       next_socket(dir, folder, path, sizeof(path))) {
		u32 i = 0;
		int fd;

		while (i < watch->count && strcmp(watch->list[i].path, path) != 0)
			i++;
		if (i < watch->count)
			continue;
		fd = ask_for(path, &what, 1);
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
