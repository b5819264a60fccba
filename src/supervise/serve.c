/* SPDX-License-Identifier: MIT */
/* Threads that take notifications, and the one that looks after them. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/format.h"
#include "base/mem.h"
#include "os/os.h"
#include "supervise/internal.h"

#define WORKERS_MAX  4096
#define WORKER_STACK (256 << 10)
#define INTERRUPT    SIGURG  /* nobody minds it */
#define PATIENCE_NS  1000000 /* that a listening thread may spend in a call */
#define DOUBT_NS     100000000
#define DOUBT_LOOKS  4
#define TICK_MS_MIN  1
#define TICK_MS_MAX  50
#define MESSAGE_MAX  256

static void *work(void *arg);

/* --- turns -------------------------------------------------------------------------------------
 */

/* Under the mutex. */
static void start_worker(struct server *server)
{
	struct worker *worker;
	pthread_attr_t attr;

	if (server->worker_count >= WORKERS_MAX)
		return;
	worker = mem_zalloc(sizeof(*worker));
	if (worker == NULL)
		return;
	worker->server = server;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, WORKER_STACK);
	if (pthread_create(&worker->thread, &attr, work, worker) == 0) {
		worker->next = server->workers;
		server->workers = worker;
		server->worker_count++;
	} else {
		mem_free(worker);
	}
	(void)pthread_attr_destroy(&attr);
}

/* Under the mutex: somebody else listens from now on. */
static void pass_turn(struct server *server)
{
	server->leader = NULL;
	if (server->idle > 0)
		(void)pthread_cond_signal(&server->turn);
	else
		start_worker(server);
}

static bool take_turn(struct worker *worker)
{
	struct server *server = worker->server;
	bool mine;

	(void)pthread_mutex_lock(&server->mutex);
	server->idle++;
	while (server->leader != NULL && server->leader != worker && !server->over)
		(void)pthread_cond_wait(&server->turn, &server->mutex);
	server->idle--;
	mine = !server->over;
	if (mine)
		server->leader = worker;
	(void)pthread_mutex_unlock(&server->mutex);
	return mine;
}

static void wake_main(struct server *server)
{
	const u64 one = 1;

	if (write(server->wake, &one, sizeof(one)) < 0)
		return; /* it is awake */
}

/* --- calls that take long ----------------------------------------------------------------------
 */

void wait_begin(struct call *call)
{
	struct server *server = call->server;
	struct worker *worker = call->worker;
	bool asleep;

	(void)pthread_mutex_lock(&server->mutex);
	worker->waiting = true;
	worker->interrupted = false;
	worker->waiting_since = os_clock_monotonic();
	worker->id = call->request->id;
	worker->tid = call->request->pid;
	worker->tgid = call->target->tgid;
	worker->doubt_since = 0;
	server->waiting++;
	asleep = server->asleep;
	server->asleep = false;
	(void)pthread_mutex_unlock(&server->mutex);
	if (asleep)
		wake_main(server);
}

bool wait_end(struct call *call)
{
	struct server *server = call->server;
	bool interrupted;

	(void)pthread_mutex_lock(&server->mutex);
	call->worker->waiting = false;
	server->waiting--;
	interrupted = call->worker->interrupted;
	(void)pthread_mutex_unlock(&server->mutex);
	return interrupted;
}

void wait_expect(struct call *call)
{
	struct server *server = call->server;

	(void)pthread_mutex_lock(&server->mutex);
	if (server->leader == call->worker)
		pass_turn(server);
	(void)pthread_mutex_unlock(&server->mutex);
}

