/* SPDX-License-Identifier: MIT */
/* The hooks of sockets without sockets: what programs see, and what becomes of what they say. */
#include "runtime_fixture.h"

#include "net/net.h"
#include "prog/facts.h"
#include "runtime/link.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

#define LINKS 4

struct world {
	struct fixture f;
	struct net *net;
	struct runtime_link *links[LINKS];
	u32 link_count;
	const struct prog_facts *facts; /* of what is attached next */
	struct insn code[LINKS][8];
};

static int open_world(struct world *w, enum dialect dialect)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 2 };
	int r = runtime_new(&options, &w->f.rt, &w->f.err);

	return r < 0 ? r : net_start(w->f.rt, &w->net, &w->f.err);
}

static void close_world(struct world *w)
{
	for (u32 i = 0; i < w->link_count; i++)
		core_put_user(link_core(w->links[i]));
	net_stop(w->net);
	fixture_fini(&w->f);
}

static int attach(struct world *w, const char *type, const char *hook, u32 compartment,
		  const struct insn *insns, u32 count)
{
	enum dialect dialect = runtime_dialect(w->f.rt);
	struct link_options options = { .size = sizeof(options),
					.param = &compartment,
					.param_len = compartment == 0 ? 0 : sizeof(compartment) };
	int r;

	w->f.facts = w->facts;
	r = fixture_add(&w->f, dialect, type, NULL, 0, insns, count, &options.prog);
	if (r < 0)
		return r;
	w->facts = NULL;
	options.attach_type = spec_find_attach(NULL, dialect, hook)->guid;
	r = link_attach(w->f.rt, &options, &w->links[w->link_count], &w->f.err);
	w->link_count += r == 0;
	return r;
}

/* A program that returns a number. */
static int attach_returning(struct world *w, const char *type, const char *hook, u32 compartment,
			    s32 result)
{
	struct insn *insns = w->code[w->link_count];

	insns[0] = (struct insn)MOV_IMM(0, result);
	insns[1] = (struct insn)EXIT;
	return attach(w, type, hook, compartment, insns, 2);
}

static struct net_event event_of(enum net_operation operation, enum net_family family)
{
	struct net_event event = { .operation = operation,
				   .process = 7,
				   .thread = 8,
				   .compartment = 5,
				   .protocol = 6,
				   .socket_type = 1 };

	event.local.family = event.remote.family = (u8)family;
	event.local.port = 1000;
	event.remote.port = 0x1234;
	for (u32 i = 0; i < (family == NET_IP4 ? 4u : 16u); i++)
		event.remote.ip[i] = (u8)(i + 1);
	return event;
}

/* --- verdicts --- */

static void windows_verdicts(void)
{
	static const struct {
		const char *type, *hook;
		enum net_operation operation;
		s32 result;
		bool permits;
	} rows[] = {
		{ "bind", "bind", NET_BIND, 0, true },
		{ "bind", "bind", NET_BIND, 1, false },
		{ "bind", "bind", NET_BIND, 2, true },
		{ "bind", "bind", NET_BIND, 3, true },
		{ "bind", "bind", NET_BIND, 4, false },
		{ "sock_addr", "cgroup_inet4_bind", NET_BIND, 0, false },
		{ "sock_addr", "cgroup_inet4_bind", NET_BIND, 1, true },
		{ "sock_addr", "cgroup_inet4_connect", NET_CONNECT, 0, false },
		{ "sock_addr", "cgroup_inet4_connect", NET_CONNECT, 1, true },
		{ "sock_addr", "cgroup_inet4_connect", NET_CONNECT, 2, true },
		{ "sock_addr", "cgroup_inet4_connect", NET_CONNECT, 3, false },
		{ "sock_addr", "cgroup_inet4_connect", NET_SEND, 0, false },
		{ "sock_addr", "cgroup_inet4_connect", NET_LISTEN, 0, true },
		{ "sock_addr", "cgroup_inet6_connect", NET_CONNECT, 0, true },
		{ "sock_addr", "cgroup_inet4_connect_authorization", NET_CONNECT_AUTHORIZE, 0,
		  false },
		{ "sock_addr", "cgroup_inet4_listen", NET_LISTEN, 0, false },
		{ "sock_addr", "cgroup_inet4_recv_accept", NET_ACCEPT, 0, false },
		{ "sockops", "cgroup_sock_ops", NET_DELETED, 1, true },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct world w = { 0 };
		struct net_event event = event_of(rows[i].operation, NET_IP4);

		CHECK_EQ(open_world(&w, W), 0);
		CHECK(!net_is_used(w.net, rows[i].operation, NET_IP4));
		CHECK_EQ(attach_returning(&w, rows[i].type, rows[i].hook, 0, rows[i].result), 0);
		CHECK_EQ(net_permits(w.net, &event), rows[i].permits);
		CHECK_EQ(event.retval, rows[i].permits ? 0 : ERR_ACCES);
		CHECK(!event.redirected);
		close_world(&w);
		continue;
	out:
		close_world(&w);
		return;
	}
}

