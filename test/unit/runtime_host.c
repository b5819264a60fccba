/* SPDX-License-Identifier: MIT */
/* Helpers that say who runs and what time it is, and those on packets, by hand and in runs. */
#include "runtime_hand.h"

#include "os/os.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

static void who_runs(void)
{
	struct hand h = { 0 };
	u64 at, key;

	CHECK_EQ(hand_new(&h, W, NULL, 0), 0);
	CHECK_EQ(call(&h, 20, 0, 0, 0, 0, 0), os_session_id());
	CHECK_EQ(call(&h, 21, 0, 0, 0, 0, 0), os_is_admin() ? 1 : 0);
	key = call(&h, 33, 0, 0, 0, 0, 0);
	CHECK_EQ(key & 0x3fffff, os_process_id() & 0x3fffff);
	CHECK_EQ(key, call(&h, 33, 0, 0, 0, 0, 0));
	CHECK_EQ(call(&h, 34, 0, 0, 0, 0, 0), os_thread_created());
	CHECK(os_process_created() > 0);
	hand_fini(&h);

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	at = (u64)(uintptr_t)h.run->stack;
	CHECK_EQ(call(&h, 15, 0, 0, 0, 0, 0), (u64)os_group_id() << 32 | os_user_id());
	memset(h.run->stack, 0x55, 32);
	CHECK_EQ(call(&h, 16, at, 16, 0, 0, 0), 0);
	CHECK(h.run->stack[0] != 0x55 && h.run->stack[15] == 0 && h.run->stack[16] == 0x55);
	memset(h.run->stack, 0x55, 32);
	CHECK_EQ(call(&h, 16, at, 3, 0, 0, 0), 0);
	CHECK(h.run->stack[0] != 0 && h.run->stack[2] == 0 && h.run->stack[3] == 0x55);
	CHECK_EQ(call(&h, 16, at, 0, 0, 0, 0), (u64)ERR_INVAL);
	CHECK_EQ(fault_of(&h), 0);
	CHECK_EQ(call(&h, 16, at + sizeof(h.run->stack) - 8, 16, 0, 0, 0), (u64)ERR_FAULT);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
out:
	hand_fini(&h);
}

static void what_time_it_is(void)
{
	struct hand h = { 0 };
	u64 coarse, ticks, tai;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	coarse = call(&h, 160, 0, 0, 0, 0, 0);
	CHECK(coarse <= os_clock_monotonic() && coarse + 1000000000 > os_clock_monotonic());
	ticks = call(&h, 118, 0, 0, 0, 0, 0);
	CHECK(ticks >= coarse / 4000000 && ticks < coarse / 4000000 + 250);
	tai = call(&h, 208, 0, 0, 0, 0, 0);
	CHECK(tai > 1700000000000000000ull && tai <= os_clock_tai());
out:
	hand_fini(&h);
}

/* In both dialects, by their numbers there; 0: none. */
static void same_in_both(void)
{
	static const u32 clocks[][2] = { { 9, 5 }, { 7, 125 }, { 31, 0 }, { 30, 0 } };
	struct hand h = { 0 };

	for (int linux_ = 0; linux_ < 2; linux_++) {
		u32 random = linux_ ? 7 : 6, who = linux_ ? 14 : 19, cpu = 8;
		u64 ones = 0, zeros = 0;

		CHECK_EQ(hand_new(&h, linux_ ? L : W, NULL, 0), 0);
		for (size_t i = 0; i < ARRAY_COUNT(clocks); i++) {
			u64 scale = i < 2 ? 1 : 1000000, from, at, to;

			if (clocks[i][linux_] == 0)
				continue;
			from = (i % 2 == 0 ? os_clock_monotonic() : os_clock_boot()) / scale;
			at = call(&h, clocks[i][linux_], 0, 0, 0, 0, 0);
			to = (i % 2 == 0 ? os_clock_monotonic() : os_clock_boot()) / scale;
			CHECK(from <= at && at <= to);
		}
		for (u32 i = 0; i < 100; i++) {
			u64 number = call(&h, random, 0, 0, 0, 0, 0);

			ones |= number;
			zeros |= ~number;
		}
		/* Each bit was both; there are 32. */
		CHECK_EQ(ones, UINT32_MAX);
		CHECK_EQ(zeros, UINT64_MAX);
		CHECK_EQ(call(&h, who, 0, 0, 0, 0, 0), (u64)os_process_id() << 32 | os_thread_id());
		h.run->inv.exec.slot = 3;
		CHECK_EQ(call(&h, cpu, 0, 0, 0, 0, 0), 3);
		CHECK_EQ(fault_of(&h), 0);
		hand_fini(&h);
	}
out:
	hand_fini(&h);
}

