/* SPDX-License-Identifier: MIT */
/* What the kernel has, which calls are wanted, and a command from its start to its end. */
#include "supervise/supervise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/internal.h"

/* --- the table: a system call, when it is of interest, and who makes it --- */

#define OPERATION(name) (1u << NET_##name)

#define CONNECTS (OPERATION(CONNECT) | OPERATION(CONNECT_AUTHORIZE) | OPERATION(ESTABLISHED_ACTIVE))
#define ACCEPTS	 (OPERATION(ACCEPT) | OPERATION(ESTABLISHED_PASSIVE))

#define FLOWS (OPERATION(ESTABLISHED_ACTIVE) | OPERATION(ESTABLISHED_PASSIVE) | OPERATION(DELETED))

const struct handler supervise_handlers[] = {
	{ SYS_bind, HANDLE_ANY, 0, 0, OPERATION(BIND), handle_bind },
	{ SYS_connect, HANDLE_ANY, 0, 0, CONNECTS, handle_connect },
	{ SYS_listen, HANDLE_ANY, 0, 0, OPERATION(LISTEN), handle_listen },
	{ SYS_accept, HANDLE_ANY, 0, 0, ACCEPTS, handle_accept },
	{ SYS_accept4, HANDLE_ANY, 0, 0, ACCEPTS, handle_accept4 },
	/* Addresses of datagrams; and of connections that begin with the first data. */
	{ SYS_sendto, HANDLE_POINTER, 4, 0, OPERATION(SEND), handle_sendto },
	{ SYS_sendto, HANDLE_FLAG, 3, MSG_FASTOPEN, CONNECTS, handle_sendto },
	{ SYS_sendmsg, HANDLE_ANY, 0, 0, OPERATION(SEND), handle_sendmsg },
	{ SYS_sendmsg, HANDLE_FLAG, 2, MSG_FASTOPEN, CONNECTS, handle_sendmsg },
	{ SYS_sendmmsg, HANDLE_ANY, 0, 0, OPERATION(SEND), handle_sendmmsg },
	{ SYS_sendmmsg, HANDLE_FLAG, 3, MSG_FASTOPEN, CONNECTS, handle_sendmmsg },
	{ SYS_getsockopt, HANDLE_ORIGIN, 0, 0, OPERATION(CONNECT), handle_getsockopt },
};
const size_t supervise_handler_count = ARRAY_COUNT(supervise_handlers);

/* Bits of 1 << enum net_operation. */
static u32 wanted_operations(const struct supervise_options *options)
{
	u32 operations = 0;

	for (u32 i = 0; i < options->net_count; i++)
		for (u32 op = 0; op < NET_OPERATIONS; op++)
			for (u32 family = NET_IP4; family < NET_FAMILIES; family++)
				if (net_is_used(options->nets[i], (enum net_operation)op,
						(enum net_family)family))
					operations |= 1u << op;
	return operations;
}

static u64 wanted_handlers(const struct supervise_options *options, u32 operations)
{
	u64 wanted = 0;

	for (size_t i = 0; i < supervise_handler_count; i++)
		if (options->all_calls || (supervise_handlers[i].operations & operations) != 0)
			wanted |= 1ull << i;
	return wanted;
}

/* --- the kernel --- */

/* The kernel looks at the flags before it looks for the filter. */
static bool knows_filter_flag(unsigned long flag)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       flag | SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) != 0 &&
	       errno == EFAULT;
}

u32 supervise_features(void)
{
	struct seccomp_notif_sizes sizes;
	u32 features = 0;
	int pidfd;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
		return 0;
	if (knows_filter_flag(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
		features |= SUPERVISE_WAIT_KILLABLE;
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), PIDFD_THREAD);
	if (pidfd >= 0) {
		features |= SUPERVISE_PIDFD_THREAD;
		close(pidfd);
	}
	/* These show when they are used. */
	return features | SUPERVISE_SYNC_WAKE_UP | SUPERVISE_ADDFD_SEND;
}

u32 supervise_compartment(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? (u32)st.st_ino : 0;
}

/* --- ourselves --- */

static void on_interrupt(UNUSED int signal) {}

/* A descriptor for each call under way. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

#define PORT_PRIVILEGED_END 1024

static u32 first_port(void)
{
	char text[32];
	u32 port = 0;
	int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (len > 0) {
		text[len] = '\0';
		port = (u32)strtoul(text, NULL, 10);
	}
	return MAX(port, (u32)PORT_PRIVILEGED_END);
}

static const int forwarded[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD };

/* Signals of a terminal reach the command as well; we stay until it has ended. */
static int open_signals(sigset_t *ret_old)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_COUNT(forwarded); i++)
		(void)sigaddset(&set, forwarded[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, ret_old);
	(void)sigaction(SIGURG, &action, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int prepare(struct server *server, struct error *err)
{
	server->operations = wanted_operations(server->options);
	server->wanted = wanted_handlers(server->options, server->operations);
	server->features = supervise_features();
	server->listener = server->wake = -1;
	server->first_port = first_port();
	if (server->features == 0)
		return error_set(err, ERR_NOTSUP,
				 "this kernel has no notifications of system calls");
	server->features &= ~server->options->without;
	server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->wake < 0)
		return error_set(err, ERR_IO, "no event descriptor: %s", strerror(errno));
	return 0;
}

static int run(struct server *server, int signals, int *ret_exit, struct error *err)
{
	int r;

	/* Orphans stay below us, where we may look at them: from the start, as a command may have
	 * ended before we hear of it again. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	r = start_command(server, err);
	if (r < 0)
		goto out;
	raise_limit();
	/* Others of the same user could take the listener from us. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if ((server->features & SUPERVISE_SYNC_WAKE_UP) != 0 &&
	    ioctl(server->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) != 0)
		server->features &= ~(u32)SUPERVISE_SYNC_WAKE_UP;
	if ((server->operations & FLOWS) != 0)
		server->flows = flows_start(server);
	r = serve(server, signals, ret_exit, err);
	flows_stop(server->flows);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
out:
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	return r;
}

int supervise_run(const struct supervise_options *options, int *ret_exit, struct error *err)
{
	struct server server = { .options = options,
				 .mutex = PTHREAD_MUTEX_INITIALIZER,
				 .turn = PTHREAD_COND_INITIALIZER };
	int exit_code = 0, signals = -1;
	int r = prepare(&server, err);
	sigset_t old;

	if (r == 0) {
		signals = open_signals(&old);
		server.signal_mask = &old;
		r = run(&server, signals, &exit_code, err);
		(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	for (size_t i = 0; i < 3; i++) {
		const int fds[] = { server.listener, server.wake, signals };

		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (r == 0)
		*ret_exit = exit_code;
	return r;
}