/* The strongest counts, those for the compartment are first, and a refusal ends the chain. */
static void several(void)
{
	static const struct insn looking[] = { LOAD(4, 0, 1, 48), MOV_IMM(0, 0), EXIT };
	struct world w = { 0 };
	struct net_event event = event_of(NET_CONNECT, NET_IP4);

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(attach_returning(&w, "sock_addr", "cgroup_inet4_connect", 0, 1), 0);
	CHECK_EQ(attach_returning(&w, "sock_addr", "cgroup_inet4_connect", 9, 0), 0);
	CHECK(net_permits(w.net, &event));
	CHECK_EQ(attach(&w, "sock_addr", "cgroup_inet4_connect", 5, looking, 3), 0);
	CHECK(!net_permits(w.net, &event));
	event.compartment = 4;
	CHECK(net_permits(w.net, &event));
	/* One program for all is alone. */
	CHECK_EQ(attach_returning(&w, "sock_addr", "cgroup_inet4_listen", 0, 1), 0);
	CHECK_EQ(w.link_count, 4);
out:
	close_world(&w);
}

static void linux_verdicts(void)
{
	static const struct insn with_error[] = { MOV_IMM(1, -13), CALL(187), MOV_IMM(0, 0), EXIT };
	static const bool permits[] = { false, true, false, true };

	for (s32 result = 0; result < 4; result++) {
		struct world w = { 0 };
		struct net_event event = event_of(NET_BIND, NET_IP6);

		CHECK_EQ(open_world(&w, L), 0);
		CHECK_EQ(attach_returning(&w, "cgroup_sock_addr", "cgroup_inet6_bind", 0, result),
			 0);
		CHECK_EQ(net_permits(w.net, &event), permits[result]);
		CHECK_EQ(event.retval, permits[result] ? 0 : ERR_PERM);
		/* All run, and one is enough to refuse. */
		CHECK_EQ(attach(&w, "cgroup_sock_addr", "cgroup_inet6_bind", 0, with_error, 4), 0);
		CHECK(!net_permits(w.net, &event));
		CHECK_EQ(event.retval, ERR_ACCES);
		close_world(&w);
		continue;
	out:
		close_world(&w);
		return;
	}
}

/* --- redirections --- */

/* Port 0x1234 becomes 0x5634. */
static const struct insn windows_port[] = { STORE_IMM(1, 1, 40, 0x56), MOV_IMM(0, 1), EXIT };
static const struct insn linux_port[] = { LOAD(4, 2, 1, 24),  MOV_IMM(3, 0x44), ADD_REG(2, 3),
					  STORE(4, 1, 24, 2), MOV_IMM(0, 1),	EXIT };