/* --- packets --- */

#define ROOM (PACKET_RUN_HEAD + 256)

struct fixed {
	struct prog prog;
	struct runtime_prog rp;
	u8 ctx[24];
	u8 block[ROOM];
};

static void put_packet(struct hand *h, struct fixed *fixed, u32 len)
{
	struct invocation *inv = &h->run->inv;
	u64 low = (u64)(uintptr_t)fixed->block;

	memset(fixed, 0, sizeof(*fixed));
	for (u32 i = 0; i < ROOM; i++)
		fixed->block[i] = (u8)i;
	fixed->prog.type = spec_prog_type_by_name(L, "xdp");
	fixed->rp.prog = &fixed->prog;
	inv->prog = &fixed->rp;
	inv->room = (struct packet_room){ .low = low,
					  .high = low + ROOM,
					  .meta = low + PACKET_RUN_HEAD,
					  .data = low + PACKET_RUN_HEAD,
					  .end = low + PACKET_RUN_HEAD + len,
					  .ctx = fixed->ctx,
					  .pointer_size = 4 };
	inv->fixed_regions = 2;
	inv->exec.region_count = 2;
	packet_publish(inv);
}

static u32 ctx_word(const struct fixed *fixed, u32 off)
{
	u32 word;

	memcpy(&word, fixed->ctx + off, sizeof(word));
	return word;
}

static void bounds(void)
{
	static const struct {
		u32 helper;
		s32 by;
		int status;
		u32 meta, data, end; /* from the block's start, afterwards */
	} rows[] = {
		{ 44, -217, -22, 216, 216, 276 }, { 44, -216, 0, 0, 0, 276 },
		{ 44, 216, 0, 216, 216, 276 },	  { 44, 47, -22, 216, 216, 276 },
		{ 44, 46, 0, 262, 262, 276 },	  { 44, -46, 0, 216, 216, 276 },
		{ 54, -4, 0, 212, 216, 276 },	  { 54, -252, -22, 212, 216, 276 },
		{ 54, -3, -13, 212, 216, 276 },	  { 54, 5, -22, 212, 216, 276 },
		{ 54, -12, 0, 200, 216, 276 },	  { 44, 10, 0, 210, 226, 276 },
		{ 44, -211, -22, 210, 226, 276 }, { 44, -210, 0, 0, 16, 276 },
		{ 44, 200, 0, 200, 216, 276 },	  { 65, 196, 0, 200, 216, 472 },
		{ 65, 1, -22, 200, 216, 472 },	  { 65, -243, -22, 200, 216, 472 },
		{ 65, -242, 0, 200, 216, 230 },	  { 65, 2, 0, 200, 216, 232 },
		{ 44, 3, -22, 200, 216, 232 },	  { 54, 16, 0, 216, 216, 232 },
	};
	struct hand h = { 0 };
	struct fixed fixed;
	u64 low = (u64)(uintptr_t)fixed.block;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	put_packet(&h, &fixed, 60);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct packet_room *room = &h.run->inv.room;
		u64 r = call(&h, rows[i].helper, 0, (u64)(s64)rows[i].by, 0, 0, 0);

		if (r != (u64)(s64)rows[i].status)
			printf("# row %zu\n", i);
		CHECK_EQ(r, (u64)(s64)rows[i].status);
		CHECK_EQ(room->meta - low, rows[i].meta);
		CHECK_EQ(room->data - low, rows[i].data);
		CHECK_EQ(room->end - low, rows[i].end);
		CHECK_EQ(ctx_word(&fixed, 0), (u32)room->data);
		CHECK_EQ(ctx_word(&fixed, 4), (u32)room->end);
		CHECK_EQ(ctx_word(&fixed, 8), (u32)room->meta);
		CHECK_EQ(h.run->inv.exec.regions[1].base, room->meta);
		CHECK_EQ(h.run->inv.exec.regions[1].size, room->end - room->meta);
		CHECK_EQ(call(&h, 188, 0, 0, 0, 0, 0), room->end - room->data);
	}
	/* What was cut off and comes back is zero. */
	CHECK(fixed.block[229] == 229 && fixed.block[230] == 0 && fixed.block[231] == 0);
	/* A packet that nobody may move. */
	h.run->inv.room.high = 0;
	CHECK_EQ(call(&h, 44, 0, 0, 0, 0, 0), (u64)-22);
	CHECK_EQ(call(&h, 54, 0, 0, 0, 0, 0), (u64)-22);
	CHECK_EQ(call(&h, 65, 0, 0, 0, 0, 0), (u64)-22);
