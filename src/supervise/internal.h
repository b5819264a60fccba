/* SPDX-License-Identifier: MIT */
/* What the files of supervise/ share. A notification is one thread's from its receipt to its
 * answer. One thread at a time listens; one that is about to wait in the kernel lets another one
 * listen first. The main thread looks after those that wait: whether the process behind one is gone
 * or has got a signal. */
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "supervise/address.h"
#include "supervise/kernel.h"
#include "supervise/supervise.h"

#define TARGETS	     16 /* that a thread remembers */
#define ADDRESS_MAX  sizeof(struct sockaddr_storage)
#define APP_PATH_MAX 512

/* A task that made a call. */
struct target {
	u32 tid; /* 0: the place is free */
	u32 tgid;
	int pidfd;
	int proc; /* its folder in /proc; -1: not needed yet */
};

struct worker {
	struct server *server;
	struct worker *next; /* of all */
	pthread_t thread;
	struct target targets[TARGETS];
	u64 netns; /* the cookie of the one seen last; its number: */
	u32 compartment;
	/* Under the server's mutex. */
	bool waiting;	  /* in the kernel, for something that may take long */
	bool interrupted; /* its task has got a signal, or is gone */
	u64 waiting_since;
	u64 id;		 /* of the notification */
	u32 tid, tgid;	 /* its task */
	u64 doubt_since; /* a signal is there that another thread may be to take; 0: none */
	u32 doubts;	 /* looks that have found it since */
	bool own_fs;	 /* working directory, root and umask are this thread's alone */
};

struct call;
struct handler {
	long nr;
	/* Which calls are meant: ANY, those with a pointer in that argument, those with a flag,
	 * those that ask where a connection was meant to go. */
	enum { HANDLE_ANY, HANDLE_POINTER, HANDLE_FLAG, HANDLE_ORIGIN } when;
	u32 arg;
	u32 flag;
	/* Operations of nets that need it; bits of 1 << enum net_operation. */
	u32 operations;
	void (*run)(struct call *call);
};
extern const struct handler supervise_handlers[];
extern const size_t supervise_handler_count;

struct flows;
struct server {
	const struct supervise_options *options;
	struct flows *flows; /* NULL: nobody wants them, or this host cannot tell */
	u32 features;
	u32 operations; /* that programs want to see; bits of 1 << enum net_operation */
	u64 wanted;	/* handlers by row */
	int listener;
	int wake; /* eventfd: for the main thread */
	pid_t child;
	bool ended;		     /* the command has */
	u32 first_port;		     /* that everybody may bind to */
	const sigset_t *signal_mask; /* the caller's, for the command */
	pthread_mutex_t mutex;
	pthread_cond_t turn; /* nobody listens */
	/* Under the mutex. */
	struct worker *workers;
	struct worker *leader; /* who listens; NULL: nobody does */
	u32 idle;	       /* wait for their turn */
	u32 waiting;	       /* are in the kernel, for long */
	u32 worker_count;
	bool asleep; /* the main thread is, until something happens */
	bool over;
};

/* One notification. */
struct call {
	struct server *server;
	struct worker *worker;
	const struct seccomp_notif *request;
	const struct handler *handler;
	struct target *target;
	int socket; /* the duplicate; -1: none yet */
	int domain, type;
	u64 flags; /* of accept4 */
	struct net_event event;
	struct net_address origin; /* event.remote before programs saw it */
	bool redirected;	   /* to another one */
	u16 app_id[APP_PATH_MAX];
	/* The answer. */
	s64 value;
	s32 error;     /* negative errno, or 0 */
	bool answered; /* already, or nobody waits for it */
	bool go_on;    /* the kernel makes the call */
};

/* --- filter.c --- */

/* Installs it for this process and what it starts; gives the listener, or a negative errno. */
int filter_install(const struct server *server);

/* --- start.c --- */

/* Starts the command under the filter: sets child and listener. */
int start_command(struct server *server, struct error *err) MUST_CHECK;

/* --- serve.c --- */

int serve(struct server *server, int signals, int *ret_exit, struct error *err) MUST_CHECK;
/* Lets somebody else listen at once, before a call that will surely take long. */
void wait_expect(struct call *call);
/* Around a system call that may take long. */
void wait_begin(struct call *call);
/* Whether the call has to end, as its task has got a signal or is gone. */
bool wait_end(struct call *call);
/* Ends a call that a signal has interrupted; timeout: the socket has one, so that it is not made
 * again. */