static void redirected(void)
{
	struct world w = { 0 }, l = { 0 };
	struct net_event event = event_of(NET_CONNECT, NET_IP4), mapped = event;

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(attach(&w, "sock_addr", "cgroup_inet4_connect", 0, windows_port, 3), 0);
	/* Dealt with: nobody else is asked. */
	CHECK_EQ(attach_returning(&w, "sock_addr", "cgroup_inet4_connect", 0, 0), 0);
	CHECK(net_permits(w.net, &event));
	CHECK(event.redirected);
	CHECK_EQ(event.remote.port, 0x5634);
	CHECK_EQ(event.remote.ip[3], 4);
	/* IPv4 in the clothes of IPv6, and stays so. */
	mapped.remote.family = NET_IP6;
	memset(mapped.remote.ip, 0, 16);
	mapped.remote.ip[10] = mapped.remote.ip[11] = 0xff;
	mapped.remote.ip[15] = 9;
	CHECK(net_permits(w.net, &mapped));
	CHECK(mapped.redirected && mapped.remote.family == NET_IP6);
	CHECK_EQ(mapped.remote.port, 0x5634);
	CHECK_EQ(mapped.remote.ip[15], 9);
	CHECK_EQ(mapped.remote.ip[11], 0xff);
	/* Those who authorise change nothing. */
	CHECK_EQ(attach(&w, "sock_addr", "cgroup_inet4_connect_authorization", 0, windows_port, 3),
		 0);
	event = event_of(NET_CONNECT_AUTHORIZE, NET_IP4);
	CHECK(net_permits(w.net, &event));
	CHECK(!event.redirected);
	CHECK_EQ(event.remote.port, 0x1234);

	CHECK_EQ(open_world(&l, L), 0);
	CHECK_EQ(attach(&l, "cgroup_sock_addr", "cgroup_inet6_connect", 0, linux_port, 6), 0);
	event = event_of(NET_CONNECT, NET_IP6);
	CHECK(net_permits(l.net, &event));
	CHECK(event.redirected);
	CHECK_EQ(event.remote.port, 0x5634);
	CHECK_EQ(event.remote.ip[15], 16);
	/* The next one sees what this one made of it. */
	CHECK_EQ(attach(&l, "cgroup_sock_addr", "cgroup_inet6_connect", 0, linux_port, 6), 0);
	event = event_of(NET_CONNECT, NET_IP6);
	CHECK(net_permits(l.net, &event));
	CHECK_EQ(event.remote.port, 0x9a34);
out:
	close_world(&w);
	close_world(&l);
}

/* --- contexts and helpers --- */

static u64 number(UNUSED void *arg, enum net_question question)
{
	return 100 + question;
}

static void name(UNUSED void *arg, char *buf, UNUSED size_t size)
{
	buf[0] = 'n';
}

static const struct net_asker asker = { NULL, number, name };

/* What the program returns has to be 1 when all is as wanted. */
static void sees(enum dialect dialect, const char *type, const char *hook,
		 const struct net_event *from, const struct insn *insns, u32 count)
{
	struct world w = { 0 };
	struct net_event event = *from;

	event.asker = &asker;
	CHECK_EQ(open_world(&w, dialect), 0);
	CHECK_EQ(attach(&w, type, hook, 0, insns, count), 0);
	CHECK(net_permits(w.net, &event));
out:
	close_world(&w);
}

#define WANT(reg, value) JEQ_IMM(reg, value, 2), MOV_IMM(0, 0), EXIT

static void contexts(void)
{
	static const struct insn sock_addr[] = { LOAD(4, 2, 1, 0),  WANT(2, 23),
						 LOAD(1, 2, 1, 24), WANT(2, 1),
						 LOAD(1, 2, 1, 39), WANT(2, 16),
						 LOAD(1, 2, 1, 40), WANT(2, 0x12),
						 LOAD(4, 2, 1, 44), WANT(2, 6),
						 LOAD(4, 2, 1, 48), WANT(2, 5),
						 LOAD(1, 2, 1, 21), WANT(2, (1000 & 0xff)),
						 MOV_IMM(0, 1),	    EXIT };
	static const struct insn lnx[] = { LOAD(4, 2, 1, 0),  WANT(2, 10),
					   LOAD(4, 2, 1, 28), WANT(2, 10),
					   LOAD(4, 2, 1, 32), WANT(2, 1),
					   LOAD(4, 2, 1, 36), WANT(2, 6),
					   LOAD(4, 2, 1, 24), WANT(2, 0x3412),
					   LOAD(4, 2, 1, 8),  WANT(2, 0x04030201),
					   MOV_IMM(0, 1),     EXIT };
	static const struct insn helpers[] = { MOV_REG(6, 1), CALL(19),	    WANT(0, 8),
					       MOV_REG(1, 6), CALL(20),	    WANT(0, 100),
					       MOV_REG(1, 6), CALL(26),	    WANT(0, 105),
					       CALL(33),      WANT(0, 102), MOV_IMM(0, 1),
					       EXIT };
	struct net_event six = event_of(NET_CONNECT, NET_IP6);
	struct net_event no_process = event_of(NET_CONNECT, NET_IP4);

	no_process.process = 0; /* its number is in the upper half */
	sees(W, "sock_addr", "cgroup_inet6_connect", &six, sock_addr, ARRAY_COUNT(sock_addr));
	sees(L, "cgroup_sock_addr", "cgroup_inet6_connect", &six, lnx, ARRAY_COUNT(lnx));
	sees(W, "sock_addr", "cgroup_inet4_connect", &no_process, helpers, ARRAY_COUNT(helpers));
}

