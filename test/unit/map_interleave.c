/* SPDX-License-Identifier: MIT */
/* The algorithms that have no locks for readers, in every order of their steps. The sources are
 * compiled in here, their atomic accesses being such steps. */
#include "interleave.h"

/* Only now: locks are steps, too. */
#include "map_random.h"

#define os_thread_mark coroutine_mark /* of which of the two */
static uintptr_t coroutine_mark(void);

#include "../../src/map/busy_lock.c"
#include "../../src/map/epoch.c"
#include "../../src/map/lpm_nodes.c"
#include "../../src/map/lpm_trie.c"
#include "../../src/map/ring.c"
#include "interleave_run.h"

/* --- prefixes: a node on the way goes and comes back as another --- */

static struct map *map;

static void lpm_put(u32 len, u8 byte, u64 value)
{
	u8 key[8] = { 0 };

	memcpy(key, &len, 4);
	key[4] = byte;
	if (lpm_update(map, key, &value, MAP_ANY) != 0)
		complain("no room");
}

static void lpm_cut(u32 len, u8 byte)
{
	u8 key[8] = { 0 };

	memcpy(key, &len, 4);
	key[4] = byte;
	if (lpm_delete(map, key) != 0)
		complain("is not there");
}

static void lpm_setup(void)
{
	struct prog_map def = map_def(MAP_KIND_LPM_TRIE, 8, 8, 4);

	def.flags = MAP_F_NO_PREALLOC;
	map = mem_zalloc(sizeof(struct map_lpm));
	if (map == NULL)
		abort();
	map->ops = &map_lpm_trie_ops;
	map->def = def;
	map->core.refs = 1;
	map->cpus = 1;
	map->dialect = DIALECT_LINUX;
	if (lpm_init(map, NULL) != 0)
		abort();
	lpm_put(1, 0x80, 1);
	lpm_put(4, 0xa0, 4);
	lpm_put(8, 0xa5, 8);
}

static void lpm_look(u8 byte, u64 least, u64 most)
{
	u8 key[8] = { 32, 0, 0, 0, byte };
	u64 value;

	if (lpm_read(map, key, &value) != 0)
		complain("nothing covers it");
	else if (value < least || value > most)
		complain("not the longest that stays");
}

static void lpm_reader(void)
{
	lpm_look(0xa5, 8, 8);
}

static void lpm_reader_of_short(void)
{
	lpm_look(0xaf, 1, 4);
	lpm_look(0xc0, 1, 2);
}

static void lpm_mover(void)
{
	lpm_cut(4, 0xa0);
	lpm_put(2, 0xc0, 2);
	lpm_cut(2, 0xc0);
	lpm_put(4, 0xa0, 4);
}

static void lpm_end(void)
{
	lpm_fini(map);
	mem_free(map);
}

static void lpm_orders(void)
{
	u64 runs;
	const char *wrong = run_all(3, lpm_setup, lpm_reader, lpm_mover, lpm_end, &runs);

	CHECK(all_right(0, wrong));
	wrong = run_all(3, lpm_setup, lpm_reader_of_short, lpm_mover, lpm_end, &runs);
	CHECK(all_right(0, wrong));
	CHECK(runs > 1000);
out:;
}

/* --- epochs: who holds what when it is freed --- */

static struct epoch epoch;
static struct {
	struct epoch_item item;
	bool freed;
} things[2];
static u64 link_to; /* a thing's index plus one */

static void epoch_setup(void)
{
	memset(&epoch, 0, sizeof(epoch));
	memset(things, 0, sizeof(things));
	epoch_init(&epoch, 2);
	link_to = 1;
}

static void free_thing(struct epoch_item *item)
{
	((bool *)(item + 1))[0] = true;
}

static void epoch_reader(void)
{
	for (u32 i = 0; i < 2; i++) {
		u32 slot = epoch_enter(&epoch, 0);
		u64 at = __atomic_load_n(&link_to, __ATOMIC_ACQUIRE);

		step();
		if (at != 0 && things[at - 1].freed)
			complain("freed while it is held");
		step();
		if (at != 0 && things[at - 1].freed)
			complain("freed while it is held for long");
		epoch_leave(&epoch, slot);
	}
}

static void epoch_writer(void)
{
	__atomic_store_n(&link_to, 2, __ATOMIC_RELEASE);
	epoch_retire(&epoch, &things[0].item, free_thing);
	__atomic_store_n(&link_to, 0, __ATOMIC_RELEASE);
	epoch_synchronize(&epoch);
	things[1].freed = true;
}

static void epoch_check(void)
{
	epoch_fini(&epoch);
	if (!things[0].freed || !things[1].freed)
		complain("never freed");
}

/* Takes a thing out of reach that it goes on to hold, */
static void epoch_holder(void)
{
	u32 slot = epoch_enter(&epoch, 0);

	__atomic_store_n(&link_to, 0, __ATOMIC_RELEASE);
	epoch_retire(&epoch, &things[0].item, free_thing);
	step();
	if (things[0].freed)
		complain("freed while who retired it is inside");
	epoch_leave(&epoch, slot);
}

/* while another one looks for what to free, having begun before the first came. */
static void epoch_cleaner(void)
{
	epoch_reclaim(&epoch);
}

static void epoch_holder_check(void)
{
	epoch_fini(&epoch);
	if (!things[0].freed)
		complain("never freed");
}