bool call_is_valid(const struct call *call)
{
	u64 id = call->request->id;

	return ioctl(call->server->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* Without WAIT_KILLABLE the signal has ended the call already, and nobody waits for an answer. */
void answer_interrupted(struct call *call, bool timeout)
{
	if (!call_is_valid(call))
		call->answered = true;
	else
		answer(call, 0, timeout ? -EINTR : -ERESTARTSYS);
}

/* --- one notification --------------------------------------------------------------------------
 */

static const struct handler *find_handler(const struct server *server, int nr)
{
	for (size_t i = 0; i < supervise_handler_count; i++)
		if (supervise_handlers[i].nr == nr && (server->wanted >> i & 1) != 0)
			return &supervise_handlers[i];
	return NULL;
}

static void send_answer(const struct call *call)
{
	struct seccomp_notif_resp *response;
	u8 message[MESSAGE_MAX] __attribute__((aligned(8))) = { 0 };

	if (call->answered)
		return;
	response = (void *)message;
	response->id = call->request->id;
	response->val = call->error != 0 ? 0 : call->value;
	response->error = call->error;
	if (call->go_on)
		response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	/* ENOENT: it is gone. */
	(void)ioctl(call->server->listener, SECCOMP_IOCTL_NOTIF_SEND, response);
}

static void handle(struct worker *worker, const struct seccomp_notif *request)
{
	struct call call;

	memset(&call, 0, offsetof(struct call, app_id));
	call.server = worker->server;
	call.worker = worker;
	call.request = request;
	call.socket = -1;
	call.value = 0;
	call.error = -ENOSYS;
	call.answered = call.go_on = false;
	call.handler = find_handler(worker->server, request->data.nr);
	if (worker->server->options->only_notify) {
		call.go_on = true;
		call.error = 0;
	} else if (call.handler != NULL && target_find(&call)) {
		call.handler->run(&call);
	}
	/* What the process closes next is to be closed then. */
	if (call.socket >= 0)
		close(call.socket);
	send_answer(&call);
}

static void listen_once(struct worker *worker)
{
	struct server *server = worker->server;
	u8 message[MESSAGE_MAX] __attribute__((aligned(8))) = { 0 };

	/* ENOENT: it was gone before we had it. EINTR: to look whether all is over. */
	if (ioctl(server->listener, SECCOMP_IOCTL_NOTIF_RECV, message) == 0)
		handle(worker, (const struct seccomp_notif *)(const void *)message);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	while (take_turn(worker))
		listen_once(worker);
	for (u32 i = 0; i < TARGETS; i++)
		target_forget(&worker->targets[i]);
	return NULL;
}

/* --- those that wait ---------------------------------------------------------------------------
 */

struct pending {
	u64 own, shared, blocked;
	bool ended; /* nobody takes a signal any more */
};

static bool read_pending(u32 tid, struct pending *ret)
{
	char status[4096];
	const char *state;

	if (target_proc(tid, "status", status, sizeof(status)) < 0)
		return false;
	state = strstr(status, "\nState:\t");
	ret->ended = state == NULL || state[8] == 'Z' || state[8] == 'X';
	return status_number(status, "\nSigPnd:", 16, &ret->own) &&
	       status_number(status, "\nShdPnd:", 16, &ret->shared) &&
	       status_number(status, "\nSigBlk:", 16, &ret->blocked);
}

/* A signal that the task is to take now. One for its whole process is the first thread's, unless
 * that one blocks it; whose it is then is seen by that it stays. */
static bool has_signal(struct worker *worker, u64 now)
{
	struct pending task, first;
	u64 shared;

	if (!read_pending(worker->tid, &task) || (task.own & ~task.blocked) != 0)
		return true;
	shared = task.shared & ~task.blocked;
	if (shared != 0 && worker->tid == worker->tgid)
		return true;
	if (shared != 0 && read_pending(worker->tgid, &first) && !first.ended)
		shared &= first.blocked;
	if (shared == 0) {
		worker->doubt_since = 0;
		return false;
	}
	if (worker->doubt_since == 0) {
		worker->doubt_since = now;
		worker->doubts = 0;
	}
	/* On a busy machine two looks may be far apart, and meet two signals. */
	return ++worker->doubts >= DOUBT_LOOKS && now - worker->doubt_since > DOUBT_NS;
}

static bool must_end(const struct server *server, struct worker *worker, u64 now)
{
	u64 id = worker->id;

	return worker->interrupted || server->over ||
	       ioctl(server->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) != 0 ||
	       ((server->features & SUPERVISE_WAIT_KILLABLE) != 0 && has_signal(worker, now));
}

/* A signal that comes before the thread is in the kernel is lost, so there is another one at the
 * next tick. */
static void look_after(struct server *server)
{
	u64 now = os_clock_monotonic();

	(void)pthread_mutex_lock(&server->mutex);
	for (struct worker *w = server->workers; w != NULL; w = w->next) {
		if (!w->waiting)
			continue;
		if (server->leader == w && now - w->waiting_since > PATIENCE_NS)
			pass_turn(server);
		if (must_end(server, w, now)) {
			w->interrupted = true;
			(void)pthread_kill(w->thread, INTERRUPT);
		}
	}
	(void)pthread_mutex_unlock(&server->mutex);
}

/* How long nobody needs to be looked after, in milliseconds; -1: until something happens. */
static int next_tick(struct server *server)
{
	int tick;

	(void)pthread_mutex_lock(&server->mutex);
	server->asleep = server->waiting == 0;
	tick = server->asleep ? -1 : (int)MIN(TICK_MS_MIN + server->waiting / 2, TICK_MS_MAX);
	(void)pthread_mutex_unlock(&server->mutex);
	return tick;
}

/* --- the main thread ---------------------------------------------------------------------------
 */

/* Orphans are ours, too. block: until the command has ended. */
static void reap(struct server *server, bool block, int *exit_code)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, block && !server->ended ? 0 : WNOHANG);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return;
		if (pid != server->child)
			continue;
		server->ended = true;
		*exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

/* What the command has left behind, when it has ended: orphans are children of our first thread. */
static void tell_orphans(int signal)
{
	char list[4096], name[64];
	u64 pids[256];
	u32 count;

	format(name, sizeof(name), "task/%u/children", (u32)getpid());
	list[0] = ' ';
	if (target_proc((u32)getpid(), name, list + 1, sizeof(list) - 1) < 0)
		return;
	count = status_numbers(list, " ", pids, ARRAY_COUNT(pids));
	for (u32 i = 0; i < count; i++)
		(void)kill((pid_t)pids[i], signal);
}

/* What others tell us to do is meant for the command. */
static void forward(const struct server *server, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD || info.ssi_code > 0)
			continue;
		if (server->ended)
			tell_orphans((int)info.ssi_signo);
		else
			(void)kill(server->child, (int)info.ssi_signo);
	}
}