static void tell(void *arg, struct net_event *event, u32 wanted)
{
	u32 *asked = arg;

	*asked |= wanted;
	event->protocol = 17;
	event->compartment = 3;
	event->interface_luid = 9;
	event->local.port = 2000;
}

static const struct net_asker telling = { tell, number, name };

/* Only what the program may load is asked for, once, and by name of what a program is attached to.
 */
static void details(void)
{
	static const struct {
		u64 loads;
		u32 asked;
	} wanted[] = { { 1ull << 44 / 4, NET_PROTOCOL },
		       { 1ull << 48 / 4, NET_COMPARTMENT },
		       { 1ull << 60 / 4, NET_INTERFACE_LUID },
		       { 1ull << 20 / 4, NET_LOCAL },
		       { 1ull << 24 / 4, 0 },
		       { 0, 0 } };
	static const struct insn looks[] = { LOAD(4, 2, 1, 44), WANT(2, 17), MOV_IMM(0, 1), EXIT };
	static const struct insn helper[] = { MOV_REG(6, 1), MOV_IMM(0, 1), EXIT };
	u32 asked;

	for (u32 i = 0; i < ARRAY_COUNT(wanted); i++) {
		struct prog_fact facts_rows[8];
		struct prog_facts facts;
		struct world w = { 0 };
		struct net_event event = event_of(NET_CONNECT, NET_IP4);

		facts_init(&facts, facts_rows, 8);
		facts.ctx_loads = wanted[i].loads;
		asked = 0;
		event.asker = &telling;
		event.asker_arg = &asked;
		CHECK_EQ(open_world(&w, W), 0);
		w.facts = &facts;
		CHECK_EQ(attach(&w, "sock_addr", "cgroup_inet4_connect", 0, i == 0 ? looks : helper,
				i == 0 ? ARRAY_COUNT(looks) : ARRAY_COUNT(helper)),
			 0);
		CHECK(net_permits(w.net, &event));
		CHECK_EQ(asked, wanted[i].asked);
		CHECK_EQ(event.known, wanted[i].asked);
		/* It is known already. */
		asked = 0;
		CHECK(net_permits(w.net, &event));
		CHECK_EQ(asked, 0);
		/* Where one is attached for a compartment, that matters. */
		CHECK_EQ(attach_returning(&w, "sock_addr", "cgroup_inet4_connect", 3, 0), 0);
		event.known = 0;
		CHECK(!net_permits(w.net, &event));
		CHECK((asked & NET_COMPARTMENT) != 0);
		close_world(&w);
		continue;
	out:
		close_world(&w);
		return;
	}
}

/* A program that is stopped refuses. */
static void fails_closed(void)
{
	static const struct insn wild[] = { MOV_IMM(1, 8), LOAD(4, 0, 1, 0), MOV_IMM(0, 1), EXIT };
	struct world w = { 0 };
	struct net_event event = event_of(NET_CONNECT, NET_IP4);

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(attach(&w, "sock_addr", "cgroup_inet4_connect", 0, wild, 4), 0);
	CHECK(!net_permits(w.net, &event));
	CHECK_EQ(event.retval, ERR_ACCES);
out:
	close_world(&w);
}

TAP_MAIN(TAP_TEST(windows_verdicts), TAP_TEST(several), TAP_TEST(linux_verdicts),
	 TAP_TEST(redirected), TAP_TEST(contexts), TAP_TEST(details), TAP_TEST(fails_closed))