out:
	hand_fini(&h);
}

static void copies(void)
{
	struct hand h = { 0 };
	struct fixed fixed;
	u64 at;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	at = (u64)(uintptr_t)h.run->stack;
	put_packet(&h, &fixed, 60);
	CHECK_EQ(call(&h, 189, 0, 52, at, 8, 0), 0);
	CHECK(memcmp(h.run->stack, fixed.block + PACKET_RUN_HEAD + 52, 8) == 0);
	CHECK_EQ(call(&h, 189, 0, 53, at, 8, 0), (u64)-22);
	CHECK_EQ(call(&h, 189, 0, 0x10000, at, 8, 0), (u64)-14);
	CHECK_EQ(call(&h, 189, 0, ~0ull, at, 8, 0), (u64)-14);
	CHECK_EQ(call(&h, 190, 0, 0, at, 8, 0), 0);
	CHECK(memcmp(fixed.block + PACKET_RUN_HEAD, h.run->stack, 8) == 0);
	CHECK_EQ(call(&h, 190, 0, 60, at, 1, 0), (u64)-22);
	CHECK_EQ(fault_of(&h), 0);
	CHECK_EQ(call(&h, 189, 0, 0, at + sizeof(h.run->stack) - 7, 8, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	CHECK_EQ(call(&h, 190, 0, 0, at + sizeof(h.run->stack) - 7, 8, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), ERR_FAULT);
	/* The same for programs that see the packet through helpers only. */
	CHECK_EQ(call(&h, 26, 0, 52, at, 8, 0), 0);
	CHECK(memcmp(h.run->stack, fixed.block + PACKET_RUN_HEAD + 52, 8) == 0);
	CHECK_EQ(call(&h, 26, 0, 53, at, 8, 0), (u64)-14);
	CHECK(h.run->stack[0] == 0 && h.run->stack[7] == 0);
	h.run->inv.room.high = 0;
	h.run->inv.packet = (struct exec_packet){ (const u8 *)"abcdef", 6 };
	h.run->inv.exec.packet = &h.run->inv.packet;
	CHECK_EQ(call(&h, 26, 0, 2, at, 3, 0), 0);
	CHECK(memcmp(h.run->stack, "cde", 3) == 0);
	CHECK_EQ(call(&h, 26, 0, 4, at, 3, 0), (u64)-14);
	CHECK_EQ(fault_of(&h), 0);
out:
	hand_fini(&h);
}

#define ADD_HEAD(by) MOV_REG(6, 1), MOV_IMM(2, by), CALL(44)
#define ADD_TAIL(by) MOV_REG(1, 6), MOV_IMM(2, by), CALL(65)

/* In runs: what comes back, and that repetitions go on from there. */
static void runs(void)
{
	static const struct insn insns[] = { ADD_HEAD(-2),
					     ADD_TAIL(1),
					     LOAD(4, 7, 6, 0),
					     LOAD(4, 8, 6, 4),
					     MOV_REG(9, 7),
					     ADD_IMM(9, 20),
					     STORE_IMM(2, 7, 0, 0x4241),
					     MOV_IMM(1, 9),
					     MOV_IMM(2, 0),
					     CALL(23),
					     EXIT };
	u8 data[32];
	struct fixture f = { 0 };
	struct runtime_run run = { .data = data, .data_len = 20, .data_cap = 32, .repeat = 3 };

	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	CHECK_EQ(fixture_new(&f, L), 0);
	CHECK_EQ(fixture_add(&f, L, "xdp", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 4);
	CHECK_EQ(run.redirect.ifindex, 9);
	CHECK_EQ(run.data_len, 29);
	CHECK(memcmp(data, "ABABAB\0\1\2", 9) == 0 && data[25] == 19 && data[26] == 0);
	CHECK_EQ(data[29], 29);
	/* Too long for where it should go. */
	run.repeat = 2;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_NOSPC);
	CHECK_EQ(run.data_len, 32);
	CHECK_EQ(run.result, 4);
	CHECK(strstr(f.err.text, "the packet has 35 bytes now") != NULL);
	/* Windows' programs of this kind have pointers of 8 bytes. */
	fixture_fini(&f);
	memset(&run, 0, sizeof(run));
	run.data = data;
	run.data_len = 20;
	CHECK_EQ(fixture_new(&f, W), 0);
	{
		static const struct insn plain[] = { MOV_REG(6, 1),	     MOV_IMM(2, 4),
						     CALL(0x10000),	     LOAD(8, 2, 6, 0),
						     STORE_IMM(1, 2, 15, 7), EXIT };

		CHECK_EQ(fixture_add(&f, W, "xdp", NULL, 0, plain, ARRAY_COUNT(plain), NULL), 0);
	}
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK(data[15] == 7 && run.data_len == 16);
	CHECK(memcmp(data, "BAB", 3) != 0);
out:
	fixture_fini(&f);
}

/* An answer of traffic control's is another number. */
static void redirects(void)
{
	struct hand h = { 0 };
	struct fixed fixed;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	put_packet(&h, &fixed, 60);
	CHECK_EQ(call(&h, 23, 3, 0, 0, 0, 0), 4);
	CHECK_EQ(h.run->inv.redirect.ifindex, 3);
	CHECK_EQ(call(&h, 23, 4, 1, 0, 0, 0), 0);
	CHECK_EQ(h.run->inv.redirect.ifindex, 3);
	fixed.prog.type = spec_prog_type_by_name(L, "sched_cls");
	CHECK_EQ(call(&h, 23, 5, 1, 0, 0, 0), 7);
	CHECK_EQ(h.run->inv.redirect.flags, 1);
	CHECK_EQ(call(&h, 23, 5, 2, 0, 0, 0), 2);
out:
	hand_fini(&h);
}

enum { DEVICES, SOME_DEVICES, PROCESSORS, SOCKETS, OTHER, TARGET_MAPS };

static struct prog_map targets_of(enum map_kind kind, u32 value_size)
{
	return (struct prog_map){ .name = "targets",
				  .type = map_type(kind),
				  .key_size = 4,
				  .value_size = value_size,
				  .max_entries = 4,
				  .inner = PROG_NO_INDEX };
}

static int set_target(struct hand *h, u32 idx, u32 key, u32 target)
{
	u32 value[2] = { target, 0 };

	return map_write(runtime_map(h->rt, idx), &key, value, MAP_ANY);
}

/* lint: long-function, one kind of map after the other */
static void redirect_maps(void)
{
	struct prog_map defs[TARGET_MAPS] = { targets_of(MAP_KIND_DEVMAP, 8),
					      targets_of(MAP_KIND_DEVMAP_HASH, 8),
					      targets_of(MAP_KIND_CPUMAP, 4),
					      targets_of(MAP_KIND_XSKMAP, 4),
					      targets_of(MAP_KIND_HASH, 4) };
	struct hand h = { 0 };
	struct runtime_redirect *redirect;
	u32 key = 2, value[2] = { 7, 3 };
	u64 at;

	CHECK_EQ(hand_new(&h, L, defs, TARGET_MAPS), 0);
	redirect = &h.run->inv.redirect;
	CHECK_EQ(set_target(&h, DEVICES, 2, 7), 0);
	CHECK_EQ(set_target(&h, SOME_DEVICES, 1000, 8), 0);
	CHECK_EQ(set_target(&h, PROCESSORS, 3, 64), 0);
	CHECK_EQ(set_target(&h, SOCKETS, 1, 0), 0);
	/* No program runs where the packet arrives. */
	CHECK_EQ(map_write(runtime_map(h.rt, DEVICES), &key, value, MAP_ANY), ERR_NOTSUP);
	value[1] = 0xffffffff;
	CHECK_EQ(map_write(runtime_map(h.rt, DEVICES), &key, value, MAP_ANY), 0);
	CHECK_EQ(map_read(runtime_map(h.rt, DEVICES), &key, value), 0);
	CHECK(value[0] == 7 && value[1] == 0);
	CHECK_EQ(call(&h, 51, map_of(&h, DEVICES), 2, 0, 0, 0), 4);
	CHECK(redirect->kind == REDIRECT_INTERFACE && redirect->target == 7 && redirect->key == 2);
	CHECK_EQ(redirect->map_id, runtime_map(h.rt, DEVICES)->core.id);
	/* None there: what the program says, and nothing of before. */
	CHECK_EQ(call(&h, 51, map_of(&h, DEVICES), 1, 2, 0, 0), 2);
	CHECK_EQ(redirect->kind, REDIRECT_NONE);
	CHECK_EQ(call(&h, 51, map_of(&h, DEVICES), 9, 3, 0, 0), 3);
	CHECK_EQ(call(&h, 51, map_of(&h, DEVICES), 9, 8 | 16 | 1, 0, 0), 4);
	CHECK(redirect->kind == REDIRECT_INTERFACES &&
	      (redirect->flags & REDIRECT_EXCLUDE_INGRESS) != 0);
	CHECK_EQ(call(&h, 51, map_of(&h, DEVICES), 2, 4, 0, 0), 0);
	CHECK_EQ(call(&h, 51, map_of(&h, SOME_DEVICES), 1000, 0, 0, 0), 4);
	CHECK_EQ(redirect->target, 8);
	CHECK_EQ(call(&h, 51, map_of(&h, SOME_DEVICES), 1001, 1, 0, 0), 1);
	CHECK_EQ(call(&h, 51, map_of(&h, PROCESSORS), 3, 0, 0, 0), 4);
	CHECK(redirect->kind == REDIRECT_CPU && redirect->target == 3);
	CHECK_EQ(call(&h, 51, map_of(&h, PROCESSORS), 3, 8, 0, 0), 0);
	CHECK_EQ(call(&h, 51, map_of(&h, SOCKETS), 1, 0, 0, 0), 4);
	CHECK(redirect->kind == REDIRECT_SOCKET && redirect->target == 0);
	CHECK_EQ(call(&h, 51, map_of(&h, OTHER), 1, 2, 0, 0), 0);
	CHECK_EQ(fault_of(&h), 0);
	CHECK_EQ(call(&h, 51, 64, 1, 2, 0, 0), 0);
	CHECK_EQ(fault_of(&h), ERR_BADF);
	/* A program sees on which queue a socket is, and may not write there. */
	at = call(&h, 1, map_of(&h, SOCKETS), key_of(&h, 1), 0, 0, 0);
	CHECK(at != 0 && *(const u32 *)(uintptr_t)at == 1);
	CHECK(exec_may_access(&h.run->inv.exec, at, 4, false));
	CHECK(!exec_may_access(&h.run->inv.exec, at, 4, true));
	CHECK(!exec_may_access(&h.run->inv.exec, at - 8, 4, false));
	CHECK(!exec_may_access(&h.run->inv.exec, at + 2, 4, false));
	CHECK_EQ(call(&h, 1, map_of(&h, SOCKETS), key_of(&h, 0), 0, 0, 0), 0);
	CHECK_EQ(map_read(runtime_map(h.rt, SOCKETS), &key, value), ERR_NOTSUP);
	CHECK_EQ(map_delete(runtime_map(h.rt, SOCKETS), &key), 0);
out:
	hand_fini(&h);
}

TAP_MAIN(TAP_TEST(redirect_maps), TAP_TEST(who_runs), TAP_TEST(what_time_it_is),
	 TAP_TEST(same_in_both), TAP_TEST(bounds), TAP_TEST(copies), TAP_TEST(runs),
	 TAP_TEST(redirects))
