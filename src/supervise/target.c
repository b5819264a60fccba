/* SPDX-License-Identifier: MIT */
/* The task behind a call: its memory, its descriptors, what /proc says of it. */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/format.h"
#include "os/os.h"
#include "supervise/internal.h"

/* --- /proc --- */

int target_proc(u32 tid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	format(path, sizeof(path), "/proc/%u/%s", tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return (int)len;
}

bool status_number(const char *status, const char *name, u32 base, u64 *ret)
{
	const char *line = strstr(status, name);

	if (line == NULL)
		return false;
	*ret = strtoull(line + strlen(name), NULL, (int)base);
	return true;
}

u32 status_numbers(const char *status, const char *name, u64 *ret, u32 room)
{
	const char *at = strstr(status, name);
	u32 count = 0;

	if (at == NULL)
		return 0;
	at += strlen(name);
	for (; count < room; count++) {
		while (*at == ' ' || *at == '\t')
			at++;
		if (*at < '0' || *at > '9')
			break;
		ret[count] = strtoull(at, (char **)(uintptr_t)&at, 10);
	}
	return count;
}

/* --- finding it --- */

static int open_pidfd(const struct server *server, u32 tid, u32 tgid)
{
	if ((server->features & SUPERVISE_PIDFD_THREAD) != 0)
		return (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	return (int)syscall(SYS_pidfd_open, tgid, 0);
}

void target_forget(struct target *target)
{
	if (target->tid != 0) {
		close(target->pidfd);
		if (target->proc >= 0)
			close(target->proc);
	}
	target->tid = 0;
}

static int fill(struct call *call, struct target *target, u32 tid)
{
	char status[512];
	u64 tgid;
	int r = target_proc(tid, "status", status, sizeof(status));

	target_forget(target);
	if (r < 0)
		return r;
	if (!status_number(status, "\nTgid:", 10, &tgid))
		return -ESRCH;
	target->pidfd = open_pidfd(call->server, tid, (u32)tgid);
	if (target->pidfd < 0)
		return -errno;
	target->tid = tid;
	target->proc = -1;
	target->tgid = (u32)tgid;
	return 0;
}

bool target_find(struct call *call)
{
	u32 tid = call->request->pid;
	struct target *target = &call->worker->targets[tid % TARGETS];

	/* In a space of numbers that we do not see: nothing can be done for it. */
	if (tid == 0 || (target->tid != tid && fill(call, target, tid) < 0)) {
		answer(call, 0, -EPERM);
		return false;
	}
	call->target = target;
	return true;
}

/* --- its descriptors --- */

int target_copy_fd(struct call *call, int fd)
{
	int copy = (int)syscall(SYS_pidfd_getfd, call->target->pidfd, fd, 0);

	/* The number is another task's by now: that one made the call. */
	if (copy < 0 && errno == ESRCH && fill(call, call->target, call->request->pid) == 0)
		copy = (int)syscall(SYS_pidfd_getfd, call->target->pidfd, fd, 0);
	return copy;
}

static int socket_option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

bool target_fd(struct call *call, int fd)
{
	call->socket = target_copy_fd(call, fd);
	if (call->socket < 0) {
		/* EPERM: it does not let itself be looked at. */
		answer(call, 0, errno == EBADF || errno == EMFILE ? -errno : -EPERM);
		return false;
	}
	return true;
}

bool target_is_socket(struct call *call)
{
	call->domain = socket_option(call->socket, SO_DOMAIN);
	if (call->domain < 0) {
		answer(call, 0, errno == EBADF ? -EBADF : -ENOTSOCK);
		return false;
	}
	call->type = socket_option(call->socket, SO_TYPE);
	return true;
}

bool target_socket(struct call *call, int fd)
{
	return target_fd(call, fd) && target_is_socket(call);
}

/* --- its memory --- */

int target_read(const struct call *call, u64 from, void *to, size_t len)
{
	struct iovec local = { to, len };
	struct iovec remote = { (void *)(uintptr_t)from, len };

	if (len == 0)
		return 0;
	if (process_vm_readv((pid_t)call->request->pid, &local, 1, &remote, 1, 0) == (ssize_t)len)
		return 0;
	return errno == EPERM ? -EPERM : -EFAULT;
}

int target_write(const struct call *call, u64 to, const void *from, size_t len)
{
	struct iovec local = { (void *)(uintptr_t)from, len };
	struct iovec remote = { (void *)(uintptr_t)to, len };

	if (len == 0)
		return 0;
	if (process_vm_writev((pid_t)call->request->pid, &local, 1, &remote, 1, 0) == (ssize_t)len)
		return 0;
	return errno == EPERM ? -EPERM : -EFAULT;
}

/* --- what programs are told --- */

#define NS_100_PER_SECOND 10000000u
#define START_FIELD	  22 /* of proc(5)'s stat; the second one is a name in brackets */
#define SESSION_FIELD	  6

static u64 stat_field(const char *stat, u32 wanted)
{
	const char *p = strrchr(stat, ')');

	for (u32 field = 2; p != NULL && field < wanted; field++)
		p = strchr(p + 1, ' ');
	return p == NULL ? 0 : strtoull(p + 1, NULL, 10);
}

static u64 created(u32 tid)
{
	char stat[1024];
	long per_second = sysconf(_SC_CLK_TCK);

	if (target_proc(tid, "stat", stat, sizeof(stat)) < 0 || per_second <= 0)
		return 0;
	return stat_field(stat, START_FIELD) * (NS_100_PER_SECOND / (u64)per_second);
}

/* A session that began outside of our space of process numbers has none here, which shows as 0: it
 * is the one in which the first process of this space began. No logon has the id 0. */
static u64 session(u32 tid)
{
	char stat[1024];
	u64 id;

	if (target_proc(tid, "stat", stat, sizeof(stat)) < 0)
		return 0;
	id = stat_field(stat, SESSION_FIELD);
	return id == 0 ? 1 : id;
}

/* The effective ones. */
static u64 uid_gid(u32 tid)
{
	char status[1024];
	u64 uid[4] = { 0, OS_NOBODY }, gid[4] = { 0, OS_NOBODY };

	if (target_proc(tid, "status", status, sizeof(status)) >= 0) {
		(void)status_numbers(status, "\nUid:", uid, 4);
		(void)status_numbers(status, "\nGid:", gid, 4);
	}
	return gid[1] << 32 | (u32)uid[1];
}

static u64 cookie(int fd, int name)
{
	u64 value = 0;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, name, &value, &len);
	return value;
}

#define INTERFACE_LOOPBACK 24
#define INTERFACE_ETHERNET 6

static u64 interface_type(const struct net_address *remote)
{
	static const u8 loopback[16] = { [15] = 1 };
	bool local = remote->family == NET_IP4 ? remote->ip[0] == 127
					       : memcmp(remote->ip, loopback, 16) == 0;

	return local ? INTERFACE_LOOPBACK : INTERFACE_ETHERNET;
}

static u64 number(void *arg, enum net_question question)
{
	const struct call *call = arg;
	u32 tid = call->request->pid, tgid = call->target->tgid;

	switch (question) {
	case NET_LOGON_ID: return session(tgid);
	case NET_IS_ADMIN: return (u32)uid_gid(tid) == 0;
	case NET_PROCESS_START_KEY: return created(tgid) / 100000 << 22 | (tgid & 0x3fffff);
	case NET_THREAD_CREATED: return created(tid);
	case NET_UID_GID: return uid_gid(tid);
	case NET_SOCKET_COOKIE: return cookie(call->socket, SO_COOKIE);
	case NET_NETNS_COOKIE: return cookie(call->socket, SO_NETNS_COOKIE);
	case NET_INTERFACE_TYPE: return interface_type(&call->event.remote);
	}
	return 0;
}

static void name(void *arg, char *buf, size_t size)
{
	const struct call *call = arg;
	char comm[64] = "";
	int len = target_proc(call->request->pid, "comm", comm, sizeof(comm));

	for (int i = 0; i < len && (size_t)i + 1 < size && comm[i] != '\n'; i++)
		buf[i] = comm[i];
}

/* One character; a file's name need not be UTF-8: a byte that is none stands for itself. */
static u32 take_char(const u8 *text, size_t len, size_t *at)
{
	u8 first = text[*at];
	u32 more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
	u32 c = more == 0 ? first : first & (0x3fu >> more);

	if (first >= 0xf5 || *at + more >= len)
		more = 0;
	for (u32 i = 1; i <= more; i++) {
		if ((text[*at + i] & 0xc0) != 0x80) {
			more = 0;
			break;
		}
		c = c << 6 | (text[*at + i] & 0x3fu);
	}
	*at += 1 + more;
	return more == 0 ? first : c;
}

/* UTF-16 is never longer than UTF-8. */
static u32 to_utf16(const u8 *text, size_t len, u16 *to)
{
	u32 count = 0;

	for (size_t at = 0; at < len;) {
		u32 c = take_char(text, len, &at);

		if (c < 0x10000) {
			to[count++] = (u16)c;
			continue;
		}
		c -= 0x10000;
		to[count++] = (u16)(0xd800 + (c >> 10));
		to[count++] = (u16)(0xdc00 + (c & 0x3ff));
	}
	return count;
}

static void describe_app(struct call *call)
{
	struct target *target = call->target;
	char path[64], app[APP_PATH_MAX];
	ssize_t len;

	if (target->proc < 0) {
		format(path, sizeof(path), "/proc/%u", target->tid);
		target->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	len = readlinkat(target->proc, "exe", app, sizeof(app));
	call->event.app_id = call->app_id;
	call->event.app_id_len = len < 0 ? 0 : to_utf16((const u8 *)app, (size_t)len, call->app_id);
}

/* The network namespace by its inode number, which `ls -L /proc/PID/ns/net` shows, too. */
static u32 find_compartment(const struct call *call)
{
	struct stat st;
	char path[64];
	int fd = ioctl(call->socket, SIOCGSKNS);
	int r;

	if (fd >= 0) {
		r = fstat(fd, &st);
		close(fd);
	} else {
		format(path, sizeof(path), "/proc/%u/ns/net", call->request->pid);
		r = stat(path, &st);
	}
	return r == 0 ? (u32)st.st_ino : 0;
}

/* Most sockets are of one namespace. */
static u32 compartment(const struct call *call)
{
	struct worker *worker = call->worker;
	u64 netns = cookie(call->socket, SO_NETNS_COOKIE);

	if (netns == 0)
		return find_compartment(call);
	if (worker->netns != netns) {
		worker->compartment = find_compartment(call);
		worker->netns = netns;
	}
	return worker->compartment;
}

static void tell(void *arg, struct net_event *event, u32 details)
{
	struct call *call = arg;
	int interface;

	if ((details & NET_PROTOCOL) != 0)
		event->protocol = (u8)socket_option(call->socket, SO_PROTOCOL);
	if ((details & NET_INTERFACE_LUID) != 0) {
		interface = socket_option(call->socket, SO_BINDTOIFINDEX);
		event->interface_luid = interface > 0 ? (u64)interface : 0;
	}
	if ((details & NET_COMPARTMENT) != 0)
		event->compartment = compartment(call);
	if ((details & NET_LOCAL) != 0 && event->operation != NET_BIND &&
	    event->operation != NET_LISTEN)
		(void)socket_name(call, &event->local);
	if ((details & NET_APP_ID) != 0)
		describe_app(call);
}

static const struct net_asker asker = { tell, number, name };

void target_describe(struct call *call, enum net_operation operation)
{
	struct net_event *event = &call->event;

	event->operation = operation;
	event->redirected = false;
	event->process = call->target->tgid;
	event->thread = call->request->pid;
	event->socket_type = (u8)call->type;
	event->asker = &asker;
	event->asker_arg = call;
}