/* Until no task is left that the filter is for. */
static void look_after_all(struct server *server, int signals, int *exit_code)
{
	struct pollfd fds[] = { { .fd = server->listener, .events = 0 },
				{ .fd = server->wake, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };
	u64 count;

	while ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0) {
		if (poll(fds, ARRAY_COUNT(fds), next_tick(server)) < 0 && errno != EINTR)
			break;
		if ((fds[1].revents & POLLIN) != 0 && read(server->wake, &count, sizeof(count)) < 0)
			break;
		/* Who has ended by now is told nothing any more. */
		reap(server, false, exit_code);
		if ((fds[2].revents & POLLIN) != 0)
			forward(server, signals);
		look_after(server);
	}
	/* Its filter goes before the process can be waited for. */
	reap(server, true, exit_code);
}

static void end_workers(struct server *server)
{
	struct worker *worker;

	(void)pthread_mutex_lock(&server->mutex);
	server->over = true;
	(void)pthread_cond_broadcast(&server->turn);
	(void)pthread_mutex_unlock(&server->mutex);
	while ((worker = server->workers) != NULL) {
		const struct timespec soon = { .tv_nsec = 1000000 };

		while (pthread_tryjoin_np(worker->thread, NULL) != 0) {
			(void)pthread_kill(worker->thread, INTERRUPT);
			(void)nanosleep(&soon, NULL);
		}
		server->workers = worker->next;
		mem_free(worker);
	}
}

int serve(struct server *server, int signals, int *ret_exit, struct error *err)
{
	bool started;

	(void)pthread_mutex_lock(&server->mutex);
	start_worker(server);
	started = server->workers != NULL;
	(void)pthread_mutex_unlock(&server->mutex);
	if (!started)
		return error_set(err, ERR_AGAIN, "no thread");
	look_after_all(server, signals, ret_exit);
	end_workers(server);
	return 0;
}
