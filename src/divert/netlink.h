/* SPDX-License-Identifier: MIT */
/* Messages for the kernel's netlink sockets: a buffer of requests with nested attributes, sent as
 * one, each of which is answered. The few that are needed here do not make up for a library. */
#pragma once

#include "base/error.h"

struct netlink {
	int fd; /* -1: closed */
	u32 seq;
};

/* protocol: NETLINK_... ERR_ status, and the text. */
int netlink_open(int protocol, struct netlink *ret_netlink, struct error *err) MUST_CHECK;
void netlink_close(struct netlink *netlink); /* accepts a closed one */

#define NETLINK_ROOM 4096

struct netlink_batch {
	u8 bytes[NETLINK_ROOM] __attribute__((aligned(8)));
	size_t len;
	u32 answers;  /* that will come */
	bool full;    /* something did not fit */
	size_t begin; /* of the last message */
};

void netlink_init(struct netlink_batch *batch);
/* A message that will be answered; header: what follows nlmsghdr. */
void netlink_message(struct netlink_batch *batch, u16 type, u16 flags, const void *header,
		     size_t size);
/* One that will not. */
void netlink_mark(struct netlink_batch *batch, u16 type, const void *header, size_t size);
void netlink_raw(struct netlink_batch *batch, const void *bytes, size_t size);
void netlink_attr(struct netlink_batch *batch, u16 type, const void *value, size_t size);
void netlink_u32(struct netlink_batch *batch, u16 type, u32 value);
void netlink_be32(struct netlink_batch *batch, u16 type, u32 value);
void netlink_text(struct netlink_batch *batch, u16 type, const char *text);
size_t netlink_nest(struct netlink_batch *batch, u16 type);
void netlink_nest_end(struct netlink_batch *batch, size_t nest);

/* 0, or the negative errno of the first one that failed, with what the kernel says about it. */
int netlink_send(struct netlink *netlink, struct netlink_batch *batch,
		 struct error *err) MUST_CHECK;
