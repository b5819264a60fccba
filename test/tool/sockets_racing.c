/* SPDX-License-Identifier: MIT */
/* Random calls on a descriptor that another thread closes, or puts something else behind, or whose
 * argument it takes away, while the call is made. Each has to end as if the other thread had been
 * first, or last: with that result, and with what becomes of both sockets then. What these two
 * would be is tried before, without a race, and printed. */
#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLOT	 200 /* the descriptor that is raced for */
#define PAGE	 4096
#define MORE	 20 /* times as many rounds, until both orders have been there */
#define TEXT_MAX 160

enum kind { TCP4, TCP6, UDP4, UDP6, UNIX, LISTENER, CONNECTED, PIPE, NOTHING, KINDS };
static const char *const kind_names[KINDS] = { "tcp4",	   "tcp6",	"udp4", "udp6",	  "unix",
					       "listener", "connected", "pipe", "nothing" };
enum action { REPLACE, CLOSE, TAKE_ARGUMENT, ACTIONS };
static const char *const action_names[ACTIONS] = { "replaced", "closed", "argument gone" };
enum what { BIND, CONNECT, LISTEN, ACCEPT, SENDTO, WHAT_COUNT };
static const char *const what_names[WHAT_COUNT] = { "bind", "connect", "listen", "accept",
						    "sendto" };

/* What stands behind a descriptor, and who else belongs to it. */
struct thing {
	int fd, other;
};

struct round {
	enum kind kinds[2]; /* at first, and instead of it */
	enum action action;
	enum what what;
	int number; /* of listen, accept */
	struct argument argument;
	unsigned int delays[2]; /* of the caller, and of the other thread */
};

static char *page; /* the argument's, if it is at a good place */
static int target; /* a listener for those that are connected */

/* --- things --- */

static int open_socket(int family, int type)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int fd = socket(family, type | SOCK_NONBLOCK, 0);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return fd;
}

static int connect_to(int listener)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd = open_socket(AF_INET, SOCK_STREAM);

	getsockname(listener, (struct sockaddr *)&address, &len);
	(void)connect(fd, (struct sockaddr *)&address, len);
	return fd;
}

static struct thing make(enum kind kind)
{
	static const int families[] = { AF_INET, AF_INET6, AF_INET, AF_INET6, AF_UNIX };
	struct thing thing = { -1, -1 };
	struct sockaddr_in address;
	int ends[2];

	switch (kind) {
	case TCP4:
	case TCP6:
	case UNIX: thing.fd = open_socket(families[kind], SOCK_STREAM); break;
	case UDP4:
	case UDP6: thing.fd = open_socket(families[kind], SOCK_DGRAM); break;
	case LISTENER:
		thing.fd = sockets_listener(4, &address);
		fcntl(thing.fd, F_SETFL, O_NONBLOCK);
		thing.other = connect_to(thing.fd);
		break;
	case CONNECTED:
		thing.fd = connect_to(target);
		thing.other = accept(target, NULL, NULL);
		break;
	case PIPE:
		if (pipe(ends) == 0)
			thing = (struct thing){ ends[0], ends[1] };
		break;
	case NOTHING:
	case KINDS: break;
	}
	return thing;
}

static void unmake(struct thing *thing)
{
	if (thing->fd >= 0)
		close(thing->fd);
	if (thing->other >= 0)
		close(thing->other);
}

static int ask(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -errno;
}

/* What can be seen of it. */
static void describe(const struct thing *thing, char *text, size_t size)
{
	struct sockaddr_storage name, peer;
	struct pollfd ready = { .fd = thing->fd, .events = POLLIN };
	socklen_t name_len = sizeof(name), peer_len = sizeof(peer);
	const struct sockaddr_in *in = (void *)&name;
	int r, port;

	memset(&name, 0, sizeof(name));
	r = getsockname(thing->fd, (struct sockaddr *)&name, &name_len);
	port = name.ss_family == AF_UNIX ? (int)name_len : ntohs(in->sin_port);
	if (name.ss_family != AF_UNIX && port != 0 && (port < PORT || port >= PORT + PORTS))
		port = 1;
	poll(&ready, 1, 0);
	snprintf(text, size, "%d/%d/%d/%d/%d", r == 0 ? port : -errno,
		 getpeername(thing->fd, (struct sockaddr *)&peer, &peer_len) == 0,
		 ask(thing->fd, SO_ACCEPTCONN), ready.revents & POLLIN, ask(thing->fd, SO_TYPE));
}

/* --- a call --- */

static void draw_round(struct round *round)
{
	memset(round, 0, sizeof(*round));
	round->kinds[0] = (enum kind)draw(KINDS);
	round->kinds[1] = (enum kind)draw(NOTHING);
	round->action = (enum action)draw(ACTIONS);
	round->what = (enum what)draw(WHAT_COUNT);
	round->number = (int)draw(10) - 2;
	for (int i = 0; i < 2; i++)
		round->delays[i] = draw(1u << draw(15));
	draw_argument(&round->argument);
	if (round->argument.pointer == &round->argument.address)
		round->argument.pointer = page;
}

static int call(const struct round *round, struct thing *taken)
{
	const struct argument *a = &round->argument;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int r = -1;

	*taken = (struct thing){ -1, -1 };
	switch (round->what) {
	case BIND: return bind(SLOT, a->pointer, a->len);
	case CONNECT: return connect(SLOT, a->pointer, a->len);
	case LISTEN: return listen(SLOT, round->number);
	case ACCEPT:
		r = accept4(SLOT, round->number < 0 ? NULL : (void *)&peer,
			    round->number == 0 ? NULL : &len,
			    round->number == 7 ? 1 : SOCK_NONBLOCK);
		taken->fd = r;
		return r < 0 ? r : 0;
	case SENDTO:
		return (int)sendto(SLOT, "text", 4, MSG_DONTWAIT | MSG_NOSIGNAL, a->pointer,
				   a->len);
	case WHAT_COUNT: break;
	}
	return r;
}