static void epoch_holder_orders(void)
{
	u64 runs;
	const char *wrong =
		run_all(3, epoch_setup, epoch_cleaner, epoch_holder, epoch_holder_check, &runs);

	CHECK(all_right(0, wrong));
	wrong = run_all(3, epoch_setup, epoch_holder, epoch_cleaner, epoch_holder_check, &runs);
	CHECK(all_right(0, wrong));
	CHECK(runs > 20);
out:;
}

static void epoch_orders(void)
{
	u64 runs;
	const char *wrong = run_all(3, epoch_setup, epoch_reader, epoch_writer, epoch_check, &runs);

	CHECK(all_right(0, wrong));
	wrong = run_all(3, epoch_setup, epoch_writer, epoch_reader, epoch_check, &runs);
	CHECK(all_right(0, wrong));
	CHECK(runs > 1000);
out:;
}

/* --- the lock of what all change: one at a time, and everyone in the end --- */

static struct busy_lock busy;
static u32 inside, busy_ops;

static void busy_setup(void)
{
	memset(&busy, 0, sizeof(busy));
	inside = busy_ops = 0;
}

static void busy_setup_of_second(void)
{
	busy_setup();
	busy.run = 3;
}

/* The first one is about to have a run, and the next change of threads is a trial. */
static void busy_setup_of_nobody(void)
{
	busy_setup();
	busy.last = 2;
	busy.streak = STREAK - 2;
	busy.changes = TRIAL - 1;
}

static void busy_op(bool for_long)
{
	u8 state = busy_lock_take(&busy);

	if (++inside != 1)
		complain("two hold the lock");
	step();
	/* Longer than the other one has patience for. */
	for (u32 i = 0; for_long && i < 3 * LEAST && !co.done[co.current ^ 1]; i++)
		wait_for_the_other(0);
	if (inside != 1)
		complain("two held the lock");
	inside--;
	busy_ops++;
	busy_lock_give(&busy, state);
}

static void busy_user(void)
{
	for (u32 i = 0; i < 3; i++)
		busy_op(false);
}

static void busy_holder(void)
{
	for (u32 i = 0; i < 3; i++)
		busy_op(i != 1);
}

static void busy_check(void)
{
	if (busy_ops != 6 || busy.takes != 6)
		complain("an operation is lost");
	if (busy.taken != 0 || busy.next != busy.turn)
		complain("the lock is not free at the end");
}

static void busy_orders(void)
{
	static const struct {
		void (*setup)(void), (*first)(void), (*second)(void);
	} pairs[] = { { busy_setup, busy_user, busy_user },
		      { busy_setup_of_second, busy_user, busy_user },
		      { busy_setup_of_nobody, busy_user, busy_user },
		      { busy_setup, busy_holder, busy_user },
		      { busy_setup_of_second, busy_user, busy_holder },
		      { busy_setup_of_nobody, busy_user, busy_holder },
		      { busy_setup, busy_holder, busy_holder } };
	u32 numbers = 0;
	u64 runs;

	for (size_t i = 0; i < 2 * ARRAY_COUNT(pairs); i++) {
		size_t pair = i / 2;
		const char *wrong;

		pauses_are_steps = i % 2 != 0;
		wrong = run_all(2, pairs[pair].setup, pairs[pair].first, pairs[pair].second,
				busy_check, &runs);
		CHECK(all_right(i, wrong));
		CHECK(runs > 100);
		numbers += busy.next;
	}
	CHECK(numbers > 0); /* were drawn */
out:
	pauses_are_steps = false;
}

/* --- rings: who stops consuming is woken for what comes then --- */

static struct ring ring;
static struct map ring_map;
static u32 seen;
static bool woken;

static void ring_setup(void)
{
	void *record;

	memset(&ring, 0, sizeof(ring));
	memset(&ring_map, 0, sizeof(ring_map));
	if (ring_init(&ring, &ring_map, 4096, NULL) != 0)
		abort();
	seen = 0;
	woken = false;
	record = ring_reserve(&ring, 8);
	if (record != NULL)
		ring_finish(&ring, record, false);
}

static void ring_producer_of_two(void)
{
	for (u32 i = 0; i < 2; i++) {
		void *record = ring_reserve(&ring, 8);

		if (record == NULL)
			complain("no room");
		else if (ring_finish(&ring, record, false))
			woken = true;
	}
}

static int see(UNUSED void *arg, UNUSED const void *data, u32 size)
{
	seen++;
	return size == 8 ? 0 : ERR_INVAL;
}

static void ring_consumer_once(void)
{
	if (ring_consume(&ring, see, NULL, 0) < 0)
		complain("cannot consume");
}

static void ring_check(void)
{
	if (seen != 3 && !woken)
		complain("a record that nobody is woken for");
	if (seen < 3)
		ring_consumer_once();
	if (seen != 3 || ring_consumer(&ring) != ring_producer(&ring))
		complain("a record is lost");
	ring_fini(&ring);
}

static void ring_orders(void)
{
	u64 runs;
	const char *wrong =
		run_all(3, ring_setup, ring_consumer_once, ring_producer_of_two, ring_check, &runs);

	CHECK(all_right(0, wrong));
	CHECK(runs > 100);
	wrong = run_all(2, ring_setup, ring_producer_of_two, ring_consumer_once, ring_check, &runs);
	CHECK(all_right(0, wrong));
	CHECK(runs > 100);
out:;
}

TAP_MAIN(TAP_TEST(busy_orders), TAP_TEST(ring_orders), TAP_TEST(lpm_orders), TAP_TEST(epoch_orders),
	 TAP_TEST(epoch_holder_orders))
