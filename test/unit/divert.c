/* SPDX-License-Identifier: MIT */
/* Netlink messages as bytes: lengths of messages and nested attributes, and when there is no room.
 */
#include "tap.h"

#include <linux/netlink.h>

#include "divert/netlink.h"

static struct nlmsghdr message_at(const struct netlink_batch *batch, size_t at)
{
	struct nlmsghdr header;

	memcpy(&header, batch->bytes + at, sizeof(header));
	return header;
}

static struct nlattr attr_at(const struct netlink_batch *batch, size_t at)
{
	struct nlattr attr;

	memcpy(&attr, batch->bytes + at, sizeof(attr));
	return attr;
}

static void lengths(void)
{
	static struct netlink_batch batch;
	const u32 header = 7;
	size_t nest, inner;

	netlink_init(&batch);
	netlink_mark(&batch, 16, &header, sizeof(header));
	CHECK(batch.len == 20 && batch.answers == 0);
	netlink_message(&batch, 17, NLM_F_CREATE, &header, sizeof(header));
	nest = netlink_nest(&batch, 5);
	CHECK_EQ(nest, 40);
	netlink_text(&batch, 1, "ab"); /* padded by one byte that does not count */
	inner = netlink_nest(&batch, 6);
	netlink_be32(&batch, 2, 1);
	netlink_nest_end(&batch, inner);
	netlink_nest_end(&batch, nest);
	CHECK_EQ(message_at(&batch, 0).nlmsg_len, 20);
	CHECK_EQ(message_at(&batch, 0).nlmsg_flags, NLM_F_REQUEST);
	CHECK_EQ(message_at(&batch, 20).nlmsg_len, 44);
	CHECK_EQ(message_at(&batch, 20).nlmsg_type, 17);
	CHECK_EQ(message_at(&batch, 20).nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
	CHECK_EQ(attr_at(&batch, 40).nla_len, 24);
	CHECK_EQ(attr_at(&batch, 40).nla_type, 5 | NLA_F_NESTED);
	CHECK_EQ(attr_at(&batch, 44).nla_len, 7);
	CHECK_EQ(attr_at(&batch, 52).nla_len, 12);
	CHECK_EQ(attr_at(&batch, 56).nla_len, 8);
	CHECK(batch.bytes[60] == 0 && batch.bytes[63] == 1);
	CHECK(batch.len == 64 && batch.answers == 1 && !batch.full);
out:;
}

/* Nothing is written behind the end, and nothing is sent. */
static void no_room(void)
{
	static struct {
		struct netlink_batch batch;
		u8 behind[64];
	} guarded;
	struct netlink closed = { .fd = -1 };
	static const u8 much[1000];
	struct error err = { 0 };
	size_t nest;

	netlink_init(&guarded.batch);
	netlink_message(&guarded.batch, 17, 0, much, 4);
	nest = netlink_nest(&guarded.batch, 1);
	for (u32 i = 0; i < 4; i++) {
		CHECK(!guarded.batch.full);
		netlink_attr(&guarded.batch, 2, much, sizeof(much));
	}
	netlink_attr(&guarded.batch, 2, much, 36);
	CHECK(!guarded.batch.full);
	netlink_attr(&guarded.batch, 2, much, 16);
	CHECK(guarded.batch.full);
	netlink_nest_end(&guarded.batch, nest);
	netlink_u32(&guarded.batch, 2, ~0u);
	CHECK(guarded.batch.len <= NETLINK_ROOM);
	for (size_t i = 0; i < sizeof(guarded.behind); i++)
		CHECK_EQ(guarded.behind[i], 0);
	CHECK_EQ(netlink_send(&closed, &guarded.batch, &err), ERR_TOOBIG);
	netlink_init(&guarded.batch);
	netlink_message(&guarded.batch, 17, 0, much, 4);
	CHECK(netlink_send(&closed, &guarded.batch, &err) < 0);
out:;
}

TAP_MAIN(TAP_TEST(lengths), TAP_TEST(no_room))
