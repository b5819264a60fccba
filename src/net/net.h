/* SPDX-License-Identifier: MIT */
/* The hooks of sockets (netebpfext) as an extension: bind, connect, accept, listen, connections, in
 * both dialects. Whoever sees such events on a host (the supervisor on Linux) tells them here, and
 * acts on what comes back. Nothing in here knows of the host. */
#pragma once

#include "runtime/hook.h"

enum net_operation {
	NET_BIND,	       /* local is what was asked for */
	NET_CONNECT,	       /* remote may be changed */
	NET_CONNECT_AUTHORIZE, /* after it was; Windows only */
	NET_SEND,	       /* a datagram with an address of its own; remote may be changed */
	NET_LISTEN,
	NET_ACCEPT,		/* a connection has come in; Windows only */
	NET_ESTABLISHED_ACTIVE, /* connections come and go: what programs say changes nothing */
	NET_ESTABLISHED_PASSIVE,
	NET_DELETED, /* Windows only */
	NET_OPERATIONS
};

enum net_family { NET_NO_FAMILY, NET_IP4, NET_IP6, NET_FAMILIES };

struct net_address {
	u8 family; /* enum net_family */
	u8 ip[16]; /* IPv4: the first four */
	u16 port;  /* as a number */
};

enum net_question {
	NET_LOGON_ID,
	NET_IS_ADMIN,
	NET_PROCESS_START_KEY,
	NET_THREAD_CREATED,
	NET_UID_GID, /* the group above */
	NET_SOCKET_COOKIE,
	NET_NETNS_COOKIE,
	NET_INTERFACE_TYPE, /* of the way to remote: IANA's numbers */
};

/* What an event has only when somebody looks: the field of that name. */
enum net_detail {
	NET_PROTOCOL = 1,
	NET_INTERFACE_LUID = 2,
	NET_COMPARTMENT = 4,
	NET_APP_ID = 8,
	NET_LOCAL = 16, /* but of NET_BIND and NET_LISTEN, which are about it */
};

struct net_event;

/* Tells what few programs ask for. */
struct net_asker {
	/* Sets these fields of the event. NULL: it has them all. */
	void (*tell)(void *arg, struct net_event *event, u32 details);
	u64 (*number)(void *arg, enum net_question question);
	/* The task's name: terminated, the rest zero. */
	void (*name)(void *arg, char *buf, size_t size);
};

#define NET_REDIRECT_CONTEXT 512 /* bytes that a program may leave for a proxy */

struct net_event {
	enum net_operation operation;
	u32 known; /* enum net_detail: those that are set, or have been asked for */
	u32 process, thread;
	u32 compartment; /* programs are attached for one, or for all */
	u8 protocol;	 /* IPPROTO_ */
	u8 socket_type;	 /* 1 stream, 2 datagrams, 3 raw ... */
	u64 interface_luid;
	u64 flow; /* the same for all events of one connection */
	struct net_address local, remote;
	const u16 *app_id; /* the application's path */
	u32 app_id_len;	   /* u16s */
	const struct net_asker *asker;
	void *asker_arg;

	/* Out. */
	bool redirected; /* remote, or for bind local, is another one now */
	s32 retval;	 /* what the call ends with if it is refused; an errno, negative */
	u32 redirect_context_len;
	u8 redirect_context[NET_REDIRECT_CONTEXT];
};

struct net;

int net_start(struct runtime *rt, struct net **ret_net, struct error *err) MUST_CHECK;
/* Detaches all; nobody tells it anything any more. */
void net_stop(struct net *net); /* accepts NULL */

/* Whether any program wants to see such an event. */
bool net_is_used(const struct net *net, enum net_operation operation, enum net_family family);
/* Whether the event may go on, for those who are attached: false, and event->retval. Fails
 * closed when no program could run. */
bool net_permits(struct net *net, struct net_event *event);
/* Whether there is such a hook in the runtime's dialect. */
bool net_has_hook(const struct net *net, const struct spec_attach_type *attach);