void answer_interrupted(struct call *call, bool timeout);
/* Whether somebody still waits for the answer. */
bool call_is_valid(const struct call *call);

/* --- target.c --- */

/* Finds the task. False: it is gone, or out of reach; then the call has its answer. */
bool target_find(struct call *call);
void target_forget(struct target *target);
/* A duplicate of the task's descriptor, in call->socket; what it is; both. False: the call has its
 * answer. Which of two mistakes a call ends with is the kernel's order. */
bool target_fd(struct call *call, int fd);
int target_copy_fd(struct call *call, int fd); /* -1: with errno */
bool target_is_socket(struct call *call);
bool target_socket(struct call *call, int fd);
/* Negative errno, or 0. */
int target_read(const struct call *call, u64 from, void *to, size_t len);
int target_write(const struct call *call, u64 to, const void *from, size_t len);
/* /proc/TID/NAME, terminated; its length or a negative errno. */
int target_proc(u32 tid, const char *name, char *buf, size_t size);
/* The number behind "Name:" in what /proc/TID/status says. */
bool status_number(const char *status, const char *name, u32 base, u64 *ret);
/* Decimal numbers behind "Name:", at most room of them; how many there are. */
u32 status_numbers(const char *status, const char *name, u64 *ret, u32 room);
/* What programs are told of the task: fills the event but for its addresses. */
void target_describe(struct call *call, enum net_operation operation);

/* --- flows.c --- */

/* NULL: this host cannot tell. */
struct flows *flows_start(struct server *server);
/* Tells the end of all that are left. Accepts NULL. */
void flows_stop(struct flows *flows);
/* A connection that call->socket has (made), or that is being made; event.remote is known. Whether
 * to tell of it now: it is there, and nobody has. */
bool flow_take(struct call *call, bool made);
/* call->socket has none any more. */
void flow_cut(struct call *call);

/* --- redirects.c --- */

struct redirect;
/* Around the call that connects, if call->redirected. NULL: nobody can ask. */
struct redirect *redirect_begin(const struct call *call);
void redirect_end(const struct call *call, struct redirect *redirect); /* accepts NULL */

/* --- creds.c --- */

#define CREDS_GROUPS 64 /* whoever is in more is out of reach */
struct creds_saved {
	u64 caps; /* effective ones */
	u32 uid, gid;
	u32 groups[CREDS_GROUPS];
	int group_count;
	int root; /* -1: not changed */
	bool ids; /* have been changed */
};
/* Makes this thread what the task is, so that the kernel judges the task and not us: what it is
 * capable of, and with `files` also its user, groups, umask, root and working directory. False: it
 * cannot be, and the call has its answer. */
bool creds_take(struct call *call, bool files, struct creds_saved *ret_saved);
void creds_give_back(const struct creds_saved *saved);

/* --- inet.c and connect.c --- */

/* The address of a call: copied once. False: the call has its answer. */
bool address_read(struct call *call, u64 from, s64 len, struct sockaddr_storage *ret,
		  socklen_t *ret_len);
/* Where call->socket is bound to; false: not to an address that programs know. */
bool socket_name(const struct call *call, struct net_address *ret_address);
bool socket_is_nonblocking(int fd);
/* Whether a call on it would end at once. */
bool socket_is_ready(int fd);
/* Calls that a signal interrupts are made again, unless they have one of these. */
bool socket_has_timeout(int fd, int option);
/* NET_CONNECT or NET_SEND to event.remote, which address stands for: they may be changed. False:
 * refused, and answered. */
bool event_judge_connect(struct call *call, enum net_operation operation,
			 struct sockaddr_storage *address);
/* An event that nobody decides on. */
void event_tell(struct call *call, enum net_operation operation);
/* Asks all nets. False: refused, and answered. */
bool event_judge(struct call *call);
bool event_is_wanted(const struct call *call, enum net_operation operation, enum net_family family);
/* call->socket has begun to connect to event.remote; error: how that ended. */
void connect_tell(struct call *call, s64 error);
void answer(struct call *call, s64 value, int error);
void answer_errno(struct call *call, s64 value); /* -1: with errno */

/* --- one for each system call --- */

void handle_bind(struct call *call);
void handle_connect(struct call *call);
void handle_listen(struct call *call);
void handle_accept(struct call *call);
void handle_accept4(struct call *call);
void handle_sendto(struct call *call);
void handle_sendmsg(struct call *call);
void handle_sendmmsg(struct call *call);
void handle_getsockopt(struct call *call);