static void act(const struct round *round, const struct thing *instead)
{
	switch (round->action) {
	case REPLACE: dup2(instead->fd, SLOT); break;
	case CLOSE: close(SLOT); break;
	case TAKE_ARGUMENT: mprotect(page, PAGE, PROT_NONE); break;
	case ACTIONS: break;
	}
}

/* --- the other thread --- */

static struct {
	const struct round *round;
	const struct thing *instead;
	unsigned int wanted, begun, done; /* rounds; atomic */
} other;

/* Sometimes asleep, so that the other one gets to run where there is one processor for both. */
static void delay(unsigned int turns)
{
	const struct timespec time = { .tv_nsec = turns };

	if (turns % 4 == 3)
		nanosleep(&time, NULL);
	for (volatile unsigned int i = 0; i < turns; i++) {
	}
}

static void await(const unsigned int *at, unsigned int number)
{
	for (unsigned int i = 0; __atomic_load_n(at, __ATOMIC_ACQUIRE) != number; i++)
		if (i > 1000)
			sched_yield();
}

static void *other_thread(void *arg)
{
	(void)arg;
	for (unsigned int number = 1;; number++) {
		await(&other.wanted, number);
		if (other.round == NULL)
			return NULL;
		__atomic_store_n(&other.begun, number, __ATOMIC_RELEASE);
		delay(other.round->delays[1]);
		act(other.round, other.instead);
		__atomic_store_n(&other.done, number, __ATOMIC_RELEASE);
	}
}

/* --- one round --- */

enum order { OTHER_LAST, OTHER_FIRST, RACE };

/* What the call gave, and what became of both things. */
static void attempt(const struct round *round, enum order order, char text[TEXT_MAX])
{
	struct thing things[2] = { make(round->kinds[0]), make(round->kinds[1]) }, taken;
	char states[2][TEXT_MAX / 3];
	int r, error;

	memcpy(page, &round->argument.address, sizeof(round->argument.address));
	close(SLOT);
	if (things[0].fd >= 0)
		dup2(things[0].fd, SLOT);
	other.round = round;
	other.instead = &things[1];
	if (order == OTHER_FIRST) {
		act(round, &things[1]);
	} else if (order == RACE) {
		__atomic_add_fetch(&other.wanted, 1, __ATOMIC_RELEASE);
		await(&other.begun, other.wanted);
		delay(round->delays[0]);
	}
	r = call(round, &taken);
	error = errno;
	if (order == RACE)
		await(&other.done, other.wanted);
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
	if (r < 0 && error == EINPROGRESS) {
		struct pollfd ready[] = { { things[0].fd, POLLOUT, 0 },
					  { things[1].fd, POLLOUT, 0 } };

		poll(ready, 2, 10);
	}
	for (int i = 0; i < 2; i++)
		describe(&things[i], states[i], sizeof(states[i]));
	snprintf(text, TEXT_MAX, "%s %s %s", r >= 0 ? "ok" : strerrorname_np(error), states[0],
		 states[1]);
	close(SLOT);
	unmake(&taken);
	for (int i = 0; i < 2; i++)
		unmake(&things[i]);
	for (int i = 0; i < 4; i++) {
		char name[] = { 's', (char)('0' + i), '\0' };

		unlink(name);
	}
}

struct counts {
	int first, last, outside;
};

static void play(int n, bool show, struct counts *counts)
{
	char last[TEXT_MAX], first[TEXT_MAX], raced[TEXT_MAX];
	struct round round;
	bool like_first, like_last;

	draw_round(&round);
	attempt(&round, OTHER_LAST, last);
	attempt(&round, OTHER_FIRST, first);
	attempt(&round, RACE, raced);
	if (show)
		printf("%d %s(%s), %s %s: %s, %s\n", n, what_names[round.what],
		       kind_names[round.kinds[0]], action_names[round.action],
		       kind_names[round.kinds[1]], last, first);
	like_first = strcmp(raced, first) == 0;
	like_last = strcmp(raced, last) == 0;
	counts->first += like_first && !like_last;
	counts->last += like_last && !like_first;
	if (!like_first && !like_last) {
		counts->outside++;
		printf("%d neither: %s\n", n, raced);
	}
}

int sockets_racing(int rounds, unsigned int seed)
{
	char folder[] = "/tmp/sockets.XXXXXX";
	struct counts counts = { 0 };
	struct sockaddr_in address;
	pthread_t thread;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || !sockets_draw_begin(seed) || mkdtemp(folder) == NULL ||
	    chdir(folder) != 0)
		return 1;
	target = sockets_listener(16, &address);
	pthread_create(&thread, NULL, other_thread, NULL);
	for (int n = 0; n < rounds; n++)
		play(n, true, &counts);
	for (int n = rounds; n < rounds * MORE && (counts.first == 0 || counts.last == 0); n++)
		play(n, false, &counts);
	other.round = NULL;
	__atomic_add_fetch(&other.wanted, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	printf("both orders %d, neither %d\n", counts.first > 0 && counts.last > 0, counts.outside);
	fprintf(stderr, "the other thread was first %d times, last %d times\n", counts.first,
		counts.last);
	return rmdir(folder);
}
